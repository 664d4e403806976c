"""The report of a run: notices, charts and tables, in the order in which they are read.

The same run gives the same bytes.
"""

import json
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from typing import Any, Final

from mm.api import DataError, read_file
from mm.health import verdict
from mm.results.report import figures, tables
from mm.results.report.content import (
    History,
    Panel,
    buckets_for,
    drawn,
    history,
    own_panels,
    panels,
    sum_panels,
)
from mm.results.report.fills import Marks, marks
from mm.results.report.frame import CROWD, framed, place, write
from mm.results.report.judged import curves, inventory_shares, periods
from mm.results.report.markets import choice, own_section
from mm.results.report.thin import BUCKETS
from mm.results.report.timeline import span_of, timeline
from mm.results.run import Run
from mm.times import clock

_MOST_BYTES: Final = 1 << 26
_HOW_TO_LOOK: Final = (
    "Drag to zoom in time, in all panels at once; double-click to see all again; point at a fill"
    " for its story."
)


def write_page(run: Run, path: Path) -> None:
    """Write the report of a run; an older one stays as it is until the new one is whole.

    Raises:
        UsageError: it cannot be written there, or the library is not installed.
        DataError: a file of the run is not as a run writes it.
    """
    write(path, lambda: make_page(run))


def make_page(run: Run) -> str:
    """Give the report of a run as HTML."""
    unit = run.money
    past = history(run)
    name = "in memory" if run.path is None else run.path.resolve().name
    if len(run.parts) > 1:
        charts, words = _charts_of_several(run, past, unit)
        key, boxes = tables.key_figures(run, unit), tables.sum_figures(run, unit)
    else:
        charts, words = _charts(run, past, unit)
        key, boxes = tables.key_figures(run, unit), tables.figures(run, unit)
    head = _head(run, name, past, key)
    return framed(name, charts, [*head, *words, boxes, *_tables(run, name)])


def _charts_of_several(run: Run, past: History, unit: str) -> tuple[dict[str, Any], list[str]]:
    """Give the same of several markets: their sum, then each."""
    shown = sum_panels(run, past)
    own = [own_panels(part, buckets_for(run)) for part in run.parts]
    every = [panel for one in (shown, *own) for panel in one]
    if not every:
        return {}, []
    span = span_of(every)
    found: dict[str, Any] = {"timeline": timeline(shown, [], span)} if shown else {}
    below = f'<p class="soft screen">{_HOW_TO_LOOK}</p><p class="soft">{_points(every, run)}.</p>'
    words = [f"<section><h2>All markets</h2>{place('timeline', found)}{below}</section>"]
    cut = periods(run, past.account)
    if cut is not None:
        found["periods"] = figures.by_period(cut, unit)
        words.append(f"<section>{place('periods', found)}</section>")
    words.append(tables.section("Each market", tables.markets(run)))
    words.append(choice(run))
    for number, (part, drawings) in enumerate(zip(run.parts, own, strict=True)):
        charts, body = own_section(part, number, drawings, span, run.metrics["markets"])
        found |= charts
        words += body
    return found, words


def _charts(run: Run, past: History, unit: str) -> tuple[dict[str, Any], list[str]]:
    """Give the figures by the id of their place, and the places as HTML."""
    found: dict[str, Any] = {}
    words = []
    shown = panels(run, past)
    if shown:
        fills = marks(run)
        found["timeline"] = timeline(shown, fills)
        words.append(f"<section>{place('timeline', found)}{_said(run, shown, fills)}</section>")
    judged = curves(run.metrics)
    if judged:
        found["markouts"] = figures.markouts(judged)
        words.append(
            tables.section(
                "What fills were worth later",
                place("markouts", found) + tables.markout_table(run.metrics),
            )
        )
    account = past.account
    cut, held = periods(run, account), inventory_shares(account.ts, account.position)
    if cut is not None and held is not None:
        found["periods"] = figures.by_period(cut, unit)
        found["inventory"] = figures.inventory(held)
        words.append(f"<section>{place('periods', found)}{place('inventory', found)}</section>")
    return found, words


def _said(run: Run, shown: list[Panel], fills: list[Marks]) -> str:
    """Say how to look, and how much of what there is can be seen."""
    counts = [len(one.ts) for one in fills]
    crowd = ""
    if max(counts, default=0) > CROWD:
        crowd = " (of some on one another, one, until zoomed in)"
    return (
        f'<p class="soft screen">{_HOW_TO_LOOK}</p>'
        f'<p class="soft">{sum(counts):,} fills, all of them{crowd}, and {_points(shown, run)}.</p>'
    )


def _points(shown: Iterable[Panel], run: Run) -> str:
    points, of = drawn(shown)
    buckets = buckets_for(run)
    each = "of each pixel" if buckets == BUCKETS else f"in each of {buckets} parts of the time"
    return (
        f"{points:,} of {of:,} points are drawn; the lowest and the highest {each} are among them"
    )


def _head(run: Run, name: str, past: History, key: str) -> Iterator[str]:
    ts = past.account.ts
    strategy = run.config["strategy"]["kind"]
    symbols = ", ".join(str(part.summary["symbol"]) for part in run.parts)
    yield f"<header><h1>{escape(symbols)}, {escape(strategy)}</h1>"
    covers = f"{clock(int(ts[0]))} – {clock(int(ts[-1]))} UTC" if len(ts) else "no decision"
    yield f'<p class="soft">{covers} · {escape(name)}</p>'
    for css, text in _notices(run, covers):
        yield f'<p class="notice {css}">{escape(text)}</p>'
    yield f"</header><section>{key}</section>"


def _notices(run: Run, covers: str) -> Iterator[tuple[str, str]]:
    s = run.summary
    sick = verdict(s["health"])
    ended = {
        "interrupted": "was interrupted",
        "failed": f"failed: {s['error']}",
        "killed": "was killed",
        "running": "is still going",
    }
    if not run.status.startswith("complete"):
        yield "bad", f"The run {ended.get(run.status, run.status)}. This page covers {covers}."
    if sick is not None:
        yield "warn", f"{sick[0].upper()}{sick[1:]}."
    if not s["fills"]:
        yield "warn", "The run has no fills: there are no markouts, and equity stays what it was."
    for note in s["notes"]:
        yield "warn", f"Note: {note}"


def _tables(run: Run, name: str) -> Iterator[str]:
    yield tables.section("Health of the data", tables.health(run.summary))
    command = f"mm backtest --config {name}/config.toml"
    if not run.parts[0].config["data"]["from_csv"]:
        command = f"mm live --config {name}/config.toml"
    text = (
        "<p>This configuration again; of a replay the digest is the same:</p>"
        f"<pre>{escape(command)}</pre>"
    )
    yield tables.section("How to repeat it", text)
    yield tables.section("Versions and data", tables.provenance(run, _manifest(run)))
    config = f'<pre class="columns">{escape(run.config_text)}</pre>'
    yield tables.section("Configuration", config, "long")
    yield "<footer>Definitions and sources of all figures: mm.metrics. Times are UTC.</footer>"


def _manifest(run: Run) -> dict[str, Any]:
    """What a run on disk says of its making; nothing if it did not get there."""
    if run.path is None or not (run.path / "manifest.json").exists():
        return {}
    path = run.path / "manifest.json"
    data = read_file(path, expected="a file of a run", most_bytes=_MOST_BYTES, error=DataError)
    try:
        content: dict[str, Any] = json.loads(data)
    except ValueError as error:
        raise DataError(f"{path}: is damaged: {error}; run it again") from error
    return content

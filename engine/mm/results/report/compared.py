"""The page of several runs held against each other: equity over one another, and what differs.

Runs have the numbers that ``mm compare`` gives them; the first is what the others are held against.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from mm.results.comparison import Comparison
from mm.results.measures import account
from mm.results.report import tables
from mm.results.report.content import Line, Panel, drawn, history, line_of
from mm.results.report.frame import framed, place, write
from mm.results.report.timeline import timeline

_STEP_US: Final = 1_000_000


def write_comparison(found: Comparison, path: Path) -> None:
    """Write the page; an older one stays as it is until the new one is whole.

    Raises:
        UsageError: it cannot be written there, or the library is not installed.
        DataError: a file of a run is not as a run writes it.
    """
    write(path, lambda: make_comparison(found))


def make_comparison(found: Comparison) -> str:
    """Give the page as HTML."""
    shown = _panels(found)
    charts: dict[str, Any] = {"timeline": timeline(shown, [])} if shown else {}
    words = [f"<header><h1>{len(found.runs)} runs compared</h1>{_notice(found)}</header>"]
    words.append(tables.section("Runs", _runs(found)))
    if shown:
        points, of = drawn(shown)
        said = f"{points:,} of {of:,} points are drawn; the lowest and highest of each pixel are"
        words.append(
            f'<section>{place("timeline", charts)}<p class="soft screen">Drag to zoom in time, in'
            " all panels at once; double-click to see all again.</p>"
            f'<p class="soft">{said} among them.</p></section>'
        )
    words += _tables(found)
    return framed("Runs compared", charts, words)


def _numbers(found: Comparison) -> list[str]:
    return [str(place + 1) for place in range(len(found.runs))]


def _notice(found: Comparison) -> str:
    if found.same_data:
        return ""
    return (
        '<p class="notice warn">They did not read the same data, so differences are not paired.</p>'
    )


def _runs(found: Comparison) -> str:
    rows = [
        (n, "in memory" if run.path is None else run.path.resolve().name,
         str(run.summary["symbol"]), str(run.config["strategy"]["kind"]), run.status,
         run.digest[:16])
        for n, run in zip(_numbers(found), found.runs, strict=True)
    ]  # fmt: skip
    return tables.grid(("", "run", "symbol", "strategy", "status", "digest"), rows, text=6)


def _panels(found: Comparison) -> list[Panel]:
    """Equity and position of all, and how much more each had than the first."""
    money = found.runs[0].money
    numbers = _numbers(found)
    held = [history(run).account for run in found.runs]
    equity = (line_of(n, one.ts, one.equity) for n, one in zip(numbers, held, strict=True))
    position = (line_of(n, one.ts, one.position) for n, one in zip(numbers, held, strict=True))
    panels = (
        Panel(name="equity", title="Equity", unit=money, lines=tuple(equity)),
        Panel(name="difference", title="More than the first run", unit=money,
              lines=tuple(_differences(found))),
        Panel(name="inventory", title="Inventory", unit="contracts", lines=tuple(position)),
    )  # fmt: skip
    return [panel for panel in panels if any(len(line.ts) for line in panel.lines)]


def _differences(found: Comparison) -> Iterator[Line]:
    """Second by second, where both were; the first run's line is zero."""
    base = account(found.runs[0], _STEP_US)
    for n, run in zip(_numbers(found), found.runs, strict=True):
        other = account(run, _STEP_US)
        ts, mine, theirs = np.intersect1d(base.ts, other.ts, return_indices=True)
        yield line_of(n, ts, other.equity[theirs] - base.equity[mine])


def _tables(found: Comparison) -> Iterator[str]:
    head = ("", *_numbers(found))
    keys = [
        (key, *("–" if value is None else str(value) for value in values))
        for key, values in found.config.items()
    ]
    same = "<p>Nothing that bears on results.</p>"
    body = tables.grid(head, keys) if keys else same
    yield tables.section("What differs in the configuration", body)
    rows = [(name, *map(tables.number, values)) for name, values in found.figures.items()]
    rows.append(
        (
            "more than the first, ± standard error",
            *(
                f"{tables.number(one.equity)} ± {tables.number(one.error, 3)}"
                for one in found.differences
            ),
        )
    )
    yield tables.section("Figures", tables.grid(head, rows))
    yield "<footer>Definitions and sources of all figures: mm.metrics. Times are UTC.</footer>"

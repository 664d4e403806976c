"""The tables of a report as HTML: figures, health of the data, versions, files that were read.

Figures are those of ``Run.summary`` and ``Run.metrics``, as they are. Knows no chart.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from mm.health import lines
from mm.results.run import Run

Rows = Sequence[tuple[str, Any]]


def number(value: Any, digits: int = 6) -> str:
    """Write a figure; a dash for one that is not known."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return f"{value + 0.0:,.{digits}g}" if isinstance(value, float) else str(value)


def share(value: float | None) -> str:
    """Write a share in per cent."""
    return "–" if value is None or math.isnan(value) else f"{100 * value:.3g} %"


def seconds(value: float | None) -> str:
    """Write a length of time."""
    return "–" if value is None or math.isnan(value) else f"{value:,.4g} s"


def section(title: str, body: str, css: str = "") -> str:
    """Put a box around a part of the page."""
    return f'<section class="{css}"><h2>{escape(title)}</h2>{body}</section>'


def pairs(rows: Rows) -> str:
    """Lay names and figures out in two columns."""
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td class="number">{escape(str(value))}</td></tr>'
        for name, value in rows
    )
    return f"<table><tbody>{body}</tbody></table>"


def grid(head: Sequence[str], rows: Iterable[Sequence[str]], text: int = 1) -> str:
    """Lay rows out below a head; all but the first ``text`` columns are numbers."""

    def cells(tag: str, row: Sequence[str]) -> str:
        kinds = ("" if place < text else ' class="number"' for place in range(len(row)))
        return "".join(
            f"<{tag}{kind}>{escape(cell)}</{tag}>" for kind, cell in zip(kinds, row, strict=True)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return (
        f'<div class="wide"><table><thead><tr>{cells("th", head)}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def key_figures(run: Run, unit: str) -> str:
    """Show the handful that one looks at first; of several markets, what is of all."""
    s, m = run.summary, run.metrics
    of_one = (
        ("markout after 1 s", number(m["markouts"]["all"]["1"]["value"], 4)),
        ("quoting both sides", share(m["quoting"]["both"])),
        ("largest position", number(m["inventory"]["largest"])),
    )
    shown = (
        (f"equity, {unit}", number(s["equity"])),
        ("deepest drawdown", number(s["max_drawdown"])),
        ("of what was traded", share(m["profit"]["on_turnover"])),
        ("fills", number(s["fills"])),
        *(of_one if len(run.parts) == 1 else (("markets", number(len(run.parts))),)),
    )
    cells = "".join(f"<div><b>{escape(text)}</b>{escape(name)}</div>" for name, text in shown)
    return f'<div class="key">{cells}</div>'


def figures(run: Run, unit: str) -> str:
    """Show all main figures, in boxes by what they are about."""
    s, m = run.summary, run.metrics
    return _cards((
        (f"Profit, {unit}", _profit(s, m["profit"])),
        ("Risk", (*_risk(run), *_position(s, m["inventory"]))),
        ("Orders", _orders(run)),
        ("Quoting", (
            *_quoting(m["quoting"]),
            *((f"sides held back: {name.replace('_', ' ')}", number(count))
              for name, count in (s["clamps"] or {}).items() if count),
        )),
    ))  # fmt: skip


def sum_figures(run: Run, unit: str) -> str:
    """Show what all of several markets come to."""
    return _cards((
        (f"Profit of all, {unit}", _profit(run.summary, run.metrics["profit"])),
        ("Risk of all", _risk(run)),
        ("Orders of all", _orders(run)),
    ))  # fmt: skip


def own_figures(part: Run, metrics: Mapping[str, Any]) -> str:
    """Show the figures of one of several markets; ``metrics`` are its own."""
    s = part.summary
    unit = s["currency"] or part.money
    return _cards((
        (f"Profit, {unit}", (*_profit(s, s), ("worth of its money", number(s["rate"])))),
        ("Fills and position", (*_fills(s), *_position(s, metrics["inventory"]))),
        ("Quoting", _quoting(metrics["quoting"])),
    ))  # fmt: skip


def markets(run: Run) -> str:
    """Show several markets, a row each."""
    head = ("", "settles in", "fills", "position", "largest", "equity", "fees", "turnover",
            "markout after 1 s", "quoting both", "time at the limit")  # fmt: skip
    rows = []
    for part in run.parts:
        s = part.summary
        m = run.metrics["markets"][s["symbol"]]
        fees = None if s["fees_paid"] is None else s["fees_paid"] - s["rebates_earned"]
        rows.append(
            (str(s["symbol"]), str(s["currency"] or run.money), number(s["fills"]),
             number(s["position"]), number(s["max_position"]), number(s["equity"]), number(fees),
             number(s["turnover"]), _mean(m["markouts"]["all"]["1"]), share(m["quoting"]["both"]),
             share(m["inventory"]["at_limit"]))
        )  # fmt: skip
    said = "<p class='soft'>Money of a market is in the currency that it settles in.</p>"
    return grid(head, rows, text=2) + said


def _cards(boxes: Sequence[tuple[str, Rows]]) -> str:
    return f'<div class="cards">{"".join(section(t, pairs(rows)) for t, rows in boxes)}</div>'


def _profit(s: Mapping[str, Any], split: Mapping[str, Any]) -> Rows:
    return (
        ("equity", number(s["equity"])), ("realised", number(s["realized_pnl"])),
        ("unrealised", number(s["unrealized_pnl"])),
        ("earned by the spread", number(split["spread_capture"])),
        ("earned by inventory", number(split["inventory_pnl"])),
        ("fees paid", number(s["fees_paid"])), ("rebates", number(s["rebates_earned"])),
        ("funding", number(split["funding"])), ("turnover", number(s["turnover"])),
    )  # fmt: skip


def _risk(run: Run) -> Rows:
    ratios = run.metrics["ratios"]
    sharpe = f"{number(ratios['sharpe'], 4)} ± {number(ratios['sharpe_error'], 3)}"
    return (
        ("deepest drawdown", number(run.summary["max_drawdown"])),
        ("longest drawdown", seconds(run.metrics["profit"]["drawdown_s"])),
        ("Sharpe, a year", sharpe), ("Sortino, a year", number(ratios["sortino"], 4)),
        ("Calmar, a year", number(ratios["calmar"])),
    )  # fmt: skip


def _position(s: Mapping[str, Any], held: Mapping[str, Any]) -> Rows:
    return (
        ("position at the end", number(s["position"])),
        ("mean position", number(held["mean"], 4)), ("sd of position", number(held["sd"], 4)),
        ("half-life of position", seconds(held["half_life_s"])),
        ("time at the limit", share(held["at_limit"])),
    )  # fmt: skip


def _fills(s: Mapping[str, Any]) -> Rows:
    return (
        ("fills", number(s["fills"])), ("as maker", number(s["maker_fills"])),
        ("contracts", number(s["filled_qty"])), ("largest position", number(s["max_position"])),
    )  # fmt: skip


def _orders(run: Run) -> Rows:
    s, orders = run.summary, run.metrics["orders"]
    return (
        ("decisions", number(s["decisions"])), ("commands", number(s["orders"])),
        ("accepted orders", number(orders["orders"])), *_fills(s)[:3],
        ("orders with a fill", share(orders["fill_ratio"])),
        ("median time to fill", seconds(orders["time_to_fill_s"])),
        ("commands a fill", number(orders["commands_per_fill"], 4)),
    )  # fmt: skip


def _quoting(quoting: Mapping[str, Any]) -> Rows:
    return (
        ("bid wanted", share(quoting["bid"])), ("ask wanted", share(quoting["ask"])),
        ("both", share(quoting["both"])), ("neither", share(quoting["neither"])),
        ("bid at the touch", share(quoting["bid_at_touch"])),
        ("ask at the touch", share(quoting["ask_at_touch"])),
        ("bid behind it, price", number(quoting["bid_distance"], 4)),
        ("ask behind it, price", number(quoting["ask_distance"], 4)),
    )  # fmt: skip


def markout_table(metrics: Mapping[str, Any]) -> str:
    """Show mean markouts with their errors, and what of the spread was kept."""
    horizons = list(metrics["spreads"])
    head = ("price", "fills", *(f"{horizon} s" for horizon in horizons))
    rows = [
        (name.replace("_", " "), number(max((m["count"] for m in means.values()), default=0)),
         *(_mean(means[horizon]) for horizon in horizons))
        for name, means in metrics["markouts"].items()
    ]  # fmt: skip
    for name in ("effective", "realised", "adverse_selection"):
        means = {horizon: metrics["spreads"][horizon][name] for horizon in horizons}
        words = name.replace("_", " ") + ("" if "adverse" in name else " half-spread")
        rows.append((words, number(max(m["count"] for m in means.values())),
                     *(_mean(means[horizon]) for horizon in horizons)))  # fmt: skip
    return grid(head, rows)


def _mean(mean: Mapping[str, Any]) -> str:
    if not mean["count"]:
        return "–"
    return f"{number(mean['value'], 4)} ± {number(mean['error'], 2)}"


def health(summary: Mapping[str, Any]) -> str:
    """Show what was wrong with the data, kind by kind."""
    table = summary["health"]
    found = [entry for entry in table if entry["rows"]]
    if not table:
        return "<p>Not known: a run writes it down when it ends.</p>"
    if not found:
        return f"<p>{escape('; '.join(lines(table)))}</p>"
    rows = [
        (entry["kind"].replace("_", " "), entry["source"] or "all", entry["done"],
         str(entry["first"] or ""), number(entry["rows"]), number(entry["of"]),
         share(entry["share"]), share(entry["time_share"]), share(entry["limit"]),
         "sick" if entry["sick"] else "fine")
        for entry in found
    ]  # fmt: skip
    head = ("defect", "of", "what was done", "first at", "rows", "of", "of the rows", "of the time",
            "allowed", "so it is")  # fmt: skip
    more = len(table) - len(found)
    return grid(head, rows, text=4) + (
        f"<p class='soft'>{more} other kinds were looked for and not found. What is allowed is a"
        " share of the time where that is known, else of the rows.</p>"
    )


def provenance(run: Run, manifest: Mapping[str, Any]) -> str:
    """Show digest, versions, and the files that were read."""
    packages = {str(row["package"]): str(row["version"]) for row in manifest.get("plugins", ())}
    versions = {**packages, **manifest.get("versions", {})}
    rows: list[tuple[str, Any]] = [("digest of the results", run.digest or "–")]
    rows += [("seed", run.config["engine"]["seed"])]
    rows += [(name, versions[name]) for name in sorted(versions)]
    inputs = [
        (str(one["name"]), str(one["path"]), str(one["sha256"]), number(one.get("rows")))
        for one in manifest.get("inputs", ())
    ]
    read = grid(("data", "file", "sha256", "rows"), inputs, text=3) if inputs else ""
    return f'<div class="hash">{pairs(rows)}{read}</div>'

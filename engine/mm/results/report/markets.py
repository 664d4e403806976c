"""The charts and figures of one of several markets, and the choice of those that are shown.

A market's section has what a page of that market alone would show above its tables; money is in its
settlement currency. Which sections are shown is the reader's choice, ``page.js`` has the switches.
"""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

from mm.results.measures import position_at, times
from mm.results.report import figures, tables
from mm.results.report.content import Panel
from mm.results.report.fills import marks
from mm.results.report.frame import place
from mm.results.report.judged import curves, inventory_shares
from mm.results.report.timeline import timeline
from mm.results.run import Run

_SHOWN: Final = 2
"""Markets whose sections are shown at first; a chart takes a browser half a second."""


def choice(run: Run) -> str:
    """Give the switches, one a market, as HTML."""
    buttons = "".join(
        f'<button type="button" data-market="{number}"'
        f' aria-pressed="{str(number < _SHOWN).lower()}">{escape(str(part.summary["symbol"]))}'
        "</button>"
        for number, part in enumerate(run.parts)
    )
    return f'<nav class="screen"><span class="soft">Show</span>{buttons}</nav>'


def own_section(
    part: Run, number: int, panels: list[Panel], span: list[str], metrics: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """Give a market's figures by the id of their place, and its places as HTML.

    Args:
        part: the run as the market's.
        number: of the market, from 0.
        panels: over time; empty = nothing was decided there.
        span: of the axis of time that all markets share.
        metrics: by symbol, as in ``Run.metrics``.
    """
    symbol = str(part.summary["symbol"])
    found, words = _charts(part, str(number), panels, span, metrics[symbol])
    hidden = "" if number < _SHOWN else " hidden"
    body = "".join(words) or '<section><p class="soft">Nothing was decided here.</p></section>'
    figures_of_it = tables.own_figures(part, metrics[symbol])
    return found, [
        f'<div class="market" id="market-{number}"{hidden}><h2 class="market">{escape(symbol)}</h2>'
        f"{body}{figures_of_it}</div>"
    ]


def _charts(
    part: Run, number: str, panels: list[Panel], span: list[str], metrics: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    found: dict[str, Any] = {}

    def draw(name: str, figure: dict[str, Any]) -> str:
        found[f"{name}-{number}"] = figure
        return place(f"{name}-{number}", found)

    def places() -> Iterator[str]:
        if panels:
            yield f"<section>{draw('timeline', timeline(panels, marks(part), span))}</section>"
        judged = curves(metrics)
        if judged:
            chart = draw("markouts", figures.markouts(judged))
            body = chart + tables.markout_table(metrics)
            yield tables.section("What fills were worth later", body)
        ts = times(part.quotes, "ts_decided")
        held = inventory_shares(ts, position_at(part, ts))
        if held is not None:
            yield f"<section>{draw('inventory', figures.inventory(held))}</section>"

    return found, list(places())

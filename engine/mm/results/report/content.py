"""What a report draws over time: the columns of a run, as panels of lines, thinned.

Times are the run's own, to the microsecond. Knows no library that draws, no colour and no page.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import attrs
import numpy as np

from mm.metrics import Floats, Times
from mm.results.measures import (
    Account,
    account_at,
    captured,
    fills_of,
    floats,
    position_at,
    times,
)
from mm.results.report.thin import BUCKETS, thinned
from mm.results.run import Run

_MODEL: Final = (
    ("sigma", "Volatility σ", "price/√s"),
    ("A", "Arrivals A at the mid, one side", "1/s"),
    ("k", "Decay k of arrivals with distance", "1/price"),
)  # fmt: skip

_FINE_MARKETS: Final = 3
"""So many markets are drawn as finely as one; of more, each has fewer points."""
_FEWEST_BUCKETS: Final = 120

_TOLERANCE: Final = 1e-9
"""Of spread capture worked out fill by fill, against the ledger's, relative to turnover."""


@attrs.frozen(kw_only=True)
class Line:
    """One line of a panel."""

    name: str
    ts: Times
    """shape (n,), µs: the points that are drawn."""
    values: Floats
    """shape (n,), in the panel's unit; NaN = a gap."""
    of: int
    """How many points there were."""
    steps: bool = True
    """A value holds until the next; else it changes evenly."""


@attrs.frozen(kw_only=True)
class Panel:
    """Lines over one axis of values."""

    name: str
    """What the library's figure calls it: price, equity, …"""
    title: str
    unit: str
    lines: tuple[Line, ...]


@attrs.frozen(kw_only=True)
class History:
    """The account and what it was earned with, at every decision and every row of positions."""

    account: Account
    sources: dict[str, Floats]
    """Source -> what it has come to; they add up to the equity. Empty if it cannot be told."""
    drawdown: Floats
    """Below the highest equity so far, which was 0 at first; not positive."""


def history(run: Run) -> History:
    """Follow the account through a run."""
    known = times(run.positions, "ts_known")
    seen = times(run.quotes, "ts_decided")
    grid = np.union1d(known, seen[seen >= known[0]] if len(known) else seen[:0])
    held = account_at(run, grid)
    equity = np.nan_to_num(held.equity)
    height = np.maximum(np.maximum.accumulate(equity), 0.0) if len(equity) else equity
    return History(account=held, sources=_sources(run, held), drawdown=equity - height)


def _sources(run: Run, held: Account) -> dict[str, Floats]:
    """Split equity as the ledger does: spread + inventory + fees + funding.

    What a fill was better than the mid is known where positions are valued at it. Where the sum of
    that is not what the ledger says (valued at a mark price, or no mid known), there is no split.
    Of several markets it is turned into the run's money at the rates of the end, as the ledger's
    is; what a rate that moved did to it stands under inventory.
    """
    each = [_captured(part) for part in run.parts]
    known, worth = (np.concatenate(columns) for columns in zip(*each, strict=True))
    order = np.argsort(known, kind="stable")  # booked when we learn of it
    known, earned = known[order], np.cumsum(worth[order])
    total = float(earned[-1]) if len(earned) else 0.0
    said = run.summary.get("spread_capture")
    turnover = float(run.summary.get("turnover") or 0.0)
    if said is None or not abs(total - said) <= _TOLERANCE * max(turnover, abs(said)):
        return {}
    spread = np.append(0.0, earned)[np.searchsorted(known, held.ts, side="right")]
    rows = np.searchsorted(times(run.positions, "ts_known"), held.ts, side="right") - 1
    funding = floats(run.positions, "funding")[rows]
    return {
        "spread": spread,
        "inventory": np.nan_to_num(held.equity) - spread + held.fees - funding,
        "fees": -held.fees,
        "funding": funding,
    }


def _captured(part: Run) -> tuple[Times, Floats]:
    """When we learn of each fill, and what it was better than the mid, in the money of the run."""
    fills, _ = fills_of(part)
    known = times(part.trades, "ts_known")
    rate = part.summary.get("rate", 1.0)
    worth = captured(part, fills) * (np.nan if rate is None else rate)
    return known[np.argsort(times(part.trades, "ts_venue"), kind="stable")], worth


def panels(run: Run, past: History) -> list[Panel]:
    """Give the panels from top to bottom; without what the run did not write."""
    equity, fall = _money(run, past)
    ts, position = past.account.ts, past.account.position
    return _filled(
        [_price(run, BUCKETS), equity, _inventory(ts, position, BUCKETS), fall,
         *_models(run, BUCKETS)]
    )  # fmt: skip


def sum_panels(run: Run, past: History) -> list[Panel]:
    """Give the panels of what all of several markets come to."""
    ts = past.account.ts
    held = tuple(
        line_of(str(part.summary["symbol"]), ts, position_at(part, ts), buckets_for(run))
        for part in run.parts
    )
    positions = Panel(name="positions", title="Inventory", unit="contracts", lines=held)
    return _filled([*_money(run, past), positions])


def own_panels(part: Run, buckets: int) -> list[Panel]:
    """Give the panels of one of several markets."""
    ts = np.union1d(times(part.positions, "ts_known"), times(part.quotes, "ts_decided"))
    inventory = _inventory(ts, position_at(part, ts), buckets)
    return _filled([_price(part, buckets), inventory, *_models(part, buckets)])


def buckets_for(run: Run) -> int:
    """Say how finely lines are drawn: the page has so many points, however many markets."""
    return max(BUCKETS * _FINE_MARKETS // max(len(run.parts), _FINE_MARKETS), _FEWEST_BUCKETS)


def _filled(panels: list[Panel]) -> list[Panel]:
    return [panel for panel in panels if any(len(line.ts) for line in panel.lines)]


def _price(run: Run, buckets: int) -> Panel:
    title = f"{run.summary['symbol']}: price, our quotes, fills"
    return Panel(name="price", title=title, unit="price", lines=tuple(_quotes(run, buckets)))


def _inventory(ts: Times, position: Floats, buckets: int) -> Panel:
    lines = (line_of("position", ts, position, buckets),)
    return Panel(name="inventory", title="Inventory", unit="contracts", lines=lines)


def _money(run: Run, past: History) -> tuple[Panel, Panel]:
    ts, unit = past.account.ts, run.money
    equity = line_of("equity", ts, past.account.equity)
    sources = (line_of(name, ts, one) for name, one in past.sources.items() if one.any())
    is_split = bool(past.sources) or len(run.parts) == 1
    title = "Equity, and what it was earned with" if is_split else "Equity"
    fall = line_of("drawdown", ts, past.drawdown)
    return (
        Panel(name="equity", title=title, unit=unit, lines=(equity, *sources)),
        Panel(name="drawdown", title="Drawdown", unit=unit, lines=(fall,)),
    )


def drawn(shown: Iterable[Panel]) -> tuple[int, int]:
    """How many points are drawn, of how many."""
    lines = [line for panel in shown for line in panel.lines]
    return sum(len(line.ts) for line in lines), sum(line.of for line in lines)


def _quotes(run: Run, buckets: int) -> Iterator[Line]:
    ts = times(run.quotes, "ts_decided")
    for name, column in (
        ("best bid", "best_bid"), ("best ask", "best_ask"), ("our bid", "bid"), ("our ask", "ask"),
    ):  # fmt: skip
        yield line_of(name, ts, floats(run.quotes, column), buckets)


def _models(run: Run, buckets: int) -> Iterator[Panel]:
    """What the strategy's model said, where it said anything."""
    quotes = run.quotes
    ts = times(quotes, "ts_decided")
    for column, title, unit in _MODEL:
        values = floats(quotes, column)
        if not np.isnan(values).all():
            line = line_of(column, ts, values, buckets)
            yield Panel(name=column, title=title, unit=unit, lines=(line,))
    halves = []
    for name, ask, bid in (
        ("market", "best_ask", "best_bid"), ("model", "raw_ask", "raw_bid"), ("ours", "ask", "bid"),
    ):  # fmt: skip
        half = (floats(quotes, ask) - floats(quotes, bid)) / 2
        if not np.isnan(half).all():
            halves.append(line_of(name, ts, half, buckets))
    yield Panel(name="half_spread", title="Half-spread", unit="price", lines=tuple(halves))


def line_of(name: str, ts: Times, values: Floats, buckets: int = BUCKETS) -> Line:
    """Give a line with the points that are worth drawing."""
    chosen = thinned(ts, values, buckets)
    return Line(name=name, ts=ts[chosen], values=values[chosen], of=len(ts))

"""What a report draws over time: the columns of a run, as panels of lines, thinned.

Times are the run's own, to the microsecond. Knows no library that draws, no colour and no page.
"""

from collections.abc import Iterator
from typing import Final

import attrs
import numpy as np

from mm.metrics import Floats, Times
from mm.results.measures import Account, account_at, captured, fills_of, floats, times
from mm.results.report.thin import thinned
from mm.results.run import Run

_MODEL: Final = (
    ("sigma", "Volatility σ", "price/√s"),
    ("A", "Arrivals A at the mid, one side", "1/s"),
    ("k", "Decay k of arrivals with distance", "1/price"),
)  # fmt: skip

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
    """
    fills, _ = fills_of(run)
    known = times(run.trades, "ts_known")[np.argsort(times(run.trades, "ts_venue"), kind="stable")]
    order = np.argsort(known, kind="stable")  # booked when we learn of it
    known, earned = known[order], np.cumsum(captured(run, fills)[order])
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


def panels(run: Run, past: History) -> list[Panel]:
    """Give the panels from top to bottom; without what the run did not write."""
    symbol = run.summary["symbol"]
    money = run.money
    own = _own(run)
    ts, position = past.account.ts, past.account.position
    found = [
        Panel(name="price", title=f"{symbol}: price, our quotes, fills", unit="price",
              lines=tuple(_quotes(run, own))),
        Panel(name="equity", title="Equity, and what it was earned with", unit=money, lines=(
            line_of("equity", ts, past.account.equity),
            *(line_of(name, ts, values) for name, values in past.sources.items()
              if values.any()),
        )),
        Panel(name="inventory", title="Inventory", unit="contracts",
              lines=(line_of("position", ts, position),)),
        Panel(name="drawdown", title="Drawdown", unit=money,
              lines=(line_of("drawdown", ts, past.drawdown),)),
        *_models(run, own),
    ]  # fmt: skip
    return [panel for panel in found if any(len(line.ts) for line in panel.lines)]


def drawn(shown: list[Panel]) -> tuple[int, int]:
    """How many points are drawn, of how many."""
    lines = [line for panel in shown for line in panel.lines]
    return sum(len(line.ts) for line in lines), sum(line.of for line in lines)


def _own(run: Run) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Which decisions are the first instrument's."""
    return np.asarray(run.quotes["symbol"] == run.summary["symbol"], bool)


def _quotes(run: Run, own: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Iterator[Line]:
    ts = times(run.quotes, "ts_decided")[own]
    for name, column in (
        ("best bid", "best_bid"), ("best ask", "best_ask"), ("our bid", "bid"), ("our ask", "ask"),
    ):  # fmt: skip
        yield line_of(name, ts, floats(run.quotes, column)[own])


def _models(run: Run, own: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Iterator[Panel]:
    """What the strategy's model said, where it said anything."""
    quotes = run.quotes
    ts = times(quotes, "ts_decided")[own]
    for column, title, unit in _MODEL:
        values = floats(quotes, column)[own]
        if not np.isnan(values).all():
            yield Panel(name=column, title=title, unit=unit, lines=(line_of(column, ts, values),))
    halves = []
    for name, ask, bid in (
        ("market", "best_ask", "best_bid"), ("model", "raw_ask", "raw_bid"), ("ours", "ask", "bid"),
    ):  # fmt: skip
        half = (floats(quotes, ask)[own] - floats(quotes, bid)[own]) / 2
        if not np.isnan(half).all():
            halves.append(line_of(name, ts, half))
    yield Panel(name="half_spread", title="Half-spread", unit="price", lines=tuple(halves))


def line_of(name: str, ts: Times, values: Floats) -> Line:
    """Give a line with the points that are worth drawing."""
    chosen = thinned(ts, values)
    return Line(name=name, ts=ts[chosen], values=values[chosen], of=len(ts))

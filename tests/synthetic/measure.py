"""Statistics of trades and quotes that matter to a market maker, as named numbers.

Knows columns and definitions, not where they came from: a synthetic and a real directory are
measured by the same code. Distances are in ticks of 0.1 USD, sizes in contracts, and a "taker
order" is all trade rows that share one exchange timestamp.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt
from tests.synthetic.tables import TICKS_PER_USD, Column, Table

Figures = dict[str, float]
Floats = npt.NDArray[np.float64]

SECOND: Final = 1_000_000  # µs
INTERVAL: Final = 500_000  # µs, the penetration convention of the shipped strategy
FIT_TICKS: Final = 100  # the penetration fit uses distances up to here


def quote_figures(quotes: Table) -> Figures:
    """Rates, spreads, episodes, moves and sizes of the touch."""
    spread = quotes.ask_price - quotes.bid_price
    held = np.diff(quotes.local)
    gaps_ms = held / 1000
    mid = (quotes.ask_price + quotes.bid_price) / 2
    jumps = np.abs(np.diff(mid)) * 2
    figures = {
        "rows per second": len(quotes) / _span_s(quotes),
        "gap p25 [ms]": _quantile(gaps_ms, 25),
        "gap p50 [ms]": _quantile(gaps_ms, 50),
        "gap p75 [ms]": _quantile(gaps_ms, 75),
        "gap p90 [ms]": _quantile(gaps_ms, 90),
        "gap p99 [ms]": _quantile(gaps_ms, 99),
        "Fano at 1 s": fano(quotes.local, SECOND),
        "Fano at 10 s": fano(quotes.local, 10 * SECOND),
        "size-only rows [%]": 100 * float(np.mean(jumps == 0)),
        "jump p50 [half ticks]": _quantile(jumps[jumps > 0], 50),
        "jump p75 [half ticks]": _quantile(jumps[jumps > 0], 75),
        "jump p90 [half ticks]": _quantile(jumps[jumps > 0], 90),
        "jump reversals [%]": _reversals(np.diff(mid)),
        "spread 1 tick, time [%]": 100 * float(held[spread[:-1] == 1].sum() / held.sum()),
        "spread 1 tick, rows [%]": 100 * float(np.mean(spread == 1)),
        "spread > 10 ticks, time [%]": 100 * float(held[spread[:-1] > 10].sum() / held.sum()),
        "spread p75, rows [ticks]": _quantile(spread, 75),
        "spread p90, rows [ticks]": _quantile(spread, 90),
        "spread p99, rows [ticks]": _quantile(spread, 99),
        "bid size p10": _quantile(quotes.bid_amount, 10),
        "bid size p50": _quantile(quotes.bid_amount, 50),
        "bid size p90": _quantile(quotes.bid_amount, 90),
        "ask size p50": _quantile(quotes.ask_amount, 50),
    }
    return figures | _episodes(quotes.local, spread) | volatility_figures(quotes)


def _episodes(local: Column, spread: Column) -> Figures:
    wide = np.concatenate(([0], (spread > 1).astype(np.int64), [0]))
    starts = np.flatnonzero(np.diff(wide) == 1)
    ends = np.flatnonzero(np.diff(wide) == -1)
    whole = ends < len(spread)
    starts, ends = starts[whole], ends[whole]
    last_ms = (local[ends] - local[starts]) / 1000
    peaks = np.array([spread[a:b].max() for a, b in zip(starts, ends, strict=True)])
    return {
        "wide episodes per second": len(starts) / ((local[-1] - local[0]) / SECOND),
        "episode p50 [ms]": _quantile(last_ms, 50),
        "episode p75 [ms]": _quantile(last_ms, 75),
        "episode p90 [ms]": _quantile(last_ms, 90),
        "episode peak p50 [ticks]": _quantile(peaks, 50),
        "episode peak p90 [ticks]": _quantile(peaks, 90),
        "rows per episode": float(np.mean(ends - starts)),
    }


def volatility_figures(quotes: Table) -> Figures:
    """Mid moves on grids of local time; sigma is in USD per square root of a second."""
    figures: Figures = {}
    for name, step_s in (("100 ms", 0.1), ("500 ms", 0.5), ("1 s", 1.0), ("10 s", 10.0),
                         ("60 s", 60.0)):  # fmt: skip
        moves = np.diff(mid_on_grid(quotes, int(step_s * SECOND)))
        if len(moves) < 2:
            continue
        scale = TICKS_PER_USD * math.sqrt(step_s)
        figures[f"sigma at {name} [USD/√s]"] = float(np.std(moves)) / scale
        if name == "500 ms":
            figures["still half seconds [%]"] = 100 * float(np.mean(moves == 0))
            figures["kurtosis at 500 ms"] = float(np.mean(moves**4) / np.mean(moves**2) ** 2)
            figures["autocorrelation at 500 ms"] = autocorrelation(moves)
    return figures


def mid_on_grid(quotes: Table, step: int) -> Floats:
    """Mid [ticks] as last seen at each multiple of ``step`` µs after the first quote."""
    times = np.arange(quotes.local[0], quotes.local[-1], step)
    return _mid_at(quotes.local, quotes, times)


def _mid_at(clock: Column, quotes: Table, times: Column) -> Floats:
    rows = np.maximum(np.searchsorted(clock, times, side="right") - 1, 0)
    mid: Floats = (quotes.ask_price[rows] + quotes.bid_price[rows]) / 2
    return mid


def latency_figures(table: Table) -> Figures:
    """Exchange clock to recorder clock [ms]."""
    latency_ms = (table.local - table.exchange) / 1000
    points = (("min", 0), ("p5", 5), ("p50", 50), ("p75", 75), ("p90", 90), ("p99", 99),
              ("max", 100))  # fmt: skip
    return {f"latency {name} [ms]": _quantile(latency_ms, q) for name, q in points} | {
        "latency autocorrelation": autocorrelation(latency_ms)
    }


def trade_figures(trades: Table, quotes: Table) -> Figures:
    """Arrival, size, side and reach of taker orders."""
    first = np.flatnonzero(np.diff(trades.exchange, prepend=-1))
    rows = np.diff(np.append(first, len(trades)))
    times, sides = trades.exchange[first], trades.side[first]
    sizes = np.add.reduceat(trades.amount, first)
    width = np.maximum.reduceat(trades.price, first) - np.minimum.reduceat(trades.price, first)
    gaps_ms = np.diff(times) / 1000
    levels = 1 + np.add.reduceat((np.diff(trades.price, prepend=0) != 0).astype(int), first)
    levels -= (np.diff(trades.price, prepend=0) != 0)[first].astype(int)
    figures = {
        "rows per second": len(trades) / _span_s(quotes),
        "orders per second": len(first) / _span_s(quotes),
        "gap p25 [ms]": _quantile(gaps_ms, 25),
        "gap p50 [ms]": _quantile(gaps_ms, 50),
        "gap p75 [ms]": _quantile(gaps_ms, 75),
        "gap p90 [ms]": _quantile(gaps_ms, 90),
        "gap p99 [ms]": _quantile(gaps_ms, 99),
        "Fano at 1 s": fano(times, SECOND),
        "Fano at 60 s": fano(times, 60 * SECOND),
        "same side as the last [%]": 100 * float(np.mean(sides[1:] == sides[:-1])),
        "side autocorrelation, lag 5": autocorrelation(sides.astype(float), 5),
        "side autocorrelation, lag 20": autocorrelation(sides.astype(float), 20),
        "orders of 1 row [%]": 100 * float(np.mean(rows == 1)),
        "orders of 5 rows or more [%]": 100 * float(np.mean(rows >= 5)),
        "orders within 1 level [%]": 100 * float(np.mean(levels == 1)),
        "sweep p90 [ticks]": _quantile(width, 90),
        "sweep p99 [ticks]": _quantile(width, 99),
        "row size p50": _quantile(trades.amount, 50),
        "row size p90": _quantile(trades.amount, 90),
        "rows of 100 [%]": 100 * float(np.mean(trades.amount == 100)),
        "order size p50": _quantile(sizes, 50),
        "order size p90": _quantile(sizes, 90),
        "order size p99": _quantile(sizes, 99),
    }
    return figures | _against_touch(times, sides, sizes, quotes) | penetration(trades, quotes)


def _against_touch(times: Column, sides: Column, sizes: Column, quotes: Table) -> Figures:
    clock = np.maximum.accumulate(quotes.exchange)
    seen = np.maximum(np.searchsorted(clock, times, side="left") - 1, 0)
    touch = np.where(sides > 0, quotes.ask_amount[seen], quotes.bid_amount[seen])
    figures = {"orders taking the whole touch [%]": 100 * float(np.mean(sizes >= touch))}
    before = (quotes.ask_price[seen] + quotes.bid_price[seen]) / 2
    for name, later_s in (("0 s", 0.0), ("0.1 s", 0.1), ("1 s", 1.0), ("30 s", 30.0)):
        after = _mid_at(clock, quotes, times + int(later_s * SECOND))
        figures[f"mid move after {name} [ticks]"] = float(np.mean((after - before) * sides))
    return figures


def penetration(trades: Table, quotes: Table) -> Figures:
    """Arrival intensity of trades at least δ ticks from the mid, λ(δ) = A·exp(−k·δ), per side.

    The deepest trade of each half second counts, from the mid at its start; A [1/s] and k
    [1/tick] come from least squares on log λ at δ = 0.5, 1.5 … 99.5 (Avellaneda & Stoikov 2008,
    section 2.5, gives the form).
    """
    mids = mid_on_grid(quotes, INTERVAL)
    slot = (trades.local - quotes.local[0]) // INTERVAL
    kept = (slot >= 0) & (slot < len(mids))
    slot, side = slot[kept], trades.side[kept]
    deepest = np.full((2, len(mids)), -np.inf)
    reach = (trades.price[kept] - mids[slot]) * side
    np.maximum.at(deepest, ((side > 0).astype(int), slot), reach)
    deltas = np.arange(FIT_TICKS) + 0.5
    rate = np.array([np.mean(deepest >= d) for d in deltas]) * SECOND / INTERVAL
    figures = {f"lambda at {d} ticks [1/s]": float(rate[int(d)]) for d in (0.5, 9.5, 49.5, 99.5)}
    if (rate <= 0).any():
        return figures
    slope, level = np.polyfit(deltas, np.log(rate), 1)
    return figures | {"A [1/s]": math.exp(level), "k [1/tick]": -float(slope)}


def fano(times: Column, step: int) -> float:
    """Variance over mean of the counts per ``step`` µs; 1 for a Poisson process."""
    counts = np.bincount((times - times[0]) // step)
    return float(np.var(counts) / np.mean(counts))


def autocorrelation(values: Floats, lag: int = 1) -> float:
    """Correlation of a series with itself ``lag`` places later."""
    if len(values) <= lag + 1 or np.std(values) == 0:
        return math.nan
    return float(np.corrcoef(values[:-lag], values[lag:])[0, 1])


def _reversals(moves: Floats) -> float:
    signs = np.sign(moves[moves != 0])
    return 100 * float(np.mean(signs[1:] != signs[:-1]))


def _span_s(table: Table) -> float:
    return float(table.local[-1] - table.local[0]) / SECOND


def _quantile(values: Column | Floats, percent: float) -> float:
    return float(np.percentile(values, percent)) if len(values) else math.nan

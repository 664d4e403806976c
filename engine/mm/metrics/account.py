"""Profit and risk of the account, by equal steps of time rather than by trade.

A market maker has no natural capital, so profits are amounts of the settlement currency, not
shares of a wallet; ratios of profit to risk do not need one.
"""

import math

import attrs
import numpy as np

from mm.api import MICRO
from mm.metrics.errors import Floats, Times

DAY_S = 86_400.0


@attrs.frozen(kw_only=True)
class Ratios:
    """Profit to risk, annualised."""

    sharpe: float
    """Mean over standard deviation of the profit of a step (sample, n - 1), times √(steps a year).
    Sharpe, "The Sharpe ratio" (1994), with no benchmark: a maker's position costs no capital."""
    sharpe_error: float
    """For independent steps: Lo, "The statistics of Sharpe ratios" (2002), eq. 9."""
    sortino: float
    """Mean over the root of the mean squared loss of a step. Sortino and Price (1994), target 0."""
    calmar: float
    """Profit a year over the deepest drawdown. Young (1991)."""
    profit_a_year: float


@attrs.frozen(kw_only=True)
class Drawdown:
    """The deepest fall of equity from an earlier height, and the longest time below one."""

    depth: float
    """Settlement currency, not negative."""
    length_s: float


def equity_at(grid: Times, known_ts: Times, known: Floats) -> Floats:
    """Give equity at each time of ``grid``: what was known last, NaN before the first.

    Args:
        grid: shape (m,), µs.
        known_ts: shape (n,), µs, ascending.
        known: shape (n,), equity at those times.
    """
    at = np.searchsorted(known_ts, grid, side="right") - 1
    found: Floats = np.where(at >= 0, known[np.maximum(at, 0)], np.nan) if len(known) else (
        np.full(len(grid), np.nan)
    )  # fmt: skip
    return found


def drawdown(ts: Times, equity: Floats) -> Drawdown:
    """Find the deepest and the longest drawdown; before the first value equity was 0.

    Args:
        ts: shape (n,), µs, ascending.
        equity: shape (n,); NaN is left out.
    """
    known = ~np.isnan(equity)
    ts, equity = ts[known], equity[known]
    if not len(ts):
        return Drawdown(depth=0.0, length_s=0.0)
    height = np.maximum(np.maximum.accumulate(equity), 0.0)
    below = height - equity
    longest, since = 0, int(ts[0])
    for at, depth in zip(ts.tolist(), below.tolist(), strict=True):
        if depth > 0:
            longest = max(longest, at - since)
        else:
            since = at
    return Drawdown(depth=float(below.max()), length_s=longest / MICRO)


def ratios(equity: Floats, step_s: float, days: float = 365.0) -> Ratios:
    """Give the ratios of equity on a grid.

    Args:
        equity: shape (n,), at equal steps; NaN at the start is left out.
        step_s: length of a step.
        days: of a year of trading; crypto never closes.
    """
    known = equity[~np.isnan(equity)]
    profit = np.diff(known)
    a_year = days * DAY_S / step_s
    if len(profit) < 2:
        nan = math.nan
        return Ratios(sharpe=nan, sharpe_error=nan, sortino=nan, calmar=nan, profit_a_year=nan)
    mean, deviation = float(profit.mean()), float(profit.std(ddof=1))
    loss = math.sqrt(float(np.mean(np.minimum(profit, 0.0) ** 2)))
    steps = np.arange(len(known), dtype=np.int64)
    depth = drawdown(steps, known).depth
    each = mean / deviation if deviation > 0 else math.nan
    root = math.sqrt(a_year)
    return Ratios(
        sharpe=each * root,
        sharpe_error=math.sqrt((1 + each**2 / 2) / len(profit)) * root,
        sortino=mean / loss * root if loss > 0 else math.nan,
        calmar=mean * a_year / depth if depth > 0 else math.nan,
        profit_a_year=mean * a_year,
    )

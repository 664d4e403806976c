"""Exact moments of a market maker's profit and inventory in the simulated market.

For quotes that depend on time and inventory only, wealth X = cash + q S needs no mid: a fill at
distance d adds d, and a move of the mid by h adds q h. So it is enough to carry, step by step, for
each inventory its probability and E[X; q], E[X²; q]. Nothing is sampled. Pure.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from mm.api import PriceProcess, QuoteFunction, QuoteInputs

Floats = npt.NDArray[np.float64]


def exact_moments(
    market: PriceProcess, quotes: QuoteFunction, inputs: QuoteInputs, tau: Floats | None
) -> dict[str, float]:
    """Carry the distribution of inventory and the moments of wealth through all steps.

    Args:
        market: what happens.
        quotes: what is quoted: distances below and above the mid [price] by inventory.
        inputs: what ``quotes`` believes, which may be another market.
        tau: time left at each step's start [s], shape (market.steps,); None = quotes without end.

    Returns:
        The statistics of ``statistics.NAMES``, for quotes of size 1; ``spread_mean`` is over
        decisions that quote both sides.

    Raises:
        ConfigError: the model has no answer to the inputs.

    Source:
        Avellaneda and Stoikov (2008), section 3.3: a step fills the ask with probability
        min(1, A exp(-k d) dt), the bid likewise and independently, and then moves the mid.
    """
    reach = min(market.steps, inputs.max_inventory)  # a step moves q by one at most
    q = np.arange(-reach, reach + 1)
    weights = np.zeros((3, len(q)))  # of each q: P, E[X; q], E[X²; q]
    weights[0, reach] = 1.0
    spread = quoted = fills = 0.0
    for bid, ask in zip(*_bounded(market, quotes, inputs, q, tau), strict=True):
        hit, lifted = _probability(market, bid), _probability(market, ask)
        fills += float(np.dot(weights[0], hit + lifted))
        both = np.where(np.isnan(bid + ask), 0.0, weights[0])
        quoted += float(both.sum())
        spread += float(np.dot(both, np.nan_to_num(bid + ask)))
        weights = _moved(
            market, q, _filled(weights, np.nan_to_num(bid), np.nan_to_num(ask), hit, lifted)
        )
    return _summed(weights, q) | {
        "spread_mean": spread / quoted if quoted > 0.0 else math.nan,
        "fills_mean": fills,
    }


def _bounded(
    market: PriceProcess,
    quotes: QuoteFunction,
    inputs: QuoteInputs,
    q: npt.NDArray[np.int64],
    tau: Floats | None,
) -> tuple[Floats, Floats]:
    """Give the distances of each step, shape (steps, n); NaN where a side is not quoted.

    A closed form has distances at the bound, too, where nobody quotes that side all the same.
    """
    bid, ask = quotes(inputs, q, tau)
    bound, shape = inputs.max_inventory, (market.steps, len(q))
    return (
        np.broadcast_to(np.where(q >= bound, np.nan, bid), shape),
        np.broadcast_to(np.where(q <= -bound, np.nan, ask), shape),
    )


def _probability(market: PriceProcess, distance: Floats) -> Floats:
    """Probability that a step fills a quote; 0 where there is none (NaN)."""
    arrivals = market.A * market.interval_s
    # In the exponent, where a quote far through the mid cannot overflow.
    exponent = np.minimum(math.log(arrivals) - market.k * distance, 0.0)
    return np.where(np.isnan(distance), 0.0, np.exp(exponent))


_SIDES: Final = ((0, 0), (1, 0), (0, 1), (1, 1))  # bid filled, ask filled


def _filled(weights: Floats, bid: Floats, ask: Floats, hit: Floats, lifted: Floats) -> Floats:
    """Let both sides be filled or not: wealth grows by the distance, inventory moves by one."""
    after = np.zeros_like(weights)
    for bought, sold in _SIDES:
        chance = (hit if bought else 1.0 - hit) * (lifted if sold else 1.0 - lifted)
        gain = bought * bid + sold * ask
        p, x, xx = weights * chance
        part = np.stack([p, x + gain * p, xx + gain * (2.0 * x + gain * p)])
        after += _shifted(part, bought - sold)
    return after


def _shifted(part: Floats, by: int) -> Floats:
    """Move to the neighbouring inventory. What would leave the grid has no weight there."""
    moved = np.zeros_like(part)
    if by > 0:
        moved[:, by:] = part[:, :-by]
    elif by < 0:
        moved[:, :by] = part[:, -by:]
    else:
        moved = part
    return moved


def _moved(market: PriceProcess, q: npt.NDArray[np.int64], weights: Floats) -> Floats:
    """Let the mid move by ± sigma √dt, either way with probability 1/2."""
    p, x, xx = weights
    return np.stack([p, x, xx + market.sigma**2 * market.interval_s * q * q * p])


def _summed(weights: Floats, q: npt.NDArray[np.int64]) -> dict[str, float]:
    p, x, xx = weights
    profit, position = float(x.sum()), float(np.dot(p, q))
    return {
        "profit_mean": profit,
        "profit_sd": math.sqrt(max(float(xx.sum()) - profit**2, 0.0)),
        "final_q_mean": position,
        "final_q_sd": math.sqrt(max(float(np.dot(p, q * q)) - position**2, 0.0)),
    }

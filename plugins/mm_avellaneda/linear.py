"""Models whose quotes are a straight line in inventory: a mark-up and a slope for each row.

Closed forms (``model``) are without end. Avellaneda-Stoikov is a first-order expansion in inventory
near the end of a session, so its slope is proportional to the time that is left; the ``symmetric``
strategy that the paper compares it with has no slope, and always half of the session's average
spread. Time left is a function of the row's ``ts`` alone: sessions of one length follow each other
from the epoch on. Knows nothing of orders; the offsets that follow are ``model.offsets``.

Source: M. Avellaneda, S. Stoikov, "High-frequency trading in a limit order book", Quantitative
Finance 8 (2008), equations (6), (7) and (30), and section 3.3 for the symmetric strategy.
"""

import math
from typing import Final

from mm.api import Rows
from mm.api.jit import kernel
from mm_avellaneda.config import AvellanedaConfig
from mm_avellaneda.model import spread_terms

CLOSED: Final = 0
SESSION: Final = 1
SYMMETRIC: Final = 2


@kernel(allocates=False)
def session_terms(
    sigma: float, k: float, gamma: float, delta: float, tau: float
) -> tuple[float, float]:
    """Give mark-up [price] and slope [price/model unit] with ``tau`` seconds left::

        markup = ln(1 + gamma delta / k) / (gamma delta)
        slope  = gamma sigma^2 tau

    In the paper an order is one unit. One of ``delta`` units is worth its indifference price, by
    the unit s - (2q + delta)/2 gamma sigma^2 tau for a bid, and gains ``delta`` times the distance
    from that; the best distance from there is the mark-up. With delta = 1 both offsets add up to
    gamma sigma^2 tau + (2/gamma) ln(1 + gamma/k), which is (30).

    Args:
        sigma: volatility of the mid [price/√s], >= 0.
        k: decay of arrivals with distance [1/price].
        gamma: inventory aversion [1/(price · model unit)].
        delta: order size [model units].
        tau: time left [s].

    Returns:
        (markup, slope); NaN for both where an input is missing or k is not positive.
    """
    per_order = gamma * delta
    if not (sigma >= 0.0 and k > 0.0 and per_order > 0.0):
        return math.nan, math.nan
    return math.log1p(per_order / k) / per_order, gamma * sigma * sigma * tau


@kernel(allocates=False)
def add_terms(
    rows: Rows, rule: int, gamma: float, delta: float, xi: float, horizon_us: int
) -> None:
    """Write ``markup`` and ``slope`` into every row.

    Args:
        rows: dtype QUOTING.
        rule: CLOSED, SESSION or SYMMETRIC.
        gamma: inventory aversion [1/(price · model unit)].
        delta: order size [model units].
        xi: non-execution aversion [1/(price · model unit)]; CLOSED only.
        horizon_us: length of a session [µs]; the others only.
    """
    for i in range(len(rows)):
        row = rows[i]
        if rule == CLOSED:
            markup, slope = spread_terms(row["sigma"], row["A"], row["k"], gamma, delta, xi)
        else:
            left_us = horizon_us - row["ts"] % horizon_us
            tau = (left_us if rule == SESSION else horizon_us) / 1e6
            markup, slope = session_terms(row["sigma"], row["k"], gamma, delta, tau)
            if rule == SYMMETRIC:
                # Time left is half of the session on average, and q = 0 half a delta of slope out.
                markup, slope = markup + delta * slope / 4.0, 0.0
        row["markup"] = markup
        row["slope"] = slope


class Linear:
    """Prices rows by one of these models."""

    def __init__(self, config: AvellanedaConfig, horizon_us: int) -> None:
        rules = {"avellaneda_stoikov": SESSION, "symmetric": SYMMETRIC}
        # Guéant's model A is GLFT's: one utility of wealth, whose aversion is gamma.
        xi = config.gamma if config.model == "glft_closed" else config.xi
        self._rule = rules.get(config.model, CLOSED)
        self._terms = (float(config.gamma), float(config.delta), float(xi), horizon_us)

    def price(self, rows: Rows) -> None:
        """Write mark-up and slope; a pure function of each row."""
        add_terms(rows, self._rule, *self._terms)

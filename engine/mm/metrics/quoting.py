"""How much of the time a price of ours was wanted in the market, and where.

What a decision wanted to show holds until the next one. It counts what was wanted, not what rested:
latency and rejections are in the order events.
"""

import attrs
import numpy as np
import numpy.typing as npt

from mm.metrics.errors import Floats, Times


@attrs.frozen(kw_only=True)
class Presence:
    """Shares of the time from the first decision to the last; NaN with fewer than two."""

    bid: float
    ask: float
    both: float
    neither: float
    bid_at_touch: float
    """At the market's best bid or better."""
    ask_at_touch: float
    bid_distance: float
    """Mean distance of our bid behind the market's while both are there [price]."""
    ask_distance: float


def presence(ts: Times, bid: Floats, ask: Floats, best_bid: Floats, best_ask: Floats) -> Presence:
    """Work out shares of time.

    Args:
        ts: shape (n,), µs, ascending: decisions.
        bid, ask: shape (n,), what was wanted; NaN = nothing.
        best_bid, best_ask: shape (n,), the market's; NaN = none.
    """
    lasts = np.diff(ts).astype(np.float64)
    bid, ask, best_bid, best_ask = bid[:-1], ask[:-1], best_bid[:-1], best_ask[:-1]
    has_bid, has_ask = ~np.isnan(bid), ~np.isnan(ask)
    return Presence(
        bid=_share(lasts, has_bid),
        ask=_share(lasts, has_ask),
        both=_share(lasts, has_bid & has_ask),
        neither=_share(lasts, ~has_bid & ~has_ask),
        bid_at_touch=_share(lasts, bid >= best_bid),
        ask_at_touch=_share(lasts, ask <= best_ask),
        bid_distance=_mean(lasts, best_bid - bid),
        ask_distance=_mean(lasts, ask - best_ask),
    )


def _share(lasts: Floats, holds: npt.NDArray[np.bool_]) -> float:
    total = lasts.sum()
    return float(lasts[holds].sum() / total) if total > 0 else float("nan")


def _mean(lasts: Floats, values: Floats) -> float:
    known = ~np.isnan(values)
    total = lasts[known].sum()
    return float((lasts[known] * values[known]).sum() / total) if total > 0 else float("nan")

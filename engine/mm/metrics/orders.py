"""Orders and what became of them."""

import attrs
import numpy as np

from mm.api import MICRO
from mm.metrics.errors import Times


@attrs.frozen(kw_only=True)
class OrderFigures:
    """Counts and shares; NaN where nothing was sent or filled."""

    orders: int
    """New orders that reached the venue and were accepted."""
    filled_orders: int
    """Of them, with any fill."""
    fill_ratio: float
    """Share of accepted orders with any fill."""
    time_to_fill_s: float
    """Median from acceptance to the first fill."""
    commands_per_fill: float
    """New orders, replaces and cancels over fills: exchanges limit the order-to-trade ratio."""


def order_figures(
    accepted_id: Times, accepted_ts: Times, fill_id: Times, fill_ts: Times, commands: int
) -> OrderFigures:
    """Count orders.

    Args:
        accepted_id: shape (a,), the venue's number of each order accepted.
        accepted_ts: shape (a,), µs, when that was.
        fill_id: shape (f,), of each fill, its order's number, in order of time.
        fill_ts: shape (f,), µs.
        commands: how many were sent.
    """
    first_id, first_at = np.unique(fill_id, return_index=True)
    place = np.searchsorted(first_id, accepted_id)
    place = np.minimum(place, max(len(first_id) - 1, 0))
    filled = first_id[place] == accepted_id if len(first_id) else np.zeros(len(accepted_id), bool)
    waits = fill_ts[first_at[place[filled]]] - accepted_ts[filled] if filled.any() else []
    orders, hit = len(accepted_id), int(filled.sum())
    return OrderFigures(
        orders=orders,
        filled_orders=hit,
        fill_ratio=hit / orders if orders else float("nan"),
        time_to_fill_s=float(np.median(waits)) / MICRO if hit else float("nan"),
        commands_per_fill=commands / len(fill_id) if len(fill_id) else float("nan"),
    )

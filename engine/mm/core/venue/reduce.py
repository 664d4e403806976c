"""Reduce-only orders: cut to what closes the position, at arrival and whenever that changes.

Each order is held to the position by itself; two of them may ask for it twice, and what is left of
the second is cut as soon as the first has filled. The venue's own position counts, not what we
know of it.
"""

from typing import Any

from mm.api import CANCELLED, REDUCE_ONLY, REPLACED
from mm.api.jit import inner
from mm.core.venue.reports import report_order
from mm.core.venue.state import Rules, Venue, remove


@inner
def closable(venue: Venue, instrument: int, side: int) -> int:
    """Lots that an order on ``side`` can trade before the position is closed."""
    position = venue.standing[instrument]["position"]
    return int(max(-position * side, 0))


@inner
def trim_reduce_only(venue: Venue, rules: Rules, event: Any) -> None:
    """Cut reduce-only orders to what closes the position; end those for which nothing is left."""
    at = venue.state[0]["open"] * 0  # not a literal: see ``state``
    while at < venue.state[0]["open"]:
        order = venue.orders[at]
        at += 1
        if order["reduce_only"] == 0:
            continue
        room = closable(venue, order["instrument"], order["side"])
        if order["size"] - order["filled"] <= room:
            continue
        if room > 0:
            order["size"] = order["filled"] + room
            report_order(venue, rules, event, int(REPLACED), int(REDUCE_ONLY), order)
        else:
            at -= 1
            report_order(venue, rules, event, int(CANCELLED), int(REDUCE_ONLY), order)
            remove(venue, at)

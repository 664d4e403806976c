"""The market moves our resting orders: prints fill them, levels that shrink move them up.

``ahead`` is what stands before an order; -1 means that its price is beyond what we can see (quotes
without a book), until the touch comes there. A print beyond our price fills us; one at our price
moves us up as the fill model says. A print's size is used once across our orders, best price
first, then oldest. What a print explained is not counted again as a shrinking level, whichever
of the two comes first: a print made no later than the level's last change is set off against
what that change already took off ``ahead``.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from mm.api import BUY, MODEL_DRAW, QUEUE_REACHED, SELL, TRADED_THROUGH
from mm.api.jit import kernel
from mm.core.book import ASK, BID, set_level
from mm.core.draws import FILL, uniform
from mm.core.venue.arrivals import displayed
from mm.core.venue.state import Rules, Venue, fill, remove


@kernel
def _print_side(venue: Venue, event: Any) -> int:
    """The taker's side; where the feed doesn't say, by the quote rule (Lee and Ready 1991)."""
    if event["side"] != 0:
        return int(event["side"])
    touch = venue.levels.touch[event["instrument"]]
    if touch["ask"] > 0 and event["price"] >= touch["ask"]:
        return BUY
    if touch["bid"] > 0 and event["price"] <= touch["bid"]:
        return SELL
    venue.state[0]["unsided"] += 1
    return 0


@kernel
def _first_reached(venue: Venue, event: Any, side: int) -> int:
    """The order that the print reaches next: best price, then oldest; -1 = none left."""
    chosen = -1
    for i in range(venue.state[0]["open"]):
        order = venue.orders[i]
        if order["side"] != side or order["instrument"] != event["instrument"]:
            continue
        if order["arrived"] >= event["ts_exchange"] or order["offered"] == venue.state[0]["prints"]:
            continue
        if (order["price"] - event["price"]) * side < 0:
            continue
        if chosen < 0 or (order["price"] - venue.orders[chosen]["price"]) * side > 0:
            chosen = i
    return chosen


@kernel
def match_print(venue: Venue, rules: Rules, event: Any, on_print: Callable[..., float]) -> None:
    """Offer a print to the orders that it reaches, until its size is used up."""
    state = venue.state[0]
    state["prints"] += 1
    side = -_print_side(venue, event)
    budget = event["size"]
    while side != 0 and budget > 0:
        at = _first_reached(venue, event, side)
        if at < 0:
            return
        order = venue.orders[at]
        order["offered"] = state["prints"]
        budget -= _offer(venue, rules, event, order, budget, on_print)
        if order["filled"] >= order["size"]:
            remove(venue, at)


@kernel
def _offer(
    venue: Venue, rules: Rules, event: Any, order: Any, size: int, on_print: Callable[..., float]
) -> int:
    """Offer ``size`` lots of a print to an order that it reaches; return what the order took."""
    leaves = order["size"] - order["filled"]
    before = order["ahead"]
    draw = np.nan
    if order["price"] != event["price"]:
        rule = TRADED_THROUGH
        reached = size
        order["ahead"] = 0.0
    elif before < 0.0:
        return 0
    else:
        rule = QUEUE_REACHED
        if rules.draws == 1:
            rule = MODEL_DRAW
            draw = uniform(rules.seed, FILL, order["order_id"], event["row"])
        reached = _reached(rules, event, order, size, draw, on_print)
    taken = min(leaves, size, reached)
    if taken > 0:
        report = fill(venue, rules, event, order, order["price"], taken, rule)
        report["ahead"] = int(before)
        report["source_row"] = event["row"]
        report["draw"] = draw
    return int(taken)


@kernel
def _reached(
    rules: Rules, event: Any, order: Any, size: int, draw: float, on_print: Callable[..., float]
) -> int:
    """Move ``order`` up for a print at its price; return the lots that got past its queue."""
    fresh = float(size)
    if event["ts_exchange"] <= order["credit_ts"]:
        explained = min(order["credit"], fresh)
        order["credit"] -= explained
        fresh -= explained
    else:
        order["printed"] += fresh
    if fresh <= 0.0:
        return 0
    ahead = on_print(order["ahead"], float(order["level"]), fresh, draw, rules.p0, rules.p1)
    order["ahead"] = max(ahead, 0.0)
    # A queue share of 2.9999999999 lots is 3 lots.
    return math.floor(1e-9 - ahead) if ahead < 0.0 else 0


@kernel
def _level_moved(
    venue: Venue,
    rules: Rules,
    event: Any,
    side: int,
    price: int,
    size: int,
    on_depth: Callable[..., float],
) -> None:
    """Move our orders at ``price`` up for a change of the displayed size there."""
    for i in range(venue.state[0]["open"]):
        order = venue.orders[i]
        if order["price"] != price or order["side"] != side:
            continue
        if order["instrument"] != event["instrument"]:
            continue
        if order["ahead"] < 0.0:
            order["ahead"] = float(size)
            order["ahead_entry"] = size
        elif size == order["level"]:
            continue
        elif size < order["level"]:
            before = order["ahead"]
            after = on_depth(
                before, float(order["level"]), float(size), order["printed"], rules.p0, rules.p1
            )
            order["ahead"] = max(0.0, min(before, after, float(size)))
            order["credit"] = before - order["ahead"]
            order["credit_ts"] = event["ts_exchange"]
        order["level"] = size
        order["printed"] = 0.0


@kernel
def match_level(venue: Venue, rules: Rules, event: Any, on_depth: Callable[..., float]) -> None:
    """Set a level of the book, and move our orders there."""
    state = venue.state[0]
    side = BID if event["side"] == BUY else ASK
    set_level(venue.levels, event["instrument"], side, event["price"], event["size"])
    if state["low"] <= event["price"] <= state["high"]:
        _level_moved(venue, rules, event, event["side"], event["price"], event["size"], on_depth)


@kernel
def match_quote(venue: Venue, rules: Rules, event: Any, on_depth: Callable[..., float]) -> None:
    """Without a book the touch is all we see; an order better than it has nobody ahead."""
    touch = venue.levels.touch[event["instrument"]]
    touch["bid"] = event["price"] if event["size"] > 0 else 0
    touch["bid_size"] = event["size"]
    touch["ask"] = event["ask_price"] if event["ask_size"] > 0 else 0
    touch["ask_size"] = event["ask_size"]
    for i in range(venue.state[0]["open"]):
        order = venue.orders[i]
        if order["instrument"] != event["instrument"]:
            continue
        shown = displayed(venue, order["instrument"], order["side"], order["price"])
        if shown >= 0:
            _level_moved(venue, rules, event, order["side"], order["price"], shown, on_depth)


@kernel
def count_crossed(venue: Venue, instrument: int) -> None:
    """Count a message that left the book locked or crossed."""
    touch = venue.levels.touch[instrument]
    if touch["bid"] > 0 and touch["ask"] > 0 and touch["bid"] >= touch["ask"]:
        venue.state[0]["crossed"] += 1

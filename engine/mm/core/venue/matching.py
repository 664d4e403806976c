"""The market moves our resting orders: prints fill them, levels that shrink move them up.

``ahead`` is what stands before an order; -1 means that its price is beyond what we can see (see
``mm.core.evidence``), until something is shown there. A print beyond our price fills us; one at our
price moves us up as the fill model says. A print's size is used once across our orders, best price
first, then oldest. What a print explained is not counted again as a shrinking level, whichever of
the two comes first: a print is set off against what the level's changes made no earlier than it
have already taken off ``ahead``.
"""

import math
from typing import Any, Final

import numpy as np

from mm.api import BOOK_CROSSED, BUY, MODEL_DRAW, QUEUE_REACHED, SELL, TRADED_THROUGH
from mm.api.addresses import call_rule
from mm.api.draws import FILL, uniform
from mm.api.jit import inner
from mm.core.fusing import note_print, note_quote, print_side
from mm.core.venue.arrivals import displayed
from mm.core.venue.reduce import trim_reduce_only
from mm.core.venue.reports import fill
from mm.core.venue.state import CREDITS, Rules, Venue, note_matched, remove

_ALL: Final = 2.0**60
"""Lots; more than any print. Whatever traded until we first saw a level is missing in it."""


@inner
def _first_reached(venue: Venue, event: Any, side: int, price: int) -> int:
    """Our next order on ``side`` that is at ``price`` or better: best, then oldest; -1 = none."""
    chosen = -1
    for i in range(venue.state[0]["open"]):
        order = venue.orders[i]
        if order["side"] != side or order["instrument"] != event["instrument"]:
            continue
        if order["arrived"] >= event["ts_exchange"] or order["offered"] == venue.state[0]["rounds"]:
            continue
        if (order["price"] - price) * side < 0:
            continue
        if chosen < 0 or (order["price"] - venue.orders[chosen]["price"]) * side > 0:
            chosen = i
    return chosen


@inner
def match_print(venue: Venue, rules: Rules, event: Any) -> None:
    """Offer a print to the orders that it reaches, until its size is used up."""
    state = venue.state[0]
    state["prints"] += 1
    state["rounds"] += 1
    side = -print_side(venue.levels, event)
    state["unsided"] += 1 if side == 0 else 0
    budget = event["size"]
    while side != 0 and budget > 0:
        at = _first_reached(venue, event, side, event["price"])
        if at < 0:
            break
        order = venue.orders[at]
        order["offered"] = state["rounds"]
        taken = _offer(venue, rules, event, order, budget)
        budget -= taken
        if taken > 0:
            _settle(venue, rules, event, at)
    if side != 0:
        note_print(venue.levels, event, -side)


@inner
def _settle(venue: Venue, rules: Rules, event: Any, at: int) -> None:
    """Take the order at ``at`` out if that fill was its last; hold reduce-only ones to the rest."""
    order = venue.orders[at]
    if order["filled"] >= order["size"]:
        remove(venue, at)
    trim_reduce_only(venue, rules, event)


@inner
def _offer(venue: Venue, rules: Rules, event: Any, order: Any, size: int) -> int:
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
        if rules.terms[order["instrument"]]["draws"] == 1:
            rule = MODEL_DRAW
            draw = uniform(rules.seed, int(FILL), order["order_id"], venue.state[0]["prints"])
        reached = _reached(rules, event, order, size, draw)
    taken = min(leaves, size, reached)
    if taken > 0:
        report = fill(venue, rules, event, order, order["price"], taken, rule)
        report["ahead"] = int(before)
        report["source_row"] = event["row"]
        report["draw"] = draw
    return int(taken)


@inner
def _reached(rules: Rules, event: Any, order: Any, size: int, draw: float) -> int:
    """Move ``order`` up for a print at its price; return the lots that got past its queue."""
    fresh = _unexplained(order, event["ts_exchange"], float(size))
    if event["ts_exchange"] > order["moved_ts"]:
        order["printed"] += fresh
    if fresh <= 0.0:
        return 0
    instrument, terms = order["instrument"], rules.terms[order["instrument"]]
    ahead = call_rule(
        rules.on_print[instrument],
        order["ahead"],
        float(order["level"]),
        fresh,
        draw,
        terms["p0"],
        terms["p1"],
    )
    order["ahead"] = max(ahead, 0.0)
    # A queue share of 2.9999999999 lots is 3 lots.
    return math.floor(1e-9 - ahead) if ahead < 0.0 else 0


@inner
def _note_credit(order: Any, ts: int, lots: float) -> None:
    """Note that a change of the level, made at ``ts``, took ``lots`` off what is ahead."""
    stamps, lots_of = order["credit_ts"], order["credit"]
    if ts != stamps[CREDITS - 1]:
        for i in range(CREDITS - 1):
            stamps[i] = stamps[i + 1]
            lots_of[i] = lots_of[i + 1]
        stamps[CREDITS - 1] = ts
        lots_of[CREDITS - 1] = 0.0
    lots_of[CREDITS - 1] += lots


@inner
def _unexplained(order: Any, ts: int, size: float) -> float:
    """Spend credits of changes made at ``ts`` or later on a print; return what is left of it."""
    for i in range(CREDITS):
        if order["credit_ts"][i] >= ts:
            spent = min(order["credit"][i], size)
            order["credit"][i] -= spent
            size -= spent
    return size


@inner
def _see(rules: Rules, event: Any, order: Any, size: int) -> None:
    """Move ``order`` up if ``size`` lots, displayed at its price, are fewer than before."""
    if order["ahead"] < 0.0:
        order["ahead"] = float(size)
        order["ahead_entry"] = size
        _note_credit(order, event["ts_exchange"], _ALL)
    elif size == order["level"]:
        return
    elif size < order["level"]:
        before = order["ahead"]
        instrument, terms = order["instrument"], rules.terms[order["instrument"]]
        after = call_rule(
            rules.on_depth[instrument],
            before,
            float(order["level"]),
            float(size),
            order["printed"],
            terms["p0"],
            terms["p1"],
        )
        order["ahead"] = max(0.0, min(before, after, float(size)))
        if order["ahead"] < before:
            _note_credit(order, event["ts_exchange"], before - order["ahead"])
    order["level"] = size
    order["printed"] = 0.0
    order["moved_ts"] = event["ts_exchange"]


@inner
def match_level(venue: Venue, rules: Rules, event: Any) -> None:
    """Move our orders at the price of a row of the book.

    What is left where a level was removed shows once the message is over: see ``look_again``.
    """
    if event["size"] == 0:
        venue.state[0]["recheck"] = 1
        return
    for i in range(venue.state[0]["open"]):
        order = venue.orders[i]
        if order["price"] != event["price"] or order["side"] != event["side"]:
            continue
        if order["instrument"] == event["instrument"]:
            _see(rules, event, order, event["size"])


@inner
def look_again(venue: Venue, rules: Rules, event: Any) -> None:
    """Move our orders up where a message took levels away, if they are gone and not out of sight.

    A level that left the visible depth still stands before us; one that a snapshot lacks does not.
    """
    venue.state[0]["recheck"] = 0
    for i in range(venue.state[0]["open"]):
        order = venue.orders[i]
        if order["instrument"] == event["instrument"]:
            lots = displayed(venue, order["instrument"], order["side"], order["price"])
            if 0 <= lots < order["level"] or (lots >= 0 and order["ahead"] < 0.0):
                _see(rules, event, order, lots)


@inner
def match_quote(venue: Venue, rules: Rules, event: Any) -> None:
    """Take a quote. Without a book it is all we see; with one, queues follow the book's sizes."""
    note_quote(venue.levels, event)
    seen = venue.standing[event["instrument"]]
    seen["quoted_bid"], seen["quoted_bid_size"] = event["price"], event["size"]
    seen["quoted_ask"], seen["quoted_ask_size"] = event["ask_price"], event["ask_size"]
    has_levels = venue.levels.touch[event["instrument"]]["has_levels"]
    for i in range(venue.state[0]["open"]):
        order = venue.orders[i]
        if order["instrument"] != event["instrument"] or (has_levels == 1 and order["ahead"] >= 0):
            continue
        lots = displayed(venue, order["instrument"], order["side"], order["price"])
        if lots >= 0:
            _see(rules, event, order, lots)


@inner
def match_crossed(venue: Venue, rules: Rules, event: Any) -> None:
    """Fill our orders that the other side's best price has reached, by what newly stands there.

    Only for fill models that ask for it: with L2 data alone nobody knows whether the other side
    would have come this far had our order been in the book. Size that was matched once, or was
    there when an order of ours came and took, is not matched again until the touch has moved away.
    """
    instrument = event["instrument"]
    touch = venue.levels.touch[instrument]
    seen = venue.standing[instrument]
    bid, ask = touch["bid"], touch["ask"]
    for_buys, for_sells = touch["ask_size"], touch["bid_size"]
    if ask == seen["taken_ask"]:
        for_buys = max(for_buys - seen["taken_ask_size"], 0)
    if bid == seen["taken_bid"]:
        for_sells = max(for_sells - seen["taken_bid_size"], 0)
    for side in (BUY, SELL):
        note_matched(venue, instrument, side)
        price = ask if side == BUY else bid
        if price > 0:
            _fill_crossed(venue, rules, event, side, price, for_buys if side == BUY else for_sells)


@inner
def _fill_crossed(
    venue: Venue, rules: Rules, event: Any, side: int, price: int, budget: int
) -> None:
    state = venue.state[0]
    state["rounds"] += 1
    while budget > 0:
        at = _first_reached(venue, event, side, price)
        if at < 0:
            break
        order = venue.orders[at]
        order["offered"] = state["rounds"]
        taken = min(order["size"] - order["filled"], budget)
        report = fill(venue, rules, event, order, order["price"], taken, int(BOOK_CROSSED))
        report["source_row"] = event["row"]
        budget -= taken
        _settle(venue, rules, event, at)

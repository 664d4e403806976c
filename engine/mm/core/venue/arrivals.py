"""Commands take effect at the venue: validated, taking, resting, replaced, cancelled.

A marketable order takes level by level, up to its limit, what is known to be there (see
``mm.core.evidence``). The book is not ours to change, so what it took is still displayed. The rest
of a limit order joins the queue behind all that is displayed at its price; the rest of any other
order expires. A replace keeps its place in the queue only at the same price and no larger size; it
changes nothing but price and size. So a post-only order stays post-only, and a replace that would
make it take ends it. A replace or cancel of an order that is no longer open is rejected; that is
how one that lost the race against a fill ends.
"""

from typing import Any

from mm.api import (
    ACCEPTED,
    BAD_ORDER,
    BUY,
    CANCEL,
    CANCEL_ALL,
    CANCELLED,
    CONTRACT_OVER,
    DUPLICATE_ID,
    EXPIRED,
    FOK,
    GTC,
    LIMIT,
    MARKET,
    NEW,
    NO_LIQUIDITY,
    NO_REASON,
    OFF_TICK,
    REDUCE_ONLY,
    REPLACED,
    REQUESTED,
    SELL,
    TAKER,
    UNKNOWN_ORDER,
    WOULD_TAKE,
)  # fmt: skip
from mm.api.jit import inner
from mm.core.book import ASK, BID
from mm.core.evidence import next_to_take, shown, to_take
from mm.core.venue.reduce import closable, trim_reduce_only
from mm.core.venue.reports import command_refused, fill, report_order, report_order_at
from mm.core.venue.state import (
    Rules,
    Venue,
    find_bounds,
    note_matched,
    remember,
    remove,
    start_queue,
    to_the_back,
)
from mm.core.venue.ticks import off_tick


@inner
def _takes(venue: Venue, command: Any) -> bool:
    """Say whether an order would meet the other side of the touch."""
    touch = venue.levels.touch[command["instrument"]]
    at_any = command["type"] == MARKET
    if command["side"] == BUY:
        return bool(touch["ask"] > 0 and (at_any or command["price"] >= touch["ask"]))
    return bool(touch["bid"] > 0 and (at_any or command["price"] <= touch["bid"]))


@inner
def displayed(venue: Venue, instrument: int, side: int, price: int) -> int:
    """Lots displayed at ``price`` on our ``side`` (BUY or SELL); -1 = nothing is known of it."""
    return int(shown(venue.levels, instrument, int(BID) if side == BUY else int(ASK), price))


@inner
def _takeable(venue: Venue, command: Any) -> int:
    """Lots a marketable command could take within its limit, at most its size."""
    instrument = command["instrument"]
    side = command["side"]
    touch = venue.levels.touch[instrument]
    price = touch["ask"] if side == BUY else touch["bid"]
    other = ASK if side == BUY else BID
    total = 0
    while price > 0 and total < command["size"]:
        if command["type"] == LIMIT and (price - command["price"]) * side > 0:
            break
        total += to_take(venue.levels, instrument, other, price)
        price = next_to_take(venue.levels, instrument, other, price)
    return int(min(total, command["size"]))


@inner
def _take(venue: Venue, rules: Rules, event: Any, order: Any, type_: int) -> None:
    """Take displayed size level by level, up to the limit or until ``order`` is filled."""
    instrument = order["instrument"]
    side = order["side"]
    touch = venue.levels.touch[instrument]
    price = touch["ask"] if side == BUY else touch["bid"]
    other = ASK if side == BUY else BID
    note_matched(venue, instrument, side)
    while price > 0 and order["filled"] < order["size"]:
        if type_ == LIMIT and (price - order["price"]) * side > 0:
            break
        offered = to_take(venue.levels, instrument, other, price)
        taken = min(offered, order["size"] - order["filled"])
        if taken > 0:
            fill(venue, rules, event, order, price, taken, int(TAKER))
        price = next_to_take(venue.levels, instrument, other, price)


@inner
def _join_queue(venue: Venue, order: Any) -> None:
    """Put ``order`` behind all that is displayed at its price."""
    lots = displayed(venue, order["instrument"], order["side"], order["price"])
    order["ahead"] = float(lots)
    order["ahead_entry"] = lots
    order["level"] = max(lots, 0)
    start_queue(order)


@inner
def _enter(venue: Venue, rules: Rules, event: Any, at: int, command: Any) -> None:
    """Let the order at ``at`` take what it can; then it rests, or its rest expires."""
    order = venue.orders[at]
    if _takes(venue, command):
        _take(venue, rules, event, order, command["type"])
    if order["filled"] >= order["size"]:
        remove(venue, at)
    elif command["type"] == MARKET or command["tif"] != GTC:
        report_order(venue, rules, event, int(EXPIRED), int(NO_LIQUIDITY), order)
        remove(venue, at)
    else:
        _join_queue(venue, order)
        find_bounds(venue, order["instrument"])


@inner
def _find(venue: Venue, instrument: int, client_id: int) -> int:
    """Index of the open order with that client id; -1 if there is none."""
    for i in range(venue.state[0]["open"]):
        order = venue.orders[i]
        if order["client_id"] == client_id and order["instrument"] == instrument:
            return int(i)
    return -1


@inner
def _fault(venue: Venue, rules: Rules, command: Any) -> int:
    """Say why a new order cannot be; NO_REASON if it can."""
    side = command["side"]
    unpriced = command["type"] == LIMIT and command["price"] <= 0
    reason = NO_REASON
    if side not in (BUY, SELL) or command["size"] <= 0 or unpriced:
        reason = BAD_ORDER
    elif venue.standing[command["instrument"]]["settled"] == 1:
        reason = CONTRACT_OVER
    elif off_tick(rules, command):
        reason = OFF_TICK
    elif _find(venue, command["instrument"], command["client_id"]) >= 0:
        reason = DUPLICATE_ID
    elif command["post_only"] == 1 and _takes(venue, command):
        reason = WOULD_TAKE
    elif command["reduce_only"] == 1 and closable(venue, command["instrument"], side) == 0:
        reason = REDUCE_ONLY
    return reason


@inner
def _on_new(venue: Venue, rules: Rules, event: Any, command: Any) -> None:
    reason = _fault(venue, rules, command)
    if reason != NO_REASON:
        command_refused(venue, rules, event, command, reason)
        return
    if command["reduce_only"] == 1:
        room = closable(venue, command["instrument"], command["side"])
        command["size"] = min(command["size"], room)
    state = venue.state[0]
    at = state["open"]
    state["open"] += 1
    remember(venue.orders[at], command)
    report_order(venue, rules, event, int(ACCEPTED), int(NO_REASON), venue.orders[at])
    if command["tif"] == FOK and _takeable(venue, command) < command["size"]:
        report_order(venue, rules, event, int(EXPIRED), int(NO_LIQUIDITY), venue.orders[at])
        remove(venue, at)
    else:
        _enter(venue, rules, event, at, command)


@inner
def _on_replace(venue: Venue, rules: Rules, event: Any, command: Any) -> None:
    at = _find(venue, command["instrument"], command["client_id"])
    if at < 0:
        command_refused(venue, rules, event, command, int(UNKNOWN_ORDER))
        return
    order = venue.orders[at]
    order["decided"] = command["ts"]
    order["reached"] = command["arrival"]
    command["side"] = order["side"]
    command["type"] = LIMIT
    command["tif"] = GTC
    size = command["size"]
    if order["reduce_only"] == 1:
        size = min(size, order["filled"] + closable(venue, order["instrument"], order["side"]))
    if size <= order["filled"] or command["price"] <= 0:
        report_order(venue, rules, event, int(CANCELLED), int(REQUESTED), order)
        remove(venue, at)
    elif command["price"] == order["price"] and size <= order["size"]:
        order["size"] = size
        report_order(venue, rules, event, int(REPLACED), int(NO_REASON), order)
    elif off_tick(rules, command):
        report_order(venue, rules, event, int(CANCELLED), int(OFF_TICK), order)
        remove(venue, at)
    elif (order["post_only"] == 1 or command["post_only"] == 1) and _takes(venue, command):
        report_order(venue, rules, event, int(CANCELLED), int(WOULD_TAKE), order)
        remove(venue, at)
    else:
        at = to_the_back(venue, at)
        order = venue.orders[at]
        order["price"] = command["price"]
        order["size"] = size
        order["arrived"] = command["arrival"]
        order["ahead"] = -1.0
        order["ahead_entry"] = -1
        report_order(venue, rules, event, int(REPLACED), int(NO_REASON), order)
        _enter(venue, rules, event, at, command)


@inner
def _on_cancel(venue: Venue, rules: Rules, event: Any, command: Any) -> None:
    at = _find(venue, command["instrument"], command["client_id"])
    if at < 0:
        command_refused(venue, rules, event, command, int(UNKNOWN_ORDER))
        return
    venue.orders[at]["decided"] = command["ts"]
    venue.orders[at]["reached"] = command["arrival"]
    report_order(venue, rules, event, int(CANCELLED), int(REQUESTED), venue.orders[at])
    remove(venue, at)


@inner
def cancel_orders(venue: Venue, rules: Rules, event: Any, instrument: int, reason: int) -> None:
    """Cancel every open order of an instrument."""
    at = venue.state[0]["open"] * 0  # not a literal: see ``state``
    while at < venue.state[0]["open"]:
        if venue.orders[at]["instrument"] == instrument:
            order = venue.orders[at]
            # A settlement may be told with a time that is older than an order's arrival.
            ts_venue = max(event["ts_exchange"], order["reached"] + 1)
            report_order_at(venue, rules, event, ts_venue, int(CANCELLED), reason, order)
            remove(venue, at)
        else:
            at += 1


@inner
def _on_cancel_all(venue: Venue, rules: Rules, event: Any, command: Any) -> None:
    for at in range(venue.state[0]["open"]):
        order = venue.orders[at]
        if order["instrument"] == command["instrument"]:
            order["decided"] = command["ts"]
            order["reached"] = command["arrival"]
    reason = REQUESTED if command["reason"] == NO_REASON else int(command["reason"])
    cancel_orders(venue, rules, event, command["instrument"], reason)


@inner
def apply_arrivals(venue: Venue, rules: Rules, event: Any, until: int) -> None:
    """Apply every command that reached its market before ``until``, which ``event`` tells of.

    An event of one market says nothing about the time at another: their clocks differ.
    """
    state = venue.state[0]
    market = rules.terms[event["instrument"]]["market"]
    at = state["next_command"]
    while at < state["commands"]:
        command = venue.commands[at]
        at += 1
        if command["done"] == 1 or rules.terms[command["instrument"]]["market"] != market:
            continue
        if command["arrival"] >= until:
            return
        command["done"] = 1
        venue.connections[market]["waiting"] -= 1
        while state["next_command"] < at and venue.commands[state["next_command"]]["done"] == 1:
            state["next_command"] += 1
        action = command["action"]
        if action == NEW:
            _on_new(venue, rules, event, command)
        elif action == CANCEL:
            _on_cancel(venue, rules, event, command)
        elif action == CANCEL_ALL:
            _on_cancel_all(venue, rules, event, command)
        else:
            _on_replace(venue, rules, event, command)
        trim_reduce_only(venue, rules, event)

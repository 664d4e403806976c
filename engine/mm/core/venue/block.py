"""The venue's loop: events in order, commands when they arrive, reports when they are known.

A command decided at ``t`` arrives at ``t`` + entry latency on the venue's clock. It takes effect
before the first message with ``ts_exchange`` past that, and never meets an earlier print.

A block holds several decisions, each made on the account as it was when the block was sent. The
loop stops at the first decision time by which a report has changed the account, so that the
strategy decides the rest again; so a block gives what one decision at a time would have given.

Where news of our own wake the strategy (``state.wakes``), the loop also stops when such news are
known and no decision of that time hears them. It does not look at events beyond that time.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mm.api import (
    CANCEL_ALL,
    CLEAR,
    LEVEL,
    NEW,
    NO_REASON,
    SETTLED_PRICE,
    TICKER,
    TRADE,
    Rows,
)
from mm.api.jit import inner, kernel
from mm.core.book import ASK, BID, USED
from mm.core.fusing import note_clear, note_row, settle
from mm.core.venue.arrivals import apply_arrivals
from mm.core.venue.funding import note_ticker, pay_funding
from mm.core.venue.gate import Gate, check, note_sent, refuse, watch
from mm.core.venue.latency import ENTRY, latency_us, measure_feed
from mm.core.venue.matching import (
    look_again,
    match_crossed,
    match_level,
    match_print,
    match_quote,
)
from mm.core.venue.news import next_wake, note_woken, release
from mm.core.venue.settlement import settle_contract
from mm.core.venue.state import Rules, Venue


@kernel(allocates=False)
def reports_needed(venue: Venue) -> int:
    """Room that one event may need: each order ends or fills, each command takes every level."""
    state = venue.state[0]
    waiting = state["commands"] - state["next_command"]
    ours = state["open"] + waiting
    coming = state["block_orders"] - state["block_order"]
    most = state["open"] * 0  # not a literal: see ``state``
    for instrument in range(len(venue.levels.sides)):
        for side in (BID, ASK):
            most = max(most, venue.levels.sides[instrument, side, USED])
    return int(16 + 6 * ours + coming + waiting * (1 + most))


@inner
def _match(venue: Venue, rules: Rules, events: Rows, limit: int) -> bool:
    """Match the events up to ``limit``, or the next wake; False when the reports might not fit."""
    state = venue.state[0]
    levels = venue.levels.slots.shape[2]  # more than a command can take
    noted, until = state["reports"], min(limit, next_wake(venue))
    while state["next_event"] < len(events):
        event = events[state["next_event"]]
        if state["reports"] != noted:
            noted, until = state["reports"], min(limit, next_wake(venue))
        if event["ts_local"] > until:
            break
        waiting = state["commands"] - state["next_command"]
        # Asking takes as long as a row of the book does, so first by a bound on the answer.
        most = 16 + 6 * (state["open"] + waiting) + state["block_orders"] + waiting * levels
        room = len(venue.reports) - state["reports"]
        if room < most and room < reports_needed(venue):
            return False
        if state["mid_message"] == 0:
            connection = venue.connections[rules.terms[event["instrument"]]["market"]]
            connection["last_event"] = event["ts_local"]
            # What fell due since the last message happens in the order of its times.
            if 0 < connection["due"] <= event["ts_exchange"]:
                apply_arrivals(venue, rules, event, connection["due"])
                pay_funding(venue, rules, event)
                continue  # a long silence may have skipped more of a schedule
            measure_feed(connection, event)
            if connection["waiting"] > 0:
                apply_arrivals(venue, rules, event, event["ts_exchange"])
        kind = event["kind"]
        if kind == TRADE:
            match_print(venue, rules, event)
        elif kind == LEVEL:
            note_row(venue.levels, event)
            ours = venue.standing[event["instrument"]]
            if ours["low"] <= event["price"] <= ours["high"]:
                match_level(venue, rules, event)
        elif kind == CLEAR:
            note_clear(venue.levels, event)
            state["recheck"] = 1
        elif kind == TICKER:
            note_ticker(venue, rules, event)
            if event[SETTLED_PRICE] > 0:
                settle_contract(venue, rules, event)
        else:
            match_quote(venue, rules, event)
        if event["end"] == 1:
            if kind != TICKER:
                settle(venue.levels, event)
            if state["recheck"] == 1:
                look_again(venue, rules, event)
            if rules.terms[event["instrument"]]["crosses"] == 1:
                match_crossed(venue, rules, event)
        state["mid_message"] = 1 - event["end"]
        state["next_event"] += 1
    return True


@inner
def _send(venue: Venue, rules: Rules, gate: Gate, orders: Rows, decision: int) -> None:
    """Put the commands of one decision on their way. There is room: see ``SimulatedVenue``."""
    state = venue.state[0]
    while state["block_order"] < len(orders):
        order = orders[state["block_order"]]
        if order["decision"] != decision:
            return
        if order["action"] == NEW:
            state["order_ids"] += 1
            order["order_id"] = state["order_ids"]
        reason, limit, value = check(gate, venue, rules, order)
        if reason == NO_REASON:
            note_sent(gate, rules, order)
            _dispatch(venue, rules, order, int(NO_REASON))
        else:
            order["refused"] = 1
            refuse(venue, rules, gate, order, reason, limit, value)
        state["block_order"] += 1


@inner
def _dispatch(venue: Venue, rules: Rules, order: Any, reason: int) -> None:
    """Add a command to those on their way; it never overtakes an earlier one to its market."""
    state, terms = venue.state[0], rules.terms[order["instrument"]]
    connection, table = venue.connections[terms["market"]], terms["entry"]
    travel = latency_us(
        rules.latencies[table[0] : table[1]],
        terms["entry_multiple"],
        terms["jitter"],
        connection["feed"],
        order["ts"],
        rules.seed,
        int(ENTRY),
        order["client_id"],
    )
    connection["last_arrival"] = max(order["ts"] + travel, connection["last_arrival"])
    connection["waiting"] += 1
    command = venue.commands[state["commands"]]
    command["arrival"] = connection["last_arrival"]
    command["ts"] = order["ts"]
    command["client_id"] = order["client_id"]
    command["price"] = order["price"]
    command["size"] = order["size"]
    command["order_id"] = order["order_id"]
    command["instrument"] = order["instrument"]
    command["action"] = order["action"]
    command["side"] = order["side"]
    command["type"] = order["type"]
    command["tif"] = order["tif"]
    command["post_only"] = order["post_only"]
    command["reduce_only"] = order["reduce_only"]
    command["reason"] = reason
    command["done"] = 0
    state["commands"] += 1


@inner
def _withdraw(venue: Venue, rules: Rules, gate: Gate, ts: int, reason: int, spare: Rows) -> None:
    """Cancel everything on the markets that the gate has named, on its own account."""
    order = spare[0]
    for instrument in range(len(venue.standing)):
        if gate.lines[rules.terms[instrument]["market"]]["withdraw"] == 0:
            continue
        order["ts"] = ts
        order["action"] = CANCEL_ALL
        order["instrument"] = instrument
        _dispatch(venue, rules, order, reason)


@inner
def _mark(venue: Venue, marks: Rows, at: int, ts: int) -> None:
    """Write down the touch of every instrument at ``ts``, as the ``at``-th of these marks."""
    for instrument in range(len(venue.levels.touch)):
        mark = marks[at * len(venue.levels.touch) + instrument]
        mark["ts"] = ts
        mark["bid"] = venue.levels.touch[instrument]["bid"]
        mark["ask"] = venue.levels.touch[instrument]["ask"]
        mark["mark"] = venue.standing[instrument]["mark"]
        mark["instrument"] = instrument


DONE: Final = 0
NEED_EVENTS: Final = 1
NEED_ROOM: Final = 2


@inner
def carry_out(
    venue: Venue,
    rules: Rules,
    gate: Gate,
    events: Rows,
    watermark: int,
    times: npt.NDArray[np.int64],
    horizon: int,
    orders: Rows,
    marks: Rows,
    spare: Rows,
    alone: bool,
) -> int:
    """Carry a block of decisions out, up to the first one made on an account that has changed.

    ``spare`` is one ORDER row of zeros; ``alone`` says that nobody decides on the answers, so that
    the block is carried out whole (see ``mm.core.bracket``).

    Returns DONE; or NEED_EVENTS when the next batch is wanted; or NEED_ROOM when ``reports`` is
    short. After the latter two, call again with more: all progress is in ``venue.state``.
    """
    state = venue.state[0]
    while True:
        decision = state["decision"]
        last = decision == len(times)
        limit = horizon if last else times[decision]
        if not _match(venue, rules, events, limit):
            return NEED_ROOM
        wake = next_wake(venue)
        woken = wake < limit or (last and wake == limit)  # else the decision at ``limit`` hears it
        if woken:
            limit = wake
        if limit > watermark:
            return NEED_EVENTS
        if woken:
            note_woken(venue, limit)
        release(venue, limit)
        if last or woken or (state["changed"] == 1 and not alone):
            _mark(venue, marks, state["marks"], limit)
            state["up_to"] = limit
            return DONE
        # Nothing comes between decisions of one time, so one mark serves them all: where many
        # instruments are decided on together, a mark of each for each would be their square.
        if decision == 0 or times[decision - 1] != limit:
            _mark(venue, marks, state["marks"], limit)
            state["marks"] += 1
        reason = watch(gate, venue, limit)
        if reason != NO_REASON:
            _withdraw(venue, rules, gate, limit, reason, spare)
        state["decided"] = limit
        _send(venue, rules, gate, orders, decision)
        state["decision"] += 1

"""The closed loop in one kernel: decide, carry out, hear, decide again.

For strategies that are kernels themselves (``mm.api.DecisionKernel``). What it does is what the
tasks of ``mm.run`` do between them: a block of decisions is made on the account as known, carried
out up to the first decision by which that has changed, and the rest is decided again. The account
that the strategy is shown is what the risk gate keeps. It knows no money: no loss limit.

Where news of our own wake the strategy, it is asked with the last row of that instrument, stamped
with the time and the touch of the news, alone, before time moves on.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mm.api import (
    CANCEL_ALL,
    MOST_ORDER,
    NEW,
    Rows,
)
from mm.api.addresses import call_decide
from mm.api.jit import inner, kernel
from mm.core.venue.block import DONE, NEED_ROOM, carry_out, reports_needed
from mm.core.venue.decider import Decider
from mm.core.venue.gate import Gate
from mm.core.venue.known import hear
from mm.core.venue.state import Rules, Venue
from mm.core.venue.woken import keep_last, wake, who_wakes

FAULTY: Final = 3
"""What the strategy answered breaks its contract; ``CURSOR`` says where it stands."""


@kernel(allocates=False)
def run_venue(
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
    decider: Decider,
) -> int:
    """Carry a block out, or decide and carry out all rows of a message: the one way into the venue.

    One kernel for both, since each would take a quarter of a minute to compile. Over 40 lines for
    its arguments alone: a kernel takes no objects.

    Args:
        venue, rules, gate, spare, alone: see ``carry_out``.
        events: dtype EVENT, the market.
        watermark: of the events, µs.
        times: µs, of each decision.
        horizon: µs, nothing is decided before it after the last of ``times``.
        orders: dtype ORDER: what was decided; or room for it.
        marks: dtype MARK, shape (at least (times + 1) * instruments,), room for a mark at each;
            written.
        decider: with ``closed`` 0, none of its other contents are used.

    Returns:
        As ``carry_out``; or FAULTY.
    """
    cursor = decider.cursor[0]
    if cursor["closed"] == 0:
        return int(
            carry_out(
                venue, rules, gate, events, watermark, times, horizon, orders, marks, spare, alone
            )
        )
    while (
        cursor["start"] < len(times)
        or cursor["up_to"] < horizon
        or cursor["under_way"] == 1
        or venue.state[0]["woken"] == 1
    ):
        if cursor["under_way"] == 0:
            status = _decide(venue, gate, times, horizon, orders, marks, decider)
            if status != DONE:
                return int(status)
            cursor["under_way"] = 1
        start, first = cursor["start"], cursor["orders"]
        block = times[start : start + cursor["rows"]]
        if cursor["waking"] == 1:
            block = decider.woken_ts[0:1]
        status = carry_out(
            venue,
            rules,
            gate,
            events,
            watermark,
            block,
            cursor["horizon"],
            orders[first : first + cursor["given"]],
            marks,
            spare,
            alone and cursor["closed"] == 0,  # never; a literal would compile it all once more
        )
        if status != DONE:
            return int(status)
        _finish(venue, gate, orders, decider)
        cursor["under_way"] = 0
    return DONE


@inner
def _decide(
    venue: Venue,
    gate: Gate,
    times: npt.NDArray[np.int64],
    horizon: int,
    orders: Rows,
    marks: Rows,
    decider: Decider,
) -> int:
    """Have the next block decided: DONE; or NEED_ROOM, or FAULTY, and nothing has changed."""
    cursor, state = decider.cursor[0], venue.state[0]
    start = cursor["start"]
    rows, given = start * 0, start * 0  # not literals: see ``state``
    instrument = who_wakes(venue, times, decider)
    upcoming = horizon if start == len(times) else times[start]
    if instrument >= 0:
        rows += 1
        upcoming = cursor["up_to"]  # there may be more news of this time
    elif start < len(times) and cursor["up_to"] >= upcoming:
        rows = _length(times, cursor)
        upcoming = times[start + rows] if start + rows < len(times) else horizon
    _make_way(venue)
    state["decision"] = 0
    state["block_order"] = 0
    state["changed"] = 0
    # Of reports, too, before anybody is asked: whoever decides in Python is asked once for a row.
    state["block_orders"] = rows * cursor["most_orders"]
    if len(venue.reports) - state["reports"] < reports_needed(venue):
        return NEED_ROOM
    if rows > 0:
        if not _has_room(venue, gate, orders, marks, decider, rows):
            return NEED_ROOM
        at, block = decider.rows + start * cursor["row_size"], times[start : start + rows]
        if instrument >= 0:
            wake(venue, gate, decider, instrument)
            at, block = decider.woken.ctypes.data, decider.woken_ts[0:1]
        given = _ask(gate, orders, decider, at, rows)
        if not _is_sound(orders, block, decider, rows, given):
            cursor["rows"], cursor["given"] = rows, given
            return FAULTY
    if instrument >= 0:
        venue.standing[instrument]["woken"] = 0
    cursor["waking"] = 1 if instrument >= 0 else 0
    state["block_orders"] = given
    cursor["rows"] = rows
    cursor["given"] = given
    cursor["horizon"] = upcoming
    return DONE


@inner
def _length(times: npt.NDArray[np.int64], cursor: Any) -> int:
    """Rows of the next block: see ``mm.run.strategy``."""
    start = cursor["start"]
    together = start + 1
    while together < len(times) and times[together] == times[start]:
        together += 1
    end = min(max(start + cursor["length"], together), start + cursor["longest"], len(times))
    return int(end - start)


@inner
def _has_room(
    venue: Venue, gate: Gate, orders: Rows, marks: Rows, decider: Decider, rows: int
) -> bool:
    """Whether all fits that ``rows`` more decisions can bring."""
    state, cursor = venue.state[0], decider.cursor[0]
    most = rows * cursor["most_orders"]
    coming = state["commands"] - state["next_command"] + most + rows * len(venue.standing)
    known = gate.state[0]["working"] + most
    return bool(
        coming <= len(venue.commands)
        and state["open"] + coming < len(venue.orders)
        and known <= len(gate.working)
        and known <= len(decider.asked)
        and cursor["orders"] + most <= len(orders)
        and cursor["decided"] + rows <= len(decider.trace)
        and (state["marks"] + rows + 1) * len(venue.standing) <= len(marks)
    )


@inner
def _ask(gate: Gate, orders: Rows, decider: Decider, at: int, rows: int) -> int:
    """Show the strategy its account and the rows at ``at``; return how many orders it gave."""
    cursor = decider.cursor[0]
    decided, first = cursor["decided"], cursor["orders"]
    known = gate.state[0]["working"]
    for i in range(len(gate.known)):
        decider.positions[i] = gate.known[i]["lots"]
    for i in range(known):
        decider.asked[i] = gate.working[i]
    for i in range(first, first + rows * cursor["most_orders"]):
        orders[i] = decider.blank_order[0]
    for i in range(decided, decided + rows):
        decider.trace[i] = decider.blank_trace[0]
    question = decider.question[0]
    question["rows"] = at
    question["count"] = rows
    question["positions"] = decider.positions.ctypes.data
    question["instruments"] = len(decider.positions)
    question["working"] = decider.asked.ctypes.data
    question["open_orders"] = known
    question["next_id"] = cursor["sent"] + 1
    question["settings"] = decider.settings
    question["orders"] = orders[first:].ctypes.data
    question["trace"] = decider.trace[decided:].ctypes.data
    return int(call_decide(decider.decide, np.int64(decider.question.ctypes.data)))


@inner
def _is_sound(
    orders: Rows, block: npt.NDArray[np.int64], decider: Decider, rows: int, given: int
) -> bool:
    """Stamp the orders with the times of their decisions, those of the block.

    Returns:
        Whether they keep to the contract, on which the venue relies.
    """
    cursor = decider.cursor[0]
    if cursor["raised"] == 1 or not 0 <= given <= rows * cursor["most_orders"]:
        return False
    last = cursor["rows"] * 0
    for i in range(cursor["orders"], cursor["orders"] + given):
        order = orders[i]
        if not (last <= order["decision"] < rows and NEW <= order["action"] <= CANCEL_ALL):
            return False
        if not 0 <= order["instrument"] < len(decider.positions):
            return False
        for value in (order["client_id"], order["price"], order["size"]):
            if not -MOST_ORDER <= value <= MOST_ORDER:
                return False
        last = order["decision"]
        order["ts"] = block[last]
    return True


@inner
def _make_way(venue: Venue) -> None:
    """Move the commands that are on their way to the front, as nothing else makes room.

    Those of another market may have been done behind one that still waits for its own.
    """
    state = venue.state[0]
    waiting = state["next_command"] * 0  # not a literal: see ``state``
    for i in range(state["next_command"], state["commands"]):
        if venue.commands[i]["done"] == 0:
            if waiting < i:
                venue.commands[waiting] = venue.commands[i]
            waiting += 1
    state["next_command"] = 0
    state["commands"] = waiting


@inner
def _finish(venue: Venue, gate: Gate, orders: Rows, decider: Decider) -> None:
    """Bring the account up to the end of the block; see where the next one starts."""
    state, cursor = venue.state[0], decider.cursor[0]
    committed, rows = state["decision"], cursor["rows"]
    cursor["up_to"] = state["up_to"]
    for i in range(cursor["orders"], cursor["orders"] + state["block_order"]):
        cursor["sent"] += 1 if orders[i]["action"] == NEW else 0
    cursor["orders"] += state["block_order"]
    cursor["decided"] += committed
    if cursor["waking"] == 0:
        if state["wakes"] == 1:
            keep_last(decider, committed)
        cursor["start"] += committed
        if rows > 0:
            longer = min(2 * cursor["length"], cursor["longest"])
            cursor["length"] = longer if committed == rows else max(1, committed)
    while cursor["heard"] < state["released"]:
        hear(gate, venue.reports[cursor["heard"]])
        cursor["heard"] += 1

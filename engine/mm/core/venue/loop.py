"""The closed loop in one kernel: decide, carry out, hear, decide again.

For strategies that are kernels themselves (``mm.api.DecisionKernel``). What it does is what the
tasks of ``mm.run`` do between them: a block of decisions is made on the account as known, carried
out up to the first decision by which that has changed, and the rest is decided again. The account
that the strategy is shown is what the risk gate keeps. It knows no money: no loss limit.
"""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from mm.api import (
    CANCEL_ALL,
    MOST_ORDER,
    NEW,
    Rows,
)
from mm.api.addresses import Address, call_decide
from mm.api.jit import inner, kernel
from mm.core.venue.block import DONE, NEED_ROOM, carry_out, reports_needed
from mm.core.venue.gate import Gate
from mm.core.venue.known import hear
from mm.core.venue.state import Rules, Venue

FAULTY: Final = 3
"""What the strategy answered breaks its contract; ``CURSOR`` says where it stands."""

CURSOR: Final = np.dtype(
    [
        ("closed", "i8"),  # 1: decide here; 0: the block was decided already
        ("under_way", "i8"),  # 1: a block is being carried out
        ("start", "i8"),  # the first row that is not decided for good
        ("rows", "i8"),  # rows of the block; 0 = only time moves on
        ("horizon", "i8"),  # µs: of the block
        ("length", "i8"),  # rows that the next block is to have
        ("longest", "i8"),  # most rows in a block
        ("most_orders", "i8"),  # that the strategy may give for a row
        ("row_size", "i8"),  # bytes
        ("orders", "i8"),  # orders that took effect, of this message
        ("given", "i8"),  # orders of the block
        ("sent", "i8"),  # NEW orders so far, of the whole run
        ("heard", "i8"),  # of the released reports, so many are in the account
        ("up_to", "i8"),  # µs: what the account is known up to
        ("raised", "i8"),  # 1: the strategy's function has raised; set from Python
    ],
    align=True,
)


class Decider(NamedTuple):
    """Who decides, on what, and where the answers go. Arrays are of one message of features."""

    decide: Address
    settings: int
    """Address of the strategy's settings."""
    rows: int
    """Address of the rows to decide on."""
    positions: npt.NDArray[np.int64]
    """Lots by instrument, for the strategy to see."""
    asked: Rows
    """dtype WORKING: open orders for the strategy to see, with room for what it sends."""
    question: Rows
    """dtype QUESTION, one row: what the strategy is called with."""
    blank_order: Rows
    """dtype ORDER, one row of zeros."""
    blank_trace: Rows
    """dtype DECISION, one row of zeros."""
    trace: Rows
    """dtype DECISION, a row for each row."""
    cursor: Rows
    """dtype CURSOR, one row."""


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
        marks: dtype MARK, shape ((times + 1) * instruments,), room for a mark at each; written.
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
    while cursor["start"] < len(times) or cursor["up_to"] < horizon or cursor["under_way"] == 1:
        if cursor["under_way"] == 0:
            status = _decide(venue, gate, times, horizon, orders, decider)
            if status != DONE:
                return int(status)
            cursor["under_way"] = 1
        start, first = cursor["start"], cursor["orders"]
        status = carry_out(
            venue,
            rules,
            gate,
            events,
            watermark,
            times[start : start + cursor["rows"]],
            cursor["horizon"],
            orders[first : first + cursor["given"]],
            marks,
            spare,
            alone and cursor["closed"] == 0,  # never; a literal would compile it all once more
        )
        if status != DONE:
            return int(status)
        _finish(venue, gate, times, orders, cursor)
        cursor["under_way"] = 0
    return DONE


@inner
def _decide(
    venue: Venue,
    gate: Gate,
    times: npt.NDArray[np.int64],
    horizon: int,
    orders: Rows,
    decider: Decider,
) -> int:
    """Have the next block decided: DONE; or NEED_ROOM, or FAULTY, and nothing has changed."""
    cursor, state = decider.cursor[0], venue.state[0]
    start = cursor["start"]
    rows, given = start * 0, start * 0  # not literals: see ``state``
    upcoming = horizon if start == len(times) else times[start]
    if start < len(times) and cursor["up_to"] >= upcoming:
        rows = _length(times, cursor)
        upcoming = times[start + rows] if start + rows < len(times) else horizon
        if not _has_room(venue, gate, decider, rows):
            return NEED_ROOM
        given = _ask(gate, orders, decider, rows)
        if not _is_sound(orders, times, decider, rows, given):
            cursor["rows"], cursor["given"] = rows, given
            return FAULTY
    _make_way(venue)
    state["decision"] = 0
    state["block_order"] = 0
    state["changed"] = 0
    state["block_orders"] = given
    cursor["rows"] = rows
    cursor["given"] = given
    cursor["horizon"] = upcoming
    if len(venue.reports) - state["reports"] < reports_needed(venue):
        return NEED_ROOM
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
def _has_room(venue: Venue, gate: Gate, decider: Decider, rows: int) -> bool:
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
    )


@inner
def _ask(gate: Gate, orders: Rows, decider: Decider, rows: int) -> int:
    """Show the strategy its account and ``rows`` rows; return how many orders it gave."""
    cursor = decider.cursor[0]
    start, first = cursor["start"], cursor["orders"]
    known = gate.state[0]["working"]
    for i in range(len(gate.known)):
        decider.positions[i] = gate.known[i]["lots"]
    for i in range(known):
        decider.asked[i] = gate.working[i]
    for i in range(first, first + rows * cursor["most_orders"]):
        orders[i] = decider.blank_order[0]
    for i in range(start, start + rows):
        decider.trace[i] = decider.blank_trace[0]
    question = decider.question[0]
    question["rows"] = decider.rows + start * cursor["row_size"]
    question["count"] = rows
    question["positions"] = decider.positions.ctypes.data
    question["instruments"] = len(decider.positions)
    question["working"] = decider.asked.ctypes.data
    question["open_orders"] = known
    question["next_id"] = cursor["sent"] + 1
    question["settings"] = decider.settings
    question["orders"] = orders[first:].ctypes.data
    question["trace"] = decider.trace[start:].ctypes.data
    return int(call_decide(decider.decide, np.int64(decider.question.ctypes.data)))


@inner
def _is_sound(
    orders: Rows, times: npt.NDArray[np.int64], decider: Decider, rows: int, given: int
) -> bool:
    """Stamp the orders; say whether they keep to the contract, on which the venue relies."""
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
        order["ts"] = times[cursor["start"] + last]
    return True


@inner
def _make_way(venue: Venue) -> None:
    """Move the commands that are on their way to the front, as nothing else makes room."""
    state = venue.state[0]
    first, waiting = state["next_command"], state["commands"] - state["next_command"]
    if first > 0:
        for i in range(waiting):
            venue.commands[i] = venue.commands[first + i]
        state["next_command"] = 0
        state["commands"] = waiting


@inner
def _finish(
    venue: Venue, gate: Gate, times: npt.NDArray[np.int64], orders: Rows, cursor: Any
) -> None:
    """Bring the account up to the end of the block; see where the next one starts."""
    state = venue.state[0]
    committed, rows = state["decision"], cursor["rows"]
    whole = committed == rows
    cursor["up_to"] = cursor["horizon"] if whole else times[cursor["start"] + committed]
    for i in range(cursor["orders"], cursor["orders"] + state["block_order"]):
        cursor["sent"] += 1 if orders[i]["action"] == NEW else 0
    cursor["orders"] += state["block_order"]
    cursor["start"] += committed
    if rows > 0:
        longer = min(2 * cursor["length"], cursor["longest"])
        cursor["length"] = longer if whole else max(1, committed)
    while cursor["heard"] < state["released"]:
        hear(gate, venue.reports[cursor["heard"]])
        cursor["heard"] += 1

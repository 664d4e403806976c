"""A strategy inside the venue's kernel does what it does outside, however it is cut."""

from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

import attrs
import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mm.api import (
    CANCEL,
    DECISION,
    ORDER,
    QUESTION,
    TOUCH_FIELDS,
    WORKING,
    Account,
    DecisionKernel,
    Decisions,
    ExecutionReport,
    Rows,
)
from mm.api.addresses import rows_at
from mm.core.venue import ClosedLoop, simulated
from mm.run.closed_loop import kernel_of

from .replay import Knowledge, batches, decided_inside, decided_outside, real_venue
from .strategies import sessions
from .tapes import Session

NUMBERED = np.dtype([*TOUCH_FIELDS, ("number", "i8"), ("alone", "i8")], align=True)
"""A row that knows which decision it is, and whether it is decided alone."""
CHOICES, MOST = 2, 3
"""Reactions that a decision chooses from, and the orders of each at most."""
_NO_ORDER = -1


def decide_at(question: int) -> int:
    """Send one of a row's scripted reactions: which, hangs on all that the account says."""
    asked = rows_at(question, 1, QUESTION)[0]
    count = asked["count"]
    seen = rows_at(asked["rows"], count, NUMBERED)
    lots = rows_at(asked["positions"], asked["instruments"], np.int64)
    known = rows_at(asked["working"], asked["open_orders"], WORKING)
    out = rows_at(asked["orders"], MOST * count, ORDER)
    told = rows_at(asked["trace"], count, DECISION)
    last = seen[count - 1]["number"] + 1
    written = rows_at(asked["settings"], last * CHOICES * MOST, ORDER)
    state = asked["next_id"] * 0
    for i in range(asked["instruments"]):
        state = state * 31 + lots[i]
    # Of many, the later ones would have to know what the earlier ones sent.
    if seen[0]["alone"] == 1:
        state = state * 31 + asked["next_id"]
        for i in range(asked["open_orders"]):
            one = known[i]
            state = state * 31 + one["client_id"] + 3 * one["price"] + 5 * one["size"]
            state = state * 31 + one["filled"] + 7 * one["side"] + 2 * one["cancelling"]
            state += one["instrument"]
    sent = count * 0
    for i in range(count):
        told[i]["ts"] = seen[i]["ts"]
        told[i]["position"] = state
        first = (seen[i]["number"] * CHOICES + state % CHOICES) * MOST
        for j in range(first, first + MOST):
            if written[j]["action"] != _NO_ORDER:
                out[sent] = written[j]
                out[sent]["decision"] = i
                sent += 1
    return int(sent)


decide: Any = numba.njit(decide_at)


def script_of(session: Session) -> Rows:
    """Write the session's reactions down, MOST rows each."""
    script = np.zeros(len(session.decisions) * CHOICES * MOST, ORDER)
    script["action"] = _NO_ORDER
    for number, decision in enumerate(session.decisions):
        for choice in range(CHOICES):
            commands = decision.choices[choice % len(decision.choices)]
            for place, command in enumerate(commands):
                row = script[(number * CHOICES + choice) * MOST + place]
                for name, value in attrs.asdict(command).items():
                    row[name] = value
    return script


def rows_of(session: Session, longest: int) -> Rows:
    """The session's decision times as rows."""
    rows = np.zeros(len(session.decisions), NUMBERED)
    rows["ts"] = [decision.ts for decision in session.decisions]
    rows["number"] = range(len(rows))
    rows["alone"] = longest == 1
    return rows


def outside(session: Session, longest: int) -> list[ExecutionReport]:
    """Decide as ``mm.run.strategy`` does, block by block."""
    script = script_of(session)

    def answer(wanted: Rows, account: Account) -> Decisions:
        orders = np.zeros(MOST * len(wanted), ORDER)
        trace = np.zeros(len(wanted), DECISION)
        seen = np.ascontiguousarray(wanted)
        lots, known = np.array(account.position), account.working.copy()
        question = np.zeros(1, QUESTION)
        question["rows"], question["count"] = seen.ctypes.data, len(seen)
        question["positions"], question["instruments"] = lots.ctypes.data, len(lots)
        question["working"], question["open_orders"] = known.ctypes.data, len(known)
        question["next_id"], question["settings"] = account.next_client_id, script.ctypes.data
        question["orders"], question["trace"] = orders.ctypes.data, trace.ctypes.data
        count = decide(question.ctypes.data)
        return Decisions(orders=orders[:count], trace=trace)

    return decided_outside(session, rows_of(session, longest), longest, answer)


def inside(session: Session, longest: int, cuts: Sequence[bool]) -> list[ExecutionReport]:
    """Let the venue's kernel decide."""
    script = script_of(session)
    form = DecisionKernel(decide=decide_at, rows=NUMBERED, settings=script, orders_per_row=MOST)
    return decided_inside(session, form, rows_of(session, longest), longest, cuts)


def told(answers: list[ExecutionReport], count: int) -> dict[str, Any]:
    """All that the answers say, whatever the blocks."""
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(answer, name) for answer in answers]).tolist()
        for name in ("trace", "reports")
    }
    orders = np.concatenate([answer.orders for answer in answers])
    orders["decision"] = 0  # counts within a block
    marks = np.concatenate([answer.marks[:-count] for answer in answers])
    columns["marks"] = list(dict.fromkeys(marks.tolist()))  # blocks may part decisions of one time
    columns["closing marks"] = answers[-1].marks[-count:].tolist()
    columns["orders"] = orders.tolist()
    return {name: repr(rows) for name, rows in columns.items()}  # NaN is NaN


@settings(max_examples=100)
@given(sessions(), st.sampled_from([1, 2, 7]), st.lists(st.booleans(), max_size=4), st.booleans())
def test_inside_the_venue_everything_is_as_outside(
    session: Session, longest: int, cuts: list[bool], wakes: bool
) -> None:
    limits = attrs.evolve(session.limits, loss=0.0)
    session = attrs.evolve(session, limits=limits, wakes=wakes)
    count = session.instruments
    assert told(inside(session, longest, cuts), count) == told(outside(session, longest), count)


@settings(max_examples=40)
@given(sessions(), st.sampled_from([1, 7]), st.booleans())
def test_it_does_not_show_that_room_ran_out_in_the_middle_of_a_block(
    session: Session, longest: int, wakes: bool
) -> None:
    limits = attrs.evolve(session.limits, loss=0.0)
    session = attrs.evolve(session, limits=limits, wakes=wakes)
    ample = told(inside(session, longest, ()), session.instruments)
    with patch.object(simulated, "_SPARE_REPORTS", 0):
        scarce = inside(session, longest, ())
    assert told(scarce, session.instruments) == ample


def test_an_answer_out_of_bounds_is_refused() -> None:
    """The venue relies on the bounds, so a plugin's slip must not get so far."""
    session = Session(tape=(), decisions=())
    script = np.zeros(CHOICES * MOST, ORDER)
    script["action"] = _NO_ORDER
    script["action"][::MOST] = CANCEL
    script["instrument"][::MOST] = 5
    form = DecisionKernel(decide=decide_at, rows=NUMBERED, settings=script, orders_per_row=MOST)
    venue = real_venue(session)
    loop = ClosedLoop(venue, form, Knowledge(1).account(-1), 1)
    rows = np.zeros(1, NUMBERED)
    rows["ts"] = 5
    loop.submit(rows, 10)
    (batch,) = batches(())
    assert loop.advance() is None
    venue.load(batch)
    with pytest.raises(ValueError, match="out of bounds"):
        loop.advance()


class _Kernel:
    requires: frozenset[str] = frozenset()

    def observe(self, rows: Rows) -> Rows:
        return rows

    def decide(self, rows: Rows, account: Account) -> Decisions:
        raise NotImplementedError

    def compiled(self, rows: "np.dtype[np.void]") -> DecisionKernel:
        return DecisionKernel(
            decide=decide_at, rows=NUMBERED, settings=np.zeros(0, ORDER), orders_per_row=MOST
        )


class _Changed(_Kernel):
    def decide(self, rows: Rows, account: Account) -> Decisions:
        raise NotImplementedError


class _Both(_Changed):
    def compiled(self, rows: "np.dtype[np.void]") -> DecisionKernel:
        return super().compiled(rows)


def test_who_replaces_decide_alone_is_not_run_by_the_kernel_it_took_over() -> None:
    assert kernel_of(_Kernel(), NUMBERED) is not None
    assert kernel_of(_Changed(), NUMBERED) is None
    assert kernel_of(_Both(), NUMBERED) is not None

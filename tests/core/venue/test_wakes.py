"""News of our own wake a strategy when they are known: once, and not a moment later or earlier."""

from collections import defaultdict
from typing import Any

import attrs
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mm.api import (
    ACCEPTED,
    BUY,
    DECISION,
    ORDER,
    REPLACED,
    SELL,
    TOUCH_FIELDS,
    Account,
    Decisions,
    ExecutionReport,
    Rows,
    RowStrategy,
)

from .replay import decided_inside, decided_outside
from .strategies import sessions
from .tapes import Event, Session, quote, trade
from .test_row_kernel import Moody, rows_of

ROWS = np.dtype(TOUCH_FIELDS, align=True)


def decided(answers: list[ExecutionReport]) -> list[tuple[int, int]]:
    """(time, instrument) of each decision, in order."""
    return [(int(row["ts"]), int(row["instrument"])) for answer in answers for row in answer.trace]


def news(answers: list[ExecutionReport]) -> list[tuple[int, int, int]]:
    """(known, decided, instrument) of each report that changes the account."""
    return [
        (int(row["ts_known"]), int(row["ts_decided"]), int(row["instrument"]))
        for answer in answers
        for row in answer.reports
        if row["kind"] not in (ACCEPTED, REPLACED)
    ]


@settings(max_examples=100)
@given(sessions(), st.lists(st.booleans(), max_size=4))
def test_it_is_asked_at_the_news_and_at_no_other_time(session: Session, cuts: list[bool]) -> None:
    """But for what our own gate refuses, which is known at the decision itself."""
    limits = attrs.evolve(session.limits, loss=0.0)
    session = attrs.evolve(session, limits=limits, wakes=True, depth=2)
    rows, strategy = rows_of(session), Moody()
    form = strategy.compiled(rows.dtype)
    assert form is not None
    answers = decided_inside(session, form, rows, 256, cuts)
    made = decided(answers)
    assert made == sorted(made, key=lambda one: one[0])
    given_rows = [(int(row["ts"]), int(row["instrument"])) for row in rows]
    first = {instrument: ts for ts, instrument in reversed(given_rows)}
    heard: dict[int, set[int]] = defaultdict(set)
    for known, _, instrument in news(answers):
        heard[instrument].add(known)
    for known, sent, instrument in news(answers):
        if known > sent and known > first.get(instrument, 1 << 60):
            assert (known, instrument) in made
    for instrument, times in heard.items():
        extra = [ts for ts, which in made if which == instrument]
        for ts, which in given_rows:
            if which == instrument:
                extra.remove(ts)
        assert len(extra) == len(set(extra))
        assert set(extra) <= times


class Chases(RowStrategy, compiled=True):
    """Buys one more lot, a tick lower, whenever it has bought one; writes down what it saw."""

    def __init__(self) -> None:
        self.seen = 0

    def on_row(self, row: Any, account: Any, orders: Any) -> None:
        if len(account.working) == 0 and row["bid_size"] > 0:
            orders.limit(BUY, row["bid"] - account.position[0], 1)


BOOK = (quote(1, 100, 5, 102, 5),)


def worked(*tape: Event, response: int = 0) -> tuple[list[ExecutionReport], list[ExecutionReport]]:
    """Play a tape with one row, at 2, inside and outside."""
    session = Session((*BOOK, *tape), (), response=response, wakes=True, model="pessimistic")
    rows = np.zeros(1, ROWS)
    rows["ts"], rows["bid"], rows["bid_size"], rows["ask"], rows["ask_size"] = 2, 100, 5, 102, 5
    strategy = Chases()
    form = strategy.compiled(ROWS)
    assert form is not None
    return (
        decided_inside(session, form, rows, 256, ()),
        decided_outside(session, rows, 1, strategy.decide),
    )


def test_a_fill_wakes_it_when_it_is_known_with_the_touch_of_then() -> None:
    """Bought at 100 by the print of 5, known at 8; the quote of 7 has the touch at 98 by then."""
    tape = (trade(5, 99, 9, SELL, 1), quote(7, 98, 3, 99, 4), quote(9, 97, 3, 98, 4))
    for answers in worked(*tape, response=3):
        assert decided(answers) == [(2, 0), (8, 0)]
        trace = np.concatenate([answer.trace for answer in answers])
        assert trace["bid"].tolist() == [100, 98]
        assert trace["position"].tolist() == [0, 1]
        orders = np.concatenate([answer.orders for answer in answers])
        assert orders["price"].tolist() == [100, 97]
        assert orders["ts"].tolist() == [2, 8]


def test_what_it_sends_then_arrives_among_the_events_that_follow() -> None:
    """Each print fills what the news of the one before sent."""
    tape = (trade(5, 99, 9, SELL, 1), trade(6, 98, 9, SELL, 2), trade(7, 97, 9, SELL, 3))
    for answers in worked(*tape):
        assert decided(answers) == [(2, 0), (5, 0), (6, 0), (7, 0)]


def test_who_is_not_to_be_woken_is_not() -> None:
    tape = (*BOOK, trade(5, 99, 9, SELL, 1))
    session = Session(tape, (), model="pessimistic")
    rows = np.zeros(1, ROWS)
    rows["ts"], rows["bid"], rows["bid_size"] = 2, 100, 5
    answers = decided_outside(session, rows, 1, Chases().decide)
    assert decided(answers) == [(2, 0)]


def test_news_of_an_instrument_that_had_no_row_yet_wake_nobody() -> None:
    """There is nothing to decide on."""

    def other(wanted: Rows, account: Account) -> Decisions:
        orders = np.zeros(1 if account.next_client_id == 1 else 0, ORDER)
        orders["instrument"], orders["side"], orders["price"], orders["size"] = 1, BUY, 100, 1
        orders["client_id"] = 1
        trace = np.zeros(1, DECISION)
        trace["ts"] = wanted["ts"][0]
        return Decisions(orders=orders, trace=trace)

    second = (
        attrs.evolve(BOOK[0], instrument=1),
        attrs.evolve(trade(5, 99, 9, SELL, 1), instrument=1),
    )
    session = Session((*BOOK, *second), (), instruments=2, wakes=True, model="pessimistic")
    rows = np.zeros(1, ROWS)
    rows["ts"] = 2
    answers = decided_outside(session, rows, 1, other)
    assert len(news(answers)) == 1
    assert decided(answers) == [(2, 0)]

"""Worked examples of the end of a contract: what is cancelled, closed and refused."""

import attrs

from mm.api import BUY, SELL
from mm.core.venue import FundingSchedule

from .replay import replay, story
from .tapes import Decision, Event, Session, at, limit, snapshot, ticker, trade

BOOK = snapshot(1, {100: 10, 99: 20}, {101: 10, 102: 20})
LATER = trade(50, 101, 0, BUY, 99)


def over(ts: int, price: int = 101_500_000) -> Event:
    """The contract is settled at ``price`` [1e-6 ticks]."""
    return attrs.evolve(ticker(ts, 0, 0, 0), ask_size=price)


def told(*decisions: Decision, tape: tuple[Event, ...]) -> list[str]:
    return story(replay(Session((*BOOK, *tape, LATER), decisions))[0])


def test_what_is_open_is_cancelled_and_the_position_closes_between_two_ticks() -> None:
    """3 bought at 101; one more waits at 99 when the contract is settled at 101.5 ticks."""
    decisions = (at(2, limit(1, BUY, 101, 3), limit(2, BUY, 99, 1)),)
    assert told(*decisions, tape=(trade(5, 101, 0, BUY, 1), over(10))) == [
        "1 accepted",
        "1 filled 3 at 101, taker, 0 left",
        "2 accepted",
        "2 cancelled contract_over",
        "settled 3 at 101500000 at 10",
    ]


def test_it_is_settled_once_and_with_nothing_held_too() -> None:
    assert told(tape=(over(10), over(11, 99_000_000))) == ["settled 0 at 101500000 at 10"]


def test_an_order_that_comes_afterwards_is_refused() -> None:
    assert told(at(12, limit(1, SELL, 101, 3)), tape=(over(10),)) == [
        "settled 0 at 101500000 at 10",
        "1 rejected contract_over",
    ]


def test_an_order_that_arrived_before_is_taken_first() -> None:
    assert told(at(9, limit(1, SELL, 101, 3)), tape=(over(10),)) == [
        "1 accepted",
        "1 cancelled contract_over",
        "settled 0 at 101500000 at 10",
    ]


def test_an_order_that_arrived_before_it_was_told_ends_after_it_arrived() -> None:
    """The ticker of time 10 is heard at 25; an order arrived between 20 and 21 in the meantime."""
    late = attrs.evolve(over(10), ts_local=25)
    tape = (trade(21, 101, 0, BUY, 1), late)
    outcome, _ = replay(Session((*BOOK, *tape, LATER), (at(20, limit(1, BUY, 99, 3)),)))
    assert [(row["ts_venue"], row["ts_known"]) for row in outcome.reports] == [
        (21, 21),
        (21, 25),
        (10, 25),
    ]


def test_another_contract_goes_on() -> None:
    other = [attrs.evolve(event, instrument=1) for event in BOOK]
    order = attrs.evolve(limit(1, BUY, 99, 3), instrument=1)
    session = Session((*BOOK, *other, over(10), LATER), (at(2, order),), instruments=2)
    assert story(replay(session)[0]) == ["1 accepted", "settled 0 at 101500000 at 10"]


def test_a_funding_due_before_is_paid_before() -> None:
    schedule = FundingSchedule(rate=3, first_us=86_400_000_000 + 5, interval_us=100)
    session = Session((*BOOK, over(10)), (), funding=schedule)
    assert [line.split()[0] for line in story(replay(session)[0])] == ["funding", "settled"]

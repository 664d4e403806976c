"""Worked examples of reduce-only orders."""

from mm.api import BUY, FOK, MARKET, SELL

from .replay import replay, story
from .tapes import Command, Event, Session, at, limit, replace, snapshot, trade

BOOK = snapshot(1, {100: 10, 99: 20}, {101: 10, 102: 20})
LONG = limit(1, BUY, 0, 5, type=MARKET)
"""Buys five lots at 101."""


def told(*commands: Command, tape: tuple[Event, ...] = ()) -> list[str]:
    """After the five lots were bought."""
    session = Session((*BOOK, *tape, trade(50, 101, 0, BUY, 99)), (at(2, LONG, *commands),))
    return story(replay(session)[0])[2:]


def test_a_reduce_only_order_without_a_position_to_reduce_is_rejected() -> None:
    assert told(limit(2, BUY, 99, 1, reduce_only=1)) == ["2 rejected reduce_only"]


def test_a_reduce_only_order_is_cut_to_the_position_when_it_arrives() -> None:
    """Of eight lots five are left, and those are there to take at 100."""
    assert told(limit(2, SELL, 100, 8, reduce_only=1)) == [
        "2 accepted",
        "2 filled 5 at 100, taker, 0 left",
    ]


def test_a_fill_or_kill_order_is_judged_by_its_size_after_the_cut() -> None:
    """Eleven lots are not there at 100, five are."""
    assert told(limit(2, SELL, 100, 11, tif=FOK, reduce_only=1)) == [
        "2 accepted",
        "2 filled 5 at 100, taker, 0 left",
    ]


def test_what_another_order_closes_is_cut_from_a_resting_one_until_nothing_is_left() -> None:
    """Three sold leave two of its four lots; two more leave none."""
    assert told(
        limit(2, SELL, 103, 4, reduce_only=1),
        limit(3, SELL, 0, 3, type=MARKET),
        limit(4, SELL, 0, 2, type=MARKET),
    ) == [
        "2 accepted",
        "3 accepted",
        "3 filled 3 at 100, taker, 0 left",
        "2 replaced reduce_only",
        "4 accepted",
        "4 filled 2 at 100, taker, 0 left",
        "2 cancelled reduce_only",
    ]


def test_one_print_does_not_fill_two_reduce_only_orders_beyond_the_position() -> None:
    """Each of the two may close all five lots; the first does four, which leaves one."""
    orders = (limit(2, SELL, 103, 4, reduce_only=1), limit(3, SELL, 103, 5, reduce_only=1))
    assert told(*orders, tape=(trade(3, 104, 20, BUY, 1),))[2:] == [
        "2 filled 4 at 103, traded_through, 0 left",
        "3 replaced reduce_only",
        "3 filled 1 at 103, traded_through, 0 left",
    ]


def test_a_replace_of_a_reduce_only_order_takes_no_more_than_closes_the_position() -> None:
    assert told(limit(2, SELL, 103, 2, reduce_only=1), replace(2, 100, 9)) == [
        "2 accepted",
        "2 replaced",
        "2 filled 5 at 100, taker, 0 left",
    ]

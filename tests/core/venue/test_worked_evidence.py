"""Worked examples of what the venue believes: newer claims, crossed books, visible depth."""

import attrs
import pytest

from mm.api import BUY, FOK, IOC, SELL

from .replay import play, replay, story
from .tapes import Decision, Event, Session, at, level, limit, quote, snapshot, ticker, trade

BOOK = snapshot(1, {99: 10, 98: 20}, {101: 10, 102: 20, 110: 5})


def told(*tape: Event, decisions: tuple[Decision, ...]) -> list[str]:
    return story(replay(Session((*BOOK, *tape), decisions))[0])


def touched(*tape: Event, ts: int) -> tuple[int, int]:
    """Best bid and ask that a decision at ``ts`` is marked with."""
    outcome, _ = replay(Session((*BOOK, *tape), (at(ts),)))
    (mark,) = outcome.marks
    return mark[2], mark[3]


def real_quote(ts: int, bid: int, ask: int, size: int = 7, ts_exchange: int = -1) -> Event:
    """A quote that stands in a file."""
    made = ts if ts_exchange < 0 else ts_exchange
    return attrs.evolve(quote(ts, bid, size, ask, size), row=ts, ts_exchange=made)


def ioc(price: int, size: int = 5) -> Decision:
    return at(4, limit(1, BUY, price, size, tif=IOC))


QUIET = trade(5, 99, 1, SELL, 5)
"""A print that tells nothing new."""


def test_a_newer_quote_takes_away_the_asks_that_it_shows_to_be_gone() -> None:
    """The asks 101 and 102 are gone at 3, says the quote; so at 4 nobody sells at 102."""
    assert told(real_quote(3, 99, 105), QUIET, decisions=(ioc(102),)) == [
        "1 accepted",
        "1 expired no_liquidity",
    ]


def test_what_the_quote_shows_can_be_taken_though_the_book_has_not_told_yet() -> None:
    """Seven at 105 from the quote, then the five that the book has at 110."""
    assert told(real_quote(3, 99, 105), QUIET, decisions=(ioc(110, 20),))[1:] == [
        "1 filled 7 at 105, taker, 13 left",
        "1 filled 5 at 110, taker, 8 left",
        "1 expired no_liquidity",
    ]


def test_a_quote_made_before_the_row_of_a_level_says_nothing_about_it() -> None:
    """It comes at 3 and was made at 0; the book is of 1."""
    late = real_quote(3, 99, 105, ts_exchange=0)
    assert told(late, QUIET, decisions=(ioc(101),))[1:] == ["1 filled 5 at 101, taker, 0 left"]


def test_a_row_of_the_book_newer_than_the_quote_is_believed_again() -> None:
    tape = (real_quote(2, 99, 105), level(3, SELL, 102, 4), QUIET)
    assert told(*tape, decisions=(ioc(102),))[1:] == [
        "1 filled 4 at 102, taker, 1 left",
        "1 expired no_liquidity",
    ]


def test_touch_and_post_only_follow_the_quote() -> None:
    assert touched(real_quote(3, 103, 105), ts=4) == (103, 105)
    post_only = at(4, limit(1, BUY, 104, 5, post_only=1))
    later = trade(5, 104, 1, BUY, 5)
    assert told(real_quote(3, 103, 105), later, decisions=(post_only,)) == ["1 accepted"]
    assert told(later, decisions=(post_only,)) == ["1 rejected post_only_would_take"]


def test_what_a_print_took_is_not_there_before_the_book_says_so() -> None:
    """Ten are shown at 101 and eight print: two are left for us, then those at 102."""
    tape = (trade(3, 101, 8, BUY, 3), QUIET)
    assert told(*tape, decisions=(ioc(102),))[1:] == [
        "1 filled 2 at 101, taker, 3 left",
        "1 filled 3 at 102, taker, 0 left",
    ]
    fok = at(4, limit(1, BUY, 101, 5, tif=FOK))
    assert told(*tape, decisions=(fok,))[1:] == ["1 expired no_liquidity"]


def test_a_print_beyond_a_level_took_all_of_it() -> None:
    """Somebody bought at 102, so 101 is gone; the touch says so until the book is heard again."""
    assert touched(trade(3, 102, 1, BUY, 3), ts=4) == (99, 102)
    assert touched(trade(3, 102, 1, BUY, 3), level(4, BUY, 98, 21), ts=5) == (99, 101)


def test_a_print_that_the_book_has_told_of_is_not_counted_twice() -> None:
    """The row of 3 says that two are left; the print of 3 that took the eight comes after it."""
    tape = (level(3, SELL, 101, 2), trade(4, 101, 8, BUY, 3, ts_exchange=3), QUIET)
    assert told(*tape, decisions=(ioc(101),))[1:] == [
        "1 filled 2 at 101, taker, 3 left",
        "1 expired no_liquidity",
    ]


def test_of_two_levels_that_cross_the_older_gives_way_and_the_message_is_counted() -> None:
    """The removal of the ask 101 was lost; a bid comes there. Next best is 102."""
    tape = (level(2, BUY, 101, 3), level(3, BUY, 101, 4))
    assert touched(*tape, ts=4) == (101, 102)
    assert replay(Session((*BOOK, *tape), ()))[0].crossed == 1


def test_of_two_levels_of_one_time_that_cross_neither_is_believed() -> None:
    crossed = snapshot(2, {100: 1, 98: 2}, {100: 3, 105: 4})
    assert touched(*crossed, ts=4) == (98, 105)


def test_an_order_below_the_lowest_level_waits_until_the_level_is_seen() -> None:
    """Nothing is known of 97 at 2. At 4 it comes into view with 50: those stand before us."""
    bid = at(2, limit(1, BUY, 97, 5))
    print_there = trade(6, 97, 20, SELL, 6)
    assert told(trade(3, 97, 20, SELL, 3), decisions=(bid,)) == ["1 accepted"]
    assert told(QUIET, level(5, BUY, 97, 50), print_there, decisions=(bid,)) == ["1 accepted"]
    enough = trade(7, 97, 35, SELL, 7)
    assert told(level(5, BUY, 97, 50), print_there, enough, decisions=(bid,))[1:] == [
        "1 filled 5 at 97, queue_reached, 0 left"
    ]


def test_a_level_that_leaves_the_window_still_stands_before_us() -> None:
    """Twenty at 98 leave the view as 100 comes into it, and come back: nothing moved us up."""
    bid = at(2, limit(1, BUY, 98, 5))
    window = (level(4, BUY, 98, 0, end=0), level(4, BUY, 100, 1))
    back = (level(5, BUY, 100, 0, end=0), level(5, BUY, 98, 20))
    assert told(*window, *back, trade(6, 98, 20, SELL, 6), decisions=(bid,)) == ["1 accepted"]


def test_a_level_within_the_window_that_is_removed_is_gone() -> None:
    """Ten ahead at 99 are removed while 98 is still shown: the next print is ours."""
    bid = at(2, limit(1, BUY, 99, 5))
    tape = (level(4, BUY, 99, 0), trade(6, 99, 3, SELL, 6))
    assert told(*tape, decisions=(bid,))[1:] == ["1 filled 3 at 99, queue_reached, 2 left"]


def test_after_a_snapshot_no_more_stands_ahead_than_it_shows() -> None:
    """Ten were ahead at 99. The snapshot shows four there: a print of six is two for us."""
    bid = at(2, limit(1, BUY, 99, 5))
    fewer = snapshot(4, {99: 4, 98: 20}, {101: 10})
    assert told(*fewer, trade(5, 99, 6, SELL, 5), decisions=(bid,))[1:] == [
        "1 filled 2 at 99, queue_reached, 3 left"
    ]
    none = snapshot(4, {98: 20}, {101: 10})
    assert told(*none, trade(5, 99, 6, SELL, 5), decisions=(bid,))[1:] == [
        "1 filled 5 at 99, queue_reached, 0 left"
    ]
    shallow = snapshot(4, {100: 20}, {101: 10})
    assert told(*shallow, trade(5, 99, 6, SELL, 5), decisions=(bid,)) == ["1 accepted"]


def test_an_order_that_comes_before_any_data_does_not_know_its_queue() -> None:
    """It arrives at 0; the first snapshot shows ten at its price."""
    session = Session((*BOOK, trade(3, 99, 8, SELL, 3)), (at(0, limit(1, BUY, 99, 5)),))
    assert story(replay(session)[0]) == ["1 accepted"]


@pytest.mark.parametrize(("arrives", "paid"), [(8, 5), (12, 0)])
def test_funding_meets_the_position_of_its_time(arrives: int, paid: int) -> None:
    """Due at 10, between two messages: an order that takes at 8 is held then, one at 12 is not."""
    tape = (*BOOK, ticker(2, 50_000_000, 5, 10), QUIET, trade(20, 99, 1, SELL, 20))
    decisions = (at(6, limit(1, BUY, 101, 5, tif=IOC)),)
    outcome, _ = replay(Session(tape, decisions, entry=arrives - 6))
    lines = story(outcome)
    funding = next(n for n, line in enumerate(lines) if line.startswith("funding"))
    filled = sum(5 for line in lines[:funding] if "filled" in line)
    assert filled == paid


def test_the_venue_says_what_was_wrong_with_the_data() -> None:
    """Of five messages one crosses the book. A quote contradicts it from 3 to 4, of 1 to 5."""
    tape = (*BOOK, level(2, SELL, 102, 9), real_quote(3, 99, 102), level(4, SELL, 101, 10))
    venue = play(Session((*tape, level(5, BUY, 101, 3)), ()))
    found = {defect.kind: (defect.rows, defect.of, defect.time_share) for defect in venue.defects()}
    assert found == {
        "crossed_messages": (1, 5, None),
        "contradicted_messages": (1, 5, 0.25),
        "prints_without_side": (0, 1, None),
        "stale_messages": (0, 5, None),
    }

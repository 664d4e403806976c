"""Worked examples of fills by a crossed book, for fill models that ask for them."""

from mm.api import BUY, SELL

from .replay import replay, story
from .tapes import Command, Event, Session, at, level, limit, snapshot, trade

BOOK = snapshot(1, {100: 10}, {101: 10, 103: 10})
BID = limit(1, BUY, 100, 9)


def told(*tape: Event, orders: tuple[Command, ...] = (BID,), crosses: bool = True) -> list[str]:
    session = Session((*BOOK, *tape), (at(2, *orders),), crosses=crosses)
    return [line for line in story(replay(session)[0]) if "accepted" not in line]


def test_asks_that_come_down_to_our_bid_fill_it_by_what_they_show() -> None:
    tape = (level(3, SELL, 100, 4),)
    assert told(*tape) == ["1 filled 4 at 100, book_crossed, 5 left"]
    assert told(*tape, crosses=False) == []


def test_what_is_displayed_is_used_once() -> None:
    """The same four again are nothing new, six are two more, and five after a fall to three two."""
    tape = (level(3, SELL, 100, 4), level(4, SELL, 100, 4), trade(5, 99, 1, BUY, 1))
    assert told(*tape) == ["1 filled 4 at 100, book_crossed, 5 left"]
    more = (level(6, SELL, 100, 6), level(7, SELL, 100, 3), level(8, SELL, 100, 5))
    assert told(*tape, *more)[1:] == [
        "1 filled 2 at 100, book_crossed, 3 left",
        "1 filled 2 at 100, book_crossed, 1 left",
    ]


def test_a_price_that_went_away_and_came_back_counts_anew() -> None:
    tape = (level(3, SELL, 100, 4), level(4, SELL, 100, 0), level(5, SELL, 100, 4))
    assert told(*tape) == [
        "1 filled 4 at 100, book_crossed, 5 left",
        "1 filled 4 at 100, book_crossed, 1 left",
    ]


def test_a_price_that_went_away_while_nothing_was_open_counts_anew_too() -> None:
    """The first bid is filled by all four asks; the second meets four others."""
    tape = (
        level(3, SELL, 100, 4),
        level(4, SELL, 100, 0),
        trade(6, 99, 1, BUY, 1),
        level(7, SELL, 100, 4),
    )
    decisions = (at(2, limit(1, BUY, 100, 4)), at(5, limit(2, BUY, 100, 4)))
    lines = story(replay(Session((*BOOK, *tape), decisions, crosses=True))[0])
    assert lines[1::2] == [
        "1 filled 4 at 100, book_crossed, 0 left",
        "2 filled 4 at 100, book_crossed, 0 left",
    ]


def test_two_of_our_orders_share_what_crossed_them_best_price_first() -> None:
    orders = (limit(1, BUY, 99, 3), limit(2, BUY, 100, 3))
    assert told(level(3, SELL, 99, 5), orders=orders) == [
        "2 filled 3 at 100, book_crossed, 0 left",
        "1 filled 2 at 99, book_crossed, 1 left",
    ]


def test_the_rest_of_an_order_is_not_filled_by_what_it_has_just_taken() -> None:
    """Ten are taken at 101 and stay on display; two more that come are new."""
    tape = (trade(3, 99, 1, BUY, 1), level(4, SELL, 101, 12))
    assert told(*tape, orders=(limit(1, BUY, 101, 15),)) == [
        "1 filled 10 at 101, taker, 5 left",
        "1 filled 2 at 101, book_crossed, 3 left",
    ]

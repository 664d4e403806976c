"""Worked examples of commands as they arrive; the sums are in the docstrings."""

import attrs
import pytest

from mm.api import BUY, FOK, IOC, MARKET, SELL

from .replay import replay, story
from .tapes import (
    Command,
    Decision,
    Event,
    Session,
    at,
    cancel,
    cancel_all,
    level,
    limit,
    replace,
    snapshot,
    trade,
)

BOOK = snapshot(1, {100: 10, 99: 20}, {101: 10, 102: 20})
LATER = trade(50, 101, 0, BUY, 99)
"""An event without effect of its own, before which the commands take theirs."""


def told(*tape: Event, decisions: tuple[Decision, ...], entry: int = 0) -> list[str]:
    return story(replay(Session((*BOOK, *tape, LATER), decisions, entry=entry))[0])


def sent(*commands: Command) -> list[str]:
    """What becomes of commands that arrive together at the book as it is."""
    return told(decisions=(at(2, *commands),))


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (limit(1, BUY, 100, 0), "invalid_order"),
        (limit(1, BUY, 100, -1), "invalid_order"),
        (limit(1, BUY, 0, 1), "invalid_order"),
        (limit(1, 0, 100, 1), "invalid_order"),
        (limit(1, BUY, 101, 1, post_only=1), "post_only_would_take"),
        (limit(1, SELL, 100, 1, post_only=1), "post_only_would_take"),
        (limit(1, BUY, 0, 1, type=MARKET, post_only=1), "post_only_would_take"),
        (replace(1, 100, 1), "unknown_order"),
        (cancel(1), "unknown_order"),
    ],
)
def test_a_command_that_cannot_be_is_rejected_with_its_reason(
    command: Command, reason: str
) -> None:
    assert sent(command) == [f"1 rejected {reason}"]


def test_a_price_off_the_tick_in_force_is_refused() -> None:
    """Two ticks until 5, one from then on; the third comes when it is one."""
    tape = (trade(4, 101, 0, BUY, 90), trade(8, 101, 0, BUY, 91))
    decisions = (
        at(2, limit(1, BUY, 99, 5), limit(2, BUY, 98, 5), replace(2, 97, 5)),
        at(6, limit(3, BUY, 99, 5)),
    )
    session = Session((*BOOK, *tape, LATER), decisions, tick_steps=((0, 2), (5, 1)))
    assert story(replay(session)[0]) == [
        "1 rejected off_tick",
        "2 accepted",
        "2 cancelled off_tick",
        "3 accepted",
    ]


def test_an_order_at_the_market_has_no_tick_to_keep() -> None:
    session = Session((*BOOK, LATER), (at(2, limit(1, BUY, 0, 1, type=MARKET)),))
    for steps in ((), ((0, 7),)):
        told = story(replay(attrs.evolve(session, tick_steps=steps))[0])
        assert told == ["1 accepted", "1 filled 1 at 101, taker, 0 left"]


def test_a_name_in_use_is_rejected_until_its_order_is_over() -> None:
    """The second of the three meets the first; the third comes after its cancel."""
    order = limit(1, BUY, 100, 5)
    assert sent(order, order, cancel(1), order) == [
        "1 accepted",
        "1 rejected duplicate_client_id",
        "1 cancelled requested",
        "1 accepted",
    ]


def test_a_marketable_limit_order_takes_two_levels_and_rests_with_the_remainder() -> None:
    """Of 35 lots up to 102: 10 at 101, 20 at 102. Nobody bids 102, so 5 rest at the front."""
    story = told(trade(3, 102, 3, SELL, 1), decisions=(at(2, limit(1, BUY, 102, 35)),))
    assert story == [
        "1 accepted",
        "1 filled 10 at 101, taker, 25 left",
        "1 filled 20 at 102, taker, 5 left",
        "1 filled 3 at 102, queue_reached, 2 left",
    ]


def test_what_was_taken_is_still_displayed() -> None:
    """The book is not ours to change: two orders in turn take the same ten lots."""
    twice = sent(limit(1, BUY, 101, 10), limit(2, BUY, 101, 10))
    assert twice[1] == "1 filled 10 at 101, taker, 0 left"
    assert twice[3] == "2 filled 10 at 101, taker, 0 left"


def test_the_rest_of_an_immediate_or_cancel_order_expires() -> None:
    """Of 12 lots at 101 there are 10."""
    assert sent(limit(1, BUY, 101, 12, tif=IOC)) == [
        "1 accepted",
        "1 filled 10 at 101, taker, 2 left",
        "1 expired no_liquidity",
    ]


def test_a_fill_or_kill_order_fills_whole_or_not_at_all() -> None:
    """Up to 102 there are 30 lots: 31 are too many, 30 are not."""
    assert sent(limit(1, BUY, 102, 31, tif=FOK)) == ["1 accepted", "1 expired no_liquidity"]
    assert sent(limit(1, BUY, 102, 30, tif=FOK)) == [
        "1 accepted",
        "1 filled 10 at 101, taker, 20 left",
        "1 filled 20 at 102, taker, 0 left",
    ]


def test_a_market_order_takes_the_whole_book_and_expires() -> None:
    """There are 30 bids in all, best first."""
    assert sent(limit(1, SELL, 0, 40, type=MARKET)) == [
        "1 accepted",
        "1 filled 10 at 100, taker, 30 left",
        "1 filled 20 at 99, taker, 10 left",
        "1 expired no_liquidity",
    ]


def test_a_cancel_that_loses_the_race_is_rejected() -> None:
    """Decided at 3 and there at 6; the print at 5 was faster."""
    race = (at(2, limit(1, BUY, 100, 5)), at(3, cancel(1)))
    assert told(trade(5, 100, 1, BUY, 1), trade(6, 99, 5, SELL, 2), decisions=race, entry=3) == [
        "1 accepted",
        "1 filled 5 at 100, traded_through, 0 left",
        "1 rejected unknown_order",
    ]


def test_cancel_all_ends_every_order_oldest_first() -> None:
    assert sent(limit(1, BUY, 100, 5), limit(2, SELL, 101, 5), cancel_all()) == [
        "1 accepted",
        "2 accepted",
        "1 cancelled requested",
        "2 cancelled requested",
    ]


def test_an_order_that_is_over_has_nothing_left_open() -> None:
    """Rejected, cancelled, expired: the order is gone, so nothing of it can fill."""
    commands = (limit(1, BUY, 100, 5), cancel(1), cancel(2), limit(3, BUY, 99, 5, tif=IOC))
    outcome, _ = replay(Session((*BOOK, LATER), (at(2, *commands),)))
    assert [(r["size"], r["leaves"]) for r in outcome.reports] == [
        (5, 5), (5, 0), (0, 0), (5, 5), (5, 0),
    ]  # fmt: skip


def resting_then(change: Command, *tape: Event) -> list[str]:
    """Five lots bid at 100 behind ten, of which a print takes six; then the change; then prints."""
    orders = (at(2, limit(1, BUY, 100, 5)), at(3, change))
    return told(trade(3, 100, 6, SELL, 1), *tape, decisions=orders)[1:]


def test_a_replace_to_a_smaller_size_keeps_its_place() -> None:
    """Four ahead: a print of 7 has three for us, all that we still want."""
    assert resting_then(replace(1, 100, 3), trade(4, 100, 7, SELL, 2)) == [
        "1 replaced",
        "1 filled 3 at 100, queue_reached, 0 left",
    ]


def test_a_replace_to_a_larger_size_goes_to_the_back() -> None:
    """The level still displays ten: a print of 11 has one for us."""
    assert resting_then(replace(1, 100, 6), trade(4, 100, 11, SELL, 2)) == [
        "1 replaced",
        "1 filled 1 at 100, queue_reached, 5 left",
    ]


def test_a_replace_to_another_price_joins_the_queue_there() -> None:
    """At 99 there are twenty: a print of 22 has two for us."""
    assert resting_then(replace(1, 99, 5), trade(4, 99, 22, SELL, 2)) == [
        "1 replaced",
        "1 filled 2 at 99, queue_reached, 3 left",
    ]


def test_a_replace_to_a_crossing_price_takes() -> None:
    """At 101 there are ten, more than our five; that fill knows no queue."""
    orders = (at(2, limit(1, BUY, 100, 5)), at(3, replace(1, 101, 5)))
    outcome, _ = replay(Session((*BOOK, trade(3, 100, 6, SELL, 1), LATER), orders))
    assert story(outcome)[1:] == ["1 replaced", "1 filled 5 at 101, taker, 0 left"]
    assert [(r["ahead_entry"], r["ahead"]) for r in outcome.reports[1:]] == [(-1, -1), (-1, -1)]


def test_a_replace_that_is_post_only_and_would_take_ends_the_order() -> None:
    assert resting_then(replace(1, 101, 5, post_only=1)) == ["1 cancelled post_only_would_take"]


def test_a_post_only_order_stays_post_only_when_it_is_replaced() -> None:
    """Also where the replace says nothing about it, and after a first one that did not take."""
    twice = (replace(1, 99, 5), replace(1, 101, 5))
    for changes in (twice[1:], twice):
        orders = (at(2, limit(1, BUY, 100, 5, post_only=1)), at(3, *changes))
        assert told(decisions=orders)[-1] == "1 cancelled post_only_would_take"


def test_a_replace_that_keeps_its_place_does_not_take_though_the_market_crossed_it() -> None:
    """Asks come down to our 100 without a print: we rest there, and resting is not taking."""
    assert resting_then(replace(1, 100, 4, post_only=1), level(3, SELL, 100, 5)) == ["1 replaced"]


def test_a_replace_changes_neither_type_nor_time_in_force() -> None:
    """An immediate-or-cancel replacement of a resting order still rests."""
    assert resting_then(replace(1, 99, 5, tif=IOC, type=MARKET)) == ["1 replaced"]


def test_a_replaced_order_stands_behind_ours_that_came_to_the_price_before_it() -> None:
    """The first moves to 101 where the second already is, at the front of an empty level."""
    orders = (
        at(2, limit(1, BUY, 99, 5), limit(2, BUY, 100, 5)),
        at(3, replace(1, 100, 5)),
    )
    assert told(trade(4, 100, 12, SELL, 1), decisions=orders)[3:] == [
        "2 filled 2 at 100, queue_reached, 3 left"
    ]


def test_a_replaced_order_does_not_meet_prints_made_before_the_replace_arrived() -> None:
    """Bid 99 from 7 on and 100 from 10 on: a print made at 9 and heard at 12 met no bid at 100."""
    orders = (at(2, limit(1, BUY, 99, 5)), at(5, replace(1, 100, 5)))
    tape = (trade(8, 101, 1, BUY, 1), trade(11, 101, 1, BUY, 2))
    late = trade(12, 99, 3, SELL, 3, ts_exchange=9)
    assert told(*tape, late, decisions=orders, entry=5) == ["1 accepted", "1 replaced"]


def test_a_replace_to_no_more_than_what_is_filled_ends_the_order() -> None:
    """A print of 6 after the first leaves 2 for us; a new total of 2 leaves nothing to wish for."""
    orders = (at(2, limit(1, BUY, 100, 5)), at(4, replace(1, 100, 2)))
    tape = (trade(3, 100, 6, SELL, 1), trade(4, 100, 6, SELL, 2))
    assert told(*tape, decisions=orders)[1:] == [
        "1 filled 2 at 100, queue_reached, 3 left",
        "1 cancelled requested",
    ]

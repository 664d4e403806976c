"""Worked examples of a resting order's life in its queue; the sums are in the docstrings."""

from mm.api import BUY, SELL
from mm.api.draws import FILL, uniform

from .replay import replay, story
from .tapes import Decision, Event, Session, at, level, limit, quote, snapshot, trade

BOOK = snapshot(1, {100: 10, 99: 20}, {101: 10, 102: 20})
BID = at(2, limit(1, BUY, 100, 5))
"""Five lots behind the ten that are displayed."""


def told(*tape: Event, decisions: tuple[Decision, ...] = (BID,), entry: int = 0) -> list[str]:
    return story(replay(Session(tape, decisions, entry=entry))[0])


def test_a_print_that_uses_up_the_queue_exactly_fills_nothing() -> None:
    """Ten ahead, a print of ten: nothing is left for us. The next two lots are ours."""
    assert told(*BOOK, trade(3, 100, 10, SELL, 1)) == ["1 accepted"]
    assert told(*BOOK, trade(3, 100, 10, SELL, 1), trade(4, 100, 2, SELL, 2)) == [
        "1 accepted",
        "1 filled 2 at 100, queue_reached, 3 left",
    ]


def test_what_a_print_has_left_after_the_queue_fills_us_up_to_our_size() -> None:
    """Ten ahead: a print of 13 leaves 3 for us; of the next, of 9, the last 2 of our 5."""
    tape = (*BOOK, trade(3, 100, 13, SELL, 1), trade(4, 100, 9, SELL, 2))
    assert told(*tape) == [
        "1 accepted",
        "1 filled 3 at 100, queue_reached, 2 left",
        "1 filled 2 at 100, queue_reached, 0 left",
    ]
    reports = replay(Session(tape, (BID,)))[0].reports[1:]
    assert [(r["ahead_entry"], r["ahead"], r["source_row"]) for r in reports] == [
        (10, 10, 1),
        (10, 0, 2),
    ]


def test_a_print_beyond_our_price_fills_no_more_than_its_size() -> None:
    """Whoever sold 3 at 99 would have sold us 3 at 100 before, though ten stood ahead of us."""
    assert told(*BOOK, trade(3, 99, 3, SELL, 1)) == [
        "1 accepted",
        "1 filled 3 at 100, traded_through, 2 left",
    ]


def test_a_print_on_the_other_side_passes_us_by() -> None:
    """A buyer at 100 did not meet bids."""
    assert told(*BOOK, trade(3, 100, 50, BUY, 1)) == ["1 accepted"]


def test_two_of_our_orders_share_one_print() -> None:
    """Ten ahead of each: a print of 17 has 7 left, 5 for the older and 2 for the younger."""
    both = (BID, at(2, limit(2, BUY, 100, 5)))
    assert told(*BOOK, trade(3, 100, 17, SELL, 1), decisions=both)[2:] == [
        "1 filled 5 at 100, queue_reached, 0 left",
        "2 filled 2 at 100, queue_reached, 3 left",
    ]


def test_a_print_beyond_two_of_our_prices_reaches_the_better_one_first() -> None:
    """Seven lots sold at 98: five to our bid at 100, then two of the five to the one at 99."""
    both = (at(2, limit(1, BUY, 99, 5), limit(2, BUY, 100, 5)),)
    assert told(*BOOK, trade(3, 98, 7, SELL, 1), decisions=both)[2:] == [
        "2 filled 5 at 100, traded_through, 0 left",
        "1 filled 2 at 99, traded_through, 3 left",
    ]


def test_a_second_print_of_the_same_row_number_counts() -> None:
    """Each file counts its rows from 1: after 10 the queue is empty, so 2 more fill us."""
    tape = (*BOOK, trade(3, 100, 10, SELL, 1), trade(4, 100, 2, SELL, 1))
    assert told(*tape)[1:] == ["1 filled 2 at 100, queue_reached, 3 left"]


def test_draws_differ_between_prints_of_the_same_row_number() -> None:
    """Alone at its price the order is always chosen: its draws are of the first and third print."""
    tape = (*snapshot(1, {99: 5}, {101: 5}), trade(3, 100, 1, SELL, 1))
    tape = (*tape, trade(4, 101, 1, BUY, 1), trade(5, 100, 1, SELL, 1))
    reports = replay(Session(tape, (BID,), model="probabilistic", seed=4))[0].reports[1:]
    assert [r["draw"] for r in reports] == [round(uniform(4, FILL, 1, n), 9) for n in (1, 3)]


def test_a_cancel_in_front_helps_only_below_what_stood_ahead() -> None:
    """The level grows to 15 behind us, shrinks to 12 (still 10 ahead), then to 4 (4 ahead)."""
    grown = (*BOOK, level(3, BUY, 100, 15), level(4, BUY, 100, 12))
    assert told(*grown, trade(5, 100, 11, SELL, 1))[1:] == [
        "1 filled 1 at 100, queue_reached, 4 left"
    ]
    assert told(*grown, level(5, BUY, 100, 4), trade(6, 100, 5, SELL, 1))[1:] == [
        "1 filled 1 at 100, queue_reached, 4 left"
    ]


def test_a_print_that_comes_after_its_book_row_is_not_counted_twice() -> None:
    """The level falls from 10 to 4, then the print of 6 behind it comes: still 4 ahead."""
    tape = (*BOOK, level(3, BUY, 100, 4), trade(4, 100, 6, SELL, 1, ts_exchange=3))
    assert told(*tape, trade(5, 100, 5, SELL, 2))[1:] == [
        "1 filled 1 at 100, queue_reached, 4 left"
    ]


def test_a_print_larger_than_its_book_row_fills_us_with_the_rest() -> None:
    """The level falls from 10 to 4 by a print of 13, reported later: 6 known, 4 ahead, 3 ours."""
    tape = (*BOOK, level(3, BUY, 100, 4), trade(4, 100, 13, SELL, 1, ts_exchange=3))
    assert told(*tape)[1:] == ["1 filled 3 at 100, queue_reached, 2 left"]


def test_what_a_late_print_was_set_off_against_is_spent() -> None:
    """The level falls from 10 to 4; the first late print explains that, the second does not."""
    tape = (*BOOK, level(3, BUY, 100, 4), trade(4, 100, 6, SELL, 1, ts_exchange=3))
    assert told(*tape, trade(5, 100, 5, SELL, 2, ts_exchange=3))[1:] == [
        "1 filled 1 at 100, queue_reached, 4 left"
    ]


def test_late_prints_explain_every_change_that_was_made_no_earlier() -> None:
    """The level falls to 7 and 3 before the prints of 3 and 4 come; the next takes 3, then us."""
    falls = (*BOOK, level(3, BUY, 100, 7), level(4, BUY, 100, 3))
    late = (trade(5, 100, 3, SELL, 1, ts_exchange=3), trade(6, 100, 4, SELL, 2, ts_exchange=4))
    assert told(*falls, *late)[1:] == []
    assert told(*falls, *late, trade(7, 100, 5, SELL, 3))[1:] == [
        "1 filled 2 at 100, queue_reached, 3 left"
    ]


def test_a_late_print_does_not_explain_what_changed_before_it_was_made() -> None:
    """Six leave, so 4 are ahead; 1 more leaves when a print of 4 is made: 1 known, 3 ahead."""
    tape = (*BOOK, level(3, BUY, 100, 4), level(5, BUY, 100, 3))
    assert told(*tape, trade(6, 100, 4, SELL, 1, ts_exchange=5), trade(7, 100, 1, SELL, 2))[1:] == [
        "1 filled 1 at 100, queue_reached, 4 left"
    ]


def test_with_quotes_alone_a_print_already_missing_in_the_size_first_seen_eats_nothing() -> None:
    """The touch falls to 99, of which 4 were just sold; the print comes late: still 20 ahead."""
    deep = (at(2, limit(1, BUY, 99, 5)),)
    tape = (quote(1, 100, 10, 101, 10), quote(3, 99, 20, 101, 10))
    late = trade(4, 99, 4, SELL, 1, ts_exchange=3)
    assert told(*tape, late, trade(5, 99, 20, SELL, 2), decisions=deep)[1:] == []
    assert told(*tape, late, trade(5, 99, 21, SELL, 2), decisions=deep)[1:] == [
        "1 filled 1 at 99, queue_reached, 4 left"
    ]


def test_a_book_row_that_comes_after_its_print_is_not_counted_twice() -> None:
    """A print of 6 leaves 4 ahead; the level then falls from 10 to 4: still 4 ahead."""
    tape = (*BOOK, trade(3, 100, 6, SELL, 1), level(4, BUY, 100, 4))
    assert told(*tape, trade(5, 100, 5, SELL, 2))[1:] == [
        "1 filled 1 at 100, queue_reached, 4 left"
    ]


def test_a_snapshot_keeps_our_order_and_its_place() -> None:
    """A print of 6 leaves 4 ahead; a new snapshot shows 10 at our price, 6 of them behind us."""
    again = snapshot(4, {100: 10}, {101: 10})
    assert told(*BOOK, trade(3, 100, 6, SELL, 1), *again, trade(5, 100, 5, SELL, 2))[1:] == [
        "1 filled 1 at 100, queue_reached, 4 left"
    ]


def test_with_quotes_alone_an_order_beyond_the_touch_waits_for_it_to_know_its_place() -> None:
    """Bid 99 below a touch of 100: prints at 99 tell nothing. It comes with 7, so 8 fill 1."""
    tape = (
        quote(1, 100, 10, 101, 10),
        trade(3, 99, 50, SELL, 1),
        quote(4, 99, 7, 101, 10),
        trade(5, 99, 8, SELL, 2),
    )
    reports = replay(Session(tape, (at(2, limit(1, BUY, 99, 5)),)))[0].reports
    assert [(r["size"], r["ahead_entry"], r["ahead"]) for r in reports] == [(5, -1, -1), (1, 7, 7)]


def test_with_quotes_alone_an_order_better_than_the_touch_has_nobody_ahead() -> None:
    """The touch falls from our 100 to 99: whoever stood ahead is gone, and one lot fills us."""
    tape = (quote(1, 100, 10, 102, 10), quote(3, 99, 7, 102, 10), trade(4, 100, 1, SELL, 1))
    assert told(*tape)[1:] == ["1 filled 1 at 100, queue_reached, 4 left"]


def test_the_first_level_of_a_book_ends_the_touch_from_quotes() -> None:
    """The quotes bid 105; the book, once it is there, does not: we meet no bid at 104."""
    tape = (quote(1, 105, 5, 110, 5), level(2, BUY, 100, 5), trade(4, 100, 1, SELL, 1))
    assert told(*tape, decisions=(at(3, limit(1, SELL, 104, 5)),)) == ["1 accepted"]


def test_an_order_does_not_meet_prints_made_before_it_arrives() -> None:
    """Decided at 2, there at 7: a print made at 7 is too early, also when it is heard at 9."""
    early = (*BOOK, trade(7, 99, 1, SELL, 1), trade(8, 100, 1, SELL, 2))
    late = trade(9, 99, 2, SELL, 3, ts_exchange=7)
    assert told(*early, late, trade(10, 99, 3, SELL, 4), entry=5) == [
        "1 accepted",
        "1 filled 3 at 100, traded_through, 2 left",
    ]


def test_a_report_is_known_after_the_response_latency_and_never_before_an_earlier_one() -> None:
    """Made at 3 and 4, heard at 3 and 9: known at 3 + 4 and, since that is later, at 9."""
    tape = (*BOOK, trade(3, 99, 1, SELL, 1), trade(9, 99, 1, SELL, 2, ts_exchange=4))
    tape = (*tape, trade(10, 99, 1, SELL, 3, ts_exchange=3))
    reports = replay(Session(tape, (BID,), response=4))[0].reports
    assert [(r["ts_venue"], r["ts_known"]) for r in reports] == [(3, 7), (3, 7), (4, 9), (3, 10)]


def test_a_print_without_a_side_takes_the_side_of_the_touch_it_meets() -> None:
    """At the bid it was sold to us, at the ask it was not, and between them nobody can say."""
    tape = (*BOOK, trade(3, 100, 11, 0, 1), trade(4, 101, 50, 0, 2))
    assert told(*tape)[1:] == ["1 filled 1 at 100, queue_reached, 4 left"]
    wide = snapshot(1, {100: 10}, {103: 10})
    outcome, _ = replay(Session((*wide, trade(3, 101, 50, 0, 1)), ()))
    assert outcome.unsided == 1

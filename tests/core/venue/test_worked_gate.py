"""Worked examples of the risk gate: each limit at, just under and just over."""

import pytest

from mm.api import BUY, MARKET, SELL
from mm.core.venue import Limits

from .naive_parts import Outcome
from .replay import replay, story
from .tapes import (
    Command,
    Decision,
    Event,
    Session,
    at,
    cancel,
    level,
    limit,
    replace,
    snapshot,
    trade,
)

BOOK = snapshot(1, {100: 10, 99: 20}, {101: 10, 102: 20})
"""Mid 50.25: a tick is worth 0.5."""
LATER = trade(50, 101, 0, BUY, 99)


def outcome(limits: Limits, *tape: Event, decisions: tuple[Decision, ...], **rest: int) -> Outcome:
    session = Session((*BOOK, *tape, LATER), decisions, limits=limits, **rest)  # type: ignore[arg-type]
    return replay(session)[0]


def sent(limits: Limits, *commands: Command) -> list[str]:
    return story(outcome(limits, decisions=(at(2, *commands),)))


def numbers(result: Outcome) -> list[tuple[float, float]]:
    """(limit, value) of what was refused."""
    return [(r["limit"], r["value"]) for r in result.reports if r["limit"] is not None]


def test_an_order_of_the_largest_size_goes_and_one_lot_more_does_not() -> None:
    result = outcome(
        Limits(order_lots=5), decisions=(at(2, limit(1, BUY, 100, 5), limit(2, BUY, 100, 6)),)
    )
    assert story(result) == ["2 rejected risk_order_size", "1 accepted"]
    assert numbers(result) == [(5.0, 6.0)]
    assert result.kept_back == [False, True]


def test_working_orders_count_towards_the_position() -> None:
    """Five and four make nine of ten: one more lot goes, two do not. The other side is free."""
    orders = (limit(1, BUY, 100, 5), limit(2, BUY, 99, 4))
    limits = Limits(position_lots=10)
    assert "3 accepted" in sent(limits, *orders, limit(3, BUY, 98, 1))
    assert "3 rejected risk_max_position" in sent(limits, *orders, limit(3, BUY, 98, 2))
    assert "3 accepted" in sent(limits, *orders, limit(3, SELL, 103, 10))


def test_a_replace_counts_in_place_of_what_it_replaces() -> None:
    """Nine of ten work; four become five, but not six."""
    orders = (limit(1, BUY, 100, 5), limit(2, BUY, 99, 4))
    limits = Limits(position_lots=10)
    assert "2 replaced" in sent(limits, *orders, replace(2, 99, 5))
    told = sent(limits, *orders, replace(2, 99, 6))
    assert told[0] == "2 rejected risk_max_position"
    assert "2 replaced" not in told


def test_a_position_leaves_less_room_on_its_side_and_more_on_the_other() -> None:
    """Long six of ten: four more may be bought, sixteen sold."""
    buy = at(2, limit(1, BUY, 0, 6, type=MARKET))
    for side, price, most in ((BUY, 100, 4), (SELL, 101, 16)):
        for extra in (0, 1):
            result = outcome(
                Limits(position_lots=10),
                level(3, BUY, 98, 1),
                decisions=(buy, at(4, limit(2, side, price, most + extra))),
            )
            assert result.kept_back == [False, bool(extra)]


def test_orders_beyond_so_many_a_second_are_refused_until_the_second_is_over() -> None:
    """Two a second: at 2 and 3; at 1 000 001 the first is 999 999 µs ago, at 1 000 002 a second."""
    times = (2, 3, 4, 1_000_001, 1_000_002)
    decisions = tuple(at(ts, limit(n, BUY, 90, 1)) for n, ts in enumerate(times))
    session = Session(
        (*BOOK, trade(999_999, 101, 0, BUY, 1)), decisions, limits=Limits(orders_per_s=2)
    )
    late = replay(session)[0]
    assert late.kept_back == [False, False, True, True, False]
    assert numbers(late) == [(2.0, 3.0), (2.0, 3.0)]


def test_cancels_are_never_refused_nor_counted() -> None:
    told = sent(Limits(orders_per_s=2), limit(1, BUY, 99, 1), cancel(1), limit(2, BUY, 99, 1))
    assert told == ["1 accepted", "1 cancelled requested", "2 accepted"]


@pytest.mark.parametrize(("price", "passes"), [(103, True), (98, True), (104, False), (97, False)])
def test_a_price_within_the_collar_goes(price: int, passes: bool) -> None:
    """2.5 ticks of a mid of 100.5 are 0.02487...; the collar is 0.025, or 2.51 ticks."""
    told = sent(Limits(collar=0.025), limit(1, BUY if price < 100 else SELL, price, 1))
    assert told == ["1 accepted"] if passes else ["1 rejected risk_price_collar"]


def test_a_replace_is_held_to_the_collar_whatever_type_it_names() -> None:
    told = sent(Limits(collar=0.025), limit(1, BUY, 99, 1), replace(1, 90, 1, type=MARKET))
    assert told == ["1 rejected risk_price_collar", "1 accepted"]


def test_without_a_mid_nothing_is_within_a_collar() -> None:
    session = Session((level(1, BUY, 100, 5), LATER), (at(2, limit(1, BUY, 99, 1)),))
    result = replay(Session(session.tape, session.decisions, limits=Limits(collar=0.5)))[0]
    assert story(result) == ["1 rejected risk_price_collar"]


FALL = (level(4, BUY, 100, 0), level(4, SELL, 100, 10))
"""The touch falls from 100 / 101 to 99 / 100, the mid by one tick."""


@pytest.mark.parametrize(("loss", "killed"), [(3.75, None), (3.74, 5)])
def test_a_loss_beyond_the_limit_cancels_everything_and_stops_the_quoting(
    loss: float, killed: int | None
) -> None:
    """Five bought at 101 are worth 99.5 once the touch has fallen: 5 * 1.5 ticks * 0.5 = 3.75."""
    decisions = (
        at(2, limit(1, BUY, 101, 5), limit(2, BUY, 90, 1)),
        at(5, limit(3, BUY, 90, 1)),
        at(6, limit(4, BUY, 90, 1)),
    )
    tape = (trade(3, 101, 0, BUY, 1), *FALL, trade(7, 99, 0, SELL, 2))
    result = outcome(Limits(loss=loss), *tape, decisions=decisions)
    assert result.killed_ts == killed
    told = story(result)[3:]
    if killed is None:
        assert told == ["3 accepted", "4 accepted"]
    else:
        assert told == [
            "3 rejected risk_max_loss",
            "4 rejected risk_max_loss",
            "2 cancelled risk_max_loss",
        ]
        assert numbers(result) == [(3.74, 3.75), (3.74, 3.75)]


def test_a_silent_feed_cancels_once_and_quoting_resumes_when_it_speaks() -> None:
    """The feed's last word is at 3; 10 µs of silence are allowed, so 13 is in time, 14 is not."""
    decisions = (
        at(2, limit(1, BUY, 99, 1)),
        at(13, limit(2, BUY, 99, 1)),
        at(14, limit(3, BUY, 99, 1)),
        at(15, limit(4, BUY, 99, 1)),
        at(21, limit(5, BUY, 99, 1)),
    )
    tape = (trade(3, 101, 0, BUY, 1), trade(20, 101, 0, BUY, 2))
    result = outcome(Limits(stale_us=10), *tape, decisions=decisions)
    assert story(result) == [
        "1 accepted",
        "3 rejected risk_stale_market",
        "4 rejected risk_stale_market",
        "2 accepted",
        "1 cancelled risk_stale_market",
        "2 cancelled risk_stale_market",
        "5 accepted",
    ]
    assert numbers(result) == [(1e-05, 1.1e-05), (1e-05, 1.2e-05)]

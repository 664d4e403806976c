"""Worked examples of latencies, and what holds for all of them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mm.api import ACCEPTED, BUY, CLEAR, EVENT, LEVEL, TICKER
from mm.api.draws import uniform
from mm.core.venue.latency import latency_us, measure_feed
from mm.core.venue.state import CONNECTION

from .replay import replay
from .tapes import Decision, Event, Session, at, limit, snapshot, trade

TABLE = np.array([[100.0, 10.0], [200.0, 30.0], [200.0, 50.0], [300.0, 0.0]])


def arrivals(session: Session) -> list[int]:
    """When each order was accepted, on the venue's clock."""
    reports = replay(session)[0].reports
    return [r["ts_venue"] for r in sorted(reports, key=lambda r: r["order_id"])]


def ticks(first: int, last: int, behind: int = 0) -> tuple[Event, ...]:
    """A print every µs of the exchange's clock, each heard so much later."""
    return tuple(
        trade(ts + behind, 200, 0, BUY, 1, ts_exchange=ts) for ts in range(first, last + 1)
    )


@pytest.mark.parametrize(
    ("ts", "expected"),
    [
        (0, 10),
        (100, 10),
        (150, 20),
        (175, 25),
        (199, 30),
        (200, 50),
        (250, 25),
        (300, 0),
        (9999, 0),
    ],
)
def test_a_table_is_interpolated_and_its_ends_go_on(ts: int, expected: int) -> None:
    """At 200 the table jumps from 30 to 50; at 199 it says 29.8."""
    assert latency_us(TABLE, 0.0, 0.0, 0, ts, 1, 2, 1) == expected


def test_a_latency_is_never_negative_and_rounded_to_the_nearest_microsecond() -> None:
    assert latency_us(TABLE, 1.0, 0.0, -500, 150, 1, 2, 1) == 0
    assert latency_us(TABLE, 0.5, 0.0, 5, 150, 1, 2, 1) == 23


def test_an_order_never_overtakes_an_earlier_one() -> None:
    """Sent at 102 with 8 µs and at 104 with 1: both are there at 110, before the event at 111."""
    session = Session(
        (*snapshot(100, {10: 1}, {12: 1}), *ticks(101, 120)),
        (at(102, limit(1, BUY, 9, 1)), at(104, limit(2, BUY, 9, 1))),
        entry_table=((102, 8), (104, 1)),
    )
    assert arrivals(session) == [111, 111]


def test_the_feed_latency_counts_from_when_it_is_measured() -> None:
    """Three µs behind up to 107 of our clock, and seven from 112 on. Twice that: 6 µs, then 14."""
    slow = ticks(105, 150, behind=7)
    tape = (*ticks(90, 104, behind=3), *slow)
    decisions = tuple(at(ts, limit(ts, BUY, 9, 1)) for ts in (107, 111, 112))
    assert arrivals(Session(tape, decisions, entry_multiple=2.0)) == [114, 118, 127]


def sent_at_113(*odd: Event) -> list[int]:
    """When orders sent at 113 and 120 arrive, with a feed 3 µs behind and ``odd`` messages."""
    tape = sorted((*ticks(90, 150, behind=3), *odd), key=lambda event: event.ts_local)
    decisions = tuple(at(ts, limit(ts, BUY, 9, 1)) for ts in (113, 120))
    return arrivals(Session(tuple(tape), decisions, entry_multiple=2.0))


@pytest.mark.parametrize(
    "odd",
    [
        trade(113, 200, 0, BUY, 1, ts_exchange=50),  # sent again: made before what came
        trade(113, 200, 0, BUY, 1, ts_exchange=109),  # overtaken by one message
        trade(113, 200, 0, BUY, 1),  # has no exchange time of its own
        trade(113, 200, 0, BUY, 1, ts_exchange=9999),  # stamped ahead
    ],
)
def test_one_odd_message_does_not_delay_orders(odd: Event) -> None:
    """Sent at 113 and 120, and 6 µs under way, whatever came at 113."""
    assert sent_at_113(odd) == sent_at_113() == [120, 127]


def test_a_message_made_with_the_newest_measures() -> None:
    """Made at 110 as the one before, and heard 5 µs after it: twice that is 10 µs."""
    assert sent_at_113(trade(113, 200, 0, BUY, 1, ts_exchange=110))[0] == 120
    late = trade(114, 200, 0, BUY, 1, ts_exchange=111)
    tape = (*ticks(90, 111, behind=2), late, *ticks(115, 150))
    session = Session(tape, (at(114, limit(1, BUY, 9, 1)),), entry_multiple=2.0)
    assert arrivals(session) == [121]


@pytest.mark.parametrize(
    ("made", "measured"), [(400, 60_000_000), (399, 7), (60_000_400, 7), (60_000_401, 7)]
)
def test_a_minute_is_the_longest_that_a_message_can_measure(made: int, measured: int) -> None:
    """Heard at 60.0004 s, after one that took 7 µs."""
    plain = getattr(measure_feed, "py_func", measure_feed)  # no door from Python into the compiled
    state, event = np.zeros(1, CONNECTION), np.zeros(1, EVENT)
    for event["ts_local"], event["ts_exchange"] in ((17, 10), (60_000_400, made)):
        plain(state[0], event[0])
    assert state["feed"][0] == measured
    assert state["stale"][0] == (made in (399, 60_000_401))
    for event["kind"] in (TICKER, CLEAR):
        plain(state[0], event[0])
    assert state["stale"][0] == (made in (399, 60_000_401))


def test_a_feed_without_exchange_times_leaves_the_last_latency() -> None:
    """Trades are 20 µs behind; the book's rows repeat their arrival time. All orders take 20 µs."""
    trades = [trade(ts + 20, 200, 0, BUY, 1, ts_exchange=ts) for ts in range(100, 200, 10)]
    book = [Event(ts_local=ts, ts_exchange=ts, kind=LEVEL, price=5, size=1, side=BUY)
            for ts in range(101, 260)]  # fmt: skip
    tape = (*snapshot(99, {10: 1}, {12: 1}), *sorted((*trades, *book), key=lambda e: e.ts_local))
    decisions = tuple(at(ts, limit(ts, BUY, 9, 1)) for ts in range(125, 200, 7))
    reports = replay(Session(tape, decisions, entry_multiple=1.0))[0].reports
    assert {r["ts_arrived"] - r["ts_decided"] for r in reports} == {20}


def test_messages_that_measure_nothing_are_counted() -> None:
    tape = (
        *ticks(100, 110, behind=3),
        trade(114, 200, 0, BUY, 1),
        trade(115, 200, 0, BUY, 1, ts_exchange=100),
        trade(116, 200, 0, BUY, 1, ts_exchange=999),
    )
    outcome = replay(Session(tape, (at(105, limit(1, BUY, 9, 1)),)))[0]
    assert (outcome.overtaken, outcome.stale) == (1, 1)


def test_reports_travel_by_the_feed_latency_of_their_own_event() -> None:
    """Made at 103 and heard at 106: three µs behind, so known at 103 + 2 * 3 = 109."""
    tape = ticks(100, 120, behind=3)
    session = Session(tape, (at(102, limit(1, BUY, 9, 1)),), response_multiple=2.0)
    assert [r["ts_known"] for r in replay(session)[0].reports] == [109]


def test_jitter_is_lognormal_around_the_table() -> None:
    """Median 1000 and sigma 0.5 of the logarithm, each within four standard errors at n = 4000."""
    n, sigma = 4000, 0.5
    table = np.array([[0.0, 1e6]])
    logs = [math.log(latency_us(table, 0.0, sigma, 0, ts, 7, 2, 1) / 1e6) for ts in range(n)]
    assert abs(np.mean(logs)) < 4 * sigma / math.sqrt(n)
    assert abs(np.std(logs) - sigma) < 4 * sigma / math.sqrt(2 * n)


@settings(max_examples=100)
@given(st.integers(0, 2**50), st.integers(0, 2**40), st.integers(0, 9))
def test_jitter_depends_on_nothing_but_seed_time_and_name(ts: int, key: int, seed: int) -> None:
    table = np.array([[0.0, 1000.0]])
    first = uniform(seed, 2, ts, 2 * key)
    second = uniform(seed, 2, ts, 2 * key + 1)
    normal = math.sqrt(-2 * math.log(1 - first)) * math.cos(2 * math.pi * second)
    drawn = latency_us(table, 0.0, 0.5, 0, ts, seed, 2, key)
    assert drawn == math.floor(1000 * math.exp(0.5 * normal) + 0.5)


def test_another_order_does_not_change_an_orders_jitter() -> None:
    """The other comes first and may hold it up, but never speeds it up or slows it by a draw."""

    def accepted(*decisions: Decision) -> dict[int, int]:
        session = Session(ticks(100, 300), decisions, entry=20, jitter=0.7, seed=3)
        reports = replay(session)[0].reports
        return {r["client_id"]: r["ts_venue"] for r in reports if r["kind"] == ACCEPTED}

    first, second = at(105, limit(1, BUY, 9, 1)), at(110, limit(2, BUY, 9, 1))
    alone = accepted(first) | accepted(second)
    both = accepted(first, second)
    assert both == {1: alone[1], 2: max(alone[1], alone[2])}
    assert accepted(first, second) == both

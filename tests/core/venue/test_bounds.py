"""Sizes and prices as large as the door lets through give what small ones give, only larger.

Sizes are multiplied by a power of two, so that floats hold them as well as small ones, and prices
moved up to the bound. The same sessions run in plain Python, where an integer that overflows is an
error and an index outside its array, too.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

from mm.api import (
    BUY,
    EVENT,
    LEVEL,
    MOST_LOTS,
    MOST_TICKS,
    MOST_TRADED,
    QUOTE,
    TICKER,
    TRADE,
    DataError,
    MarketBatch,
    PluginError,
)
from mm.core.batch_check import BatchCheck
from mm.core.venue import Limits
from mm.core.venue.latency import latency_us

from .replay import batches, replay
from .tapes import Command, Decision, Event, Session
from .test_plain_python import random_session

MODELS = ("queue", "prob_power", "prob_power_3", "probabilistic", "pessimistic", "optimistic")
LOTS = 2**53
"""The largest size of a session is 8; of ours 7.2e16."""
MOVED = MOST_TICKS - 110
_LOTS = ("size", "leaves", "ahead", "ahead_entry")
_TICKS = ("price", "bid", "ask")


def large_event(event: Event) -> Event:
    if event.kind == TICKER:
        return event
    return attrs.evolve(
        event,
        size=event.size * LOTS, ask_size=event.ask_size * LOTS,
        price=event.price + MOVED, ask_price=event.ask_price + MOVED,
    )  # fmt: skip


def large_command(command: Command) -> Command:
    # Never more than the bound, not even 9 of our lots.
    return attrs.evolve(command, size=command.size * LOTS, price=command.price + MOVED)


def large(session: Session) -> Session:
    decisions = tuple(
        Decision(one.ts, tuple(tuple(map(large_command, some)) for some in one.choices))
        for one in session.decisions
    )
    limits = attrs.evolve(
        session.limits,
        order_lots=session.limits.order_lots * LOTS,
        position_lots=session.limits.position_lots * LOTS,
    )
    tape = tuple(map(large_event, session.tape))
    return attrs.evolve(session, tape=tape, decisions=decisions, limits=limits)


def without_money(session: Session) -> Session:
    """Limits in money are of another price, so there are none."""
    limits = attrs.evolve(session.limits, collar=0.0, loss=0.0)
    return attrs.evolve(session, limits=limits)


def small_report(report: dict[str, Any]) -> dict[str, Any]:
    """Take a report of a large session back to the size of a small one."""
    if report["kind"] == 6:  # funding: rate and mark price
        moved = {name: report[name] - MOVED if report[name] else 0 for name in ("bid", "ask")}
        return report | moved
    sizes = {name: report[name] // LOTS if report[name] > 0 else report[name] for name in _LOTS}
    ticks = {name: report[name] - MOVED if report[name] else 0 for name in _TICKS}
    limits = {}
    if report["limit"] is not None and report["limit"] > LOTS:
        limits = {name: report[name] / LOTS for name in ("limit", "value")}
    return report | sizes | ticks | limits


def compare_all(seeds: range) -> int:
    """Play each session in small and in large; return how many reports there were."""
    told = 0
    for seed in seeds:
        for model in MODELS:
            session = without_money(random_session(seed, model))
            small, _ = replay(session, cuts=(True, False), lengths=(1, 7, 3))
            outcome, _ = replay(large(session), cuts=(True, False), lengths=(1, 7, 3))
            assert [small_report(one) for one in outcome.reports] == small.reports
            assert outcome.kept_back == small.kept_back
            told += len(small.reports)
    return told


def test_large_sizes_and_prices_give_what_small_ones_give() -> None:
    assert compare_all(range(3)) > 1000


def test_nothing_overflows_where_python_would_see_it() -> None:
    code = "from venue.test_bounds import compare_all; print(compare_all(range(2)))"
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    environment["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 500


def test_large_sessions_pass_the_door() -> None:
    """Otherwise the tests above would say nothing about what can come in."""
    session = large(random_session(0, "queue"))
    contract = BatchCheck("it", 2)
    for batch in batches(session.tape):
        contract.check(batch)
    sizes = [event.size for event in session.tape if event.kind in (TRADE, LEVEL, QUOTE)]
    prices = [event.price for event in session.tape if event.kind in (TRADE, LEVEL, QUOTE)]
    assert MOST_LOTS / 2 < max(sizes) <= MOST_LOTS
    assert MOST_TICKS - 20 < max(prices) <= MOST_TICKS
    assert sum(event.size for event in session.tape if event.kind == TRADE) <= MOST_TRADED


def test_the_gate_adds_up_more_than_64_bits_hold() -> None:
    """Three orders that work already, each of nearly all that an order may be."""
    orders = [
        Command(action=0, client_id=n, price=99, size=2**62 - 1, side=BUY) for n in range(1, 5)
    ]
    session = Session(
        (
            Event(
                ts_local=1, ts_exchange=1, kind=QUOTE, price=99, size=5, ask_price=100, ask_size=5
            ),
        ),
        (Decision(10, (tuple(orders),)),),
        limits=Limits(position_lots=10**15),
    )
    outcome, _ = replay(session)
    assert outcome.refused == 4
    np.testing.assert_allclose([report["value"] for report in outcome.reports], 2.0**62)
    free, _ = replay(attrs.evolve(session, limits=Limits(orders_per_s=100)))
    assert free.refused == 0


@pytest.mark.parametrize(
    ("column", "value", "fault"),
    [
        ("price", MOST_TICKS + 1, r"event 1 of 3 up to 9 has a price outside 0\.\.1e\+15 ticks"),
        ("price", -1, "has a price outside"),
        ("ask_price", MOST_TICKS + 1, "has a price outside"),
        ("size", MOST_LOTS + 1, r"event 1 of 3 up to 9 has a size outside 0\.\.1e\+17 lots"),
        ("size", -(2**63), "has a size outside"),
        ("ask_size", MOST_LOTS + 1, "has a size outside"),
        ("kind", 5, "is of a kind that there is not"),
        ("kind", -1, "is of a kind that there is not"),
        ("instrument", 1, "is of an instrument that the run does not have"),
        ("instrument", -1, "is of an instrument that the run does not have"),
    ],
)
def test_the_door_refuses_what_no_kernel_could_bear(column: str, value: int, fault: str) -> None:
    rows = np.zeros(3, EVENT)
    rows["ts_local"], rows["kind"], rows["end"] = [1, 2, 3], TRADE, 1
    rows["price"], rows["size"] = MOST_TICKS, MOST_LOTS
    BatchCheck("it", 1).check(MarketBatch(rows.copy(), 9))
    rows[column][1] = value
    with pytest.raises(PluginError, match=f"it broke the MarketBatch contract: .*{fault}"):
        BatchCheck("it", 1).check(MarketBatch(rows, 9))


def test_the_door_lets_a_ticker_have_other_numbers() -> None:
    rows = np.zeros(1, EVENT)
    rows["ts_local"], rows["kind"], rows["end"] = 1, TICKER, 1
    rows["price"], rows["size"], rows["ask_price"] = 10**18 - 1, -(10**12), 10**16
    BatchCheck("it", 1).check(MarketBatch(rows, 9))


def test_the_door_adds_up_all_trades() -> None:
    """Over batches, and exactly: at the bound they pass, and one lot more does not."""
    contract = BatchCheck("it", 1)
    rows = np.zeros(30, EVENT)
    rows["kind"], rows["end"], rows["size"] = TRADE, 1, MOST_LOTS
    for number in range(1, 4):
        rows["ts_local"] = 100 * number + np.arange(30)
        contract.check(MarketBatch(rows, 100 * number + 50))
    assert 90 * MOST_LOTS == MOST_TRADED
    more = rows[:2].copy()
    more["ts_local"], more["size"] = [401, 402], [0, 1]
    with pytest.raises(DataError, match="all trades up to data time 402 µs come to more than"):
        contract.check(MarketBatch(more, 500))


@pytest.mark.parametrize("jitter", [5.0, 80.0])
def test_no_draw_makes_a_latency_that_a_time_cannot_hold(jitter: float) -> None:
    """A run file may ask for 5 at most, where it takes a rare draw; so some are larger here."""
    table = np.array([[0.0, 60e6]])
    travels = [latency_us(table, 0.0, jitter, 0, n, 1, 2, n) for n in range(1000)]
    assert all(0 <= travel <= 10**16 for travel in travels)
    assert (max(travels) == 10**16) == (jitter == 80.0)

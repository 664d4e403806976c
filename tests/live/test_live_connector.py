"""The connector against the look-alike exchange, healthy and not, over memory in virtual time."""

import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
import trio
from tests.live.market import lively_market
from tests.live.session import (
    START_US,
    Mirror,
    Outlet,
    check_contract,
    connector,
    dialer,
    empty_quotes,
)
from tests.record.streams import XBTUSD
from trio.testing import MockClock

from mm.api import CLEAR, LEVEL, QUOTE, TICKER, TRADE, Rows
from mm_bitmex.connector import BitmexConnector
from mm_bitmex.mock import Exchange, open_exchange
from mm_bitmex.mock.faults import NAMES

SECONDS = 12.0
MARKET_US = 1_722_470_400_000_000
"""When the lively market's data begin."""
FAULTY_S = 6.0


@attrs.frozen
class Listening:
    """A connector at work."""

    exchange: Exchange
    connector: BitmexConnector
    out: Outlet
    stop: trio.CancelScope
    ended: trio.Event


@asynccontextmanager
async def listening(
    market: Any, faults: str = "", seed: int = 0, out: Outlet | None = None, **options: Any
) -> AsyncIterator[Listening]:
    """Run a connector on an exchange; stop it at the end of the block."""
    out = Outlet() if out is None else out
    async with (
        open_exchange(market, faults=faults, seed=seed, port=None, now_us=START_US) as exchange,
        trio.open_nursery() as nursery,
    ):
        made = connector(dialer(nursery, exchange), seed, **options)
        found = Listening(exchange, made, out, trio.CancelScope(), trio.Event())

        async def run() -> None:
            with found.stop:
                await made.run((XBTUSD,), out)
            found.ended.set()

        nursery.start_soon(run)
        yield found
        found.stop.cancel()
        await found.ended.wait()
        nursery.cancel_scope.cancel()


def by_kind(events: Rows, kind: int) -> Rows:
    found: Rows = events[events["kind"] == kind]
    return found


async def test_a_healthy_session_gives_every_trade_and_the_true_book(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with listening(lively_market(tmp_path / "m", SECONDS)) as at:
        await trio.sleep(SECONDS + 1)
        health = at.connector.health()
        assert (health.state, health.is_live) == ("live", True)
        mirror = Mirror()
        mirror.take(at.out.events)
        assert mirror.sides() == at.exchange.book("XBTUSD")
        bid, bid_size, ask, ask_size = health.touch
        assert (bid, ask) == (max(mirror.bids), min(mirror.asks))
        assert (bid_size, ask_size) == (mirror.bids[bid], mirror.asks[ask])
    check_contract(at.out.batches)
    trades = by_kind(at.out.events, TRADE)
    lines = (tmp_path / "m" / "trades.csv").read_text().splitlines()[1:]
    assert trades["size"].sum() * 100 == sum(int(line.split(",")[-1]) for line in lines)
    assert health.counters["gaps"] == 0
    assert len(by_kind(at.out.events, TICKER))
    assert health.rows["trades"] == len(trades)


async def test_a_quiet_exchange_is_told_of_ten_times_a_second(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with listening(lively_market(tmp_path / "m", 1)) as at:
        await trio.sleep(10)
        quiet = [b.watermark for b in at.out.batches if not len(b.events)][-20:]
    assert np.diff(quiet).tolist() == [100_000] * 19


async def test_being_stopped_it_says_that_the_book_is_lost_and_lets_two_seconds_pass(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with listening(lively_market(tmp_path / "m", 9)) as at:
        await trio.sleep(3.0)
    last = at.out.batches[-1]
    stopped = START_US + 3_000_000
    assert last.events["kind"].tolist()[-4:] == [QUOTE, CLEAR, LEVEL, LEVEL]
    assert last.events["size"].tolist()[-4:] == [0] * 4
    assert last.events["ts_local"].tolist()[-2:] == [stopped, stopped + 1_000_000]
    assert last.watermark == stopped + 2_000_000
    assert at.out.closed
    assert at.connector.health().state == "stopped"
    assert at.connector.health().gaps == ()


async def test_what_was_not_handed_over_when_it_is_stopped_goes_with_the_last_batch(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    slow = Outlet(pause_s=2.0)
    async with listening(lively_market(tmp_path / "m", 9), out=slow) as at:
        await trio.sleep(5.0)
    check_contract(slow.batches)
    trades = by_kind(slow.events, TRADE)
    lines = (tmp_path / "m" / "trades.csv").read_text().splitlines()[1:]
    # The market began with our subscription, within the first millisecond or two.
    early = [line for line in lines if int(line.split(",")[2]) < MARKET_US + 4_990_000]
    late = [line for line in lines if int(line.split(",")[2]) < MARKET_US + 5_010_000]
    assert len(early) <= len(trades) <= len(late)
    assert at.connector.health().lags["arrival_to_engine"]["max"] > 1000


async def test_an_engine_that_takes_nothing_more_is_reported(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    stuck = Outlet(pause_s=1e6)
    async with listening(lively_market(tmp_path / "m", 9), out=stuck) as at:
        await trio.sleep(5.0)
    assert trio.current_time() == pytest.approx(15.0)
    assert stuck.closed
    assert "the engine did not take the last batch within 10 s" in str(
        at.connector.health().failure
    )


async def test_a_slow_engine_loses_no_connection_and_no_trade_and_ends_with_the_true_book(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    slow = Outlet(pause_s=3.0)
    async with listening(lively_market(tmp_path / "m", SECONDS), out=slow, inbox_rows=100) as at:
        await trio.sleep(SECONDS + 10)
        health = at.connector.health()
        assert health.counters["connections"] == 1
        assert health.counters["rows_left_out"] > 100
        mirror = Mirror()
        mirror.take(slow.events)
        assert mirror.sides() == at.exchange.book("XBTUSD")
    check_contract(slow.batches)
    lines = (tmp_path / "m" / "trades.csv").read_text().splitlines()[1:]
    sizes = sum(int(line.split(",")[-1]) for line in lines)
    assert by_kind(slow.events, TRADE)["size"].sum() * 100 == sizes
    quote = by_kind(slow.events[slow.events["ts_local"] < START_US + 22_000_000], QUOTE)[-1]
    assert (quote["price"], quote["ask_price"]) == (max(mirror.bids), min(mirror.asks))


def check_gaps(at: Listening) -> None:
    """Every gap was said in the stream at its start, and nothing but one when it was stopped."""
    health = at.connector.health()
    starts = [gap.start for gap in health.gaps]
    said = empty_quotes(at.out.events)["ts_local"].tolist()
    last = at.out.batches[-1].watermark - 2_000_000
    assert [ts for ts in said if ts != last] == starts
    assert health.counters["gaps"] == len(starts)
    quotes = by_kind(at.out.events, QUOTE)
    for gap in health.gaps:
        end = last if gap.end is None else gap.end
        inside = (quotes["ts_local"] > gap.start) & (quotes["ts_local"] < end)
        assert not inside.any(), f"a quote within {gap}"


async def live_again(at: Listening) -> None:
    """Wait until no fault can strike any more and the book is live."""
    while not (at.connector.health().is_live and at.exchange.healthy()):  # noqa: ASYNC110 - no event
        await trio.sleep(0.5)


def book_of(at: Listening) -> dict[str, dict[float, int]]:
    """The book as the stream says it is."""
    mirror = Mirror()
    mirror.take(at.out.events)
    return mirror.sides()


async def equal_again(at: Listening) -> None:
    """Wait until what was delayed has come and the books are equal; the data have ended."""
    while not at.connector.health().is_live or book_of(at) != at.exchange.book():  # noqa: ASYNC110
        await trio.sleep(5)


async def survive(market: Any, faults: str, seed: int) -> Listening:
    """Listen through faults until well after they have ended; check all that must hold."""
    spec = f"{faults},for={FAULTY_S}" if faults else ""
    async with listening(market, spec, seed) as at:
        await at.exchange.finished.wait()
        # After the last fault: silence and answer 10 s, wait 2 s, images 3 s.
        with trio.fail_after(60):
            await live_again(at)
        await trio.sleep(8)  # the exchange mends by fresh images what nobody could see
        with trio.fail_after(60):
            await equal_again(at)
    check_contract(at.out.batches)
    check_gaps(at)
    return at


# Shares at which a fault happens some times in six seconds.
RARE = {"half_open", "slow_loris", "disconnect", "close_1011", "close_1012", "huge"}
ALWAYS = {"cut_partial", "empty_partial", "duplicate_partial", "delta_before_partial"}
OPENINGS = {name for name in NAMES if name.startswith(("http_", "refuse_"))}


def share(name: str) -> float:
    if name in OPENINGS:
        return 1.0
    return 0.005 if name in RARE else 0.5 if name in ALWAYS else 0.03


@pytest.mark.parametrize(
    "name", [name for name in NAMES if name != "refuse_403"] + ["late_partial", "clock_skew"]
)
async def test_each_fault_is_survived(name: str, tmp_path: Path, autojump_clock: MockClock) -> None:
    setting = {"late_partial": 5.0, "clock_skew": 3.0}.get(name, share(name))
    at = await survive(lively_market(tmp_path / "m", SECONDS), f"{name}={setting}", 1)
    if name == "clock_skew":
        assert at.connector.health().counters["ahead_of_our_clock"] > 0
    elif name != "late_partial":
        assert at.exchange.injected_faults


async def test_a_refusal_for_good_ends_the_session_with_the_book_said_lost(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    out = Outlet()
    async with listening(lively_market(tmp_path / "m", 9), "refuse_403", out=out) as at:
        with trio.fail_after(10):
            await at.ended.wait()
        health = at.connector.health()
    assert health.state == "failed"
    assert "answers 403" in str(health.failure)
    assert out.closed
    assert out.batches[-1].watermark >= START_US + 2_000_000


SEEDS = int(os.environ.get("MM_FAULT_SEEDS", "50"))
"""Random mixtures of faults. MM_FAULT_SEEDS=200 tries the full number, in half a minute."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("markets") / "m"


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_any_mixture_of_faults_is_survived(
    seed: int, folder: Path, autojump_clock: MockClock
) -> None:
    draw = random.Random(seed)
    names = draw.sample(sorted(set(NAMES) - {"refuse_403"}), 4)
    spec = ",".join(f"{name}={share(name) * draw.choice((0.5, 0.8, 1)):g}" for name in names)
    profile = draw.choice(("2021", "2026"))
    await survive(lively_market(folder, SECONDS, profile=profile), spec, seed)

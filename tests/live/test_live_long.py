"""A long live run at ten times the real rate of messages: memory stays flat, nothing piles up."""

import gc
import os
import tracemalloc
from pathlib import Path

import trio
from tests.live.market import lively_market
from tests.live.session import START_US, run_session
from trio.testing import MockClock

from mm.run.progress import Progress
from mm.testing.exchange import open_exchange

MINUTES = float(os.environ.get("MM_LIVE_MINUTES", "0.75"))
"""MM_LIVE_MINUTES=60 is the whole hour; judging by shorter runs it takes twenty minutes."""

# The lively market has some 55 messages a second, the real hour had 16 (quotes); three times.
SPEED = 3.0


def held() -> int:
    """Bytes that Python holds, without its lists of tuples kept for reuse, 2000 of each length:
    over an hour they fill up to some megabytes and no more, and a collection empties them."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


async def test_memory_stays_flat_lag_small_and_no_task_is_left(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    market = lively_market(tmp_path / "market", 20, loop=True)
    (tmp_path / "a").mkdir()
    sizes: list[int] = []

    async def watch(progress: Progress) -> None:
        """Look at what Python holds after a third of the time, and at the end."""
        await trio.sleep(MINUTES * 20)
        tracemalloc.start()
        await trio.sleep(MINUTES * 10)
        sizes.append(held())
        await trio.sleep(MINUTES * 30)
        sizes.append(held())
        tracemalloc.stop()

    before = trio.lowlevel.current_statistics().tasks_living
    async with open_exchange(market, speed=SPEED, port=None, now_us=START_US) as exchange:
        session = await run_session(exchange, tmp_path / "a", until=watch)
    assert trio.lowlevel.current_statistics().tasks_living == before
    live = session.result.summary["live"]
    assert live["counters"]["frames"] > MINUTES * 60 * 150
    assert live["counters"]["rows_left_out"] == 0
    assert live["lag_ms"]["arrival_to_engine"]["max"] <= 100
    # What is held at both times are the book, a few batches and the open orders: some 100 kB, and
    # as much again by chance. A leak of 10 bytes a message would show within the hour.
    assert sizes[1] - sizes[0] < 300_000

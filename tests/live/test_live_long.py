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
from mm_bitmex.mock import open_exchange

MINUTES = float(os.environ.get("MM_LIVE_MINUTES", "0.3"))
"""MM_LIVE_MINUTES=60 is the whole hour, which takes half an hour of one core."""

# The lively market has some 55 messages a second, the real hour had 16 (quotes); three times.
SPEED = 3.0

LOOKS = 30
"""How often memory is looked at."""


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
        for _ in range(LOOKS):
            await trio.sleep(MINUTES * 60 / LOOKS)
            sizes.append(held())

    before = trio.lowlevel.current_statistics().tasks_living
    # From the start: what was there before tracing began goes uncounted when it is freed, so that
    # every object replaced since would look like one more.
    tracemalloc.start()
    try:
        async with open_exchange(market, speed=SPEED, port=None, now_us=START_US) as exchange:
            session = await run_session(exchange, tmp_path / "a", until=watch)
    finally:
        tracemalloc.stop()
    assert trio.lowlevel.current_statistics().tasks_living == before
    live = session.result.summary["live"]
    assert live["counters"]["frames"] > MINUTES * 60 * 150
    assert live["counters"]["rows_left_out"] == 0
    assert live["lag_ms"]["arrival_to_engine"]["max"] <= 100
    # Batches, open orders and Trio's past deadlines come and go, some 200 kB; a leak raises the
    # lowest value too. One of 10 bytes a message would show within the hour.
    third = LOOKS // 3
    assert min(sizes[-third:]) - min(sizes[third:-third]) < 100_000

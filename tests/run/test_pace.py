"""Pacing: when batches are let through, and that any speed will do."""

from collections.abc import Iterable
from functools import partial

import numpy as np
import pytest
import trio
from trio.testing import MockClock

from mm.api import EVENT, MarketBatch
from mm.run.channels import Outlet, open_channel
from mm.run.pace import pace


def batch(*times_s: float) -> MarketBatch:
    events = np.zeros(len(times_s), EVENT)
    events["ts_local"] = [round(time * 1e6) for time in times_s]
    return MarketBatch(events, int(events["ts_local"][-1]))


async def send(batches: Iterable[MarketBatch], out: Outlet[MarketBatch]) -> None:
    with out:
        for one in batches:
            await out.send(one)


async def paced(batches: Iterable[MarketBatch], speed: float) -> list[tuple[float, int]]:
    """When [s] how many rows came through."""
    to_pace, unpaced = open_channel(1, MarketBatch)
    to_us, received = open_channel(0, MarketBatch)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(send, batches, to_pace)
        nursery.start_soon(partial(pace, unpaced, to_us, speed=speed))
        return [(round(trio.current_time(), 6), len(one.events)) async for one in received]


async def test_rows_come_at_a_multiple_of_the_speed_at_which_they_happened(
    autojump_clock: MockClock,
) -> None:
    log = await paced([batch(100, 102), batch(110, 110)], speed=2.0)
    assert log == [(0, 1), (1, 1), (5, 2)]


@pytest.mark.parametrize("speed", [1e15, 1e300])
async def test_no_speed_is_too_high(autojump_clock: MockClock, speed: float) -> None:
    """A period of 0.05 s then lasts longer in data time than 64 bits can say."""
    log = await paced([batch(100, 102), batch(110, 110)], speed)
    assert log == [(0, 2), (0, 2)]

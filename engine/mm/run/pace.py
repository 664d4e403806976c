"""Pacing: holds a replay back to a multiple of the speed at which it happened.

The only part of a replay that looks at Trio's clock. It delays batches and cuts them finer;
neither changes a result.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import trio

from mm.api import MICRO, MarketBatch
from mm.run.channels import Inlet, Outlet

_STEP_S: Final = 0.05
"""Seconds of real time that a cut covers: finer than an eye, coarser than a channel hop."""

_LONGEST_STEP_US: Final = 1 << 62
"""No data lasts so long, so nothing is cut; a longer step would not fit in 64 bits."""


async def pace(batches: Inlet[MarketBatch], out: Outlet[MarketBatch], *, speed: float) -> None:
    """Send batches at ``speed`` times real time, from the first event on. Owns both ends."""
    start_s = trio.current_time()
    step_us = max(1, int(min(_STEP_S * speed * MICRO, _LONGEST_STEP_US)))
    first: int | None = None
    with batches, out:
        async for batch in batches:
            for piece in _cut(batch, step_us):
                if first is None:
                    first = piece.watermark
                await trio.sleep_until(start_s + (piece.watermark - first) / MICRO / speed)
                await out.send(piece)


def _cut(batch: MarketBatch, step_us: int) -> Iterator[MarketBatch]:
    """Cut a batch at the ends of ``step_us`` periods, never inside a message."""
    times = batch.events["ts_local"]
    start = 0
    for stop in (np.flatnonzero(np.diff(times // step_us)) + 1).tolist():
        yield MarketBatch(batch.events[start:stop], int(times[stop - 1]))
        start = stop
    yield MarketBatch(batch.events[start:], batch.watermark)

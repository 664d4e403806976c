"""A connector's stream, cut into other batches: the same events and final watermark.

The lengths are drawn from a seed, from one message to tens of thousands of rows, many of them
short: most mistakes show when a batch holds little. Cuts fall between local times only, as
MarketBatch demands.
"""

import random
from collections.abc import Iterator
from contextlib import closing
from typing import Final

import attrs
import numpy as np
import trio

from mm.api import Connector, Instrument, MarketBatch, Outlet, Survey
from mm.run.channels import open_channel

_SHORT: Final = 500
"""Batches of a message or so at the start: 500 of them cost 50 ms."""
_LONGEST_LOG2: Final = 15.0  # 32 768 rows


@attrs.define
class Recut:
    """Passes on what ``inner`` sends, in batches of other lengths."""

    inner: Connector
    seed: int

    async def survey(self) -> Survey:
        """Ask the connector itself."""
        return await self.inner.survey()

    async def run(self, instruments: tuple[Instrument, ...], out: Outlet) -> None:
        """Send the stream. Owns ``out``."""
        with closing(out):
            theirs, batches = open_channel(0, MarketBatch)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self.inner.run, instruments, theirs)
                cutter = Cutter(self.seed)
                async for batch in batches:
                    for piece in cutter.push(batch):
                        await out.send(piece)
                for piece in cutter.finish():
                    await out.send(piece)


class Cutter:
    """Holds events back until a piece of the drawn length is complete."""

    def __init__(self, seed: int) -> None:
        """Draw lengths by ``seed``."""
        self._random = random.Random(seed)
        self._pieces = 0
        self._length = 1
        self._held: list[MarketBatch] = []
        self._rows = 0

    def push(self, batch: MarketBatch) -> Iterator[MarketBatch]:
        """Take a batch; give the pieces it completes."""
        self._held.append(batch)
        self._rows += len(batch.events)
        if self._rows >= self._length:
            yield from self._cut(self._join())

    def finish(self) -> Iterator[MarketBatch]:
        """Give what is left."""
        if self._held:
            yield self._join()

    def _join(self) -> MarketBatch:
        events = np.concatenate([batch.events for batch in self._held])
        joined = MarketBatch(events, self._held[-1].watermark)
        self._held, self._rows = [], 0
        return joined

    def _cut(self, batch: MarketBatch) -> Iterator[MarketBatch]:
        """Give pieces as long as drawn; hold the rest."""
        events = batch.events
        times = events["ts_local"]
        start = 0
        while len(events) - start >= self._length:
            last = times[start + self._length - 1]
            stop = int(np.searchsorted(times, last, side="right"))
            whole = stop == len(events)
            yield MarketBatch(events[start:stop], batch.watermark if whole else int(last))
            start = stop
            self._draw()
        if start < len(events):
            self._held = [MarketBatch(events[start:], batch.watermark)]
            self._rows = len(events) - start

    def _draw(self) -> None:
        self._pieces += 1
        if self._pieces < _SHORT and self._random.random() < 0.9:
            self._length = 1
        else:
            self._length = int(2.0 ** (_LONGEST_LOG2 * self._random.random()))

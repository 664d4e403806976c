"""Scripted feeds: a connector that sends events from memory, cut into batches as asked."""

from collections.abc import Iterable, Iterator

import attrs
import numpy as np

from mm.api import Instrument, MarketBatch, Outlet, Rows, Source, Survey


def cut_stream(events: Rows, rows: int | None = None) -> Iterator[MarketBatch]:
    """Cut a stream into batches of at least ``rows`` rows, where its times allow.

    Args:
        events: dtype EVENT, in order of ``ts_local``.
        rows: 1 = a batch for each distinct time; None = everything in one batch.
    """
    times = events["ts_local"]
    if not len(events):
        return
    start = 0
    for stop in (*(np.flatnonzero(np.diff(times)) + 1).tolist(), len(events)):
        if stop == len(events) or (rows is not None and stop - start >= rows):
            yield MarketBatch(np.ascontiguousarray(events[start:stop]), int(times[stop - 1]))
            start = stop


@attrs.define
class ScriptedConnector:
    """Sends the given batches and ends."""

    batches: Iterable[MarketBatch]
    symbols: tuple[str, ...] = ("TEST",)
    grid: tuple[tuple[str, str], ...] = (("1", "1"),)
    has_quotes: bool = True
    """False: quotes are to be derived from the book."""

    async def survey(self) -> Survey:
        """Describe nothing but the grid."""
        name = "quotes" if self.has_quotes else "book"
        return Survey(
            symbols=self.symbols,
            grid=self.grid,
            sources=(Source(name=name, path="", sha256="", rows=0),),
            first_ts=None,
            last_ts=None,
            total_rows=None,
        )

    async def run(self, instruments: tuple[Instrument, ...], out: Outlet) -> None:
        """Send the batches. Owns ``out``."""
        try:
            for batch in self.batches:
                await out.send(batch)
        finally:
            out.close()

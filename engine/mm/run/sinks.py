"""Sink task: merges the streams of rows by time and hands them to every sink.

Of two streams it reads the one that is further behind, the ledger's if they are level. So which
to wait for follows from the data, and neither can be left waiting for ever.
"""

import math
from collections.abc import Mapping

import attrs
import trio

from mm.api import Rows, Sink
from mm.blame import blame
from mm.run.channels import Inlet


@attrs.frozen(kw_only=True)
class Records:
    """Rows for the tables, complete up to the watermark."""

    tables: tuple[tuple[str, Rows], ...]
    """(table, rows); see ``Sink.write``."""
    watermark: int
    """µs."""


async def record(
    ledger: Inlet[Records],
    candles: Inlet[Records],
    *,
    sinks: Mapping[str, Sink],
    flush_s: float = math.inf,
) -> None:
    """Write every row. Owns both ends; whoever made the sinks closes them, by who they are.

    ``flush_s``: how long a row may be held back from everybody to see [s], also if no other comes.
    """
    inlets = [ledger, candles]
    reached: list[float] = [-1, -1]
    flush_at = math.inf  # of rows that nobody has seen yet
    watermark = -1
    with ledger, candles:
        while min(reached) < math.inf:
            behind = reached.index(min(reached))
            records = None
            try:
                with trio.move_on_at(flush_at):
                    records = await inlets[behind].receive()
            except trio.EndOfChannel:
                reached[behind] = math.inf
            if records is not None:
                reached[behind] = watermark = records.watermark
                _write(records, sinks)
                if any(len(rows) for _, rows in records.tables):
                    flush_at = min(flush_at, trio.current_time() + flush_s)
            if trio.current_time() >= flush_at:
                flush_at = math.inf
                _flush(watermark, sinks)


def _write(records: Records, sinks: Mapping[str, Sink]) -> None:
    for owner, sink in sinks.items():
        with blame(owner, records.watermark):
            for table, rows in records.tables:
                if len(rows):
                    sink.write(table, rows)


def _flush(watermark: int, sinks: Mapping[str, Sink]) -> None:
    for owner, sink in sinks.items():
        flush = getattr(sink, "flush", None)
        if flush is not None:
            with blame(owner, watermark):
                flush()

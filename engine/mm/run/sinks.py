"""Sink task: merges the streams of rows by time and hands them to every sink.

Of two streams it reads the one that is further behind, the ledger's if they are level. So which
to wait for follows from the data, and neither can be left waiting for ever.
"""

import math
from collections.abc import Callable, Mapping
from typing import Final

import attrs
import trio

from mm.api import Rows, Sink
from mm.blame import blame
from mm.run.channels import Inlet

_MOST_WAITING: Final = 1 << 14
"""Rows; a few MB."""


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
    ahead: Callable[[], None] | None = None,
) -> None:
    """Write every row. Owns both ends; whoever made the sinks closes them, by who they are.

    Args:
        ledger: rows of the account.
        candles: rows of the market.
        sinks: by who they are.
        flush_s: how long a row may be held back from everybody to see [s], also if no other comes.
        ahead: writes down what the rows follow from. Called before any sink is given them, so that
            no kill leaves results that nobody could come to again; rows wait for it.
    """
    way = _Way(sinks, ahead)
    try:
        await _merge(ledger, candles, way, flush_s)
    finally:
        if ahead is not None:
            way.flush()


async def _merge(
    ledger: Inlet[Records], candles: Inlet[Records], way: "_Way", flush_s: float
) -> None:
    inlets = [ledger, candles]
    reached: list[float] = [-1, -1]
    flush_at = math.inf  # of rows that nobody has seen yet
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
                reached[behind] = records.watermark
                if way.take(records):
                    flush_at = min(flush_at, trio.current_time() + flush_s)
            if trio.current_time() >= flush_at:
                flush_at = math.inf
                way.flush()


class _Way:
    """The way to the sinks: at once, or when what the rows follow from has been written."""

    def __init__(self, sinks: Mapping[str, Sink], ahead: Callable[[], None] | None) -> None:
        self._sinks, self._ahead = sinks, ahead
        self._watermark = -1
        self._waiting: list[Records] = []
        self._count = 0

    def take(self, records: Records) -> bool:
        """Hand on records, or keep them, if there are not too many; say whether they hold rows."""
        self._watermark = records.watermark
        count = sum(len(rows) for _, rows in records.tables)
        if self._ahead is None:
            self._write(records)
        elif count:
            self._waiting.append(records)
            self._count += count
            if self._count >= _MOST_WAITING:
                self.flush()
        return count > 0

    def flush(self) -> None:
        """Hand on what is kept, and have every sink show what it has."""
        if self._ahead is not None:
            if not self._waiting:
                return
            self._ahead()
            waiting, self._waiting, self._count = self._waiting, [], 0
            for records in waiting:
                self._write(records)
        for owner, sink in self._sinks.items():
            flush = getattr(sink, "flush", None)
            if flush is not None:
                with blame(owner, self._watermark):
                    flush()

    def _write(self, records: Records) -> None:
        for owner, sink in self._sinks.items():
            with blame(owner, records.watermark):
                for table, rows in records.tables:
                    if len(rows):
                        sink.write(table, rows)

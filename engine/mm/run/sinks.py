"""Sink task: merges the streams of rows by time and hands them to every sink.

Of two streams it reads the one that is further behind, the ledger's if they are level. So which
to wait for follows from the data, and neither can be left waiting for ever.
"""

import math
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Final

import attrs
import trio

from mm.api import Rows, Sink, Status
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
    if ahead is None:
        await _record(ledger, candles, sinks, flush_s)
        return
    waiting = _Waiting(sinks, ahead)
    try:
        await _record(ledger, candles, {"": waiting}, flush_s)
    finally:
        waiting.flush()


async def _record(
    ledger: Inlet[Records], candles: Inlet[Records], sinks: Mapping[str, Sink], flush_s: float
) -> None:
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
        with blame(owner, records.watermark) if owner else nullcontext():
            for table, rows in records.tables:
                if len(rows):
                    sink.write(table, rows)


def _flush(watermark: int, sinks: Mapping[str, Sink]) -> None:
    for owner, sink in sinks.items():
        flush = getattr(sink, "flush", None)
        if flush is not None:
            with blame(owner, watermark) if owner else nullcontext():
                flush()


class _Waiting:
    """A sink in front of the others that keeps rows until what they follow from is written."""

    def __init__(self, sinks: Mapping[str, Sink], ahead: Callable[[], None]) -> None:
        self._sinks, self._ahead = sinks, ahead
        self._rows: list[tuple[str, Rows]] = []
        self._count = 0

    def write(self, table: str, rows: Rows) -> None:
        """Keep rows, if there are not too many."""
        self._rows.append((table, rows))
        self._count += len(rows)
        if self._count >= _MOST_WAITING:
            self.flush()

    def flush(self) -> None:
        """Hand on what is kept."""
        if not self._rows:
            return
        self._ahead()
        rows, self._rows, self._count = tuple(self._rows), [], 0
        _write(Records(tables=rows, watermark=-1), self._sinks)
        _flush(-1, self._sinks)

    def close(self, status: Status) -> None:
        """Never called: who made the others closes them."""
        raise NotImplementedError

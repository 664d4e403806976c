"""Sink task: merges the streams of rows by time and hands them to every sink.

Of two streams it reads the one that is further behind, the ledger's if they are level. So which
to wait for follows from the data, and neither can be left waiting for ever. Rows that a full disk
refuses wait here: none is lost, and none is handed over twice.
"""

import math
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Final

import attrs
import trio

from mm.api import Rows, Sink
from mm.blame import blame
from mm.run.channels import Inlet
from mm.run.disk import RECORDING, Disk

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
    disk: Disk | None = None,
) -> None:
    """Write every row. Owns both ends; whoever made the sinks closes them, by who they are.

    Args:
        ledger: rows of the account.
        candles: rows of the market.
        sinks: by who they are.
        flush_s: how long a row may be held back from everybody to see [s], also if no other comes;
            and how long after a disk has refused it is tried again.
        ahead: writes down what the rows follow from. Called before any sink is given them, so that
            no kill leaves results that nobody could come to again; rows wait for it.
        disk: told of faults that may pass; rows wait, as long as little of the market is handed on.
            None = any ends the run.
    """
    way = _Way(sinks, ahead, disk)
    try:
        await _merge(ledger, candles, way, flush_s)
    finally:
        way.finish()


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
                way.flush()
                flush_at = trio.current_time() + flush_s if way.is_waited_for else math.inf


class _Way:
    """The way to the sinks: at once, or when what the rows follow from has been written."""

    def __init__(
        self, sinks: Mapping[str, Sink], ahead: Callable[[], None] | None, disk: Disk | None
    ) -> None:
        self._ahead = ahead
        self._lanes = [_Lane(owner, sink, disk) for owner, sink in sinks.items()]
        self._disk = disk
        self._waiting: list[Records] = []
        self._count = 0

    @property
    def is_waited_for(self) -> bool:
        """Rows wait for the recording, or for a sink's disk."""
        return bool(self._waiting) or any(lane.is_refused for lane in self._lanes)

    def take(self, records: Records) -> bool:
        """Hand on records, or keep them, if there are not too many; say whether they hold rows."""
        count = sum(len(rows) for _, rows in records.tables)
        if self._ahead is None:
            self._hand_on([records])
        elif count:
            self._waiting.append(records)
            self._count += count
            if self._count >= _MOST_WAITING:
                self.flush()
        return count > 0

    def flush(self) -> None:
        """Hand on what is kept, and have every sink show what it has."""
        if self._ahead is not None:
            self._count = 0  # if it fails, so many more may come before it is tried again
            if not self.is_waited_for:
                return
            with nullcontext() if self._disk is None else self._disk.trying(RECORDING):
                self._ahead()
            if self._disk is None or not self._disk.has_refused(RECORDING):
                waiting, self._waiting = self._waiting, []
                self._hand_on(waiting)
        for lane in self._lanes:
            lane.flush()

    def finish(self) -> None:
        """Hand on all that is kept.

        Raises:
            UsageError: it cannot be written, and nobody will wait for it any more.
        """
        self._disk = None
        for lane in self._lanes:
            lane.insist()
        if self._ahead is not None:
            self.flush()

    def _hand_on(self, some: list[Records]) -> None:
        for lane in self._lanes:
            for records in some:
                lane.put(records)


class _Lane:
    """The way to one sink. While its disk refuses, rows wait; each is handed over once."""

    def __init__(self, owner: str, sink: Sink, disk: Disk | None) -> None:
        self._owner, self._sink = owner, sink
        self._flush = getattr(sink, "flush", None)
        # One that holds nothing back cannot be asked again for what it could not write.
        self._disk = None if self._flush is None else disk
        self._waiting: deque[tuple[str, Rows, int]] = deque()
        self._watermark = -1

    @property
    def is_refused(self) -> bool:
        """Its last try failed."""
        return self._disk is not None and self._disk.has_refused(self._owner)

    def put(self, records: Records) -> None:
        """Hand over; while the sink's disk refuses, when it does no more."""
        self._waiting += [(*one, records.watermark) for one in records.tables if len(one[1])]
        self._watermark = records.watermark
        if not self.is_refused:
            with self._trying():
                self._hand_over()

    def flush(self) -> None:
        """Have the sink show what it has; then hand over what waits, and have that shown, too."""
        if self._flush is None:
            return
        with self._trying():
            self._show()
            if self._waiting:
                self._hand_over()
                self._show()

    def insist(self) -> None:
        """From now on every fault counts."""
        refused, self._disk = self.is_refused, None
        if refused:
            self.flush()

    def _trying(self) -> AbstractContextManager[None]:
        return nullcontext() if self._disk is None else self._disk.trying(self._owner)

    def _show(self) -> None:
        assert self._flush is not None
        with blame(self._owner, self._watermark):
            self._flush()

    def _hand_over(self) -> None:
        while self._waiting:
            table, rows, watermark = self._waiting.popleft()  # taken, whatever becomes of it
            with blame(self._owner, watermark):
                self._sink.write(table, rows)

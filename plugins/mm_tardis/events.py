"""One file as a stream of chunks of EVENT rows: in ticks and lots, cut only between messages.

Rows of one file that share a ``ts_local`` are one message; the last message of a block is held
back until the next block shows that it is complete. Knows one file, not the others.
"""

from collections.abc import Sequence
from typing import Final, NoReturn

import attrs
import numpy as np

from mm.api import EVENT, Instrument, Rows
from mm_tardis import convert as co
from mm_tardis import faults, snapshots
from mm_tardis import tally as ta
from mm_tardis.clock import Clock
from mm_tardis.files import has_no_changes
from mm_tardis.findings import Findings
from mm_tardis.reader import RowReader
from mm_tardis.snap import Given
from mm_tardis.spool import PackedReader
from mm_tardis.table import BOOK, OFF_GRID, OK, T_LOCAL, T_ROW, Ints

WHOLE: Final = np.dtype((np.void, EVENT.itemsize))
"""An event as so many bytes."""


_BLOCK_BYTES: Final = 1 << 20


@attrs.frozen
class Chunk:
    """Whole messages of one file, in file order."""

    events: Rows
    """dtype EVENT; possibly none, if rows were left out."""
    up_to: int
    """µs, local: the file has nothing more at or before this time."""


@attrs.frozen(kw_only=True)
class Series:
    """What the readers of files that continue each other share: rules, and what was before."""

    each_message: bool = False
    """The book has no changes: each message is a whole one."""
    long_snapshots: bool = False
    """Some snapshot has more than one message, as far as ``is_snapshot`` tells."""
    memory: Ints = attrs.field(factory=lambda: np.zeros(co.MEMORY, np.int64))
    levels: Ints = attrs.field(factory=snapshots.new_levels)

    def __attrs_post_init__(self) -> None:
        """Tell the kernel."""
        told = co.EACH if self.each_message else co.PERHAPS
        self.memory[co.SNAPSHOTS] = told if self.long_snapshots else co.ALONE


def series_of(files: Sequence[Findings]) -> Series:
    """Find by which rules the files of one kind are to be read."""
    return Series(
        each_message=has_no_changes(files),
        long_snapshots=any(found.count(ta.GOES_FURTHER) for found in files),
    )


class EventReader:
    """Gives what the survey read of one file, from start to end, once. Blocks: run it in a thread.

    The file itself is read again only to show the line of a fault.

    Args:
        found: what the survey found.
        instrument: gives the symbol and the grid.
        clock: moves exchange times.
        series: the files that this one is of.
    """

    def __init__(
        self,
        found: Findings,
        instrument: Instrument,
        clock: Clock,
        series: Series,
    ) -> None:
        self._found = found
        self._instrument = instrument
        self._grid = _grid(instrument)
        self._clock = clock
        self._series = series
        self._held: list[Rows] = []
        self._last = 0  # µs, local time of the last row read
        self._ended = False
        self._reader = PackedReader(found.packed)

    def read(self) -> Chunk | None:
        """Read on until messages are complete; None = the end."""
        while not self._ended:
            rows = self._reader.read()
            if rows == 0:
                self._ended = True
                return Chunk(self._release(), self._last) if self._last else None
            events = self._convert(rows)
            latest = int(self._reader.table[rows - 1, T_LOCAL])
            earlier, self._last = self._last, latest
            if earlier == latest:
                self._held.append(events)
                continue
            complete = int(np.searchsorted(events["ts_local"], latest))
            self._held.append(events[:complete])
            chunk = Chunk(self._release(), latest - 1)
            self._held = [events[complete:]]
            return chunk
        return None

    def _convert(self, rows: int) -> Rows:
        kind = self._found.kind
        # Zeros, so that the padding of the rows is the same in every run, too.
        out = np.zeros(2 * rows if kind == BOOK else rows, EVENT)
        made, row, code, role = co.convert(
            self._reader.table,
            rows,
            kind,
            self._grid,
            self._clock.pieces,
            self._clock.feed_latency_us,
            self._series.memory,
            out,
        )
        if code != OK:
            self._fail(row, code, role)
        return out[:made]

    def _fail(self, row: int, code: int, role: int) -> NoReturn:
        """Read the file up to the line that row ``row`` of the table comes from, and tell it."""
        found, numbers = self._found, self._reader.table[: row + 1, T_ROW]
        number = int(numbers[row])
        with RowReader(
            found.path, found.kind, self._instrument.symbol, _BLOCK_BYTES, found.identity,
            found.given.inexact,
        ) as reader:  # fmt: skip
            rows = reader.read()
            while reader.table[rows - 1, T_ROW] < number:
                rows = reader.read()
            # A line of whole books is several rows, and all stand in one block.
            first = np.searchsorted(reader.table[:rows, T_ROW], number)
            row = int(first + row - np.searchsorted(numbers, number))
            if code != OFF_GRID:
                reader.fail(row, reader.describe(code, role, row))
            tick, lot = self._instrument.tick_size, self._instrument.lot_size
            line, role = reader.line_text(row), reader.role_of(role, row)
            reader.fail(row, faults.off_grid(role, line, reader.layout, tick, lot))

    def _release(self) -> Rows:
        """Hand out what is held, with the last row of each message marked."""
        events = join(self._held)
        self._held = []
        if self._found.kind == BOOK and self._series.long_snapshots:
            keep = np.zeros(len(events), np.int64)
            snapshots.settle(events, self._series.levels, keep)
            events = events.view(WHOLE)[keep > 0].view(EVENT)
        if len(events):
            times = events["ts_local"]
            events["end"][:-1] = times[1:] != times[:-1]
            events["end"][-1] = 1
        return events


def join(parts: Sequence[Rows]) -> Rows:
    """Copy parts into one array, whole rows at a time: numpy would copy field by field."""
    if not parts:
        return np.empty(0, EVENT)
    return np.concatenate([part.view(WHOLE) for part in parts]).view(EVENT)


def _grid(instrument: Instrument) -> Ints:
    return Given(instrument.tick_size, instrument.lot_size).numbers(instrument.symbol)

"""One file as a stream of chunks of EVENT rows: in ticks and lots, cut only between messages.

Rows of one file that share a ``ts_local`` are one message; the last message of a block is held
back until the next block shows that it is complete. Knows one file, not the others.
"""

from collections.abc import Sequence
from typing import Final

import attrs
import numpy as np

from mm.api import EVENT, Instrument, Rows
from mm_tardis import convert as co
from mm_tardis import faults, snap
from mm_tardis.clock import Clock
from mm_tardis.reader import RowReader
from mm_tardis.snap import Given
from mm_tardis.survey import Findings
from mm_tardis.table import BOOK, OFF_GRID, OK, T_LOCAL, Ints

WHOLE: Final = np.dtype((np.void, EVENT.itemsize))
"""An event as so many bytes."""


@attrs.frozen
class Chunk:
    """Whole messages of one file, in file order."""

    events: Rows
    """dtype EVENT; possibly none, if rows were left out."""
    up_to: int
    """µs, local: the file has nothing more at or before this time."""


class EventReader:
    """Reads one file from start to end, once. Blocks: run it in a thread.

    Args:
        found: what the survey found; the file must still be the same.
        instrument: gives the symbol and the grid.
        clock: moves exchange times.
        block_bytes: text to read at a time.
        memory: of ``new_memory``, or of the reader of the file that this one continues.
    """

    def __init__(
        self, found: Findings, instrument: Instrument, clock: Clock, block_bytes: int, memory: Ints
    ) -> None:
        self._instrument = instrument
        self._grid = _grid(instrument)
        self._clock = clock
        self._memory = memory
        self._held: list[Rows] = []
        self._last = 0  # µs, local time of the last row read
        self._ended = False
        self._reader = RowReader(
            found.path,
            found.kind,
            instrument.symbol,
            block_bytes,
            found.identity,
            found.given.inexact,
        )
        # Where the survey found nothing to round, there is nothing.
        self._snaps = bool(found.snapped.any())
        self._steps = found.given.numbers(instrument.symbol)

    def close(self) -> None:
        """Let go of the file."""
        self._reader.lines.close()

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
        reader = self._reader
        kind = reader.layout.kind
        if self._snaps:
            snapped = np.zeros(snap.SNAPPED, np.int64)
            snap.snap(reader.table, rows, kind, reader.first_row, self._steps, snapped)
        # Zeros, so that the padding of the rows is the same in every run, too.
        out = np.zeros(2 * rows if kind == BOOK else rows, EVENT)
        made, row, code, role = co.convert(
            reader.table,
            rows,
            kind,
            reader.first_row,
            self._grid,
            self._clock.pieces,
            self._clock.feed_latency_us,
            self._memory,
            out,
        )
        if code == OFF_GRID:
            tick, lot = self._instrument.tick_size, self._instrument.lot_size
            line = reader.line_text(row)
            reader.fail(row, faults.off_grid(role, line, reader.layout, tick, lot))
        if code != OK:
            reader.fail(row, reader.describe(code, role, row))
        return out[:made]

    def _release(self) -> Rows:
        """Hand out what is held, with the last row of each message marked."""
        events = join(self._held)
        self._held = []
        if len(events):
            times = events["ts_local"]
            events["end"][:-1] = times[1:] != times[:-1]
            events["end"][-1] = 1
        return events


def new_memory() -> Ints:
    """What the rows before the first say about it: nothing."""
    return np.zeros(co.MEMORY, np.int64)


def join(parts: Sequence[Rows]) -> Rows:
    """Copy parts into one array, whole rows at a time: numpy would copy field by field."""
    if not parts:
        return np.empty(0, EVENT)
    return np.concatenate([part.view(WHOLE) for part in parts]).view(EVENT)


def _grid(instrument: Instrument) -> Ints:
    return Given(instrument.tick_size, instrument.lot_size).numbers(instrument.symbol)

"""One pass over a file before the run: is every row valid, and what is in it.

Sees each file by itself and in the order of its rows; what several files say together is a
fold over the findings (in ``clock`` and ``grid``). Repairs nothing but the noise of
floats, where the step that they are floats of is given.
"""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Final

import attrs
import numpy as np

from mm.api import DataError
from mm_tardis import faults, snap
from mm_tardis import offset as of
from mm_tardis import tally as ta
from mm_tardis.histogram import HALF, latency_of
from mm_tardis.layout import KIND_NAMES
from mm_tardis.lines import Identity
from mm_tardis.noise import Long, SecondPass, find_long
from mm_tardis.reader import RowReader
from mm_tardis.snap import NO_STEPS, Given
from mm_tardis.stretches import new_stretches
from mm_tardis.table import (
    ASK_PRICE,
    BOOK,
    DIGITS,
    OFF_GRID,
    OK,
    PRICE,
    T_PRICE,
    T_SIZE,
    TICKERS,
    TOO_LARGE,
    TRADES,
    Ints,
)

_QUANTILES: Final = {"median": 0.5, "p99": 0.99}


@attrs.frozen(kw_only=True)
class Findings:
    """What one file holds."""

    path: Path
    kind: int
    exchange: str | None
    """As in the first row; None if there is no row."""
    symbol: str | None
    sha256: str
    """Of the bytes of the file as it lies there."""
    identity: Identity
    counts: Ints
    """shape (2 * TALLY,)."""
    histogram: Ints
    """shape (2 * HALF,), of feed latency."""
    cut_off: int = 0
    """Bytes at the end of a recording that were left out."""
    open_ended: bool = False
    """The last line has no line end."""
    given: Given = NO_STEPS
    """The steps that the survey was told of."""
    snapped: Ints = attrs.field(factory=lambda: np.zeros(snap.SNAPPED, np.int64))
    """shape (SNAPPED,): what was rounded to them."""
    long: Mapping[int, Long] = attrs.field(factory=dict)
    """First numbers with more digits than an exchange's have, by the grid's column."""
    shortened: Ints | None = None
    """As ``counts``, with long numbers rounded to 12 digits; None if there are none."""
    stretches: Ints = attrs.field(factory=new_stretches)
    """As ``new_stretches`` makes them: the grid of prices, by part of the file."""
    timing: Ints = attrs.field(factory=lambda: np.zeros(of.TIMING, np.int64))
    """shape (TIMING,): wrong time stamps."""
    offsets: Ints = attrs.field(factory=lambda: np.zeros((0, of.PIECE), np.int64))
    """shape (n, PIECE): how far the recorder's clock is behind, see ``offset``."""
    traded: float = 0.0
    """Contracts of all trades, to 15 digits."""
    fault: DataError | None = None
    """Why no grid can hold the numbers; ``counts`` are then the shortened ones."""

    @property
    def name(self) -> str:
        """What it holds, in a word."""
        return KIND_NAMES[self.kind]

    def count(self, column: int) -> int:
        """One number of the tally."""
        return int(self.counts[column])

    def timed(self, column: int) -> int:
        """One number about time stamps."""
        return int(self.timing[column])

    def line(self, column: int) -> int:
        """The line of the first row that was counted in a column."""
        return int(self.counts[ta.WHERE + column]) + 1

    @property
    def rows(self) -> int:
        """Data rows in the file."""
        return self.count(ta.ROWS)

    @property
    def timed_rows(self) -> int:
        """Rows with an exchange time of their own, so with a feed latency."""
        return self.rows - self.count(ta.TIMELESS)

    def latency_us(self) -> dict[str, int] | None:
        """Least, median, 99th percentile and largest feed latency; the middle two within 2 %."""
        if self.timed_rows == 0:
            return None
        least, most = self.count(ta.LATENCY_MIN), self.count(ta.LATENCY_MAX)
        middle = {
            name: min(max(_quantile(self.histogram, share), least), most)
            for name, share in _QUANTILES.items()
        }
        return {"min": least, **middle, "max": most}


class FileSurvey:
    """The pass over one file. Call ``step`` until it returns True, then ``findings``.

    ``given`` are the steps known beforehand. ``after`` is the pass over the file that this one
    continues: its last row, and whether it had a snapshot, are where this one starts.
    """

    def __init__(
        self,
        path: Path,
        kind: int | None,
        symbol: str | None,
        block_bytes: int,
        given: Given = NO_STEPS,
        after: "FileSurvey | None" = None,
    ) -> None:
        self._reader = RowReader(path, kind, symbol, block_bytes, inexact=given.inexact)
        self._block_bytes = block_bytes
        self._given = given
        self._steps = given.numbers(symbol)
        self._snapped = np.zeros(snap.SNAPPED, np.int64)
        self._long: dict[int, Long] = {}
        self._second: SecondPass | None = None
        self._fault: DataError | None = None
        self._timing = of.new_timing()
        self._traded = 0.0
        self._arrays = ta.new_tally()
        if after is not None:
            counts, _, previous, _ = after._arrays
            self._arrays = ta.next_tally(counts, previous)

    def close(self) -> None:
        """Let go of the file."""
        self._reader.lines.close()
        if self._second is not None:
            self._second.close()

    def step(self) -> bool:
        """Take one block; True = that was the end. Raises DataError at the first bad row."""
        if self._second is not None:
            return self._second.step()
        try:
            at_end = self._step()
        except DataError as fault:
            if not self._long:
                raise
            self._fault = fault
            at_end = True
        if at_end and self._long:
            reader = self._reader
            self._second = SecondPass(
                reader.path, reader.layout.kind, reader.symbol, self._block_bytes
            )
            return False
        return at_end

    def _step(self) -> bool:
        reader = self._reader
        kind = reader.layout.kind
        try:
            rows = reader.read()
        except DataError:
            row, code, role, text = reader.failed
            if code == DIGITS and kind != TICKERS:
                self._note_long(row, text, role)  # ``step`` asks what it is
            raise
        if rows == 0:
            return True
        if self._given.inexact:
            self._snap(rows)
        if kind == TRADES:
            sizes = reader.table[:rows, T_SIZE : T_SIZE + 2]
            sizes = sizes[sizes[:, 0] > 0]  # zero may be so many of a step that no float holds
            self._traded += float((sizes[:, 0] * 10.0 ** sizes[:, 1]).sum())
        row, code, role = ta.tally(reader.table, rows, kind, *self._arrays)
        of.watch(reader.table, rows, kind, *self._timing)
        for column, first in ((ta.LONG_PRICES, PRICE), (ta.LONG_SIZES, PRICE + 1)):
            if self._arrays[0][column]:
                at = int(self._arrays[0][ta.WHERE + column]) - reader.first_row
                if at >= 0:
                    self._note_long(at, reader.line_text(at), first)
        if code != OK:
            reader.fail(row, reader.describe(code, role, row) + self._finest(code, role, row))
        return False

    def _snap(self, rows: int) -> None:
        reader, given = self._reader, self._given
        row, code, role = snap.snap(
            reader.table, rows, reader.layout.kind, reader.first_row, self._steps, self._snapped
        )
        if code == OFF_GRID:
            line = reader.line_text(row)
            reader.fail(row, faults.off_grid(role, line, reader.layout, given.tick, given.lot))
        if code != OK:
            reader.fail(row, reader.describe(code, role, row))

    def _note_long(self, row: int, text: str, role: int) -> None:
        """Keep the first number with too many digits, unless its step is known."""
        is_price = (role - PRICE) % 2 == 0
        grid = ta.PRICE_GCD if is_price else ta.SIZE_GCD
        known = self._given.tick if is_price else self._given.lot
        if known is None and grid not in self._long:
            reader = self._reader
            long = find_long(reader.first_row + row + 1, text, reader.layout, grid)
            self._long |= {grid: long} if long is not None else {}

    def _finest(self, code: int, role: int, row: int) -> str:
        """Of a number that fits in no grid with those so far, say which asks for that."""
        counts = self._arrays[0]
        is_price = role in (PRICE, ASK_PRICE)
        grid, most = (ta.PRICE_GCD, ta.MOST_PRICE) if is_price else (ta.SIZE_GCD, ta.MOST_SIZE)
        if code != TOO_LARGE or counts[grid] == 0:
            return ""
        finest = int(counts[grid + ta.EXPONENT])
        at = T_PRICE + 2 * (role - PRICE)
        mantissa, exponent = (int(number) for number in self._reader.table[row, at : at + 2])
        if exponent < finest and mantissa % 10 ** (finest - exponent):
            return f"; it is too fine for the largest number, that of line {counts[most + 1] + 1}"
        step = format(Decimal(1).scaleb(finest), "f")
        return f"; the finest step, {step}, is that of line {counts[grid + ta.EXPONENT_AT] + 1}"

    def findings(self) -> Findings:
        """What the pass found."""
        second, reader = self._second, self._reader
        counts, histogram, _, stretches = self._arrays
        if second is not None and self._fault is not None:
            reader, (counts, histogram, _, stretches) = second.reader, second.arrays
        if reader.layout.kind == BOOK and counts[ta.ROWS] > 0 and counts[ta.SNAPSHOTS] == 0:
            raise DataError(
                f"{reader.path}: none of the {counts[ta.ROWS]} rows has is_snapshot true, expected "
                f"a snapshot to build the book on; leave book_csv out, or use a file that has one"
            )
        timing, _, pieces = self._timing
        of.finish(*self._timing)
        return Findings(
            path=reader.path,
            kind=reader.layout.kind,
            exchange=reader.exchange,
            symbol=reader.symbol if counts[ta.ROWS] else None,
            sha256=reader.lines.sha256,
            identity=reader.lines.identity,
            counts=counts,
            histogram=histogram,
            cut_off=reader.lines.cut_off,
            open_ended=reader.lines.open_ended,
            given=self._given,
            snapped=self._snapped,
            long=self._long,
            shortened=None if second is None else second.arrays[0],
            fault=self._fault,
            stretches=stretches,
            timing=timing,
            offsets=pieces[: timing[of.PIECES]].copy(),
            traded=self._traded,
        )


def survey_file(path: Path, kind: int | None, symbol: str | None, block_bytes: int) -> Findings:
    """Make the whole pass over one file."""
    survey = FileSurvey(path, kind, symbol, block_bytes)
    try:
        while not survey.step():
            pass
        return survey.findings()
    finally:
        survey.close()


def _quantile(histogram: Ints, share: float) -> int:
    """The latency [µs] below which a share of the rows lie (nearest rank)."""
    # In order of latency: negative buckets from the far end, then the positive ones.
    ordered = np.concatenate([histogram[: HALF - 1 : -1], histogram[:HALF]])
    ranks = np.cumsum(ordered)
    place = int(np.searchsorted(ranks, share * ranks[-1]))
    return latency_of(2 * HALF - 1 - place if place < HALF else place - HALF)

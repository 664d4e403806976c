"""One pass over a file before the run: is every row valid, and what is in it.

Sees each file by itself and in the order of its rows; what several files say together is a
fold over the findings (``grid_of``, ``clock_shift``). Repairs nothing.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from math import gcd, lcm
from pathlib import Path
from typing import Final

import attrs
import numpy as np

from mm.api import DataError
from mm_tardis import tally as ta
from mm_tardis.histogram import HALF, latency_of
from mm_tardis.layout import KIND_NAMES
from mm_tardis.lines import Identity
from mm_tardis.reader import RowReader
from mm_tardis.table import ASK_PRICE, BOOK, OK, PRICE, TOO_LARGE, Ints

_FEW: Final = 1000
"""Numbers are few if they are at most one in so many rows."""

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

    @property
    def name(self) -> str:
        """What it holds, in a word."""
        return KIND_NAMES[self.kind]

    def count(self, column: int) -> int:
        """One number of the tally."""
        return int(self.counts[column])

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

    ``after`` is the pass over the file that this one continues: its last row, and whether it had
    a snapshot, are where this one starts.
    """

    def __init__(
        self,
        path: Path,
        kind: int | None,
        symbol: str | None,
        block_bytes: int,
        after: "FileSurvey | None" = None,
    ) -> None:
        self._reader = RowReader(path, kind, symbol, block_bytes)
        self._arrays: tuple[Ints, Ints, Ints]
        self._arrays = ta.new_tally() if after is None else ta.next_tally(*after._arrays)

    def close(self) -> None:
        """Let go of the file."""
        self._reader.lines.close()

    def step(self) -> bool:
        """Take one block; True = that was the end. Raises DataError at the first bad row."""
        reader = self._reader
        rows = reader.read()
        if rows == 0:
            return True
        row, code, role = ta.tally(reader.table, rows, reader.layout.kind, *self._arrays)
        if code != OK:
            reader.fail(row, reader.describe(code, role, row) + self._finest(code, role))
        return False

    def _finest(self, code: int, role: int) -> str:
        """Of a number too large for the finest step so far, say where that was asked for."""
        counts = self._arrays[0]
        grid = ta.PRICE_GCD if role in (PRICE, ASK_PRICE) else ta.SIZE_GCD
        if code != TOO_LARGE or counts[grid] == 0:
            return ""
        step = _text(Decimal(1).scaleb(int(counts[grid + ta.EXPONENT])))
        return f"; the finest step, {step}, is that of line {counts[grid + ta.EXPONENT_AT] + 1}"

    def findings(self) -> Findings:
        """What the pass found."""
        reader = self._reader
        counts, histogram, _ = self._arrays
        if reader.layout.kind == BOOK and counts[ta.ROWS] > 0 and counts[ta.SNAPSHOTS] == 0:
            raise DataError(
                f"{reader.path}: none of the {counts[ta.ROWS]} rows has is_snapshot true, expected "
                f"a snapshot to build the book on; leave book_csv out, or use a file that has one"
            )
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


def grid_of(files: Sequence[Findings]) -> tuple[str | None, str | None]:
    """Infer (tick size, lot size) as decimal text from all files together; None = cannot tell.

    Each is the largest step of which every value is a multiple. One price by itself says nothing
    about the tick, since every number is a multiple of itself; a size still gives a usable lot.
    """
    tick = _common(_grids(files, ta.PRICE_GCD))
    if tick is not None and not any(f.count(ta.PRICE_GCD + ta.VARY) for f in files):
        tick = tick if len(set(_grids(files, ta.PRICE_GCD))) > 1 else None
    return _text(tick), _text(_common(_grids(files, ta.SIZE_GCD)))


@attrs.frozen
class Doubt:
    """A step that is as fine as it is for a few numbers of one file alone."""

    found: Findings
    numbers: int
    row: int
    """The first of them."""
    step: str
    without: str
    """What the step would be without them."""


def doubtful_step(files: Sequence[Findings], column: int) -> Doubt | None:
    """Say whose few numbers make the grid at ``column`` finer than all others need, if any do."""
    step = _common(_grids(files, column))
    for found in files:
        numbers = found.count(column + ta.FINER)
        if not 0 < numbers * _FEW <= found.rows:
            continue
        usual = Decimal(found.count(column + ta.USUAL)).scaleb(found.count(column + ta.EXPONENT))
        others = [other for other in files if other is not found]
        without = _common([usual, *_grids(others, column)])
        if without != step:
            row = found.count(column + ta.FINER_AT)
            return Doubt(found, numbers, row, _text(step) or "", _text(without) or "")
    return None


def clock_shift(files: Iterable[Findings]) -> int:
    """µs to add to exchange times so that nothing is received before it was made; <= 0."""
    return min([0, *(f.count(ta.LATENCY_MIN) for f in files if f.timed_rows)])


def _quantile(histogram: Ints, share: float) -> int:
    """The latency [µs] below which a share of the rows lie (nearest rank)."""
    # In order of latency: negative buckets from the far end, then the positive ones.
    ordered = np.concatenate([histogram[: HALF - 1 : -1], histogram[:HALF]])
    ranks = np.cumsum(ordered)
    place = int(np.searchsorted(ranks, share * ranks[-1]))
    return latency_of(2 * HALF - 1 - place if place < HALF else place - HALF)


def _grids(files: Iterable[Findings], column: int) -> list[Decimal]:
    """Of which number all of a file's are multiples, for each file that has any."""
    return [
        Decimal(f.count(column)).scaleb(f.count(column + ta.EXPONENT))
        for f in files
        if f.count(column)
    ]


def _common(grids: Sequence[Decimal]) -> Decimal | None:
    """The largest number that divides each grid: gcd of fractions a/b is gcd(a) / lcm(b)."""
    if not grids:
        return None
    ratios = [grid.as_integer_ratio() for grid in grids]
    return Decimal(gcd(*(a for a, _ in ratios))) / Decimal(lcm(*(b for _, b in ratios)))


def _text(size: Decimal | None) -> str | None:
    return None if size is None else format(size.normalize(), "f")

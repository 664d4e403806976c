"""The one pass over a file: is every row valid, what is in it, and its rows packed for the run.

Sees each file by itself and in the order of its rows; what several files say together is a
fold over the findings (in ``clock`` and ``grid``). Repairs nothing but the noise of
floats, where the step that they are floats of is given.
"""

from decimal import Decimal
from pathlib import Path

import numpy as np

from mm.api import DataError
from mm_tardis import faults, snap
from mm_tardis import offset as of
from mm_tardis import tally as ta
from mm_tardis.findings import Findings
from mm_tardis.noise import Long, SecondPass, find_long
from mm_tardis.reader import RowReader
from mm_tardis.snap import NO_STEPS, Given
from mm_tardis.snapshots import new_levels, watch
from mm_tardis.spool import PackedRows, Spool
from mm_tardis.symbols import refuse_absent
from mm_tardis.table import (
    ASK_PRICE,
    BOOK,
    COLUMN,
    DIGITS,
    OFF_GRID,
    OK,
    PRICE,
    T_ASK_SIZE,
    T_PRICE,
    T_REPEATED,
    T_ROW,
    T_SIZE,
    TICKERS,
    TOO_LARGE,
    TRADES,
    Ints,
)
from mm_tardis.trade_ids import mark_repeats, new_ids


class FileSurvey:
    """The pass over one file. Call ``step`` until it returns True, then ``findings``.

    ``given`` are the steps known beforehand. ``after`` is the pass over the file that this one
    continues: its last row, and whether it had a snapshot, are where this one starts.
    ``keep_repeats`` leaves trades that were there before in what the run reads, which goes to
    ``spool``; None = one of its own.
    """

    def __init__(
        self,
        path: Path,
        kind: int | None,
        symbol: str | None,
        block_bytes: int,
        given: Given = NO_STEPS,
        after: "FileSurvey | None" = None,
        keep_repeats: bool = False,
        spool: Spool | None = None,
    ) -> None:
        self._reader = RowReader(path, kind, symbol, block_bytes, inexact=given.inexact)
        self._block_bytes = block_bytes
        self._given = given
        self._keep_repeats = keep_repeats
        self._packed = PackedRows(spool or Spool())
        self._steps = given.numbers(symbol)
        self._snapped = np.zeros(snap.SNAPPED, np.int64)
        self._long: dict[int, Long] = {}
        self._second: SecondPass | None = None
        self._fault: DataError | None = None
        self._timing = of.new_timing()
        self._traded = 0.0
        self._mark = (Decimal(0), 0)
        self._arrays = ta.new_tally()
        self._levels, self._ids = new_levels(), new_ids()
        if after is not None:
            counts, _, previous, _ = after._arrays
            self._arrays = ta.next_tally(counts, previous)
            self._levels, self._ids = after._levels, after._ids

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
            number, code, role, text = reader.failed
            if code == DIGITS and kind != TICKERS:
                if role >= COLUMN:
                    role = int(reader.layout.roles[role - COLUMN])
                self._note_long(number, text, role)  # ``step`` asks what it is
            raise
        if rows == 0:
            return True
        if self._given.inexact:
            self._snap(rows)
        if kind == TRADES:
            mark_repeats(reader.table, rows, self._ids)
            sizes = reader.table[:rows, T_SIZE : T_SIZE + 2]
            sizes = sizes[sizes[:, 0] > 0]  # zero may be so many of a step that no float holds
            self._traded += float((sizes[:, 0] * 10.0 ** sizes[:, 1]).sum())
        elif kind == TICKERS:
            self._mark = max(self._mark, _most_mark(reader.table, rows), key=lambda mark: mark[0])
        row, code, role = ta.tally(reader.table, rows, kind, *self._arrays)
        of.watch(reader.table, rows, kind, *self._timing)
        if kind == BOOK:
            watch(reader.table, rows, self._arrays[0], self._levels)
        for column, first in ((ta.LONG_PRICES, PRICE), (ta.LONG_SIZES, PRICE + 1)):
            if self._arrays[0][column]:
                number = int(self._arrays[0][ta.WHERE + column])
                at = int(np.searchsorted(reader.table[:rows, T_ROW], number))
                if number >= reader.table[0, T_ROW]:
                    self._note_long(number, reader.line_text(at), first)
        if code != OK:
            reader.fail(row, reader.describe(code, role, row) + self._finest(code, role, row))
        if kind == TRADES and self._keep_repeats:
            reader.table[:rows, T_REPEATED] = 0  # counted, and no more to be told
        self._packed.add(reader.table, rows, kind)
        return False

    def _snap(self, rows: int) -> None:
        reader, given = self._reader, self._given
        row, code, role = snap.snap(
            reader.table, rows, reader.layout.kind, self._steps, self._snapped
        )
        if code == OFF_GRID:
            line, role = reader.line_text(row), reader.role_of(role, row)
            reader.fail(row, faults.off_grid(role, line, reader.layout, given.tick, given.lot))
        if code != OK:
            reader.fail(row, reader.describe(code, role, row))

    def _note_long(self, number: int, text: str, role: int) -> None:
        """Keep the first number with too many digits, of data row ``number``."""
        is_price = (role - PRICE) % 2 == 0
        grid = ta.PRICE_GCD if is_price else ta.SIZE_GCD
        known = self._given.tick if is_price else self._given.lot
        if known is None and grid not in self._long:  # with its step known, it is rounded
            long = find_long(number + 1, text, self._reader.layout, grid)
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
        if not counts[ta.ROWS]:
            refuse_absent(reader.path, reader.symbol, reader.others)
        # After a fault the rest was not searched for snapshots; the fault itself is told instead.
        if (
            reader.layout.kind == BOOK
            and self._fault is None
            and counts[ta.ROWS] > 0
            and counts[ta.SNAPSHOTS] == 0
        ):
            raise DataError(
                f"{reader.path}: none of the {counts[ta.ROWS]} rows has is_snapshot true, expected "
                f"a snapshot to build the book on; leave book_csv out, or use a file that has one"
            )
        self._packed.done()
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
            most_mark=self._mark[0],
            most_mark_row=self._mark[1],
            depth=reader.layout.depth,
            others=reader.others,
            keeps_repeats=self._keep_repeats,
            packed=self._packed,
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


def _most_mark(table: Ints, rows: int) -> tuple[Decimal, int]:
    """The largest mark or settlement price among the first rows of a table, and whose it is."""
    columns = (T_PRICE, T_ASK_SIZE)
    prices = np.array([table[:rows, n] * 10.0 ** table[:rows, n + 1] for n in columns])
    which, at = np.unravel_index(int(prices.argmax()), prices.shape)
    column = columns[which]
    mantissa, exponent, row = (int(table[at, n]) for n in (column, column + 1, T_ROW))
    return Decimal(mantissa).scaleb(exponent), row

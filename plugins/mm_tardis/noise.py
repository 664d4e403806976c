"""Numbers that are floats: known by their digits, explained by what they would be if rounded.

A price of 15 digits or more was computed, not quoted: 64600.100000000006 is 64600.1 in a program
that kept it as a float. It would make a tick of 1e-12, on which one overbids the touch by nothing.
Here is the second pass over such a file, with its long numbers rounded to 12 digits; ``grid``
judges what that shows.
"""

from decimal import Decimal
from pathlib import Path
from typing import Final

import attrs

from mm_tardis import snap
from mm_tardis import tally as ta
from mm_tardis.layout import Layout
from mm_tardis.reader import RowReader
from mm_tardis.snap import CLOSE, LONG, NEAR
from mm_tardis.table import OK, PRICE, SIZE

_ALL: Final = 3
_DIGITS: Final = len(str(LONG))
_ULPS: Final = 2**48
"""Noise is at most one part in so many of the number: 16 units of a float's last bit."""


@attrs.frozen
class Long:
    """The first number of a file with more digits than an exchange's have."""

    line: int
    column: str
    text: str

    def is_noise(self, step: Decimal) -> bool:
        """Whether it is a multiple of ``step`` but for what floats add."""
        number = Decimal(self.text)
        count = round(number / step)
        off = abs(number - count * step)
        # What a sum to nothing leaves is small beside a step, not beside itself.
        return 0 < off <= min(number / _ULPS if count else step / NEAR, step / CLOSE)


def find_long(line: int, text: str, layout: Layout, grid: int) -> Long | None:
    """Find the number of 15 digits or more in the text of a row, if there is one.

    Args:
        line: its number in the file.
        text: of the row.
        layout: of the file.
        grid: PRICE_GCD or SIZE_GCD of the tally.
    """
    first = PRICE if grid == ta.PRICE_GCD else SIZE
    fields = text.split(",")
    # Not strict: a row that is cut off has fewer fields, which is a fault of its own.
    for name, role, number in zip(layout.columns, layout.roles, fields, strict=False):
        if role not in (first, first + 2):
            continue
        try:
            digits = Decimal(number).normalize().as_tuple().digits
        except ArithmeticError:  # the field goes on with what is no number
            continue
        if len(digits) >= _DIGITS:
            return Long(line, name, number)
    return None


class SecondPass:
    """Counts a file anew, its long numbers rounded. Call ``step`` until it returns True."""

    def __init__(self, path: Path, kind: int, symbol: str | None, block_bytes: int) -> None:
        self.reader = RowReader(path, kind, symbol, block_bytes, inexact=_ALL)
        self.arrays = ta.new_tally()

    def close(self) -> None:
        """Let go of the file."""
        self.reader.lines.close()

    def step(self) -> bool:
        """Take one block; True = that was the end.

        Raises:
            DataError: even so no grid can hold the numbers, or a later row is bad.
        """
        reader = self.reader
        rows = reader.read()
        if rows == 0:
            return True
        snap.shorten(reader.table, rows, reader.layout.kind)
        row, code, role = ta.tally(reader.table, rows, reader.layout.kind, *self.arrays)
        if code != OK:
            reader.fail(row, reader.describe(code, role, row))
        return False

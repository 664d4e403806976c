"""The packing kernels: a parsed table as few bytes, and back.

Each column is stored as its distance from the middle of what it holds, in the narrowest integer
that takes that; a column that is the same in all rows takes no room. Knows nothing of what columns
mean, but for the hashes that nobody asks for after the survey.
"""

from typing import Final

import numpy as np

from mm.api.jit import kernel
from mm_tardis.table import BOOK, T_ID, T_LEVEL, T_MARK, TRADES, WIDTH, Ints, Text

# Of each column, in the head of a packed table: a 1-byte to 8-byte integer, or 0 = none.
_BYTES: Final = 0
_MIDDLE: Final = 1
_HEAD: Final = 2

_HEAD_BYTES: Final = WIDTH * _HEAD * 8

assert T_ID == T_LEVEL


def most_bytes(rows: int) -> int:
    """How much room ``pack`` may need for so many rows."""
    return _HEAD_BYTES + WIDTH * 8 * (rows + 1)


@kernel(allocates=False)
def pack(table: Ints, rows: int, kind: int, out: Text) -> int:
    """Write the first ``rows`` rows of a parsed table, without T_MARK, T_ID and T_LEVEL.

    Args:
        table: shape (n, WIDTH), as ``parse`` fills it.
        rows: how many rows of it to take, at least 1.
        kind: TRADES, QUOTES, BOOK or TICKERS.
        out: room for ``most_bytes(rows)``.

    Returns:
        How many bytes were written.
    """
    head = out[:_HEAD_BYTES].view(np.int64).reshape((WIDTH, _HEAD))
    at = _HEAD_BYTES
    for column in range(WIDTH):
        least = int(table[0, column])
        most = least
        for row in range(1, rows):
            value = int(table[row, column])
            least = min(least, value)
            most = max(most, value)
        if column == T_MARK or (column == T_ID and kind in (TRADES, BOOK)):
            least = 0
            most = 0
        # No overflow: numbers, times and hashes all lie between -2**61 and 2**61.
        middle = least + (most - least) // 2
        half = most - middle
        head[column, _MIDDLE] = middle
        if half == 0:
            head[column, _BYTES] = 0
            continue
        width = 1 if half < 128 else (2 if half < 1 << 15 else (4 if half < 1 << 31 else 8))
        head[column, _BYTES] = width
        room = out[at : at + width * rows]
        # One loop a width, since the type of an array is fixed when it is compiled.
        if width == 1:
            for row in range(rows):
                room[row] = int(table[row, column]) - middle
        elif width == 2:
            shorts = room.view(np.int16)
            for row in range(rows):
                shorts[row] = int(table[row, column]) - middle
        elif width == 4:
            words = room.view(np.int32)
            for row in range(rows):
                words[row] = int(table[row, column]) - middle
        else:
            longs = room.view(np.int64)
            for row in range(rows):
                longs[row] = int(table[row, column]) - middle
        at += (width * rows + 7) // 8 * 8  # each column begins where any integer may
    return at


@kernel(allocates=False)
def unpack(data: Text, rows: int, table: Ints) -> None:
    """Fill the first ``rows`` rows of a table with what ``pack`` wrote.

    Args:
        data: of ``pack``.
        rows: as many as were packed.
        table: shape (n, WIDTH), n >= rows.
    """
    head = data[:_HEAD_BYTES].view(np.int64).reshape((WIDTH, _HEAD))
    at = _HEAD_BYTES
    for column in range(WIDTH):
        width, middle = int(head[column, _BYTES]), int(head[column, _MIDDLE])
        room = data[at : at + width * rows]
        if width == 0:
            for row in range(rows):
                table[row, column] = middle
        elif width == 1:
            for row in range(rows):
                table[row, column] = middle + int(room[row])
        elif width == 2:
            shorts = room.view(np.int16)
            for row in range(rows):
                table[row, column] = middle + int(shorts[row])
        elif width == 4:
            words = room.view(np.int32)
            for row in range(rows):
                table[row, column] = middle + int(words[row])
        else:
            longs = room.view(np.int64)
            for row in range(rows):
                table[row, column] = middle + int(longs[row])
        at += (width * rows + 7) // 8 * 8

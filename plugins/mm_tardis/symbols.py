"""Rows of other symbols: Tardis sells files of a whole market (SPOT, FUTURES, PERPETUALS, OPTIONS).

A run reads the rows of its symbol and counts the others, by symbol, so that a file without a row
of it can be answered with what it does hold. Of the others only the number of fields is checked.
Names are kept of the first 256 symbols; rows of further ones are counted together.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from mm.api import DataError
from mm.api.jit import inner
from mm_tardis.fields import COMMA, NEWLINE, RETURN
from mm_tardis.table import Ints, Text

_KEPT: Final = 256
_SLOTS: Final = 2 * _KEPT
_SHOWN: Final = 5  # where the symbol asked for is not there
_LONGEST: Final = 48  # bytes of a name that are kept; option symbols need under 32
_MASK: Final = (1 << 54) - 1  # 2**54 * 131 + 256 < 2**63: the hash cannot overflow

# Columns of ``others``; the row behind the slots has the rows of symbols that are not kept.
_HASH: Final = 0
_ROWS: Final = 1
_ORDER: Final = 2  # of appearance, from 1; behind the slots: how many are kept


def new_others() -> tuple[Ints, Text]:
    """Make what ``skip_other`` fills: counts and names of other symbols."""
    return np.zeros((_SLOTS + 1, 3), np.int64), np.zeros((_SLOTS, _LONGEST), np.int8)


def rows_of(others: tuple[Ints, Text]) -> dict[str, int]:
    """Rows by symbol, in order of appearance; those of symbols that are not kept under ``…``."""
    counts, names = others
    used = sorted(np.flatnonzero(counts[:_SLOTS, _ORDER]), key=lambda at: counts[at, _ORDER])
    found = {
        names[at].tobytes().rstrip(b"\0").decode("utf-8", "backslashreplace"): int(
            counts[at, _ROWS]
        )
        for at in used
    }
    further = int(counts[_SLOTS, _ROWS])
    return found | ({"…": further} if further else {})


def refuse_absent(path: object, symbol: str | None, others: Mapping[str, int]) -> None:
    """Refuse a file with rows, but none of the symbol that was asked for.

    Raises:
        DataError: names those that it has.
    """
    if len(others) == 1:
        raise DataError(
            f"{path}:2: symbol is {next(iter(others))!r}, expected {symbol!r};"
            " set strategy.symbol to what the file holds, or name another file"
        )
    if others:
        shown = ", ".join(repr(other) for other in list(others)[:_SHOWN])
        raise DataError(
            f"{path}: none of its {sum(others.values())} rows is of {symbol!r}, they"
            f" are of {shown}{' …' if len(others) > _SHOWN else ''}; set strategy.symbol to one of"
            " them, or name another file"
        )


@inner
def skip_other(text: Text, symbol: int, others: Ints, names: Text, commas: int) -> tuple[int, int]:
    """Count a row by its symbol, which begins at byte ``symbol``.

    Returns the byte at which the next line begins, and ``commas`` and those from there on.
    """
    pos = symbol
    mark = 1
    byte = int(text[pos])
    while byte != COMMA and byte != NEWLINE and byte != RETURN:
        mark = (mark * 131 + (byte & 127)) & _MASK
        pos += 1
        byte = int(text[pos])
    slot = (mark ^ (mark >> 23)) % _SLOTS
    while others[slot, _ORDER] != 0 and others[slot, _HASH] != mark:
        slot = (slot + 1) % _SLOTS
    if others[slot, _ORDER] == 0:
        if others[_SLOTS, _ORDER] == _KEPT:
            slot = _SLOTS
        else:
            others[_SLOTS, _ORDER] += 1
            others[slot, _ORDER] = others[_SLOTS, _ORDER]
            others[slot, _HASH] = mark
            for at in range(min(pos - symbol, _LONGEST)):
                names[slot, at] = text[symbol + at]
    others[slot, _ROWS] += 1
    while byte != NEWLINE:
        commas += 1 if byte == COMMA else 0
        pos += 1
        byte = int(text[pos])
    return pos + 1, commas

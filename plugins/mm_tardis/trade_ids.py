"""Trades that come twice: known by their id, among the last 65 536 trades at least.

Where two recorders were merged, or one got the latest trades again after it reconnected, a trade
stands in the file twice. It is the same one if it has the same id, time of the exchange, side,
price and size (an id alone may be one order's, which several prints share; there are exchanges
where ids begin anew). One that has no exchange time of its own is also the same if the other had
none either and arrived less than ten seconds before. The first stays. Trades without an id cannot
be told apart, and all stay.

Memory is bounded: two tables, of which the younger is filled; when it is half full it becomes the
elder, and the elder is forgotten. The survey and the reader use this kernel on the same rows.
"""

from typing import Final

import numpy as np

from mm.api import MICRO
from mm.api.jit import inner, kernel
from mm_tardis.decimals import shortest
from mm_tardis.table import (
    T_EXCHANGE,
    T_ID,
    T_LOCAL,
    T_PRICE,
    T_REPEATED,
    T_SIDE,
    T_SIZE,
    T_TIMELESS,
    Ints,
)

_KEPT: Final = 1 << 17  # keys; a trade without an exchange time has two
_SLOTS: Final = 2 * _KEPT
_MASK: Final = (1 << 54) - 1  # 2**54 * 131 + 10**18 < 2**63: the hash cannot overflow
_SOON: Final = 10 * MICRO
"""µs. Recorders differ by their way to the exchange, which is shorter; trades that an exchange
sends once more are older, but have its time."""

# Columns of a table; the row behind the slots has which table is the younger, and its trades.
_KEY: Final = 0
_ARRIVED: Final = 1  # µs, local
_YOUNGER: Final = 0
_FILLED: Final = 1


def new_ids() -> Ints:
    """Make what ``mark_repeats`` fills: shape (2, _SLOTS + 1, 2)."""
    return np.zeros((2, _SLOTS + 1, 2), np.int64)


@inner
def _key(table: Ints, row: int, made: int) -> int:
    """A hash of what makes a trade this one, if it was ``made`` then; above zero."""
    key = (int(table[row, T_ID]) * 131 + made) & _MASK
    for at in (T_PRICE, T_SIZE):
        mantissa, exponent = shortest(int(table[row, at]), int(table[row, at + 1]))
        key = (key * 131 + mantissa) & _MASK
        key = (key * 131 + exponent + 64) & _MASK
    return (key * 131 + int(table[row, T_SIDE]) + 2) & _MASK | 1


@inner
def _find(ids: Ints, which: int, key: int) -> int:
    """The slot of a key, or the empty one where it would be."""
    slot = (key ^ (key >> 21)) >> 1 & (_SLOTS - 1)
    while ids[which, slot, _KEY] not in (0, key):
        slot = (slot + 1) & (_SLOTS - 1)
    return slot


@inner
def _was_there(ids: Ints, key: int, local: int, since: int) -> bool:
    """Whether a trade of this key arrived at ``since`` or later; the key is put down now."""
    younger = int(ids[0, _SLOTS, _YOUNGER])
    slot, elder = _find(ids, younger, key), _find(ids, 1 - younger, key)
    known = ids[younger, slot, _KEY] == key
    found = bool(
        (known and ids[younger, slot, _ARRIVED] >= since)
        or (ids[1 - younger, elder, _KEY] == key and ids[1 - younger, elder, _ARRIVED] >= since)
    )
    ids[younger, slot, _ARRIVED] = local
    if known:
        return found
    ids[younger, slot, _KEY] = key
    ids[0, _SLOTS, _FILLED] += 1
    if ids[0, _SLOTS, _FILLED] == _KEPT:
        ids[0, _SLOTS, _YOUNGER] = 1 - younger
        ids[0, _SLOTS, _FILLED] = 0
        ids[1 - younger, :_SLOTS] = 0
    return found


@kernel(allocates=False)
def mark_repeats(table: Ints, rows: int, ids: Ints) -> None:
    """Set T_REPEATED in the first ``rows`` rows of a parsed table of trades.

    Args:
        table: shape (n, WIDTH), as ``parse`` fills it.
        rows: how many rows of it to take.
        ids: of ``new_ids``, carried from call to call.
    """
    for row in range(rows):
        table[row, T_REPEATED] = 0
        if table[row, T_ID] == 0:
            continue
        local = int(table[row, T_LOCAL])
        was_there = _was_there(ids, _key(table, row, int(table[row, T_EXCHANGE])), local, 0)
        if table[row, T_TIMELESS] == 1:
            was_there |= _was_there(ids, _key(table, row, 0), local, local - _SOON)
        table[row, T_REPEATED] = 1 if was_there else 0

"""The counting kernel of tick sizes that change: on which grid the prices of each stretch lie.

A file is cut into at most 256 stretches of as many price moves each; when there are more,
neighbours are joined. So any file fits, and a change is placed to a stretch or better. Only moves
are counted: a price that was among the last few seen says nothing new about the grid.
"""

from typing import Final

import numpy as np

from mm.api.jit import inner
from mm_tardis.decimals import common_divisor, scale
from mm_tardis.table import Ints

STRETCHES: Final = 256
"""Even, so that they can be joined in pairs."""
_FIRST_SPAN: Final = 16  # moves of a stretch until they are joined for the first time
_RECENT: Final = 4  # prices that are no move: a quote that flickers has two on each side

# Columns of a stretch.
START: Final = 0  # µs, exchange: of its first price
MOVES: Final = 1
GCD: Final = 2  # all its prices are multiples of it, times 10**POWER
POWER: Final = 3
FINER_TS: Final = 4  # µs, exchange: of the last price that made the gcd smaller
FINER_ROW: Final = 5
START_ROW: Final = 6
WIDE: Final = 8  # columns; those of the last row are the state below

# Columns of the row behind the stretches.
AT: Final = 0  # the stretch that is being filled
SPAN: Final = 1  # moves that it is to hold
PLACE: Final = 2  # of the oldest of the recent prices
_FIRST_RECENT: Final = 4


def new_stretches() -> Ints:
    """Make the array that ``count_price`` fills: shape (STRETCHES + 1, WIDE)."""
    made = np.zeros((STRETCHES + 1, WIDE), np.int64)
    made[STRETCHES, SPAN] = _FIRST_SPAN
    return made


@inner
def _rescale(stretch: Ints, power: int) -> None:
    """Count a stretch's gcd in finer steps; 1, so the finest, if it does not fit."""
    if stretch[GCD] > 0 and stretch[POWER] > power:
        stretch[GCD] = max(scale(int(stretch[GCD]), int(stretch[POWER]) - power), 1)
    stretch[POWER] = power


@inner
def _join_pairs(stretches: Ints) -> None:
    """Join all stretches in pairs, and double what each is to hold."""
    power = int(stretches[STRETCHES - 1, POWER])
    for pair in range(STRETCHES // 2):
        first, second = stretches[2 * pair], stretches[2 * pair + 1]
        _rescale(first, power)
        _rescale(second, power)
        joined = stretches[pair]
        gcd = common_divisor(int(first[GCD]), int(second[GCD]))
        # Either the second is of multiples of the first's, or it has the price that is none.
        finer = first if gcd == first[GCD] else second
        finer_ts, finer_row = int(finer[FINER_TS]), int(finer[FINER_ROW])
        joined[START] = first[START]
        joined[START_ROW] = first[START_ROW]
        joined[MOVES] = first[MOVES] + second[MOVES]
        joined[GCD] = gcd
        joined[POWER] = power
        joined[FINER_TS] = finer_ts
        joined[FINER_ROW] = finer_row
    stretches[STRETCHES // 2 : STRETCHES] = 0
    stretches[STRETCHES, AT] = STRETCHES // 2
    stretches[STRETCHES, SPAN] *= 2


@inner
def count_price(stretches: Ints, units: int, power: int, made: int, row: int) -> None:
    """Count a price of ``units * 10**power``, ``made`` [µs] on the exchange; 0 = there is none.

    ``row`` is the number of the price's data row.
    """
    if units == 0:
        return
    # Indexed in full, not by rows: numba counts references to a row.
    at = int(stretches[STRETCHES, AT])
    if stretches[at, POWER] == power and stretches[at, MOVES] > 0:
        for recent in range(_FIRST_RECENT, _FIRST_RECENT + _RECENT):
            if stretches[STRETCHES, recent] == units:
                return
    else:
        _rescale(stretches[at], power)
        stretches[STRETCHES, _FIRST_RECENT:] = 0
    if stretches[at, MOVES] >= stretches[STRETCHES, SPAN]:
        at += 1
        stretches[STRETCHES, AT] = at
        if at == STRETCHES:
            _join_pairs(stretches)
            at = int(stretches[STRETCHES, AT])
        stretches[at, POWER] = power
    if stretches[at, MOVES] == 0:
        stretches[at, START] = made
        stretches[at, START_ROW] = row
    gcd = int(stretches[at, GCD])
    if gcd == 0 or units % gcd != 0:
        stretches[at, GCD] = common_divisor(units, gcd)
        stretches[at, FINER_TS] = made
        stretches[at, FINER_ROW] = row
    stretches[at, MOVES] += 1
    place = int(stretches[STRETCHES, PLACE])
    stretches[STRETCHES, _FIRST_RECENT + place] = units
    stretches[STRETCHES, PLACE] = (place + 1) % _RECENT

"""The counting kernel: what a survey wants to know of parsed rows.

Counts, extremes, the largest common grid, a histogram of feed latency. The caller judges them.
"""

from typing import Final

import numpy as np

from mm.api import MICRO
from mm.api.jit import inner, kernel
from mm_tardis.decimals import RATE, common_divisor, scale, to_nearest
from mm_tardis.histogram import HALF, bucket_of
from mm_tardis.snap import LONG, is_long
from mm_tardis.stretches import count_price, new_stretches
from mm_tardis.table import (
    ASK_PRICE,
    ASK_SIZE,
    BOOK,
    OK,
    PRICE,
    QUOTES,
    SIZE,
    T_ASK_PRICE,
    T_ASK_SIZE,
    T_EXCHANGE,
    T_FUNDING,
    T_LOCAL,
    T_PRICE,
    T_REPEATED,
    T_ROW,
    T_SIDE,
    T_SIZE,
    T_TIMELESS,
    TICKERS,
    TOO_LARGE,
    TRADES,
    WIDTH,
    Ints,
)

# Columns of a tally.
ROWS: Final = 0
FIRST: Final = 1  # µs, local
LAST: Final = 2  # µs, local
GAP: Final = 3  # µs, the largest between two rows
GAP_AT: Final = 4  # µs, local: when it ended
LONG_GAPS: Final = 5
SAME_TIME: Final = 6  # rows with the local time of the row before
STEPS_BACK: Final = 7  # rows made before the row before
REPEATS: Final = 8  # rows equal to the row before in every field
TIMELESS: Final = 9  # rows without an exchange time of their own
CROSSED: Final = 10
LOCKED: Final = 11
ONE_SIDED: Final = 12
NO_SIDE: Final = 13  # trades of unknown side
EMPTY_TRADES: Final = 14  # trades of size zero
SNAPSHOTS: Final = 15
LOST: Final = 16  # book rows before the first snapshot
EARLY: Final = 17  # rows received before they were made
LATENCY_MIN: Final = 18  # µs
LATENCY_MAX: Final = 19  # µs
EARLIEST_AT: Final = 20  # the row of LATENCY_MIN
JUMPS: Final = 21  # prices far from that of the row above
AGAIN: Final = 22  # snapshots after the first
# The grid: all prices are multiples of gcd * 10**exponent; gcd 0 = none seen.
PRICE_GCD: Final = 23
PRICE_EXPONENT: Final = 24
SIZE_GCD: Final = 30
SIZE_EXPONENT: Final = 31
# From a grid's first column to its others.
EXPONENT: Final = 1
EXPONENT_AT: Final = 2  # the row that needed this exponent
VARY: Final = 3
USUAL: Final = 4  # the gcd until it changed last, times 10**exponent; 0 = it has not
FINER: Final = 5  # numbers since then that are no multiples of it
FINER_AT: Final = 6  # the first of their rows
NO_MARK: Final = 37  # tickers without a mark price
NO_FUNDING: Final = 38  # tickers without a funding rate or its time
LAST_PRICE: Final = 39  # of the last row, in units of 10**LAST_EXPONENT; 0 = it has none
LAST_EXPONENT: Final = 40
GAP_TIME: Final = 41  # µs, of all LONG_GAPS together
LONG_PRICES: Final = 42  # numbers with more digits than an exchange's have
LONG_SIZES: Final = 43
MOST_PRICE: Final = 44  # the largest number of a grid, in units of its exponent; then its row
MOST_SIZE: Final = 46
CHANGES: Final = 48  # book rows with is_snapshot false
GOES_FURTHER: Final = 49  # messages of a snapshot that an earlier message has begun
REPEATED_IDS: Final = 50  # trades that were there before
TALLY: Final = 51
WHERE: Final = TALLY
"""``counts[WHERE + column]`` is the first row that ``note`` counted in the column; 0 = none."""

LONG_GAP: Final = 10 * MICRO  # µs; in the hour that was studied, XBTUSD's quotes pause for 6.9 s

_JUMP_PART: Final = 10  # a price that moves by more than one part in so many is counted


def new_tally() -> tuple[Ints, Ints, Ints, Ints]:
    """Make the arrays that the kernel fills: counts, histogram, the last row seen, stretches."""
    counts = np.zeros(2 * TALLY, np.int64)
    counts[PRICE_EXPONENT] = counts[SIZE_EXPONENT] = counts[LAST_EXPONENT] = 18
    return counts, np.zeros(2 * HALF, np.int64), np.zeros(WIDTH, np.int64), new_stretches()


def next_tally(counts: Ints, previous: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Make the arrays for a file that continues the one that these were filled from.

    A book that has had its snapshot counts one from the start, so that any other is one more.
    """
    fresh, histogram, last, stretches = new_tally()
    fresh[SNAPSHOTS] = min(int(counts[SNAPSHOTS]), 1)
    last[:T_ROW] = previous[:T_ROW]
    return fresh, histogram, last, stretches


@inner
def note(counts: Ints, column: int, row: int) -> None:
    """Count a data row of the file in ``column``, and keep which was the first."""
    if counts[column] == 0:
        counts[WHERE + column] = row
    counts[column] += 1


@inner
def refine(counts: Ints, grid: int, table: Ints, row: int, at: int) -> int:
    """Take the number in ``table[row, at]`` into the grid kept from ``counts[grid]`` on.

    Returns the number in units of the grid's exponent, or TOO_LARGE if no grid can hold both it
    and the finest number so far in 18 digits.
    """
    mantissa, exponent = int(table[row, at]), int(table[row, at + 1])
    if mantissa == 0:
        return 0
    number = int(table[row, T_ROW])
    if mantissa >= LONG and is_long(mantissa):
        note(counts, int(LONG_PRICES if grid == PRICE_GCD else LONG_SIZES), number)
    most = MOST_PRICE if grid == PRICE_GCD else MOST_SIZE
    finest = int(counts[grid + EXPONENT])
    if exponent < finest:
        while mantissa % 10 == 0 and exponent < finest:
            mantissa //= 10
            exponent += 1
        largest = scale(int(counts[most]), finest - exponent)
        if largest < 0:
            return largest
        counts[most] = largest
        counts[grid] = scale(int(counts[grid]), finest - exponent)  # it divides the largest
        if exponent < finest:
            counts[grid + EXPONENT_AT] = number
        counts[grid + EXPONENT] = exponent
        finest = exponent
    units = scale(mantissa, exponent - finest)
    if units < 0:
        return units
    if units > counts[most]:
        counts[most] = units
        counts[most + 1] = number
    before = int(counts[grid])
    if before == 0 or units % before != 0:
        counts[grid] = common_divisor(units, before)
        counts[grid + USUAL] = before
        counts[grid + FINER] = 0
        counts[grid + FINER_AT] = number
    if before != 0 and (units != before or counts[grid] != before):
        counts[grid + VARY] = 1
    usual = int(counts[grid + USUAL])
    if usual != 0 and units % usual != 0:
        counts[grid + FINER] += 1
    return units


@inner
def count_jump(counts: Ints, units: int, row: int) -> None:
    """Count the price of a data row if it is far from that of the row before.

    ``units`` are of the grid's exponent, as ``refine`` gives them; 0 = the row has no price.
    """
    finest = int(counts[PRICE_EXPONENT])
    before = scale(int(counts[LAST_PRICE]), int(counts[LAST_EXPONENT]) - finest)
    if units > 0 and before > 0 and abs(units - before) > before // _JUMP_PART:
        note(counts, int(JUMPS), row)
    counts[LAST_PRICE] = units
    counts[LAST_EXPONENT] = finest


@inner
def _count_row(
    counts: Ints, histogram: Ints, previous: Ints, table: Ints, row: int, kind: int
) -> None:
    """Count what the times of a row say, and whether it repeats the row before."""
    local, made = int(table[row, T_LOCAL]), int(table[row, T_EXCHANGE])
    number = int(table[row, T_ROW])
    if counts[ROWS] == 0:
        counts[FIRST] = local
    if previous[T_LOCAL] > 0:  # the last row of the file before counts as one above
        jump = local - int(previous[T_LOCAL])
        if jump == 0:
            note(counts, int(SAME_TIME), number)
        if jump > counts[GAP]:
            counts[GAP] = jump
            counts[GAP_AT] = local
        if jump > LONG_GAP:
            note(counts, int(LONG_GAPS), number)
            counts[GAP_TIME] += jump
        if made < previous[T_EXCHANGE]:
            note(counts, int(STEPS_BACK), number)
        column = 0
        while column < T_ROW and table[row, column] == previous[column]:
            column += 1
        if column == T_ROW and (kind != TRADES or table[row, T_REPEATED] == 0):
            note(counts, int(REPEATS), number)
    if table[row, T_TIMELESS] == 1:
        note(counts, int(TIMELESS), number)
    else:
        latency = local - made
        first = counts[ROWS] == counts[TIMELESS]
        if first or latency < counts[LATENCY_MIN]:
            counts[LATENCY_MIN] = latency
            counts[EARLIEST_AT] = number
        if first or latency > counts[LATENCY_MAX]:
            counts[LATENCY_MAX] = latency
        if latency < 0:
            note(counts, int(EARLY), number)
        histogram[bucket_of(latency)] += 1
    counts[LAST] = local
    counts[ROWS] += 1


@kernel(allocates=False)
def tally(
    table: Ints,
    rows: int,
    kind: int,
    counts: Ints,
    histogram: Ints,
    previous: Ints,
    stretches: Ints,
) -> tuple[int, int, int]:
    """Count the first ``rows`` rows of a parsed table, in one long loop: the kinds share most.

    One loop over the rows: a pass of its own for each question would read the table a dozen times.

    Args:
        table: shape (n, WIDTH), as ``parse`` fills it.
        rows: how many rows of it to take.
        kind: TRADES, QUOTES, BOOK or TICKERS.
        counts: shape (2 * TALLY,), added to.
        histogram: shape (2 * HALF,), added to.
        previous: shape (WIDTH,), the last row of the call before.
        stretches: of ``new_stretches``, added to.

    Returns:
        (row, code, role): how far it came, OK or TOO_LARGE, and the field at fault.
    """
    for row in range(rows):
        made, number = int(table[row, T_EXCHANGE]), int(table[row, T_ROW])
        if kind != TICKERS:  # a mark price lies on no grid
            units = refine(counts, int(PRICE_GCD), table, row, int(T_PRICE))
            if units < 0:
                return row, TOO_LARGE, PRICE
            if kind != QUOTES:
                count_price(stretches, units, int(counts[PRICE_EXPONENT]), made, number)
            if kind != BOOK:
                count_jump(counts, units, number)
            if refine(counts, int(SIZE_GCD), table, row, int(T_SIZE)) < 0:
                return row, TOO_LARGE, SIZE
        if number != previous[T_ROW]:  # a row of whole books is several of the table
            _count_row(counts, histogram, previous, table, row, kind)
        if kind == TRADES:
            if table[row, T_SIDE] == 0:
                note(counts, int(NO_SIDE), number)
            if table[row, T_SIZE] == 0:
                note(counts, int(EMPTY_TRADES), number)
            if table[row, T_REPEATED] == 1:
                note(counts, int(REPEATED_IDS), number)
        elif kind == TICKERS:
            rate, exponent = int(table[row, T_SIZE]), int(table[row, T_SIZE + 1])
            if to_nearest(rate, exponent, 1, RATE) < 0:
                return row, TOO_LARGE, SIZE
            if table[row, T_PRICE] == 0:
                note(counts, int(NO_MARK), number)
            if table[row, T_FUNDING] == 0:
                note(counts, int(NO_FUNDING), number)
        elif kind == QUOTES:
            ask = refine(counts, int(PRICE_GCD), table, row, int(T_ASK_PRICE))
            if ask < 0:
                return row, TOO_LARGE, ASK_PRICE
            if refine(counts, int(SIZE_GCD), table, row, int(T_ASK_SIZE)) < 0:
                return row, TOO_LARGE, ASK_SIZE
            bid = refine(counts, int(PRICE_GCD), table, row, int(T_PRICE))
            count_price(stretches, bid, int(counts[PRICE_EXPONENT]), made, number)
            count_price(stretches, ask, int(counts[PRICE_EXPONENT]), made, number)
            if bid == 0 or ask == 0:
                note(counts, int(ONE_SIDED), number)
            elif bid >= ask:
                note(counts, int(CROSSED if bid > ask else LOCKED), number)
        for column in range(WIDTH):
            previous[column] = table[row, column]
    return rows, OK, 0

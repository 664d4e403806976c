"""The converting kernel: parsed rows to EVENT rows, in ticks and lots of one instrument.

Knows the grid, the rules of book snapshots and the correction of the exchange clock; knows
nothing of files. It stops at the first number off the grid.
"""

from typing import Final

from mm.api import CLEAR, LEVEL, QUOTE, TRADE, Rows
from mm.api.jit import kernel
from mm_tardis import decimals
from mm_tardis.decimals import to_units
from mm_tardis.table import (
    BOOK,
    OFF_GRID,
    OK,
    PRICE,
    QUOTES,
    T_EXCHANGE,
    T_LOCAL,
    T_PRICE,
    T_SIDE,
    T_SNAPSHOT,
    TOO_LARGE,
    TRADES,
    Ints,
)
from mm_tardis.tally import starts_snapshot

# Columns of ``memory``, carried from call to call.
SEEN: Final = 0  # 1 once a snapshot has begun
WAS: Final = 1  # is_snapshot of the row before
BEFORE: Final = 2  # µs, local time of the row before
MEMORY: Final = 3

# Columns of ``grid``: sizes as mantissa and exponent.
TICK: Final = 0
LOT: Final = 2

_OFF: Final = decimals.OFF_GRID


@kernel
def convert(
    table: Ints,
    rows: int,
    kind: int,
    first_row: int,
    grid: Ints,
    shift: int,
    memory: Ints,
    out: Rows,
) -> tuple[int, int, int, int]:
    """Convert the first ``rows`` rows of a parsed table.

    Trades of size zero and book rows before the first snapshot are left out. One CLEAR comes
    before the first row of each snapshot. ``end`` stays 0: only the next row can tell. One loop
    of over 40 lines, so that the row's numbers stay in registers.

    Args:
        table: shape (n, WIDTH), as ``parse`` fills it.
        rows: how many rows of it to take.
        kind: TRADES, QUOTES or BOOK.
        first_row: the data row in the file that ``table[0]`` is; the file's first is 1.
        grid: shape (4,): tick mantissa and exponent, lot mantissa and exponent.
        shift: added to exchange times [µs].
        memory: shape (MEMORY,), carried from call to call, first zeros.
        out: dtype EVENT, shape (m,), m >= rows, for a book m >= 2 * rows.

    Returns:
        (made, row, code, role): events made, rows taken, OK or OFF_GRID or TOO_LARGE, and the
        field at fault.
    """
    made = 0
    for row in range(rows):
        local = int(table[row, T_LOCAL])
        exchange = int(table[row, T_EXCHANGE]) + shift
        numbers = 4 if kind == QUOTES else 2
        units = (0, 0, 0, 0)
        for number in range(numbers):
            at = T_PRICE + 2 * number
            size = TICK if number % 2 == 0 else LOT
            value = to_units(
                int(table[row, at]), int(table[row, at + 1]), int(grid[size]), int(grid[size + 1])
            )
            if value < 0:
                return made, row, OFF_GRID if value == _OFF else TOO_LARGE, PRICE + number
            units = (units[1], units[2], units[3], value)
        if kind == BOOK:
            flag = int(table[row, T_SNAPSHOT])
            if starts_snapshot(flag, int(memory[WAS]), local - int(memory[BEFORE])):
                memory[SEEN] = 1
                event = out[made]
                event["ts_local"] = local
                event["ts_exchange"] = exchange
                event["price"] = 0
                event["size"] = 0
                event["ask_price"] = 0
                event["ask_size"] = 0
                event["row"] = 0
                event["instrument"] = 0
                event["kind"] = CLEAR
                event["side"] = 0
                event["end"] = 0
                made += 1
            memory[WAS] = flag
            memory[BEFORE] = local
            if memory[SEEN] == 0:
                continue
        if kind == TRADES and units[3] == 0:
            continue
        event = out[made]
        event["ts_local"] = local
        event["ts_exchange"] = exchange
        event["price"] = units[4 - numbers]
        event["size"] = units[5 - numbers]
        event["ask_price"] = units[2] if kind == QUOTES else 0
        event["ask_size"] = units[3] if kind == QUOTES else 0
        event["row"] = first_row + row
        event["instrument"] = 0
        event["kind"] = TRADE if kind == TRADES else (QUOTE if kind == QUOTES else LEVEL)
        event["side"] = 0 if kind == QUOTES else int(table[row, T_SIDE])
        event["end"] = 0
        made += 1
    return made, rows, OK, 0

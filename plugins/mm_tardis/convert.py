"""The converting kernel: parsed rows to EVENT rows, in ticks and lots of one instrument.

Knows the grid, the rules of book snapshots and the correction of the exchange clock, which moves
all times that are of it, also a funding's; knows nothing of files. It stops at the first number off
the grid.
"""

from typing import Final

from mm.api import CLEAR, LEVEL, QUOTE, TICKER, TRADE, Rows
from mm.api.jit import inner, kernel
from mm_tardis import decimals
from mm_tardis.decimals import RATE, to_nearest, to_units
from mm_tardis.offset import offset_at
from mm_tardis.snapshots import MAYBE, may_start, starts_snapshot
from mm_tardis.table import (
    ASK_PRICE,
    ASK_SIZE,
    BOOK,
    OFF_GRID,
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
    T_SNAPSHOT,
    T_TIMELESS,
    TICKERS,
    TOO_LARGE,
    TRADES,
    Ints,
)

# Columns of ``memory``, carried from call to call.
SEEN: Final = 0  # 1 once a snapshot has begun
WAS: Final = 1  # T_SNAPSHOT of the row before
BEFORE: Final = 2  # µs, local time of the row before
MADE: Final = 3  # µs, exchange time of the row before
SNAPSHOTS: Final = 4  # how they are told, one of the following; set by the caller
MEMORY: Final = 5

ALONE: Final = 0  # each is one message
PERHAPS: Final = 1  # a message may go on with one or begin one
EACH: Final = 2  # each message is one, unless made at the same time as the one before

# Columns of ``grid``: sizes as mantissa and exponent.
TICK: Final = 0
LOT: Final = 2

_OFF: Final = decimals.OFF_GRID
_MICRO: Final = -6  # the exponent of MICRO_TICKS


@inner
def units_at(table: Ints, row: int, column: int, grid: Ints, step: int) -> int:
    """A number of the table in ticks or lots; negative if it is none: see ``to_units``."""
    mantissa, exponent = int(table[row, column]), int(table[row, column + 1])
    return to_units(mantissa, exponent, int(grid[step]), int(grid[step + 1]))


@inner
def first_bad(price: int, size: int, ask_price: int, ask_size: int) -> tuple[int, int]:
    """What is wrong with the first of them that is negative, and which that is."""
    if price < 0:
        return OFF_GRID if price == _OFF else TOO_LARGE, PRICE
    if size < 0:
        return OFF_GRID if size == _OFF else TOO_LARGE, SIZE
    if ask_price < 0:
        return OFF_GRID if ask_price == _OFF else TOO_LARGE, ASK_PRICE
    return OFF_GRID if ask_size == _OFF else TOO_LARGE, ASK_SIZE


@inner
def ticker_units(table: Ints, row: int, grid: Ints) -> tuple[int, int, int]:
    """A ticker's mark and settlement price in millionths of a tick, and its rate in 1e-12, rounded.

    The rate comes without its sign. Each is negative if the number is too large.
    """
    tick, exponent = int(grid[TICK]), int(grid[TICK + 1]) + _MICRO
    mark = to_nearest(int(table[row, T_PRICE]), int(table[row, T_PRICE + 1]), tick, exponent)
    rate = to_nearest(int(table[row, T_SIZE]), int(table[row, T_SIZE + 1]), 1, RATE)
    at = int(table[row, T_ASK_SIZE])
    settled = to_nearest(at, int(table[row, T_ASK_SIZE + 1]), tick, exponent) if at > 0 else 0
    return mark, settled, rate


@inner
def made_at(table: Ints, row: int, clock: Ints, feed_latency: int) -> int:
    """When a row was made [µs], by the recorder's clock, and never after it arrived."""
    local = int(table[row, T_LOCAL])
    if table[row, T_TIMELESS] == 1:
        return local - feed_latency
    return min(int(table[row, T_EXCHANGE]) + offset_at(clock, local), local)


@inner
def due_at(table: Ints, row: int, clock: Ints) -> int:
    """When a ticker's funding is due [µs], by the recorder's clock; 0 = not given.

    By the offset at that time, so that all rows that announce it give the same.
    """
    due = int(table[row, T_FUNDING])
    return due + offset_at(clock, due) if due > 0 else 0


@inner
def opening(table: Ints, row: int, memory: Ints) -> int:
    """What comes before a book row: CLEAR, MAYBE or, if nothing does, LEVEL."""
    flag, was = int(table[row, T_SNAPSHOT]), int(memory[WAS])
    jump = int(table[row, T_LOCAL]) - int(memory[BEFORE])
    if starts_snapshot(flag, was, jump):
        return int(CLEAR)
    if memory[SNAPSHOTS] == ALONE or not may_start(flag, was, jump):
        return int(LEVEL)
    made = int(table[row, T_EXCHANGE])
    if memory[SNAPSHOTS] == EACH and (made != memory[MADE] or table[row, T_TIMELESS] == 1):
        return int(CLEAR)
    return int(MAYBE)


@inner
def put_bare(out: Rows, made: int, local: int, exchange: int, kind: int) -> None:
    """Write an event without a price and without a row."""
    event = out[made]
    event["ts_local"] = local
    event["ts_exchange"] = exchange
    event["price"] = 0
    event["size"] = 0
    event["ask_price"] = 0
    event["ask_size"] = 0
    event["row"] = 0
    event["instrument"] = 0
    event["kind"] = kind
    event["side"] = 0
    event["end"] = 0


@kernel(allocates=False)
def convert(
    table: Ints,
    rows: int,
    kind: int,
    grid: Ints,
    clock: Ints,
    feed_latency: int,
    memory: Ints,
    out: Rows,
) -> tuple[int, int, int, int]:
    """Convert the first ``rows`` rows of a parsed table.

    Trades of size zero or marked as repeated, and book rows before the first snapshot, are left
    out. One CLEAR comes before the first row of each snapshot, a MAYBE before one of which only the
    whole message can tell. ``end`` is for the caller to set, since only the next row can tell; in a
    book it is T_SNAPSHOT until then. One loop of over 40 lines, so that the row's numbers stay in
    registers.

    Args:
        table: shape (n, WIDTH), as ``parse`` fills it.
        rows: how many rows of it to take.
        kind: TRADES, QUOTES, BOOK or TICKERS.
        grid: shape (4,): tick mantissa and exponent, lot mantissa and exponent.
        clock: what is added to exchange times, and when; see ``offset_at``.
        feed_latency: how much before its arrival a row without a latency was made [µs].
        memory: shape (MEMORY,), carried from call to call, first zeros.
        out: dtype EVENT, shape (m,), m >= rows, for a book m >= 2 * rows.

    Returns:
        (made, row, code, role): events made, rows taken, OK or OFF_GRID or TOO_LARGE, and the
        field at fault.
    """
    made = 0
    for row in range(rows):
        local = int(table[row, T_LOCAL])
        exchange = made_at(table, row, clock, feed_latency)
        ask_price = ask_size = 0
        if kind == TICKERS:  # which has its own in these columns: see ``mm.api``
            price, ask_size, rate = ticker_units(table, row, grid)
            if price < 0 or rate < 0:
                return made, row, TOO_LARGE, PRICE if price < 0 else SIZE
            if ask_size < 0:
                return made, row, TOO_LARGE, ASK_SIZE
            size, ask_price = rate * int(table[row, T_SIDE]), due_at(table, row, clock)
        else:
            price = units_at(table, row, T_PRICE, grid, TICK)
            size = units_at(table, row, T_SIZE, grid, LOT)
            if kind == QUOTES:
                ask_price = units_at(table, row, T_ASK_PRICE, grid, TICK)
                ask_size = units_at(table, row, T_ASK_SIZE, grid, LOT)
            if min(price, size, ask_price, ask_size) < 0:
                code, role = first_bad(price, size, ask_price, ask_size)
                return made, row, code, role
        if kind == BOOK:
            before = opening(table, row, memory)
            if before != LEVEL:
                memory[SEEN] = 1
                put_bare(out, made, local, exchange, before)
                made += 1
            memory[WAS] = table[row, T_SNAPSHOT]
            memory[BEFORE] = local
            memory[MADE] = table[row, T_EXCHANGE]
            if memory[SEEN] == 0 or price == 0:  # a whole book may be empty
                continue
        if kind == TRADES and (size == 0 or table[row, T_REPEATED] == 1):
            continue
        event = out[made]
        event["ts_local"] = local
        event["ts_exchange"] = exchange
        event["price"] = price
        event["size"] = size
        event["ask_price"] = ask_price
        event["ask_size"] = ask_size
        event["row"] = table[row, T_ROW]
        event["instrument"] = 0
        if kind == TICKERS:
            event["kind"] = TICKER
        else:
            event["kind"] = TRADE if kind == TRADES else (QUOTE if kind == QUOTES else LEVEL)
        event["side"] = int(table[row, T_SIDE]) if kind in (TRADES, BOOK) else 0
        event["end"] = table[row, T_SNAPSHOT]
        made += 1
    return made, rows, OK, 0

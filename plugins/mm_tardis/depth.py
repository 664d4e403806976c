"""The parsing kernel of ``book_snapshot_N``: a row is the whole book, N levels a side.

Each level that a row gives becomes a row of the parsed table, as if it stood in an
incremental_book_L2 file: the first is marked BEGINS, the others GOES_ON. Missing levels, and levels
of size zero, give none; where a row has no level at all, one without a price stands for it.
"""

from typing import Final

from mm.api.jit import inner, kernel
from mm_tardis.fields import COMMA, NEWLINE, RETURN, end_field, match_word, read_number, read_time
from mm_tardis.parse import check_level, stamp
from mm_tardis.symbols import skip_other
from mm_tardis.table import (
    ASK_PRICE,
    BAD_TIME,
    BEGINS,
    BLANK_LINE,
    BLANKS,
    COLUMN,
    EMPTY,
    EXCHANGE,
    EXCHANGE_TIME,
    FIELD_COUNT,
    GOES_BACK,
    GOES_ON,
    IGNORED,
    INEXACT,
    JUNK,
    LINES,
    LOCAL_TIME,
    LONG_LINE,
    MAX_LINE,
    NOT_POSITIVE,
    OK,
    OTHER_EXCHANGE,
    PREVIOUS,
    PRICE,
    SIZE,
    SYMBOL,
    T_LEVEL,
    T_MARK,
    T_PRICE,
    T_ROW,
    T_SIDE,
    T_SIZE,
    T_SNAPSHOT,
    Ints,
    Text,
)

SHORTEST_LEVEL: Final = 4  # bytes: two digits and two commas

_ABSENT: Final = -1  # a mantissa: the field was empty


@inner
def _read_level(
    text: Text, pos: int, table: Ints, row: int, role: int, inexact: int
) -> tuple[int, int]:
    """Read a price or size into its level's row; return (position behind it, code)."""
    is_size = (role - PRICE) % 2
    mantissa, exponent, after, code = read_number(text, pos, (inexact & (1 + is_size)) != 0)
    if code == EMPTY:
        mantissa, code = _ABSENT, OK
    table[row, T_PRICE + 2 * is_size] = mantissa
    table[row, T_PRICE + 2 * is_size + 1] = exponent
    table[row, T_SIDE] = -1 if role >= ASK_PRICE else 1
    return after, code


@inner
def _column_of(roles: Ints, slots: Ints, slot: int, is_size: bool) -> int:
    """The column of a level's price or size."""
    found = 0
    for column in range(len(roles)):
        own = int(roles[column])
        if own >= PRICE and slots[column] == slot and ((own - PRICE) % 2 == 1) == is_size:
            found = column
    return found


@inner
def _gather(table: Ints, row: int, levels: int) -> tuple[int, int, int]:
    """Move the levels that a line gives together, from ``row`` on.

    Returns how many there are, and the slot and role of one that is at fault (role 0 = none is;
    plus 100 = a field is empty).
    """
    given = 0
    for slot in range(levels):
        fault = check_level(table, row + slot, T_PRICE, False)
        if fault != 0:
            return given, slot, fault
        if table[row + slot, T_PRICE] != 0:
            for column in (T_SIDE, T_PRICE, T_PRICE + 1, T_SIZE, T_SIZE + 1):
                table[row + given, column] = table[row + slot, column]
            table[row + given, T_LEVEL] = slot
            given += 1
    return given, 0, 0


@kernel(allocates=False)
def parse_depth(
    text: Text,
    roles: Ints,
    slots: Ints,
    exchange: Text,
    symbol: Text,
    table: Ints,
    memory: Ints,
    others: Ints,
    names: Text,
) -> tuple[int, int, int, int]:
    """Parse whole lines into ``table`` until they end or one is bad; see ``parse``.

    One long loop over lines and fields, for the reason that ``parse`` has.

    Args:
        text: whole lines; the last byte is a newline.
        roles: shape (columns,), what each column of the file is.
        slots: shape (columns,), of which level a price or size is; 0, 1, 2 … over both sides.
        exchange: what the exchange column must hold.
        symbol: rows of any other are counted and skipped.
        table: shape (n, WIDTH), n >= len(text) // SHORTEST_LEVEL + levels; filled.
        memory: shape (MEMORY,), carried from call to call, first zeros.
        others: with ``names`` of ``new_others``: what was skipped.

    Returns:
        (rows, code, role, start) as ``parse`` does; the role may be COLUMN plus a column.
    """
    pos = 0
    row = 0
    last = len(roles) - 1
    levels = 1
    for column in range(len(slots)):
        levels = max(levels, int(slots[column]) + 1)
    while pos < len(text):
        start = pos
        byte = int(text[pos])
        if byte == NEWLINE or (byte == RETURN and text[pos + 1] == NEWLINE):
            memory[BLANKS] = 1
            pos += 1 if byte == NEWLINE else 2
            continue
        if memory[BLANKS] == 1:
            return row, BLANK_LINE, 0, start
        exchange_time = 0
        local_time = 0
        is_other = False
        commas = 0
        for column in range(last + 1):
            role = int(roles[column])
            first = pos
            code = OK
            if role >= PRICE:
                at = row + int(slots[column])
                pos, code = _read_level(text, pos, table, at, role, int(memory[INEXACT]))
                role = COLUMN + column
            elif role in (LOCAL_TIME, EXCHANGE_TIME):
                time = read_time(text, pos)
                if time > 0:
                    pos += 16
                elif role == LOCAL_TIME or 48 <= int(text[pos]) <= 57:
                    code = BAD_TIME
                if role == LOCAL_TIME:
                    local_time = time
                else:
                    exchange_time = time
            elif role == EXCHANGE:
                pos = match_word(text, pos, exchange)
                code = OTHER_EXCHANGE if pos < 0 else OK
            elif role == SYMBOL:
                pos = match_word(text, pos, symbol)
                if pos < 0:
                    is_other = True
                    pos, commas = skip_other(text, first, others, names, column)
                    break
            else:
                while text[pos] != COMMA and text[pos] != NEWLINE:
                    pos += 1
                pos -= 1 if pos > first and text[pos] == NEWLINE and text[pos - 1] == RETURN else 0
            if code != OK:
                return row, code, role, start
            pos, code = end_field(text, pos, column == last)
            if code != OK:
                return row, code, role if code == JUNK else IGNORED, start
        if pos - start > MAX_LINE:
            return row, LONG_LINE, IGNORED, start
        if is_other:
            if commas != last:
                return row, FIELD_COUNT, IGNORED, start
            memory[LINES] += 1
            continue
        if local_time < memory[PREVIOUS]:
            return row, GOES_BACK, LOCAL_TIME, start
        given, slot, fault = _gather(table, row, levels)
        if fault != 0:
            column = _column_of(roles, slots, slot, fault % 100 == SIZE)
            return row, EMPTY if fault > 100 else NOT_POSITIVE, COLUMN + column, start
        memory[PREVIOUS] = local_time
        memory[LINES] += 1
        if given == 0:
            for at in range(T_SIDE, T_ROW):
                table[row, at] = 0
        for at in range(row, row + max(given, 1)):
            stamp(table, at, local_time, exchange_time, int(memory[LINES]))
            table[at, T_MARK] = 0
            table[at, T_SNAPSHOT] = BEGINS if at == row else GOES_ON
        row += max(given, 1)
    return row, OK, IGNORED, pos

"""The parsing kernel: lines of CSV in, rows of the parsed table out.

Knows four layouts of row (trades, quotes, book, tickers); knows nothing of files, of ticks and
lots, or of how an error is worded: it stops at the first bad line and says which code, at which
role, starting at which byte.
"""

from typing import Final

from mm.api.jit import inner, kernel
from mm_tardis.fields import (
    COMMA,
    MINUS,
    NEWLINE,
    RETURN,
    end_field,
    match_word,
    read_flag,
    read_number,
    read_side,
    read_time,
)
from mm_tardis.symbols import skip_other
from mm_tardis.table import (
    BAD_SIDE,
    BAD_SNAPSHOT,
    BAD_TIME,
    BLANK_LINE,
    BLANKS,
    EMPTY,
    EXCHANGE,
    EXCHANGE_TIME,
    FIELD_COUNT,
    FUNDING_TIME,
    GOES_BACK,
    ID,
    IGNORED,
    INEXACT,
    JUNK,
    LINES,
    LOCAL_TIME,
    LONG_LINE,
    MAX_LINE,
    NEGATIVE,
    NOT_NUMBER,
    NOT_POSITIVE,
    OK,
    OTHER_EXCHANGE,
    PREVIOUS,
    PRICE,
    QUOTES,
    SIDE,
    SIZE,
    SNAPSHOT,
    SYMBOL,
    T_ASK_PRICE,
    T_ASK_SIZE,
    T_EXCHANGE,
    T_FUNDING,
    T_ID,
    T_LOCAL,
    T_MARK,
    T_PRICE,
    T_ROW,
    T_SIDE,
    T_SIZE,
    T_SNAPSHOT,
    T_TIMELESS,
    TICKERS,
    TRADES,
    Ints,
    Text,
)

_ABSENT: Final = -1  # a mantissa: the field was empty
_MARK_MASK: Final = (1 << 54) - 1  # 2**54 * 131 + 128 < 2**63: the hash cannot overflow


@inner
def check_level(table: Ints, row: int, price: int, needed: bool) -> int:
    """Check the price and size in table columns ``price`` and ``price + 2``; return a role or 0.

    A quote's side may be missing (not ``needed``): both fields empty, or size zero. It is then
    stored as zeros. The answer is the role at fault, plus 100 if it is empty rather than zero.
    """
    role = PRICE + (price - T_PRICE) // 2
    worth = int(table[row, price])
    size = int(table[row, price + 2])
    if not needed and (size == 0 or (size == _ABSENT and worth == _ABSENT)):
        for column in range(price, price + 4):
            table[row, column] = 0
        return 0
    if worth == _ABSENT:
        return role + 100
    if size == _ABSENT:
        return role + 101
    if worth == 0:
        return role
    return 0


@inner
def stamp(table: Ints, row: int, local_time: int, exchange_time: int, number: int) -> None:
    """Store when a row was received and made, as far as it says so, and its number in the file."""
    table[row, T_LOCAL] = local_time
    table[row, T_EXCHANGE] = exchange_time if exchange_time > 0 else local_time
    table[row, T_TIMELESS] = 1 if exchange_time in (0, local_time) else 0
    table[row, T_ROW] = number


@inner
def settle_ticker(table: Ints, row: int, funding_time: int) -> None:
    """Store what a ticker does not give as zero; a rate without its time counts as not given."""
    if table[row, T_PRICE] == _ABSENT:
        table[row, T_PRICE] = 0
    if table[row, T_ASK_SIZE] == _ABSENT:
        table[row, T_ASK_SIZE] = 0
    if funding_time == 0 or table[row, T_SIZE] == _ABSENT:
        funding_time = 0
        table[row, T_SIZE] = 0
        table[row, T_SIZE + 1] = 0
        table[row, T_SIDE] = 0
    table[row, T_FUNDING] = funding_time


@kernel(allocates=False)
def parse(
    text: Text,
    roles: Ints,
    kind: int,
    exchange: Text,
    symbol: Text,
    table: Ints,
    memory: Ints,
    others: Ints,
    names: Text,
) -> tuple[int, int, int, int]:
    """Parse whole lines into ``table`` until they end or one is bad.

    One long loop over lines and fields: split up, each field would cost a call and the row's
    state would have to travel through arrays.

    Args:
        text: whole lines; the last byte is a newline.
        roles: shape (columns,), what each column of the file is.
        kind: TRADES, QUOTES, BOOK or TICKERS.
        exchange: what the exchange column must hold.
        symbol: rows of any other are counted and skipped.
        table: shape (n, WIDTH), n >= len(text) // SHORTEST_ROW + 1; filled.
        memory: shape (MEMORY,), carried from call to call, first zeros.
        others: with ``names`` of ``new_others``: what was skipped.

    Returns:
        (rows, code, role, start): rows parsed; OK or what is wrong with the line after them; the
        role of the field at fault; the byte at which that line starts.
    """
    pos = 0
    row = 0
    last = len(roles) - 1
    inexact = int(memory[INEXACT])
    while pos < len(text):
        start = pos
        byte = int(text[pos])
        if byte == NEWLINE or (byte == RETURN and text[pos + 1] == NEWLINE):
            memory[BLANKS] = 1
            pos += 1 if byte == NEWLINE else 2
            continue
        if memory[BLANKS] == 1:
            return row, BLANK_LINE, 0, start
        mark = 0
        ident = 0
        is_other = False
        commas = 0
        exchange_time = 0
        local_time = 0
        funding_time = 0
        for column in range(last + 1):
            role = int(roles[column])
            first = pos
            code = OK
            if role >= PRICE:
                if kind == TICKERS and role == SIZE:
                    table[row, T_SIDE] = 1
                    if text[pos] == MINUS:
                        table[row, T_SIDE] = -1
                        pos += 1
                cut = kind == TICKERS or (inexact & (1 + (role - PRICE) % 2)) != 0
                mantissa, exponent, pos, code = read_number(text, pos, cut)
                if pos > first and code in (EMPTY, NEGATIVE):
                    code = NOT_NUMBER  # behind a rate's sign
                elif code == EMPTY:
                    mantissa = _ABSENT
                    code = OK
                target = T_PRICE + 2 * (role - PRICE)
                table[row, target] = mantissa
                table[row, target + 1] = exponent
            elif role in (LOCAL_TIME, EXCHANGE_TIME, FUNDING_TIME):
                time = read_time(text, pos)
                if time > 0:
                    pos += 16
                elif role == LOCAL_TIME or 48 <= int(text[pos]) <= 57:
                    code = BAD_TIME
                if role == LOCAL_TIME:
                    local_time = time
                elif role == FUNDING_TIME:
                    funding_time = time
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
            elif role == SIDE:
                side, length = read_side(text, pos, kind)
                table[row, T_SIDE] = side
                pos += length
                code = BAD_SIDE if length == 0 else OK
            elif role == SNAPSHOT:
                flag, length = read_flag(text, pos)
                table[row, T_SNAPSHOT] = flag
                pos += length
                code = BAD_SNAPSHOT if length == 0 else OK
            else:
                byte = int(text[pos])
                content = 0
                while byte != COMMA and byte != NEWLINE:
                    content = (content * 131 + (byte & 127)) & _MARK_MASK
                    pos += 1
                    byte = int(text[pos])
                if pos > first and byte == NEWLINE and text[pos - 1] == RETURN:
                    pos -= 1
                if role == ID:
                    ident = content + 1 if pos > first else 0
                else:
                    mark = (mark * 131 + content) & _MARK_MASK
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
        fault = 0
        if kind == TICKERS:
            settle_ticker(table, row, funding_time)
        else:
            fault = check_level(table, row, int(T_PRICE), kind != QUOTES)
        if fault == 0 and kind == QUOTES:
            fault = check_level(table, row, int(T_ASK_PRICE), kind != QUOTES)
        if fault != 0:
            return row, EMPTY if fault > 100 else NOT_POSITIVE, fault % 100, start
        memory[PREVIOUS] = local_time
        memory[LINES] += 1
        stamp(table, row, local_time, exchange_time, int(memory[LINES]))
        table[row, T_MARK] = mark
        if kind == TRADES:
            table[row, T_ID] = ident
        row += 1
    return row, OK, IGNORED, pos

"""Readers of single fields: number, time, word, side, flag.

They know what a valid field is, and nothing of rows. The text must end with a newline: no valid
field holds one, so every scan stops there and none has to look out for the end.
"""

from typing import Final

from mm.api.jit import inner
from mm_tardis.decimals import LIMIT
from mm_tardis.table import BOOK, DIGITS, EMPTY, FIELD_COUNT, JUNK, NEGATIVE, NOT_NUMBER, OK, Text

COMMA: Final = 44
NEWLINE: Final = 10
RETURN: Final = 13
MINUS: Final = 45
_PLUS: Final = 43
_POINT: Final = 46
_FIRST_TIME: Final = 10**15  # µs: below it, a time has fewer than 16 digits
_UNKNOWN: Final = tuple(b"unknown")
_FALSE: Final = tuple(b"false")


@inner
def end_field(text: Text, pos: int, is_last: bool) -> tuple[int, int]:
    """Step over what ends a field, at ``pos``; return (position behind it, code)."""
    byte = int(text[pos])
    if byte == RETURN and text[pos + 1] == NEWLINE:
        pos += 1
        byte = NEWLINE
    if byte != COMMA and byte != NEWLINE:
        return pos, JUNK
    if (byte == NEWLINE) != is_last:
        return pos, FIELD_COUNT
    return pos + 1, OK


@inner
def read_number(text: Text, pos: int, inexact: bool) -> tuple[int, int, int, int]:
    """Read an unsigned decimal; return (mantissa, exponent, next position, code).

    Leading zeros are free, and zeros behind the 18th decimal; otherwise at most 18 digits. The
    exponent ends up in [-18, 18]. With ``inexact`` decimals beyond that are cut off: mark prices
    and rates come as printed floats.
    """
    start = pos
    mantissa = 0
    exponent = 0
    digits = 0
    after_point = 0
    byte = int(text[pos])
    if byte == MINUS:
        return 0, 0, pos, NEGATIVE
    while True:
        if 48 <= byte <= 57:
            if mantissa < LIMIT // 10:
                mantissa = mantissa * 10 + (byte - 48)
                exponent -= after_point
            elif after_point == 0 or not (inexact or byte == 48):
                return 0, 0, pos, DIGITS
            digits += 1
        elif byte == _POINT and after_point == 0:
            after_point = 1
        else:
            break
        pos += 1
        byte = int(text[pos])
    if digits == 0:
        nothing = pos == start and byte in (COMMA, NEWLINE, RETURN)
        return 0, 0, pos, EMPTY if nothing else NOT_NUMBER
    if byte == 101 or byte == 69:  # e, E
        pos += 1
        sign = 1
        byte = int(text[pos])
        if byte in (MINUS, _PLUS):
            sign = -1 if byte == MINUS else 1
            pos += 1
            byte = int(text[pos])
        power = 0
        if byte < 48 or byte > 57:
            return 0, 0, pos, NOT_NUMBER
        while 48 <= byte <= 57:
            power = min(power * 10 + (byte - 48), 1000)
            pos += 1
            byte = int(text[pos])
        exponent += sign * power
    if mantissa == 0:
        return 0, 0, pos, OK
    while exponent < -18 and (inexact or mantissa % 10 == 0):
        mantissa //= 10
        exponent += 1
    if exponent < -18 or exponent > 18:
        return 0, 0, pos, DIGITS
    return mantissa, exponent, pos, OK


@inner
def read_time(text: Text, pos: int) -> int:
    """Read exactly 16 digits [µs]; 0 if they are not that."""
    value = 0
    for offset in range(16):
        byte = int(text[pos + offset])
        if byte < 48 or byte > 57:
            return 0
        value = value * 10 + (byte - 48)
    return value if value >= _FIRST_TIME else 0


@inner
def match_word(text: Text, pos: int, word: Text) -> int:
    """Position behind ``word`` if the text has it here and nothing more, else -1."""
    for offset in range(len(word)):
        if text[pos + offset] != word[offset]:
            return -1
    pos += len(word)
    byte = int(text[pos])
    if byte in (COMMA, NEWLINE, RETURN):
        return pos
    return -1


@inner
def read_side(text: Text, pos: int, kind: int) -> tuple[int, int]:
    """Read a side word; return (side, length), length 0 if it is no side of this kind of file."""
    if kind == BOOK:
        if text[pos] == 98 and text[pos + 1] == 105 and text[pos + 2] == 100:  # bid
            return 1, 3
        if text[pos] == 97 and text[pos + 1] == 115 and text[pos + 2] == 107:  # ask
            return -1, 3
        return 0, 0
    if text[pos] == 98 and text[pos + 1] == 117 and text[pos + 2] == 121:  # buy
        return 1, 3
    if text[pos] == 115 and text[pos + 1] == 101:  # se
        if text[pos + 2] == 108 and text[pos + 3] == 108:  # ll
            return -1, 4
        return 0, 0
    for offset in range(len(_UNKNOWN)):
        if int(text[pos + offset]) != _UNKNOWN[offset]:
            return 0, 0
    return 0, len(_UNKNOWN)


@inner
def read_flag(text: Text, pos: int) -> tuple[int, int]:
    """Read ``true`` or ``false``; return (1 or 0, length), length 0 if it is neither."""
    if text[pos] == 116 and text[pos + 1] == 114:  # tr
        if text[pos + 2] == 117 and text[pos + 3] == 101:  # ue
            return 1, 4
        return 0, 0
    for offset in range(len(_FALSE)):
        if int(text[pos + offset]) != _FALSE[offset]:
            return 0, 0
    return 0, len(_FALSE)

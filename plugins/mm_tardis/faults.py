"""What is wrong with a line, as one sentence: found, where, expected, what to do.

Turns the kernels' codes into text. Reads the bad line again, slowly, to quote from it.
"""

from decimal import Decimal
from typing import Final

from mm_tardis import table as t
from mm_tardis.layout import Layout

_CORRECT: Final = "correct or remove the row, or download the file again"
_NUMBER: Final = "a decimal number such as 64600.5"

_EXPECTED: Final = {
    t.EMPTY: f"{_NUMBER}; {_CORRECT}",
    t.NOT_NUMBER: f"{_NUMBER}; {_CORRECT}",
    t.NEGATIVE: f"a number without a sign; {_CORRECT}",
    t.NOT_POSITIVE: f"a price above zero; {_CORRECT}",
    t.DIGITS: f"at most 18 digits, before and after the point; {_CORRECT}",
    t.TOO_LARGE: (
        f"a number that fits in 18 digits when counted in the finest steps of the file; {_CORRECT}"
    ),
    t.BAD_TIME: f"microseconds since 1970 in 16 digits; {_CORRECT}",
    t.BAD_SNAPSHOT: f"true or false; {_CORRECT}",
}

_OF_ROLE: Final = {
    t.SNAPSHOT: t.BAD_SNAPSHOT,
    t.LOCAL_TIME: t.BAD_TIME,
    t.EXCHANGE_TIME: t.BAD_TIME,
    t.FUNDING_TIME: t.BAD_TIME,
}
"""Text behind a valid value is worded as if the value were bad; other roles hold numbers."""


def describe(code: int, role: int, line: str, layout: Layout, exchange: str, previous: int) -> str:
    """Say what is wrong with a line of a file; the caller puts path and line number in front.

    Args:
        code: why the kernel stopped.
        role: at what.
        line: the bad line, without its end.
        layout: of the file.
        exchange: what the rows before are from.
        previous: local time of the row before [µs].
    """
    fields = line.split(",")
    if fields == list(layout.columns):
        return "the line is the header once more, expected a row; remove it"
    if code == t.BLANK_LINE:
        return "the line is blank, expected a row; remove it"
    if code == t.LONG_LINE:
        return (
            f"the line is longer than {t.MAX_LINE} bytes, expected a row of a Tardis CSV file; "
            f"download the file again"
        )
    if code == t.FIELD_COUNT or len(fields) != len(layout.columns):
        return (
            f"the row has {len(fields)} fields, expected {len(layout.columns)} as in the header; "
            f"the file may be cut off or mixed: download it again"
        )
    if role == t.IGNORED:
        return f"a field is not text, expected a row; {_CORRECT}"
    column = layout.index(role)
    found = fields[column]
    shown = repr(found if len(found) <= 40 else found[:40] + "…") if found else "empty"
    return f"{layout.columns[column]} is {shown}, expected " + _expected(
        code, role, found, layout, exchange, previous
    )


def _expected(
    code: int, role: int, found: str, layout: Layout, exchange: str, previous: int
) -> str:
    if code == t.OTHER_EXCHANGE:
        return f"{exchange!r} as in the first row; keep one exchange a file"
    if code == t.GOES_BACK:
        return f"a time not before {previous}, that of the row above; sort the rows by this column"
    if code == t.BAD_SIDE or (code == t.JUNK and role == t.SIDE):
        words = "bid or ask" if layout.kind == t.BOOK else "buy, sell or unknown"
        return f"{words}; {_CORRECT}"
    if code == t.JUNK:
        return _EXPECTED[_OF_ROLE.get(role, t.NOT_NUMBER)]
    return _EXPECTED[code]


def off_grid(
    role: int, line: str, layout: Layout, tick: Decimal | None, lot: Decimal | None
) -> str:
    """Say that a number is not a whole number of ticks or lots."""
    column = layout.index(role)
    found = line.split(",")[column]
    what, size = ("tick", tick) if layout.is_price(column) else ("lot", lot)
    return (
        f"{layout.columns[column]} is {found!r}, expected a multiple of the {what} size {size}; "
        f"set [instrument] {what}_size to what the data use, or leave it out"
    )

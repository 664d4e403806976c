"""Parsed rows of one file, a block at a time, or the error that names the line.

Joins the parts that know bytes, header, fields and words; knows neither grid nor statistics.
"""

from pathlib import Path
from typing import NoReturn, Self

import numpy as np

from mm.api import DataError
from mm_tardis import faults
from mm_tardis.depth import SHORTEST_LEVEL, parse_depth
from mm_tardis.layout import read_header
from mm_tardis.lines import Identity, LineBlocks
from mm_tardis.parse import parse
from mm_tardis.symbols import new_others, rows_of
from mm_tardis.table import (
    BLANK_LINE,
    EXCHANGE,
    INEXACT,
    LINES,
    MAX_LINE,
    MEMORY,
    OK,
    PREVIOUS,
    PRICE,
    SHORTEST_ROW,
    SYMBOL,
    T_LEVEL,
    T_ROW,
    WIDTH,
    Ints,
    Text,
)

_NOTHING = np.zeros((0, WIDTH), np.int64)


class RowReader:
    """Reads one file from start to end, once. Blocks until the disk answers: run it in a thread.

    Args:
        path: the file.
        kind: TRADES, QUOTES, BOOK or TICKERS; None takes any, and ``layout`` says which it is.
        symbol: rows of others are skipped; None takes that of the first row.
        block_bytes: text to read at a time.
        expected: refuse the file if it is no longer the one that had this identity.
        inexact: of which numbers digits beyond the 18th are cut off, as ``Given.inexact``.

    Raises:
        DataError: from here and from ``read``, at the first thing that is wrong.
    """

    def __init__(
        self,
        path: Path,
        kind: int | None,
        symbol: str | None,
        block_bytes: int,
        expected: Identity | None = None,
        inexact: int = 0,
    ) -> None:
        self.path = path
        self.lines = LineBlocks(path, block_bytes, expected=expected)
        try:
            self.layout = read_header(path, self.lines.header(), kind)
        except BaseException:
            self.lines.close()
            raise
        self.exchange: str | None = None
        self.symbol = symbol
        self.table: Ints = _NOTHING
        """What ``read`` filled; the next ``read`` overwrites it. Columns without a role stay 0."""
        self._text: Text = np.empty(0, np.int8)
        self._before = 0  # data rows in the blocks before
        self._others = new_others()
        self._memory = np.zeros(MEMORY, np.int64)
        self._memory[INEXACT] = inexact
        self.failed = (0, OK, 0, "")
        """Of the row that ``read`` refused: its number in the file, code, role and text."""
        self._names = (np.empty(0, np.int8), np.empty(0, np.int8))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.lines.close()

    @property
    def others(self) -> dict[str, int]:
        """Rows of other symbols so far, by symbol."""
        return rows_of(self._others)

    def read(self) -> int:
        """Fill ``table`` with the next block; return the rows, 0 only at the end of the file."""
        rows = 0
        while rows == 0:
            text = self.lines.block()
            if text is None:
                return 0
            if self.exchange is None:
                self._learn_names(text)
            self._text = text
            self._before = int(self._memory[LINES])
            rows, code, role, start = self._parse(text)
            if code != OK:
                self._fail(code, role, start)
            self.lines.line += int(self._memory[LINES]) - self._before
        return rows

    def fail(self, row: int, message: str) -> NoReturn:
        """Raise a DataError about row ``row`` of ``table``."""
        self._raise(int(self.table[row, T_ROW]), message)

    def describe(self, code: int, role: int, row: int) -> str:
        """Say what is wrong with row ``row`` of ``table``."""
        return self._describe(code, self.role_of(role, row), self.line_text(row))

    def role_of(self, role: int, row: int) -> int:
        """A role of row ``row`` of ``table`` that tells the column in the file."""
        if self.layout.slots is None or role < PRICE:
            return role
        return self.layout.level_role(role, int(self.table[row, T_LEVEL]))

    def line_text(self, row: int) -> str:
        """The text of the line that row ``row`` of ``table`` comes from."""
        line = int(self.table[row, T_ROW]) - self._before - 1
        return _decode(self._text.tobytes().split(b"\n", line + 1)[line])

    def _parse(self, text: Text) -> tuple[int, int, int, int]:
        layout = self.layout
        if layout.slots is None:
            self._make_room(len(text) // SHORTEST_ROW + 1)
            return parse(
                text, layout.roles, layout.kind, *self._names, self.table, self._memory,
                *self._others,
            )  # fmt: skip
        self._make_room(len(text) // SHORTEST_LEVEL + 2 * layout.depth + 1)
        return parse_depth(
            text, layout.roles, layout.slots, *self._names, self.table, self._memory, *self._others
        )

    def _make_room(self, rows: int) -> None:
        if len(self.table) < rows:
            self.table = np.zeros((rows, WIDTH), np.int64)

    def _fail(self, code: int, role: int, start: int) -> NoReturn:
        line = _decode(self._text[start:].tobytes().split(b"\n", 1)[0])
        row = int(self._memory[LINES]) + 1
        self.failed = row, code, role, line
        self._raise(row, self._describe(code, role, "" if code == BLANK_LINE else line))

    def _raise(self, row: int, message: str) -> NoReturn:
        # No line of a file with rows behind it is blank, so rows and lines count alike.
        raise DataError(f"{self.path}:{row + 1}: {message}")

    def _describe(self, code: int, role: int, line: str) -> str:
        exchange = self.exchange or ""
        previous = int(self._memory[PREVIOUS])
        return faults.describe(code, role, line, self.layout, exchange, previous)

    def _learn_names(self, text: Text) -> None:
        """Take exchange (and symbol, if none is asked for) from the first row."""
        line = text[: 2 * MAX_LINE].tobytes().lstrip(b"\r\n").split(b"\n", 1)[0].rstrip(b"\r")
        if not line:
            return
        fields = [*line.split(b","), *[b""] * len(self.layout.columns)]
        exchange = fields[self.layout.index(EXCHANGE)]
        symbol = fields[self.layout.index(SYMBOL)]
        if self.symbol is not None:
            symbol = self.symbol.encode()
        self.exchange, self.symbol = _decode(exchange), _decode(symbol)
        self._names = (
            np.frombuffer(bytearray(exchange), np.int8),
            np.frombuffer(bytearray(symbol), np.int8),
        )


def _decode(line: bytes) -> str:
    """Text that can be printed, whatever the bytes."""
    return line.rstrip(b"\r").decode("utf-8", "backslashreplace")

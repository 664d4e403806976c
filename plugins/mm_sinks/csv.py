"""CSV files, one per table, written as the rows come; a table without rows is a header alone.

A file grows by whole rows, many in one write, so whoever reads it meanwhile, or after the process
was killed, finds whole rows. Only a kill within a write, or a loss of power, can leave a part of
one. What a full disk refused waits, and is written whole by the next ``flush`` that succeeds; a
file that was removed is put back once its folder is there. A file that is there already is of the
same run, which is taken up and gives its rows again: what is equal stays as it is, so nothing is
lost on the way, and from the first difference on it is written anew. Knows nothing of when rows
are to reach the disk: ``flush`` is called for that.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

import numpy as np

from mm.api import (
    CANDLE,
    DECISION,
    EXECUTION,
    ORDER,
    POSITION,
    REPORT,
    Instrument,
    Rows,
    Status,
    UsageError,
    stay_at,
)
from mm_sinks.cells import lines, markets_of
from mm_sinks.columns import TABLES, header

_TOGETHER: Final = 4096
"""Rows of a table that are turned into text in one go: a hundred calls of numpy's and Arrow's, each
of which costs what some hundred rows do. Half a megabyte a table."""

_ROWS: Final = {
    "orders": ORDER,
    "reports": REPORT,
    "trades": EXECUTION,
    "positions": POSITION,
    "candles": CANDLE,
    "decisions": DECISION,
}


class CsvSink:
    """Writes ``orders.csv``, ``trades.csv`` and the others into the run directory."""

    def __init__(
        self, instruments: Sequence[Instrument], directory: Path, suffix: str = ""
    ) -> None:
        """Open every file; ``suffix`` is put behind each name."""
        self._markets = markets_of(instruments)
        # All at once, so that memory stays as it is from the first row on.
        self._held = {table: np.zeros(_TOGETHER, _ROWS[table]) for table in TABLES}
        self._count = dict.fromkeys(TABLES, 0)
        self._files = {
            table: _File(directory / f"{name}{suffix}", header(columns))
            for table, (name, columns) in TABLES.items()
        }

    def write(self, table: str, rows: Rows) -> None:
        """Append rows to the table's file, many at a time; they are taken also if that fails."""
        start, is_full = 0, False
        while start < len(rows):
            count = self._count[table]
            taken = min(len(rows) - start, _TOGETHER - count)
            self._held[table][count : count + taken] = rows[start : start + taken]
            self._count[table] += taken
            start += taken
            if self._count[table] == _TOGETHER:
                self._spell(table)
                is_full = True
        if is_full:
            self._files[table].put()

    def flush(self) -> None:
        """Put all that came into the files."""
        for table in self._files:
            self._put(table)

    def close(self, status: Status) -> None:
        """Flush and close every file, the others too if one fails."""
        with ExitStack() as closing:
            for table, file in self._files.items():
                closing.callback(file.close)
                closing.callback(self._put, table)

    def _put(self, table: str) -> None:
        self._spell(table)
        self._files[table].put()

    def _spell(self, table: str) -> None:
        """Turn what is held into text."""
        count, self._count[table] = self._count[table], 0
        if count:
            held = self._held[table][:count]
            self._files[table].add(lines(held, TABLES[table][1], self._markets))


class _File:
    """A file of whole rows, with what waits to be written behind them.

    Nothing lies between us and the file that could split what is written in one go.
    """

    def __init__(self, path: Path, first: bytes) -> None:
        """Open it, or make it. The first line goes with the first rows, so that a sink can be
        built on a full disk."""
        self._path = path
        self._waiting = first
        self._end = 0  # bytes of whole rows
        with writing(str(path)):
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
            self._there = os.fstat(self._file).st_size
            """Bytes that stood there before, behind the end; 0 = none."""

    def add(self, text: bytes) -> None:
        """Take whole rows."""
        self._waiting += text

    def put(self) -> None:
        """Write what waits, whole; if that fails, it goes on waiting, whole.

        Raises:
            UsageError: it cannot be written.
        """
        with writing(str(self._path)):
            self._file = stay_at(self._path, self._file)
            if self._there:
                self._compare()
            elif os.fstat(self._file).st_size > self._end:  # to cut it back failed, too
                os.ftruncate(self._file, self._end)
            left = memoryview(self._waiting)
            try:
                while left:
                    left = left[os.write(self._file, left) :]
            except OSError:
                with suppress(OSError):
                    os.ftruncate(self._file, self._end)
                raise
        self._end += len(self._waiting)
        self._waiting = b""

    def close(self) -> None:
        """Close it; what stood there and did not come again goes."""
        with writing(str(self._path)):
            try:
                if self._there:
                    os.ftruncate(self._file, self._end)
            finally:
                os.close(self._file)

    def _compare(self) -> None:
        """Pass over what stands in the file already; what is left is to be written behind it."""
        ours = self._waiting
        there = os.pread(self._file, len(ours), self._end)
        pairs = zip(ours, there, strict=False)
        same = len(there)
        if ours[:same] != there:
            same = next(n for n, (our, their) in enumerate(pairs) if our != their)
        if same < len(ours):
            os.ftruncate(self._file, self._end + same)
        self._there = 0 if same < len(ours) else self._there - same
        self._end += same
        self._waiting = ours[same:]


@contextmanager
def writing(name: str) -> Iterator[None]:
    """Say of a full disk that it is full, rather than that this sink is broken.

    Raises:
        UsageError: in place of any OSError.
    """
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"{name}: cannot be written: {error.strerror};"
            " make room, or choose another folder with --output"
        ) from error

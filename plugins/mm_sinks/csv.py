"""CSV files, one per table, written as the rows come; a table without rows is a header alone.

A file grows by whole rows, many in one write, so whoever reads it meanwhile, or after the process
was killed, finds whole rows. Only a kill within a write, or a loss of power, can leave a part of
one. A file that is there already is of the same run, which is taken up and gives its rows again:
what is equal stays as it is, so nothing is lost on the way, and from the first difference on it is
written anew. Knows nothing of when rows are to reach the disk: ``flush`` is called for that.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, Final, cast

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
        self._files: dict[str, BinaryIO] = {}
        self._there: dict[str, int] = {}
        """Bytes that stood there before, behind what was compared; 0 = none."""
        # All at once, so that memory stays as it is from the first row on.
        self._held = {table: np.zeros(_TOGETHER, _ROWS[table]) for table in TABLES}
        self._count = dict.fromkeys(TABLES, 0)
        self._ahead = {table: header(columns) for table, (_, columns) in TABLES.items()}
        for table, (name, _) in TABLES.items():
            path = directory / f"{name}{suffix}"
            with writing(str(path)):
                mode = "r+b" if path.exists() else "wb"
                self._files[table] = cast(BinaryIO, path.open(mode, buffering=0))
                self._there[table] = path.stat().st_size

    def write(self, table: str, rows: Rows) -> None:
        """Append rows to the table's file, many at a time."""
        start = 0
        while start < len(rows):
            count = self._count[table]
            taken = min(len(rows) - start, _TOGETHER - count)
            self._held[table][count : count + taken] = rows[start : start + taken]
            self._count[table] += taken
            start += taken
            if self._count[table] == _TOGETHER:
                self._put(table)

    def flush(self) -> None:
        """Put all that came into the files."""
        for table in self._files:
            self._put(table)

    def close(self, status: Status) -> None:
        """Flush and close every file, the others too if one fails."""
        with ExitStack() as closing:
            for table in self._files:
                closing.callback(self._close, table)
                closing.callback(self._put, table)

    def _put(self, table: str) -> None:
        """Write what is held in one go; nothing lies between us and the file that could split it.

        The header goes with the first rows, so that a sink can be built on a full disk, and closed.
        """
        count, self._count[table] = self._count[table], 0
        text, self._ahead[table] = self._ahead[table], b""
        if count:
            text += lines(self._held[table][:count], TABLES[table][1], self._markets)
        file, left = self._files[table], memoryview(text)
        with writing(file.name):
            if self._there[table]:
                left = self._compare(table, left)
            while left:
                left = left[file.write(left) :]

    def _compare(self, table: str, rows: memoryview) -> memoryview:
        """Pass over what stands in the file already; give what is to be written behind it."""
        file, start = self._files[table], self._files[table].tell()
        there = file.read(len(rows))
        pairs = zip(rows.tobytes(), there, strict=False)
        same = len(there)
        if rows[:same] != there:
            same = next(n for n, (ours, theirs) in enumerate(pairs) if ours != theirs)
        file.seek(start + same)
        self._there[table] -= same
        if same < len(rows):
            file.truncate()
            self._there[table] = 0
        return rows[same:]

    def _close(self, table: str) -> None:
        file = self._files[table]
        with writing(file.name):
            if self._there[table]:
                file.truncate()
            file.close()


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

"""CSV files, one per table, written as the rows come; a table without rows is a header alone.

A file grows by whole rows, many in one write, so whoever reads it meanwhile, or after the process
was killed, finds whole rows. Only a kill within a write, or a loss of power, can leave a part of
one. Knows nothing of when rows are to reach the disk: ``flush`` is called for that.
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
from mm_sinks.columns import TABLES, header, lines

_TOGETHER: Final = 1024
"""Rows of a table that are turned into text in one go: to call the writer of each column costs what
twenty rows do. A tenth of a megabyte a table."""

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
        self._instruments = instruments
        self._files: dict[str, BinaryIO] = {}
        # All at once, so that memory stays as it is from the first row on.
        self._held = {table: np.zeros(_TOGETHER, _ROWS[table]) for table in TABLES}
        self._count = dict.fromkeys(TABLES, 0)
        self._ahead = {table: header(columns) for table, (_, columns) in TABLES.items()}
        for table, (name, _) in TABLES.items():
            path = directory / f"{name}{suffix}"
            with writing(str(path)):
                self._files[table] = cast(BinaryIO, path.open("wb", buffering=0))

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
            for table, file in self._files.items():
                closing.callback(_close, file)
                closing.callback(self._put, table)

    def _put(self, table: str) -> None:
        """Write what is held in one go; nothing lies between us and the file that could split it.

        The header goes with the first rows, so that a sink can be built on a full disk, and closed.
        """
        count, self._count[table] = self._count[table], 0
        text, self._ahead[table] = self._ahead[table], ""
        if count:
            text += lines(self._held[table][:count], TABLES[table][1], self._instruments)
        file, left = self._files[table], memoryview(text.encode())
        with writing(file.name):
            while left:
                left = left[file.write(left) :]


def _close(file: BinaryIO) -> None:
    with writing(file.name):
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

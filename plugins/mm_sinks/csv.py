"""CSV files, one per table, written as the rows come; a table without rows is a header alone."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, TextIO

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

    def __init__(self, instruments: Sequence[Instrument], directory: Path) -> None:
        """Open every file and write its header."""
        self._instruments = instruments
        self._files: dict[str, TextIO] = {}
        # All at once, so that memory stays as it is from the first row on.
        self._held = {table: np.zeros(_TOGETHER, _ROWS[table]) for table in TABLES}
        self._count = dict.fromkeys(TABLES, 0)
        for table, (name, columns) in TABLES.items():
            path = directory / name
            with _writing(str(path)):
                self._files[table] = path.open("w", encoding="utf-8", newline="")
                self._files[table].write(header(columns))

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
        for table, file in self._files.items():
            self._put(table)
            with _writing(file.name):
                file.flush()

    def close(self, status: Status) -> None:
        """Flush and close every file, the others too if one fails."""
        with ExitStack() as closing:
            for table, file in self._files.items():
                closing.callback(_close, file)
                closing.callback(self._put, table)

    def _put(self, table: str) -> None:
        count, self._count[table] = self._count[table], 0
        if count == 0:
            return
        text = lines(self._held[table][:count], TABLES[table][1], self._instruments)
        with _writing(self._files[table].name):
            self._files[table].write(text)


def _close(file: TextIO) -> None:
    with _writing(file.name):
        file.close()


@contextmanager
def _writing(name: str) -> Iterator[None]:
    """Say of a full disk that it is full, rather than that this sink is broken."""
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"{name}: cannot be written: {error.strerror};"
            " make room, or choose another folder with --output"
        ) from error

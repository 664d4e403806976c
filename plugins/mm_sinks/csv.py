"""CSV files, one per table, written as the rows come; a table without rows is a header alone."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from mm.api import Instrument, Rows, Status, UsageError
from mm_sinks.columns import TABLES, header, lines


class CsvSink:
    """Writes ``orders.csv``, ``trades.csv`` and the others into the run directory."""

    def __init__(self, instruments: Sequence[Instrument], directory: Path) -> None:
        """Open every file and write its header."""
        self._instruments = instruments
        self._files: dict[str, TextIO] = {}
        for table, (name, columns) in TABLES.items():
            path = directory / name
            with _writing(str(path)):
                self._files[table] = path.open("w", encoding="utf-8", newline="")
                self._files[table].write(header(columns))

    def write(self, table: str, rows: Rows) -> None:
        """Append rows to the table's file."""
        file = self._files[table]
        text = lines(rows, TABLES[table][1], self._instruments)
        with _writing(file.name):
            file.write(text)

    def close(self, status: Status) -> None:
        """Flush and close every file, the others too if one fails."""
        with ExitStack() as closing:
            for file in self._files.values():
                closing.callback(_close, file)


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

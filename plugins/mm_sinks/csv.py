"""CSV files, one per table, written as the rows come; a table without rows is a header alone."""

from collections.abc import Sequence
from pathlib import Path

from mm.api import Instrument, Rows, Status
from mm_sinks.columns import TABLES, header, lines


class CsvSink:
    """Writes ``orders.csv``, ``trades.csv`` and the others into the run directory."""

    def __init__(self, instruments: Sequence[Instrument], directory: Path) -> None:
        """Open every file and write its header."""
        self._instruments = instruments
        self._files = {
            table: (directory / name).open("w", encoding="utf-8", newline="")
            for table, (name, _) in TABLES.items()
        }
        for table, (_, columns) in TABLES.items():
            self._files[table].write(header(columns))

    def write(self, table: str, rows: Rows) -> None:
        """Append rows to the table's file."""
        self._files[table].write(lines(rows, TABLES[table][1], self._instruments))

    def close(self, status: Status) -> None:
        """Flush and close every file."""
        for file in self._files.values():
            file.close()

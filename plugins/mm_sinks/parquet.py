"""Parquet files, one per table: typed columns, words as dictionaries, ZSTD.

While the run goes on, rows stand as CSV in ``<table>.csv.partial``; each file is made of that at
the end, in row groups, beside its final name. Two reasons. The writer (arro3's) pulls a stream to
its end and cannot be handed more rows later, except from a thread of its own, and a Parquet file
that was cut off has no footer, so nothing in it can be read, where of the CSV all is but the last
row. And the values are those of the CSV files by construction, down to the last digit, as is the
hash that the run's digest is made of.
"""

import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Final, cast

import arro3.core as ac
from arro3.io import read_csv, write_parquet

from mm.api import Instrument, Rows, Status
from mm_sinks.columns import TABLES
from mm_sinks.csv import CsvSink, writing

PARTIAL: Final = ".partial"
"""Behind the name of a table's CSV while the run goes on."""

SCHEMA_VERSION: Final = 2
"""Of the columns and their types; one more when any changes."""

_GROUP: Final = 1 << 16
"""Rows in a row group: some MB of memory while it is made."""

_CHUNK: Final = 1 << 20
"""Bytes of CSV that become a batch."""

_TEXTS: Final = frozenset(
    ("symbol", "side", "type", "action", "tif", "event", "reason", "liquidity", "rule", "bid_clamp",
     "ask_clamp"),
)  # fmt: skip
_INTEGERS: Final = frozenset(
    ("client_id", "order_id", "post_only", "reduce_only", "refused", "print_row")
)

_INTEGER: Final = ac.DataType.int64()
_FLOAT: Final = ac.DataType.float64()
_TEXT: Final = ac.DataType.utf8()
_TIME: Final = ac.DataType.timestamp("us", tz="UTC")
_WORDS: Final = ac.DataType.dictionary(ac.DataType.int32(), ac.DataType.utf8())


class ParquetSink:
    """Writes ``orders.parquet``, ``trades.parquet`` and the others into the run directory."""

    def __init__(
        self, instruments: Sequence[Instrument], directory: Path, metadata: Mapping[str, str]
    ) -> None:
        """Open what rows are kept in meanwhile; ``metadata`` is written into each file."""
        self._directory = directory
        self._metadata = dict(metadata)
        self._rows = CsvSink(instruments, directory, PARTIAL)
        self._hashes: dict[str, str] = {}

    def write(self, table: str, rows: Rows) -> None:
        """Take rows of a table."""
        self._rows.write(table, rows)

    def flush(self) -> None:
        """Put all that came onto the disk."""
        self._rows.flush()

    def close(self, status: Status) -> None:
        """Make the files, and remove what they were made of; the others, too, if one fails."""
        self._rows.close(status)
        with ExitStack() as making:
            for name, columns in reversed(TABLES.values()):
                making.callback(self._make, name, [column for column, _ in columns])

    def hashes(self) -> Mapping[str, str]:
        """Give the sha256 of each CSV file that the sink ``csv`` writes of the same rows."""
        return self._hashes

    def _make(self, name: str, columns: Sequence[str]) -> None:
        rows = self._directory / f"{name}{PARTIAL}"
        path = (self._directory / name).with_suffix(".parquet")
        self._hashes[name] = _convert(rows, path, columns, self._metadata)
        with writing(str(rows)):
            rows.unlink()


def column_type(name: str) -> ac.DataType:
    """Say what a column of this name holds, in whichever file."""
    if name in _TEXTS:
        return _WORDS
    if name in _INTEGERS:
        return _INTEGER
    return _TIME if name.startswith("ts_") else _FLOAT


def _convert(source: Path, path: Path, names: Sequence[str], metadata: Mapping[str, str]) -> str:
    """Make a Parquet file of a CSV file; return the sha256 of the latter."""
    found = hashlib.sha256()
    fields = [ac.Field(name, column_type(name), nullable=True) for name in names]
    batches = ac.RecordBatchReader.from_batches(ac.Schema(fields), _batches(source, names, found))
    # One key: of several, arro3 writes the order that a hash of the moment gives.
    about = json.dumps({**metadata, "schema": SCHEMA_VERSION}, sort_keys=True)
    temporary = path.with_name(f"{path.name}.tmp")
    with writing(str(path)):
        with temporary.open("wb") as file:
            out = _Output(file)
            write_parquet(
                batches,
                cast(IO[bytes], out),
                compression="zstd(3)",
                max_row_group_size=_GROUP,
                key_value_metadata={"mm": about},
            )
            if out.failure is not None:
                raise out.failure
        temporary.replace(path)
    return found.hexdigest()


def _batches(path: Path, names: Sequence[str], found: Any) -> Iterator[ac.RecordBatch]:
    """Read a CSV file a chunk at a time, hashing what is read."""
    read_as = ac.Schema([ac.Field(name, _read_as(name), nullable=True) for name in names])
    types = [column_type(name) for name in names]
    with path.open("rb") as file:
        found.update(file.readline())
        while text := file.read(_CHUNK) + file.readline():
            found.update(text)
            for batch in read_csv(io.BytesIO(text), read_as, has_header=False):
                columns = [
                    batch.column(i).cast(kind) if kind in (_TIME, _WORDS) else batch.column(i)
                    for i, kind in enumerate(types)
                ]
                yield ac.RecordBatch.from_arrays(columns, names=list(names))


def _read_as(name: str) -> ac.DataType:
    kind = column_type(name)
    return _TEXT if kind == _WORDS else _INTEGER if kind == _TIME else kind


class _Output(io.RawIOBase):
    """A file whose first failure is kept rather than raised.

    For arro3's writer writes once more while a failure passes through it, and dies of the second.
    """

    def __init__(self, file: Any) -> None:
        self._file = file
        self.failure: OSError | None = None

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if self.failure is None:
            try:
                self._file.write(data)
            except OSError as error:
                self.failure = error
        return len(data)

    def flush(self) -> None:
        if getattr(self, "failure", self) is None:
            try:
                self._file.flush()
            except OSError as error:
                self.failure = error

"""A run directory's tables, whichever sink wrote them: where each stands, and its rows as text.

``<table>.csv``, ``<table>.parquet`` or, of a run that was killed, ``<table>.csv.partial``. Text is
what the sink ``csv`` writes, whatever the file is. Knows no table's meaning.
"""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

from mm.api import DataError, open_file

Row: TypeAlias = dict[str, str]

_SUFFIXES: Final = (".csv", ".parquet", ".csv.partial")

_MAGIC: Final = b"PAR1"
_BATCH: Final = 1 << 14


def find_table(directory: Path, name: str) -> Path | None:
    """Find the file of a table; None if no sink wrote one."""
    paths = (directory / f"{name}{suffix}" for suffix in _SUFFIXES)
    return next((path for path in paths if path.exists()), None)


def read_rows(path: Path) -> Iterator[Row]:
    """Give the rows of a table's file as text; of one that was cut off, those that are whole.

    Raises:
        DataError: the file cannot be read, or is not what a run writes.
    """
    if path.suffix == ".parquet":
        for batch in parquet_batches(path):
            names = batch.schema.names
            texts = [_texts(batch.column(name)) for name in names]
            yield from (dict(zip(names, row, strict=True)) for row in zip(*texts, strict=True))
        return
    with open_file(path, expected="a file of a run", error=DataError) as file:
        lines = io.TextIOWrapper(io.BufferedReader(file), "utf-8", newline="")
        whole = (line for line in lines if line.endswith("\n"))
        try:
            yield from csv.DictReader(whole)
        except (OSError, ValueError, csv.Error) as error:
            reason = getattr(error, "strerror", None) or error
            raise DataError(f"{path}: cannot be read: {reason}; run it again") from error


def parquet_batches(path: Path) -> Any:
    """Open a Parquet file: an ``arro3.core.RecordBatchReader``.

    Raises:
        DataError: it is none, or was cut off.
    """
    from arro3.io import read_parquet  # 10 ms; who reads CSV needs it not

    with open_file(path, expected="a file of a run", error=DataError) as file:
        start = file.read(len(_MAGIC))
        file.seek(0, 2)
        file.seek(max(file.tell() - len(_MAGIC), 0))
        if not start == file.read() == _MAGIC:
            raise DataError(f"{path}: is no whole Parquet file: it was cut off; run it again")
    try:
        return read_parquet(path, batch_size=_BATCH)
    except BaseException as error:
        # What arro3 does not expect it answers with a panic of Rust's, which is no Exception.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        text = str(error).splitlines()[0]
        raise DataError(f"{path}: is not what a run writes: {text}; run it again") from error


def _texts(column: Any) -> list[str]:
    """Write a column as the sink ``csv`` does, which has Arrow write the same."""
    from arro3.core import DataType

    if "Timestamp" in str(column.type):
        column = column.cast(DataType.int64())
    return [text or "" for text in column.cast(DataType.utf8()).to_pylist()]

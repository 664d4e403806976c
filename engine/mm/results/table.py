"""One file of a run as typed columns, handed to other libraries through Arrow's PyCapsules.

pandas, polars, DuckDB and pyarrow take a Table as it is, and none of them is needed. Times are
``timestamp[us, UTC]``, words are dictionary-encoded, empty cells are nulls. Knows the schema, and
nothing of runs.
"""

from io import BytesIO
from pathlib import Path
from typing import IO, Any, Final

import arro3.core as ac
import numpy as np
import numpy.typing as npt
from arro3.io import read_csv

from mm.api import DataError, open_file
from mm.rows import parquet_batches
from mm.schema import SCHEMA, Column, check_columns

_READ_AS: Final = {
    "time": ac.DataType.int64(),
    "int": ac.DataType.int64(),
    "float": ac.DataType.float64(),
    "text": ac.DataType.utf8(),
}
"""Kind of column -> the type that its cells are read as."""

_CAST: Final = {
    "time": ac.DataType.timestamp("us", tz="UTC"),
    "text": ac.DataType.dictionary(ac.DataType.int32(), ac.DataType.utf8()),
}
"""Kind -> what it then is, if something else."""

_ROWS_SHOWN: Final = 10


class Table:
    """Columns of equal length, by name."""

    def __init__(self, name: str, arrow: ac.Table) -> None:
        """Hold what ``arrow`` has; ``name`` is for people."""
        self.name = name
        self._arrow = arrow

    @property
    def columns(self) -> tuple[str, ...]:
        """Names, in order."""
        return tuple(self._arrow.column_names)

    def __len__(self) -> int:
        return self._arrow.num_rows

    def __getitem__(self, column: str) -> npt.NDArray[Any]:
        """Give a column as an array, shape (rows,).

        Times are ``datetime64[us]`` (UTC), numbers float64 with NaN where a cell is empty, or int64
        if none is; words are objects, None where a cell is empty.

        Raises:
            KeyError: there is no such column; the text names those that there are.
        """
        if column not in self._arrow.column_names:
            raise KeyError(f"{column!r}; the table {self.name} has {', '.join(self.columns)}")
        found = self._arrow.column(column)
        kind = str(found.type)
        if "Timestamp" in kind:
            found = found.cast(ac.DataType.int64())
            return _filled(found).astype("datetime64[us]")
        if "Dictionary" in kind or "Utf8" in kind:
            return np.array(found.to_pylist(), object)
        return _filled(found)

    def where(self, chosen: npt.NDArray[np.bool_]) -> "Table":
        """Give the rows that are ``chosen``, shape (rows,)."""
        rows = ac.Array.from_numpy(np.flatnonzero(chosen).astype(np.uint64))
        batches = self._arrow.combine_chunks().to_batches()
        taken = [batch.take(rows) for batch in batches]
        return Table(self.name, ac.Table.from_batches(taken, schema=self._arrow.schema))

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._arrow.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        return self._arrow.schema.__arrow_c_schema__()

    def to_pandas(self) -> Any:
        """Make a ``pandas.DataFrame``; pandas must be installed."""
        import pandas as pd

        frame = pd.DataFrame({name: self[name] for name in self.columns})
        for name in self.columns:
            if frame[name].dtype.kind == "M":
                frame[name] = frame[name].dt.tz_localize("UTC")
        return frame

    def to_polars(self) -> Any:
        """Make a ``polars.DataFrame``, without copying; polars must be installed."""
        import polars as pl

        return pl.DataFrame(self)

    def __repr__(self) -> str:
        return f"<Table {self.name}: {len(self)} rows of {', '.join(self.columns)}>"

    def _repr_html_(self) -> str:
        """Show the first rows."""
        head = "".join(f"<th>{name}</th>" for name in self.columns)
        first = self._arrow.slice(0, min(_ROWS_SHOWN, len(self)))
        cells = [first.column(name).to_pylist() for name in self.columns]
        rows = "".join(
            "<tr>" + "".join(f"<td>{'' if v is None else v}</td>" for v in row) + "</tr>"
            for row in zip(*cells, strict=True)
        )
        more = f"<p>{len(self):,} rows</p>"
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{more}"


def read_table(path: Path, *, cut: bool = False) -> Table:
    """Read a file of a run.

    Args:
        path: of the file.
        cut: it may end anywhere, as its run did; the rows that are whole count.

    Raises:
        DataError: it is not there, or not what a run writes.
    """
    name = path.name.partition(".")[0]
    columns = SCHEMA[name]
    if not path.exists():
        raise DataError(f"{path}: is not there; were the sinks csv and parquet left out?")
    open_file(path, expected="a file of a run", error=DataError).close()
    try:
        if path.suffix == ".parquet":
            table = _read_parquet(path, columns)
        else:
            table = _read_csv(path, columns, cut=cut)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    except DataError:
        raise
    except Exception as error:
        text = str(error).splitlines()[0]
        raise DataError(f"{path}: is not what a run writes: {text}; run it again") from error
    return Table(name, _typed(table, columns))


def _read_csv(path: Path, columns: tuple[Column, ...], *, cut: bool) -> ac.Table:
    fields = [ac.Field(one.name, _READ_AS[one.kind], nullable=True) for one in columns]
    with path.open("rb") as file:
        source: IO[bytes] = file
        if cut:
            text = file.read()
            header = ",".join(one.name for one in columns).encode() + b"\n"
            source = BytesIO(text[: text.rfind(b"\n") + 1] or header)
        check_columns(path, source.readline().decode().rstrip("\n").split(","))
        source.seek(0)
        return read_csv(source, ac.Schema(fields), has_header=True).read_all()


def _read_parquet(path: Path, columns: tuple[Column, ...]) -> ac.Table:
    table: ac.Table = parquet_batches(path).read_all()
    check_columns(path, table.column_names)
    for one in columns:
        wanted = _CAST.get(one.kind, _READ_AS[one.kind])
        if table.schema.field(one.name).type != wanted:
            raise DataError(
                f"{path}: its column {one.name} is not of the type {wanted} that a run writes;"
                " run it again"
            )
    return table


def table_of(name: str, columns: dict[str, npt.NDArray[Any]]) -> Table:
    """Make a table from arrays; datetime64[us] becomes a time in UTC."""
    made: dict[str, Any] = {}
    for key, values in columns.items():
        if values.dtype.kind == "M":
            array = ac.Array.from_numpy(np.ascontiguousarray(values.astype(np.int64)))
            made[key] = array.cast(_CAST["time"])
        else:
            made[key] = ac.Array.from_numpy(np.ascontiguousarray(values))
    return Table(name, ac.Table.from_pydict(made))


def _typed(table: ac.Table, columns: tuple[Column, ...]) -> ac.Table:
    if table.num_rows == 0:  # a column without chunks can be neither cast nor read
        empty = {one.name: ac.Array([], _READ_AS[one.kind]) for one in columns}
        table = ac.Table.from_pydict(dict(empty))
    arrays = [
        table.column(one.name).cast(_CAST[one.kind])
        if one.kind in _CAST and table.column(one.name).type != _CAST[one.kind]
        else table.column(one.name)
        for one in columns
    ]
    return ac.Table.from_arrays(arrays, names=[one.name for one in columns])


def _filled(column: Any) -> npt.NDArray[Any]:
    """A column of numbers; as floats with NaN, if some are missing."""
    if column.null_count == 0:
        values: npt.NDArray[Any] = column.to_numpy()
        return values
    return np.array([np.nan if v is None else v for v in column.to_pylist()], np.float64)

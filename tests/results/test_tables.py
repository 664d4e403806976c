"""A run's files as columns: what they are called, what they hold, and who can read them."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mm
from mm.api import DataError
from mm.results.table import read_table
from mm.schema import SCHEMA
from mm_sinks.columns import TABLES

FILES = {Path(name).stem: [column for column, _ in columns] for name, columns in TABLES.values()}

CANDLES = "ts_open,symbol,open,high,low,close,volume\n"


def test_the_schema_names_the_columns_that_the_sink_writes() -> None:
    assert {name: [one.name for one in columns] for name, columns in SCHEMA.items()} == FILES


@pytest.mark.parametrize("name", sorted(SCHEMA))
def test_every_cell_is_what_the_file_says(run: mm.Run, name: str) -> None:
    """Against Python's own csv, cell by cell."""
    assert run.path is not None
    table: mm.Table = getattr(run, name)
    with (run.path / f"{name}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(table) == len(rows) > 0
    for column in SCHEMA[name]:
        found = table[column.name]
        for value, row in zip(found.tolist(), rows, strict=True):
            text = row[column.name]
            if column.kind == "text":
                assert (value or "") == text
            elif text == "":
                assert value is None or np.isnan(value)
            elif column.kind == "float":
                assert value == float(text)
        if column.kind == "time":
            assert found.dtype == np.dtype("datetime64[us]")
            assert [str(v) for v in found.astype("i8")] == [r[column.name] for r in rows]


def as_pandas(table: mm.Table) -> dict[str, str]:
    pytest.importorskip("pandas", reason="pandas is not installed")
    return {name: str(dtype) for name, dtype in table.to_pandas().dtypes.items()}


def as_polars(table: mm.Table) -> dict[str, str]:
    pytest.importorskip("polars", reason="polars is not installed")
    return {name: str(dtype) for name, dtype in table.to_polars().schema.items()}


def as_pyarrow(table: mm.Table) -> dict[str, str]:
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    return {field.name: str(field.type) for field in pa.table(table).schema}


def as_duckdb(trades: mm.Table) -> dict[str, str]:
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    found = duckdb.sql("select * from trades")
    return dict(zip(found.columns, map(str, found.types), strict=True))


@pytest.mark.parametrize(
    ("read", "time", "number", "count"),
    [
        (as_pandas, "datetime64[us, UTC]", "float64", "int64"),
        (as_polars, "Datetime(time_unit='us', time_zone='UTC')", "Float64", "Int64"),
        (as_pyarrow, "timestamp[us, tz=UTC]", "double", "int64"),
        (as_duckdb, "TIMESTAMP WITH TIME ZONE", "DOUBLE", "BIGINT"),
    ],
)
def test_other_libraries_take_a_table_as_it_is(
    run: mm.Run, read: Any, time: str, number: str, count: str
) -> None:
    types = read(run.trades)
    assert list(types) == FILES["trades"]
    assert types["ts_known"] == types["ts_venue"] == time
    assert types["price"] == types["draw"] == number
    assert types["order_id"] == count


def test_sums_are_the_same_in_all_of_them(run: mm.Run) -> None:
    polars = pytest.importorskip("polars", reason="polars is not installed")
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    size = float(run.trades["size"].sum())
    assert size == run.summary["filled_qty"]
    assert polars.DataFrame(run.trades)["size"].sum() == size
    assert run.trades.to_pandas()["size"].sum() == size
    assert pandas.api.types.is_datetime64_any_dtype(run.trades.to_pandas()["ts_known"])


def test_a_column_that_there_is_not_is_answered_with_those_that_there_are(run: mm.Run) -> None:
    with pytest.raises(
        KeyError, match="'prize'; the table trades has ts_known, ts_venue, ts_decided"
    ):
        run.trades["prize"]


def test_a_table_shows_itself(run: mm.Run) -> None:
    assert repr(run.candles).startswith("<Table candles: 2 rows of ts_open, symbol")
    page = run.trades._repr_html_()
    assert page.startswith("<table><thead><tr><th>ts_known</th>")
    assert f"<p>{len(run.trades):,} rows</p>" in page


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("symbol,ts\n", "its columns are not those that this version writes"),
        (
            f"{CANDLES}abc,X,1,1,1,1,1\n",
            "is not what a run writes",
        ),
        (f"{CANDLES}12,X,1,1\n", "is not what a run writes"),
    ],
)
def test_a_file_that_is_none_of_a_run_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "candles.csv").write_text(text)
    with pytest.raises(DataError, match=fault):
        read_table(tmp_path / "candles.csv")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"trades\.csv: is not there; were the sinks"):
        read_table(tmp_path / "trades.csv")

"""The Parquet sink: its files against those of the CSV sink, and what a failure leaves."""

import csv
import hashlib
import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mm.api import BUY, EXECUTION, Instrument, Rows, UsageError
from mm.schema import SCHEMA
from mm.testing.kit.sinks import sample_tables
from mm_sinks.columns import TABLES
from mm_sinks.csv import CsvSink
from mm_sinks.parquet import (
    _FLOAT,
    _INTEGER,
    _TIME,
    _WORDS,
    PARTIAL,
    SCHEMA_VERSION,
    ParquetSink,
    column_type,
)

INSTRUMENTS = (Instrument(symbol="TEST", tick_size=Decimal("0.5"), lot_size=Decimal(100)),)
ABOUT = {"version": "1.2.3", "config_digest": "abc"}
NAMES = [Path(name).stem for name, _ in TABLES.values()]


def executions(count: int) -> Rows:
    rows = np.zeros(count, EXECUTION)
    rows["price"] = 129_201 + np.arange(count) % 7
    rows["size"], rows["side"], rows["maker"] = 3, BUY, 1
    rows["ahead"], rows["draw"] = -1, np.where(np.arange(count) % 2, 0.1 + 0.2, np.nan)
    rows["mid"], rows["order_id"] = 64600.25, np.arange(1, count + 1)
    return rows


def fill(sink: Any, tables: dict[str, Rows]) -> None:
    for table, rows in tables.items():
        sink.write(table, rows)
    sink.close("complete")


def written(folder: Path, tables: dict[str, Rows]) -> ParquetSink:
    folder.mkdir(exist_ok=True)
    sink = ParquetSink(INSTRUMENTS, folder, ABOUT)
    fill(sink, tables)
    return sink


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of both sinks, of the same rows."""
    folder = tmp_path_factory.mktemp("both")
    tables = dict(sample_tables())
    written(folder, tables)
    fill(CsvSink(INSTRUMENTS, folder), tables)
    return folder


def test_the_columns_have_the_types_of_the_written_schema() -> None:
    types = {"time": _TIME, "int": _INTEGER, "float": _FLOAT, "text": _WORDS}
    for columns in SCHEMA.values():
        for one in columns:
            assert column_type(one.name) == types[one.kind], one.name


@pytest.mark.parametrize("name", NAMES)
def test_pyarrow_finds_the_values_of_the_csv_file_and_the_types_of_the_schema(
    both: Path, name: str
) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from pyarrow import csv as pa_csv
    from pyarrow import parquet

    types = {
        "time": pa.timestamp("us", tz="UTC"),
        "int": pa.int64(),
        "float": pa.float64(),
        "text": pa.dictionary(pa.int32(), pa.string()),
    }
    found = parquet.read_table(both / f"{name}.parquet")
    assert found.schema.names == [one.name for one in SCHEMA[name]]
    assert [field.type for field in found.schema] == [types[one.kind] for one in SCHEMA[name]]
    as_text = pa_csv.ConvertOptions(
        column_types={one.name: _csv_type(pa, one.kind) for one in SCHEMA[name]},
        strings_can_be_null=True,
    )
    expected = pa_csv.read_csv(both / f"{name}.csv", convert_options=as_text)
    assert found.num_rows == expected.num_rows > 0
    for one in SCHEMA[name]:
        values = found[one.name]
        if one.kind == "time":
            values = values.cast(pa.int64())
        assert values.to_pylist() == expected[one.name].to_pylist(), one.name


def _csv_type(pa: Any, kind: str) -> Any:
    return {"time": pa.int64(), "int": pa.int64(), "float": pa.float64(), "text": pa.string()}[kind]


@pytest.mark.parametrize("name", NAMES)
def test_polars_pandas_and_duckdb_read_the_same(both: Path, name: str) -> None:
    polars = pytest.importorskip("polars", reason="polars is not installed")
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    path = both / f"{name}.parquet"
    frame, table = pandas.read_parquet(path), polars.read_parquet(path)
    read_csv = {
        "time": ("datetime64[us, UTC]", ("Datetime", "us", "UTC"), "TIMESTAMP WITH TIME ZONE"),
        "float": ("float64", ("Float64",), "DOUBLE"),
        "int": (None, ("Int64",), "BIGINT"),  # pandas has floats where a number is missing
        "text": ("category", ("Categorical",), "VARCHAR"),
    }
    relation = duckdb.sql(f"select * from read_parquet('{path}')")
    in_duckdb = dict(zip(relation.columns, map(str, relation.types), strict=True))
    rows = relation.fetchall()
    with (both / f"{name}.csv").open(newline="") as file:
        texts = list(csv.DictReader(file))
    for place, one in enumerate(SCHEMA[name]):
        of_pandas, of_polars, of_duckdb = read_csv[one.kind]
        assert of_pandas in (None, str(frame[one.name].dtype)), one.name
        shown = str(table[one.name].dtype)
        assert all(word in shown for word in of_polars), (one.name, shown)
        assert in_duckdb[one.name] == of_duckdb or in_duckdb[one.name].startswith("ENUM")
        if one.kind in ("float", "int"):
            values = _floats([float(row[one.name] or "nan") for row in texts])
            for got in (frame[one.name].to_numpy(float), _floats(table[one.name].to_list())):
                assert np.array_equal(got, values, equal_nan=True), one.name
            assert np.array_equal(_floats([row[place] for row in rows]), values, equal_nan=True)


def _floats(values: list[Any]) -> Any:
    return np.array([np.nan if value is None else value for value in values], float)


def test_the_hashes_are_those_of_the_csv_files(both: Path, tmp_path: Path) -> None:
    sink = written(tmp_path / "alone", dict(sample_tables()))
    assert sink.hashes() == {
        name: hashlib.sha256((both / name).read_bytes()).hexdigest() for name, _ in TABLES.values()
    }
    left = sorted(path.name for path in (tmp_path / "alone").iterdir())
    assert left == sorted(f"{name}.parquet" for name in NAMES)


def test_a_file_says_what_it_is_of_and_how_it_is_packed(both: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    found = parquet.ParquetFile(both / "trades.parquet").metadata
    assert json.loads(found.metadata[b"mm"]) == {**ABOUT, "schema": SCHEMA_VERSION}
    column = found.row_group(0).column(0)
    assert column.compression == "ZSTD"
    assert "RLE_DICTIONARY" in column.encodings


def test_rows_come_in_groups_and_in_order(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    written(tmp_path, {"trades": executions(150_000)})
    file = parquet.ParquetFile(tmp_path / "trades.parquet")
    assert file.num_row_groups == 3
    assert file.read()["order_id"].to_pylist() == list(range(1, 150_001))


_ANEW = """
import sys
from pathlib import Path
from tests.plugins.test_parquet_sink import executions, written
written(Path(sys.argv[1]), {"trades": executions(3000)})
"""


def test_the_same_rows_leave_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    for name, seed in (("a", "1"), ("b", "2")):
        subprocess.run(
            [sys.executable, "-c", _ANEW, str(tmp_path / name)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            cwd=Path(__file__).parents[2],
        )
    for name in NAMES:
        one, other = (tmp_path / folder / f"{name}.parquet" for folder in "ab")
        assert one.read_bytes() == other.read_bytes()


def test_meanwhile_whole_rows_stand_beside(tmp_path: Path) -> None:
    sink = ParquetSink(INSTRUMENTS, tmp_path, ABOUT)
    sink.write("trades", executions(5))
    sink.flush()
    assert {path.suffix for path in tmp_path.iterdir()} == {PARTIAL}
    text = (tmp_path / f"trades.csv{PARTIAL}").read_text()
    assert text.endswith("\n")
    assert len(text.splitlines()) == 1 + 5
    sink.close("interrupted")
    assert {path.suffix for path in tmp_path.iterdir()} == {".parquet"}


def test_a_full_disk_is_named_and_loses_no_row(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    (tmp_path / "trades.parquet.tmp").symlink_to(full)
    sink = ParquetSink(INSTRUMENTS, tmp_path, ABOUT)
    sink.write("trades", executions(3))
    with pytest.raises(UsageError, match=r"trades.parquet: cannot be written: No space left on"):
        sink.close("complete")
    assert len((tmp_path / f"trades.csv{PARTIAL}").read_text().splitlines()) == 1 + 3
    for name in NAMES:
        assert (tmp_path / f"{name}.parquet").exists() == (name != "trades")

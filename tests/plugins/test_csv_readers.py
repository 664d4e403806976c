"""The CSV files as others read them, by default settings: each column of the type in the schema.

Rows begin whole: the first hundred floats of each column have no fraction, and an exponent comes
late, so that a reader that looks at the start alone has only the text to tell by.
"""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from mm.api import (
    CANDLE,
    DECISION,
    EXECUTION,
    ORDER,
    POSITION,
    REPORT,
    Instrument,
    Rows,
)
from mm.schema import SCHEMA, Column
from mm_sinks.cells import lines, markets_of
from mm_sinks.columns import TABLES, header
from mm_sinks.csv import CsvSink

INSTRUMENTS = (
    Instrument(symbol="TEST", tick_size=Decimal("0.01"), lot_size=Decimal("0.00000001")),
    Instrument(symbol="A,B", tick_size=Decimal(5), lot_size=Decimal(100)),
)
COUNT: Final = 400
WHOLE: Final = 150
"""Rows before the first with a fraction."""

DTYPES: Final = {
    "orders": ORDER, "reports": REPORT, "trades": EXECUTION, "positions": POSITION,
    "candles": CANDLE, "decisions": DECISION,
}  # fmt: skip


def table_rows(table: str) -> Rows:
    """Rows whose floats are whole at first, then fractions, then tiny and huge."""
    rows = np.zeros(COUNT, DTYPES[table])
    at = np.arange(COUNT)
    late = at >= WHOLE
    for field in rows.dtype.names or ():
        kind = rows.dtype[field]
        if field.startswith("ts"):
            rows[field] = 1_722_470_400_000_000 + at
        elif kind == np.float64:
            rows[field] = np.where(late, at / 7, at)
            rows[field][-20:] = 1e-9 / (1 + at[-20:])
            rows[field][-5:] = [1e20, 1.5e300, -1e-7, 123456789012345680.0, 0.00001]
        elif field in ("instrument", "refused", "post_only", "reduce_only", "maker"):
            rows[field] = late & (at % 2 == 1)
        elif kind == np.int64 and field not in ("client_id", "order_id", "source_row"):
            rows[field] = np.where(late, 100_000_000 + at, 100_000_000 * (1 + at))
            rows[field][-1] = 10**17 + 1
        elif kind == np.int64:
            rows[field] = 1 + at
    return rows


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("readers")
    sink = CsvSink(INSTRUMENTS, made)
    for table in TABLES:
        sink.write(table, table_rows(table))
    sink.close("complete")
    return made


def by_pandas(path: Path) -> dict[str, str]:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    return {name: str(dtype) for name, dtype in pandas.read_csv(path).dtypes.items()}


def by_polars(path: Path) -> dict[str, str]:
    polars = pytest.importorskip("polars", reason="polars is not installed")
    return {name: str(dtype) for name, dtype in polars.read_csv(path).schema.items()}


def by_duckdb(path: Path) -> dict[str, str]:
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    found = duckdb.sql(f"select * from '{path}'")
    found.fetchall()
    return dict(zip(found.columns, map(str, found.types), strict=True))


def by_pyarrow(path: Path) -> dict[str, str]:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from pyarrow import csv

    return {field.name: str(field.type) for field in csv.read_csv(path).schema}


READERS: Final[dict[Callable[[Path], dict[str, str]], dict[str, str]]] = {
    by_pandas: {"time": "int64", "int": "int64", "float": "float64", "text": "str"},
    by_polars: {"time": "Int64", "int": "Int64", "float": "Float64", "text": "String"},
    by_duckdb: {"time": "BIGINT", "int": "BIGINT", "float": "DOUBLE", "text": "VARCHAR"},
    by_pyarrow: {"time": "int64", "int": "int64", "float": "double", "text": "string"},
}
"""Reader -> kind of column -> what it calls that."""


@pytest.mark.parametrize("read", READERS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("name", sorted(SCHEMA))
def test_every_reader_finds_the_types_of_the_schema(folder: Path, name: str, read: Any) -> None:
    found, kinds = read(folder / f"{name}.csv"), READERS[read]
    assert list(found) == [one.name for one in SCHEMA[name]]
    expected = {
        one.name: kinds[one.kind] for one in SCHEMA[name] if not is_empty(folder, name, one)
    }
    assert {column: found[column] for column in expected} == expected
    floats = {one.name for one in SCHEMA[name] if one.kind == "float"}
    assert floats <= expected.keys(), "every float has cells to be judged by"


def is_empty(folder: Path, name: str, column: Column) -> bool:
    """Whether no row has a word there: such a column has no type."""
    place = [one.name for one in SCHEMA[name]].index(column.name)
    texts = (folder / f"{name}.csv").read_text().splitlines()[1:]
    return not any(line.replace('"A,B"', "AB").split(",")[place] for line in texts)


@pytest.mark.parametrize("name", sorted(SCHEMA))
def test_every_reader_finds_the_same_floats(folder: Path, name: str) -> None:
    polars = pytest.importorskip("polars", reason="polars is not installed")
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    path = folder / f"{name}.csv"
    ours = [line.replace('"A,B"', "AB").split(",") for line in path.read_text().splitlines()[1:]]
    frames = polars.read_csv(path), duckdb.sql(f"select * from '{path}'").fetchnumpy()
    in_pandas = pandas.read_csv(path)  # before 3.0 it could be off by the last bit
    for place, one in enumerate(SCHEMA[name]):
        if one.kind == "float":
            expected = np.array([float(row[place]) for row in ours])
            for frame in frames:
                np.testing.assert_array_equal(np.asarray(frame[one.name]), expected)
            np.testing.assert_allclose(in_pandas[one.name], expected, rtol=4e-16)


@pytest.mark.parametrize("table", sorted(TABLES))
def test_floats_have_a_point_or_an_exponent_and_integers_neither(table: str) -> None:
    name, columns = TABLES[table]
    kinds = {one.name: one.kind for one in SCHEMA[name.removesuffix(".csv")]}
    text = lines(table_rows(table), columns, markets_of(INSTRUMENTS)).decode()
    for line in text.replace('"A,B"', "AB").splitlines():
        for (column, _), cell in zip(columns, line.split(","), strict=True):
            if kinds[column] == "float":
                assert "." in cell or "e" in cell, (column, cell)
                assert float(cell) == float(repr(float(cell)))
            elif kinds[column] in ("int", "time"):
                assert str(int(cell)) == cell, (column, cell)


def test_digits_beyond_a_floats_are_written_out() -> None:
    rows = np.zeros(3, CANDLE)
    rows["open"], rows["high"], rows["low"] = [3, 10**17 + 1, 1], 99_999_999_999_999, 10**15 + 1
    rows["volume"], rows["instrument"] = [10, 7, 10**17 + 1], [0, 0, 1]
    (_, columns) = TABLES["candles"]
    found = lines(rows, columns, markets_of(INSTRUMENTS)).decode().splitlines()
    assert found == [
        "0,TEST,0.03,999999999999.99,10000000000000.01,,1e-7",
        "0,TEST,1000000000000000.01,999999999999.99,10000000000000.01,,7e-8",
        '0,"A,B",5.0,499999999999995.0,5000000000000005.0,,10000000000000000100.0',
    ]


def test_one_order_of_names_in_all_files() -> None:
    """Any two names that two files share stand in the same order; the time that counts is first."""
    orders = [[one.name for one in columns] for columns in SCHEMA.values()]
    for one in orders:
        for other in orders:
            shared = [name for name in one if name in other]
            assert shared == [name for name in other if name in one]
    for columns in SCHEMA.values():
        times = [one.kind == "time" for one in columns]
        assert times == sorted(times, reverse=True), "times come first"
        assert columns[times.count(True)].name == "symbol"
    times_of = {one.name for columns in SCHEMA.values() for one in columns if one.kind == "time"}
    assert times_of == {"ts_known", "ts_venue", "ts_arrived", "ts_decided", "ts_open"}


def test_one_name_is_of_one_kind_and_unit() -> None:
    found: dict[str, set[tuple[str, str]]] = {}
    for columns in SCHEMA.values():
        for one in columns:
            found.setdefault(one.name, set()).add((one.kind, one.unit))
    assert {name: kinds for name, kinds in found.items() if len(kinds) > 1} == {}


def test_the_header_is_the_schemas() -> None:
    for name, columns in TABLES.values():
        names = ",".join(one.name for one in SCHEMA[name.removesuffix(".csv")])
        assert header(columns).decode() == f"{names}\n"

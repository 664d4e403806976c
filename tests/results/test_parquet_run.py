"""A run that was written as Parquet alone is, to whoever reads it, the run written as CSV."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import mm
from mm.api import DataError
from mm.cli import main
from mm.prove.difference import first_difference
from mm.results.comparison import compare
from mm.rows import find_table, read_rows
from mm.schema import SCHEMA


@pytest.fixture(scope="module")
def packed(run_file: Path, tmp_path_factory: pytest.TempPathFactory) -> mm.Run:
    """The run of ``run``, written as Parquet alone."""
    folder = tmp_path_factory.mktemp("parquet")
    return mm.backtest(run_file, {"output.sinks": ["parquet"]}, run_dir=folder, progress=False)


def folder_of(run: mm.Run) -> Path:
    assert run.path is not None
    return run.path


def test_it_has_the_same_digest_and_no_csv(run: mm.Run, packed: mm.Run) -> None:
    assert packed.digest == run.digest
    assert packed.summary["config_digest"] == run.summary["config_digest"]
    assert sorted(path.suffix for path in folder_of(packed).iterdir()) == sorted(
        [".toml", ".json", ".json", *[".parquet"] * len(SCHEMA)]
    )
    manifest = json.loads((folder_of(packed) / "manifest.json").read_text())
    assert "trades.parquet" in manifest["outputs"]


def test_the_same_run_elsewhere_under_another_name_leaves_the_same_bytes(
    run_file: Path, packed: mm.Run, tmp_path: Path
) -> None:
    keys = {"output.sinks": ["parquet", "csv"], "output.label": "again", "output.exchange": "x"}
    again = mm.backtest(run_file, keys, run_dir=tmp_path, progress=False)
    for name in SCHEMA:
        one, other = (folder_of(r) / f"{name}.parquet" for r in (packed, again))
        assert one.read_bytes() == other.read_bytes()


def test_the_first_row_in_which_runs_differ_is_found_in_either_format(
    run_file: Path, run: mm.Run, packed: mm.Run, tmp_path: Path
) -> None:
    keys = {"output.sinks": ["parquet"], "execution.latency_ms": 50}
    other = mm.backtest(run_file, keys, run_dir=tmp_path, progress=False)
    assert first_difference(folder_of(run), folder_of(packed)) is None
    found = first_difference(folder_of(packed), folder_of(other))
    assert found is not None
    assert found == first_difference(folder_of(run), folder_of(other))


def test_its_files_say_which_run_they_are_of(packed: mm.Run) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    about = json.loads(parquet.read_metadata(folder_of(packed) / "quotes.parquet").metadata[b"mm"])
    versions = json.loads((folder_of(packed) / "manifest.json").read_text())["versions"]
    assert about == {
        "version": versions["mm-engine"],
        "config_digest": packed.summary["config_digest"],
        "schema": 2,
    }


@pytest.mark.parametrize("name", sorted(SCHEMA))
def test_its_tables_are_the_same(run: mm.Run, packed: mm.Run, name: str) -> None:
    one, other = getattr(run, name), getattr(packed, name)
    assert len(one) == len(other) > 0
    for column in one.columns:
        assert one[column].dtype == other[column].dtype
        assert np.array_equal(one[column], other[column], equal_nan=one[column].dtype.kind == "f")


@pytest.mark.parametrize("name", sorted(SCHEMA))
def test_its_rows_as_text_are_those_of_the_csv_files(
    run: mm.Run, packed: mm.Run, name: str
) -> None:
    one, other = (find_table(folder_of(r), name) for r in (run, packed))
    assert one is not None
    assert other is not None
    assert list(read_rows(other)) == list(read_rows(one))


def test_it_is_explained_measured_compared_and_listed_alike(
    run: mm.Run, packed: mm.Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert packed.explain(1) == run.explain(1)
    assert json.dumps(packed.metrics) == json.dumps(run.metrics)
    found = compare([run, packed])
    assert found.config == {}
    assert found.differences[1].equity == 0.0
    assert main(["runs", str(folder_of(packed).parent), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["digest"] == run.digest
    assert main(["explain", str(folder_of(packed)), "1"]) == 0
    assert capsys.readouterr().out == run.explain(1) + "\n"


def test_kept_in_memory_it_is_the_same(run_file: Path, run: mm.Run) -> None:
    found = mm.backtest(
        run_file, {"output.sinks": ["parquet", "csv"]}, run_dir=None, progress=False
    )
    assert found.digest == run.digest
    assert len(found.trades) == len(run.trades)


@pytest.mark.parametrize(
    ("cut", "fault"),
    [(100, "was cut off"), (0, "was cut off"), (-1, "its columns are not those")],
)
def test_a_file_that_was_cut_off_or_is_another_is_refused(
    packed: mm.Run, tmp_path: Path, cut: int, fault: str
) -> None:
    shutil.copytree(folder_of(packed), tmp_path / "copy")
    path = tmp_path / "copy" / "trades.parquet"
    other = (tmp_path / "copy" / "quotes.parquet").read_bytes()
    path.write_bytes(other if cut < 0 else path.read_bytes()[:cut])
    with pytest.raises(DataError, match=fault):
        _ = mm.open_run(tmp_path / "copy").trades

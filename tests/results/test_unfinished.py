"""A run that was killed: what can be opened, what it says, and that nothing is made up."""

import fcntl
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import mm
from mm.api import DataError, UsageError
from mm.cli import main
from mm.results.comparison import compare
from mm.results.unfinished import _UNKNOWN
from mm.rows import find_table

_OF_THE_MACHINE = ("wall_s", "engine_s", "events_per_s", "peak_rss_mb", "digest")


def as_killed(run: mm.Run, target: Path) -> Path:
    """Make of a whole run what a kill just before its end would have left."""
    assert run.path is not None
    shutil.copytree(run.path, target)
    manifest = json.loads((target / "manifest.json").read_text())
    manifest["outputs"] = {"config.toml": manifest["config_sha256"]}
    started = {**run.summary, "status": "running", "fills": 0, "decisions": 0, "equity": 0.0}
    started |= dict.fromkeys(_OF_THE_MACHINE)
    (target / "started.json").write_text(json.dumps({"summary": started, "manifest": manifest}))
    (target / "manifest.json").unlink()
    (target / "summary.json").unlink()
    return target


@pytest.fixture
def killed(run: mm.Run, tmp_path: Path) -> Path:
    return as_killed(run, tmp_path / "runs" / "killed_run1")


def cut(path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))


def test_its_figures_are_those_that_the_ledger_had(run: mm.Run, killed: Path) -> None:
    found = mm.open_run(killed)
    assert (found.status, found.digest) == ("killed", "")
    assert found.summary.keys() == run.summary.keys()
    apart = {*_UNKNOWN, *_OF_THE_MACHINE, "status"}
    for name in run.summary.keys() - apart:
        ours, theirs = found.summary[name], run.summary[name]
        close = isinstance(theirs, float) and ours == pytest.approx(theirs, rel=1e-9)
        assert close or ours == theirs, name
    assert found.summary["last_ts"] <= run.summary["last_ts"]
    assert len(found.trades) == len(run.trades) > 0


def test_half_a_row_is_left_out_and_an_empty_file_is_a_table_without_rows(
    run: mm.Run, killed: Path
) -> None:
    cut(killed / "trades.csv", lambda text: text[:-7])
    cut(killed / "orders.csv", lambda text: b"")
    found = mm.open_run(killed)
    assert len(found.trades) == len(run.trades) - 1
    assert len(found.orders) == 0
    assert (found.summary["fills"], found.summary["orders"]) == (len(found.trades), 0)
    assert found.explain(1).startswith("the run was killed before its end")


def test_it_is_told_compared_and_listed(
    run: mm.Run, killed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = mm.open_run(killed)
    sentence, story = found.explain(1).split("\n", 1)
    assert sentence.startswith("the run was killed before its end: this is told from what it had")
    assert story == run.explain(1)
    assert repr(found).startswith("<Run XBTUSD killed: ")
    assert "killed" in found._repr_html_()
    assert compare([run, found]).figures["fills"] == (len(run.trades), len(run.trades))
    assert main(["compare", str(run.path), str(killed)]) == 0
    assert f"{killed} (killed)" in capsys.readouterr().out
    assert main(["runs", str(killed.parent), "--status", "killed"]) == 0
    assert "killed_run1  killed  XBTUSD" in capsys.readouterr().out
    assert main(["explain", str(killed), "1"]) == 0
    assert capsys.readouterr().out == found.explain(1) + "\n"


def test_one_killed_while_its_parquet_files_were_made_has_all_of_its_tables(
    run_file: Path, tmp_path: Path
) -> None:
    keys = {"output.sinks": ["parquet", "csv"]}
    whole = mm.backtest(run_file, keys, run_dir=tmp_path / "whole", progress=False)
    killed = as_killed(whole, tmp_path / "runs" / "killed_run1")
    for name in ("trades", "orders"):  # the others were made
        (killed / f"{name}.csv").rename(killed / f"{name}.csv.partial")
        (killed / f"{name}.parquet").unlink()
    (killed / "quotes.csv").unlink()
    (killed / "orders.parquet.tmp").write_bytes(b"PAR1 and no more")
    found = mm.open_run(killed)
    path = find_table(killed, "trades")
    assert path is not None
    assert path.name == "trades.csv.partial"
    assert found.summary["fills"] == len(found.trades) == whole.summary["fills"]
    assert len(found.quotes) == whole.summary["decisions"]
    assert whole.explain(2) in found.explain(2)


def test_a_run_that_still_goes_on_says_so(run: mm.Run, killed: Path) -> None:
    with (killed / "started.json").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        found = mm.open_run(killed)
        assert found.status == "running"
        assert found.explain(1).startswith("the run still goes on")
    assert mm.open_run(killed).status == "killed"


def test_a_run_that_has_ended_leaves_no_trace_of_its_start(run: mm.Run) -> None:
    assert run.path is not None
    manifest = json.loads((run.path / "manifest.json").read_text())
    assert not (run.path / "started.json").exists()
    assert "started.json" not in manifest["outputs"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"summary": 1}', '{"summary": {}}'])
def test_a_damaged_start_is_one_sentence(killed: Path, text: str) -> None:
    (killed / "started.json").write_text(text)
    with pytest.raises(DataError, match=r"started\.json: is not what a run writes; run it again"):
        mm.open_run(killed)
    assert mm.runs(killed.parent) == []


def test_a_table_of_another_version_is_refused_in_a_killed_run_too(killed: Path) -> None:
    cut(killed / "trades.csv", lambda text: text.replace(b"symbol,", b"sign,", 1))
    with pytest.raises(DataError, match="its columns are not those that this version writes"):
        mm.open_run(killed)


def test_a_fill_that_was_not_written_is_not_there(killed: Path) -> None:
    cut(killed / "trades.csv", lambda text: text[: text.index(b"\n") + 5])
    with pytest.raises(UsageError, match="no fill to explain"):
        mm.open_run(killed).explain(1)

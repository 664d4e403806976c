"""A run that has ended: opened, asked, and refused where it is none."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import mm
from mm.api import DataError, UsageError


def test_a_run_on_disk_is_the_run_that_was_made(run: mm.Run) -> None:
    assert run.path is not None
    opened = mm.open_run(run.path)
    assert opened.summary == run.summary
    assert (opened.digest, opened.status) == (run.digest, "complete")
    assert opened.config["strategy"]["symbol"] == "XBTUSD"
    assert len(opened.trades) == run.summary["fills"] > 0
    assert len(opened.quotes) == run.summary["decisions"]
    assert len(opened.orders) == run.summary["orders"]


def test_the_account_on_a_grid_is_what_it_last_was(run: mm.Run) -> None:
    table = run.equity("500ms")
    times = table["ts_known"].astype(np.int64)
    assert set(np.diff(times)) == {500_000}
    known = run.positions["ts_known"].astype(np.int64)
    for column in ("position", "fees"):
        rows = list(zip(known, run.positions[column], strict=True))
        for at, value in zip(times, table[column], strict=True):
            assert value == [one for ts, one in rows if ts <= at][-1]
    assert table["equity"][-1] == pytest.approx(run.summary["equity"], rel=1e-12)


@pytest.mark.parametrize("step", ["", "5", "s", "-1s", "0s", "1 fortnight", "1e-9s"])
def test_a_step_that_is_no_length_of_time_is_refused(run: mm.Run, step: str) -> None:
    with pytest.raises(ValueError, match="expected a length of time such as 100ms, 1s, 5min, 1h"):
        run.equity(step)


def test_a_fill_is_explained(run: mm.Run) -> None:
    assert run.explain(1).startswith("Fill 1 of ")
    with pytest.raises(UsageError, match="fill"):
        run.explain(10**6)


def test_a_run_shows_itself(run: mm.Run) -> None:
    assert repr(run).startswith("<Run XBTUSD complete: ")
    assert run.digest in run._repr_html_()


def test_the_runs_of_a_folder_come_by_name_and_what_is_none_is_left_out(
    run: mm.Run, tmp_path: Path
) -> None:
    assert run.path is not None
    for name in ("b", "a"):
        shutil.copytree(run.path, tmp_path / name)
    (tmp_path / "c").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    found = mm.runs(tmp_path)
    assert [one.path for one in found] == [tmp_path / "a", tmp_path / "b"]
    with pytest.raises(DataError, match="there is no such folder"):
        mm.runs(tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"status": "complete"}'])
def test_a_folder_that_is_no_run_is_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "summary.json").write_text(text)
    (tmp_path / "config.toml").write_text("")
    with pytest.raises(DataError, match="is not"):
        mm.open_run(tmp_path)


@pytest.mark.parametrize("name", ["summary.json", "trades.csv"])
def test_a_pipe_among_the_files_is_not_waited_for(run: mm.Run, tmp_path: Path, name: str) -> None:
    assert run.path is not None
    shutil.copytree(run.path, tmp_path / "copy")
    (tmp_path / "copy" / name).unlink()
    os.mkfifo(tmp_path / "copy" / name)
    with pytest.raises(DataError, match="this is not a regular file"):
        _ = mm.open_run(tmp_path / "copy").trades

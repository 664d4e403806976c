"""Runs held against each other, from Python and from the command line."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

import mm
from mm.cli import main
from mm.results.comparison import compare, difference
from mm.results.measures import account

GAMMA = "strategy.avellaneda.gamma"


@pytest.fixture(scope="module")
def folder(run_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs: twice the same, and one with another gamma."""
    folder = tmp_path_factory.mktemp("three")
    for gamma in (0.1, 0.1, 2.0):
        mm.backtest(run_file, {GAMMA: gamma}, run_dir=folder, progress=False)
    return folder


def test_what_differs_in_the_configuration_is_named_and_nothing_else(folder: Path) -> None:
    found = compare(mm.runs(folder))
    assert found.config == {GAMMA: (0.1, 0.1, 2.0)}
    assert found.same_data
    assert found.figures["equity"] == tuple(run.summary["equity"] for run in mm.runs(folder))


def test_a_run_and_its_twin_do_not_differ_at_all(folder: Path) -> None:
    first, twin, other = compare(mm.runs(folder)).differences
    assert (first.equity, first.error, twin.equity, twin.error) == (0.0, 0.0, 0.0, 0.0)
    assert other.equity != 0.0
    assert other.error > 0.0


def test_the_difference_and_its_error_by_hand(folder: Path) -> None:
    """The error of a sum is n times that of the mean; blocks are of equal time."""
    base, _, other = mm.runs(folder)
    found = difference(base, other)
    assert found.equity == other.summary["equity"] - base.summary["equity"]
    mine, theirs = account(base, 1_000_000), account(other, 1_000_000)
    steps = np.diff(np.nan_to_num(theirs.equity - mine.equity))
    ts = mine.ts[1:]
    block = ((ts - ts[0]) * 20 // (ts[-1] - ts[0] + 1)).tolist()
    means = [
        np.mean([step for step, place in zip(steps, block, strict=True) if place != left])
        for left in sorted(set(block))
    ]
    count = len(means)
    error = math.sqrt((count - 1) / count * sum((m - np.mean(means)) ** 2 for m in means))
    assert found.error == pytest.approx(error * len(steps))


def test_runs_over_other_data_are_told_apart(folder: Path, run_file: Path) -> None:
    shorter = mm.backtest(run_file, {"data.quotes_csv": ""}, run_dir=None, progress=False)
    assert not compare([mm.runs(folder)[0], shorter]).same_data


def test_mm_compare_prints_a_table_or_json(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [str(run.path) for run in mm.runs(folder)]
    assert main(["compare", *paths]) == 0
    text = capsys.readouterr().out
    assert f"1  {paths[0]} (complete)" in text
    assert "strategy.avellaneda.gamma  0.1  0.1  2.0" in text
    assert main(["compare", *paths, "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["config"] == {GAMMA: [0.1, 0.1, 2.0]}
    assert len(content["figures"]["markout 1 s"]) == 3
    assert main(["compare", str(folder)]) == 4
    assert "is not the directory of a run that has ended" in capsys.readouterr().err


def test_mm_runs_lists_sorts_and_filters(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def names(*words: str) -> list[str]:
        assert main(["runs", str(folder), "--json", *words]) == 0
        return [Path(one["path"]).name[-1] for one in json.loads(capsys.readouterr().out)]

    assert names() == ["1", "2", "3"]
    assert names("--status", "failed") == []
    equity = {run.path.name[-1]: run.summary["equity"] for run in mm.runs(folder) if run.path}
    assert [equity[name] for name in names("--sort", "equity")] == sorted(
        equity.values(), reverse=True
    )
    assert main(["runs", str(folder)]) == 0
    assert capsys.readouterr().out.splitlines()[0].startswith("run ")
    assert main(["runs", str(folder), "--sort", "equty"]) == 2
    assert "no such figure in summary.json, did you mean 'equity'?" in capsys.readouterr().err
    assert main(["runs", str(folder / "nowhere")]) == 4

"""``mm.sweep``: the rows of ``mm sweep``, in a script and where a loop runs, and as a table."""

import asyncio
import tomllib
from pathlib import Path
from typing import Any

import optuna
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import trio
from tests.short_market import write_run_file

import mm
from mm.api import ConfigError, UsageError
from mm.cli import main

GAMMA = "strategy.avellaneda.gamma"
LATENCY = "execution.latency_ms"
VARY: dict[str, list[Any]] = {GAMMA: [0.1, 0.4], LATENCY: [1, 9]}


@pytest.fixture(scope="module")
def run_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run_file(tmp_path_factory.mktemp("market"))


@pytest.fixture(scope="module")
def found(run_file: Path, tmp_path_factory: pytest.TempPathFactory) -> mm.Sweep:
    return mm.sweep(run_file, VARY, output=tmp_path_factory.mktemp("study"), progress=False)


def test_every_row_has_the_digest_of_a_run_alone(run_file: Path, found: mm.Sweep) -> None:
    assert (len(found), found.status) == (4, "complete")
    for row in (found[0], found[3]):
        alone = mm.backtest(run_file, row["set"], run_dir=None, progress=False)
        assert row["digest"] == alone.digest
        assert row["summary"]["equity"] == alone.summary["equity"]


def test_the_best_is_found_by_a_figure_or_a_metric(found: mm.Sweep) -> None:
    equity = [row["summary"]["equity"] for row in found.rows]
    assert found.best("equity")["summary"]["equity"] == max(equity)
    assert found.best("equity", lowest=True)["summary"]["equity"] == min(equity)
    markouts = [
        value
        for row in found.rows
        if (value := row["metrics"]["markouts"]["all"]["10"]["value"]) is not None
    ]
    best = found.best("metrics.markouts.all.10.value")
    assert best["metrics"]["markouts"]["all"]["10"]["value"] == max(markouts)
    with pytest.raises(UsageError, match=r"^equty: no set has this figure, did you mean 'equity'"):
        found.best("equty")
    with pytest.raises(UsageError, match="expected a number"):
        found.best("metrics.markouts")


def test_other_libraries_take_it_as_a_table(found: mm.Sweep) -> None:
    frame = found.to_pandas()
    assert frame[GAMMA].tolist() == [0.1, 0.1, 0.4, 0.4]
    assert frame[LATENCY].dtype == "int64"
    assert frame["digest"].tolist() == [row["digest"] for row in found.rows]
    assert frame["error"].isna().all()
    assert frame["metrics.markouts.all.10.value"].dtype == "float64"
    assert pa.table(found).num_rows == pl.DataFrame(found).height == 4
    assert pa.table(found).column_names == list(frame.columns)
    assert isinstance(frame, pd.DataFrame)
    shown = found._repr_html_()
    assert GAMMA in shown
    assert "metrics." not in shown
    assert repr(found).startswith("<Sweep of 4 of 4 sets in ")


def test_the_folder_is_taken_up_again_and_a_dict_is_a_run_file(
    run_file: Path, found: mm.Sweep
) -> None:
    assert found.path is not None
    before = (found.path / "results.jsonl").read_bytes()
    content: Any = tomllib.loads(run_file.read_text())
    again = mm.sweep(content, VARY, output=found.path, progress=False)
    assert again.rows == found.rows
    assert (found.path / "results.jsonl").read_bytes() == before


def test_it_runs_where_a_loop_runs_and_leaves_nothing(
    run_file: Path, found: mm.Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    some: dict[str, list[Any]] = {GAMMA: [0.4], LATENCY: [9]}

    async def cell() -> mm.Sweep:
        return mm.sweep(run_file, some, progress=False)

    in_a_cell = asyncio.run(cell())
    in_trio = trio.run(lambda: mm.asweep(run_file, some, processes=1, progress=False))
    by_override = mm.sweep(run_file, {GAMMA: [0.4]}, {LATENCY: 9}, progress=False)
    digests = {one[0]["digest"] for one in (in_a_cell, in_trio, by_override)}
    assert digests == {found[3]["digest"]}
    assert in_a_cell.path is None
    assert list(tmp_path.iterdir()) == []


def test_faults_are_told_before_anything_runs(run_file: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^vary strategy\.avellaneda\.gama: unknown key"):
        mm.sweep(run_file, {"strategy.avellaneda.gama": [1, 2]}, output=tmp_path / "none")
    with pytest.raises(UsageError, match="processes is 0, expected at least 1"):
        mm.sweep(run_file, VARY, processes=0)
    assert not (tmp_path / "none").exists()


def test_where_a_fork_is_not_safe_each_worker_is_started_on_its_own(
    run_file: Path, found: mm.Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mm.study.workshop._FORKS", False)
    again = mm.sweep(run_file, {GAMMA: [0.4], LATENCY: [1, 9]}, progress=False)
    assert again.rows == found.rows[2:]


def test_a_study_that_learns_leaves_its_trials_for_optuna(run_file: Path, tmp_path: Path) -> None:
    made = mm.sweep(
        run_file, {GAMMA: "uniform(0.1, 0.4)"}, sampler="nsga2", runs=3, maximize="equity",
        minimize=["max_drawdown"], output=tmp_path, progress=False,
    )  # fmt: skip
    (name,) = optuna.get_all_study_names(f"sqlite:///{tmp_path / 'optuna.db'}")
    kept = optuna.load_study(study_name=name, storage=f"sqlite:///{tmp_path / 'optuna.db'}")
    summaries = [row["summary"] for row in made.rows]
    assert [one.values for one in kept.trials] == [
        [summary["equity"], summary["max_drawdown"]] for summary in summaries
    ]
    assert kept.metric_names == ["equity", "max_drawdown"]


def test_a_report_and_a_typed_table_from_memory_and_best_sets_of_a_dict(
    run_file: Path, found: mm.Sweep, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content: Any = tomllib.loads(run_file.read_text())
    made = mm.sweep(content, VARY, progress=False)
    with pytest.raises(UsageError, match="no folder to write a report in; give a path"):
        made.report()
    page = made.report(tmp_path / "page.html", best=1)
    assert "Study study: 4 sets" in page.read_text()
    best = mm.backtest(tmp_path / "best_1.toml", run_dir=None, progress=False)
    assert best.digest == made.best("equity")["digest"] == found.best("equity")["digest"]
    folder = tmp_path / "kept"
    mm.sweep(content, VARY, output=folder, progress=False)
    words = ["--best", "1", "--parquet", str(tmp_path / "rows.parquet")]
    assert main(["sweep", "report", str(folder), *words]) == 0
    assert str(tmp_path / "rows.parquet") in capsys.readouterr().out
    again = mm.backtest(folder / "best_1.toml", run_dir=None, progress=False)
    assert again.summary["equity"] == best.summary["equity"]
    frame = pl.read_parquet(tmp_path / "rows.parquet")
    assert frame.sort(GAMMA, LATENCY).equals(pl.DataFrame(made))
    assert frame[LATENCY].dtype == pl.Int64
    for name in ("one", "two"):
        made.to_parquet(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    with pytest.raises(UsageError, match="cannot be written: No such file"):
        made.to_parquet(tmp_path / "none" / "rows.parquet")

"""Data that are sick: the run says so first, has a status and an exit code of its own."""

import csv
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.short_market import RUN_FILE, cut_sample

from mm.cli import main

Market = Callable[[int], Path]


@pytest.fixture
def market(tmp_path: Path) -> Market:
    """Write the start of the sample, with one quote in so many crossed."""

    def write(one_in: int) -> Path:
        folder = tmp_path / "data"
        folder.mkdir()
        cut_sample(folder, 75)
        path = folder / "quotes.csv.gz"
        with gzip.open(path, "rt", newline="") as file:
            header, *rows = csv.reader(file)
        bid, ask = header.index("bid_price"), header.index("ask_price")
        for row in rows[one_in - 1 :: one_in]:
            row[bid], row[ask] = row[ask], row[bid]
        with gzip.open(path, "wt", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *rows])
        (tmp_path / "run.toml").write_text(RUN_FILE.format(data=folder), encoding="utf-8")
        return tmp_path

    return write


def backtest(folder: Path, *arguments: str) -> int:
    return main([
        "backtest", "--config", str(folder / "run.toml"), "--output", str(folder / "runs"),
        "--quiet", *arguments,
    ])  # fmt: skip


def crossed(summary: dict[str, Any]) -> dict[str, Any]:
    (entry,) = [e for e in summary["health"] if (e["kind"], e["source"]) == CROSSED]
    return dict(entry)


CROSSED = ("crossed_rows", "quotes")


def test_a_run_on_sick_data_says_so_first_and_exits_with_6(
    market: Market, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = market(20)
    assert backtest(folder) == 6
    first, second, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith("data are sick, results are doubtful: quotes crossed rows, ")
    assert f"first at {folder / 'data' / 'quotes.csv.gz'}:21" in first
    assert second.split() == ["status", "complete_with_defects"]
    assert any(line.startswith("health ") and "quotes crossed rows" in line for line in rest)
    (run,) = (folder / "runs").iterdir()
    summary = json.loads((run / "summary.json").read_text())
    manifest = json.loads((run / "manifest.json").read_text())
    assert summary["status"] == manifest["status"] == "complete_with_defects"
    assert crossed(summary)["sick"]


def test_what_the_survey_finds_sick_is_said_before_the_run(
    market: Market, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = market(20)
    assert main(["backtest", "--config", str(folder / "run.toml"), "--output", str(folder)]) == 6
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("note: ")]
    assert said[-1].startswith("note: data are sick, results are doubtful: quotes crossed rows, ")


def test_with_json_the_sentence_goes_to_stderr(
    market: Market, capsys: pytest.CaptureFixture[str]
) -> None:
    assert backtest(market(20), "--json") == 6
    captured = capsys.readouterr()
    assert json.loads(captured.out)["status"] == "complete_with_defects"
    assert captured.err.startswith("data are sick, results are doubtful: ")


def test_fewer_defects_than_the_limit_are_shown_and_the_run_is_complete(
    market: Market, capsys: pytest.CaptureFixture[str]
) -> None:
    assert backtest(market(500), "--json") == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["status"] == "complete"
    assert 0 < crossed(summary)["share"] < crossed(summary)["limit"]


def test_strict_refuses_sick_data_before_the_run(
    market: Market, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = market(20)
    assert backtest(folder, "--strict") == 4
    said = capsys.readouterr().err
    assert said.startswith(f"mm: {folder / 'data' / 'quotes.csv.gz'}:21: the first of ")
    assert " rows of quotes, expected a share of at most 0.01 with data.strict" in said
    assert not (folder / "runs").exists()


def test_a_dry_run_shows_the_table_and_exits_as_the_run_would(
    market: Market, capsys: pytest.CaptureFixture[str]
) -> None:
    assert backtest(market(20), "--dry-run", "--json") == 6
    assert crossed(json.loads(capsys.readouterr().out))["sick"]


def test_calibrate_says_that_its_data_are_sick(
    market: Market, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = market(20)
    assert main(["calibrate", "--config", str(folder / "run.toml"), "--quiet", "--json"]) == 6
    captured = capsys.readouterr()
    assert captured.err.startswith("data are sick, results are doubtful: quotes crossed rows, ")
    assert crossed(json.loads(captured.out))["sick"]


def test_explain_begins_with_what_was_sick_about_the_run(
    market: Market, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = market(20)
    assert backtest(folder) == 6
    (run,) = (folder / "runs").iterdir()
    capsys.readouterr()
    assert main(["explain", str(run), "1"]) == 0
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith("data are sick, results are doubtful: quotes crossed rows, ")
    assert second.startswith("Fill 1 of ")

"""Prices that a program printed as floats: refused with the cause, or the same run as without."""

import csv
import gzip
import json
from pathlib import Path

import pytest
from tests.short_market import RUN_FILE, cut_sample

from mm.cli import main


def write(folder: Path, noisy: bool) -> Path:
    """Write the start of the sample; noisy: its prices as ``ticks * 0.1``."""
    folder.mkdir()
    cut_sample(folder, 75)
    for path in folder.glob("*.csv.gz") if noisy else ():
        with gzip.open(path, "rt", newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            for name in set(row) & {"price", "bid_price", "ask_price"}:
                row[name] = repr(round(float(row[name]) * 10) * 0.1) if row[name] else ""
        with gzip.open(path, "wt", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    run_file = folder / "run.toml"
    run_file.write_text(RUN_FILE.format(data=folder), encoding="utf-8")
    return run_file


def backtest(run_file: Path, *arguments: str) -> int:
    output = str(run_file.parent / "runs")
    return main(["backtest", "--config", str(run_file), "--output", output, "--json", *arguments])


def test_with_the_tick_given_floats_give_the_digest_of_the_clean_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summaries, stories = [], []
    for noisy in (False, True):
        run_file = write(tmp_path / str(noisy), noisy)
        assert backtest(run_file, "--quiet", "--set", "instrument.tick_size=0.1") == 0
        summaries.append(json.loads(capsys.readouterr().out))
        assert main(["explain", summaries[-1]["run_dir"], "1"]) == 0
        stories.append(capsys.readouterr().out)
    clean, noisy_one = summaries
    assert clean["orders"] > 0
    assert clean["digest"] == noisy_one["digest"]
    assert stories[0] == stories[1]
    rounded = [e for e in noisy_one["health"] if e["kind"] == "prices_rounded_to_tick"]
    assert sum(entry["rows"] for entry in rounded) > 100
    assert not any(entry["sick"] for entry in rounded)


def test_without_it_the_run_and_the_inspection_name_the_tick(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_file = write(tmp_path / "noisy", True)
    assert backtest(run_file, "--quiet") == 4
    advice = "prices are floats with rounding noise, expected multiples of 0.1; give [instrument]"
    assert advice in capsys.readouterr().err
    main(["data", "inspect", str(tmp_path / "noisy" / "quotes.csv.gz")])
    assert advice in capsys.readouterr().out

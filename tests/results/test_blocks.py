"""What equity changed by in equal blocks of the market's time."""

import csv
import json
import math
from pathlib import Path

import pytest
from tests.short_market import write_run_file

import mm
from mm.results.measures import BLOCKS, equity_blocks

GAMMA = "strategy.avellaneda.gamma"


def test_the_blocks_add_up_to_the_ledgers_equity_to_the_last_digit(run: mm.Run) -> None:
    found = equity_blocks(run)
    assert len(found["equity"]) == BLOCKS
    assert math.fsum(found["equity"]) == run.summary["equity"] != 0
    assert (found["start"], found["end"]) == (run.summary["first_ts"], run.summary["last_ts"])


def test_each_edge_is_valued_at_the_newest_mid(run: mm.Run) -> None:
    """Worked out anew from the files: what was booked, and what is held at the newest mid."""
    assert run.path is not None
    with (run.path / "positions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with (run.path / "quotes.csv").open(newline="") as file:
        mids = [
            (int(row["ts_decided"]), float(row["mid"]))
            for row in csv.DictReader(file)
            if row["mid"]
        ]
    mids += [(int(row["ts_known"]), float(row["mid"])) for row in rows if row["mid"]]
    mids.sort()
    found = equity_blocks(run, 2000)
    start, end = found["start"], found["end"]
    level, held = 0.0, 0
    for number, change in enumerate(found["equity"][:-1], 1):
        level += change
        edge = start + (end - start) * number // 2000
        known = [row for row in rows if int(row["ts_known"]) <= edge]
        if not known:
            assert level == 0.0
            continue
        position = float(known[-1]["position"])
        booked = float(known[-1]["equity"]) - float(known[-1]["unrealized_pnl"] or 0)
        mid = [mid for ts, mid in mids if ts <= edge][-1]
        entry = float(known[-1]["avg_price"]) if position else mid
        assert level == pytest.approx(booked + position * (1 / entry - 1 / mid), abs=2e-13)
        held += position != 0
    assert held > 5  # so that a price counted


def test_runs_that_differ_in_what_they_trade_have_the_same_blocks(
    run: mm.Run, run_file: Path
) -> None:
    other = mm.backtest(run_file, {GAMMA: 4.0}, run_dir=None, progress=False)
    ours, theirs = equity_blocks(run), equity_blocks(other)
    assert (ours["start"], ours["end"]) == (theirs["start"], theirs["end"])
    assert ours["equity"] != theirs["equity"]


def test_a_run_that_never_decides_has_blocks_of_nothing(tmp_path: Path) -> None:
    idle = mm.backtest(write_run_file(tmp_path, seconds=15), run_dir=None, progress=False)
    found = equity_blocks(idle)
    assert found["equity"] == [0.0] * BLOCKS
    assert json.loads(json.dumps(found)) == found

"""A run that was killed on the way, opened up to there."""

import shutil
from pathlib import Path

import pytest

import mm
from mm.api import DataError
from mm.results import open_any

SAME = (
    "symbol", "contract_type", "decisions", "orders", "fills", "maker_fills", "first_ts",
    "last_ts",
)  # fmt: skip
SUMS = (
    "filled_qty", "turnover", "realized_pnl", "spread_capture", "funding", "fees_paid",
    "rebates_earned",
)  # fmt: skip


@pytest.fixture
def killed(run: mm.Run, tmp_path: Path) -> Path:
    """The run as it would lie there, had it been killed before its last words."""
    assert run.path is not None
    folder = shutil.copytree(run.path, tmp_path / "killed")
    (folder / "summary.json").unlink()
    (folder / "manifest.json").unlink()
    return folder


def test_what_the_rows_tell_is_what_the_summary_would_say(run: mm.Run, killed: Path) -> None:
    found = open_any(killed)
    assert (found.status, found.digest) == ("unfinished", "")
    decided = run.quotes["ts"].astype("int64").tolist()
    whole = {**run.summary, "first_ts": decided[0], "last_ts": decided[-1]}
    assert {name: found.summary[name] for name in SAME} == {name: whole[name] for name in SAME}
    for name in SUMS:
        assert found.summary[name] == pytest.approx(run.summary[name], rel=1e-9, abs=1e-12), name
    counts = {reason: count for reason, count in run.summary["clamps"].items() if count}
    assert found.summary["clamps"] == dict(sorted(counts.items()))


def test_what_it_was_earned_with_adds_up(killed: Path) -> None:
    s = open_any(killed).summary
    fees = s["fees_paid"] - s["rebates_earned"]
    assert s["equity"] == pytest.approx(s["spread_capture"] + s["inventory_pnl"] - fees)


def test_metrics_are_those_of_the_whole_run(run: mm.Run, killed: Path) -> None:
    assert open_any(killed).metrics["markouts"] == run.metrics["markouts"]


def test_a_row_cut_in_two_is_left_out(run: mm.Run, killed: Path) -> None:
    path = killed / "trades.csv"
    data = path.read_bytes()
    path.write_bytes(data[:-9])
    assert len(open_any(killed).trades) == len(run.trades) - 1
    path.write_bytes(data[: len(data) // 2])
    assert (
        open_any(killed).trades["price"].tolist()
        == (run.trades["price"].tolist()[: data[: len(data) // 2].count(b"\n") - 1])
    )


def test_files_that_nothing_reached_yet_are_empty_tables(killed: Path) -> None:
    for path in killed.glob("*.csv"):
        path.write_bytes(b"")
    found = open_any(killed)
    assert (len(found.trades), len(found.quotes), found.summary["equity"]) == (0, 0, 0.0)
    assert found.metrics["profit"]["equity"] == 0.0


def test_one_that_ended_is_opened_as_ever(run: mm.Run) -> None:
    assert run.path is not None
    assert open_any(run.path).digest == run.digest


def test_what_is_no_run_is_refused(tmp_path: Path, killed: Path) -> None:
    with pytest.raises(DataError, match=r"is not the directory of a run: it holds no summary"):
        open_any(tmp_path)
    (killed / "config.toml").write_text("[strategy]\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"config.toml: is not what a run writes"):
        open_any(killed)
    (killed / "trades.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match="is not what a run writes"):
        open_any(killed)

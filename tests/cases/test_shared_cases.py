"""Small inputs on which other engines, or we, were once wrong, each with its right answer.

They lie beside the repository, in ``../shared/cases``; without them these tests are skipped. The
arithmetic stands in each case's ``expected.txt``. What the same situations do in general is tried
where the part that decides them is tested.
"""

import shutil
from pathlib import Path
from typing import Any

import pytest
import trio

from mm.api import DataError
from mm.cli import main
from mm.run.session import Result
from mm.testing import run_config
from mm_tardis.inspect import inspect_files

CASES = Path(__file__).parents[3] / "shared" / "cases"

pytestmark = pytest.mark.skipif(
    not CASES.is_dir(), reason="the shared cases are not beside the repository (../shared/cases)"
)

ANSWERS: dict[str, dict[str, Any]] = {
    "F01-funding-lost": {"fills": 1, "funding": -0.1},
    "F02-one-bad-timestamp": {"fills": 1, "filled_qty": 10.0, "avg_price": 100.0},
    "F03-lost-delete": {"avg_price": 109.1, "equity": 47.5, "crossed_book_messages": 1},
    "F04-all-snapshots": {"fills": 0, "position": 0.0, "equity": 0.0},
    "F06-beyond-visible-depth": {"fills": 0},
    "F06b-same-with-20-levels": {"fills": 0},
    "F07-quotes-newer-than-book": {"fills": 0, "equity": 0.0},
    "F08-duplicate-trades": {"fills": 0},
    "F08b-each-trade-once": {"fills": 0},
    "F09-amend-loses-post-only": {"fills": 0, "fees_paid": 0.0},
    "F15-stale-row-stops-all-orders": {"fills": 20},
    "F16a-no-exchange-time-feed-latency": {"fills": 6},
    "M05-no-receive-times": {"fills": 1},
}


NAMED: dict[str, str] = {
    "F01-funding-lost": "rows received before made",
    "F02-one-bad-timestamp": "rows set to arrival",
    "F03-lost-delete": "book crossed messages",
    "F04-all-snapshots": "all snapshots",
    "F07-quotes-newer-than-book": "contradicted messages",
    "F08-duplicate-trades": "repeated trade ids",
    "F11-float-noise": "floats with rounding noise",
    "F15-stale-row-stops-all-orders": "stale messages",
    "F16a-no-exchange-time-feed-latency": "rows without exchange time",
    "M05-no-receive-times": "no feed latency",
}
"""What ``mm data inspect`` says of the defect."""


def run(case: str, folder: Path, *overrides: str) -> Result:
    async def whole() -> Result:
        return await run_config(Path("run.toml"), overrides, output=folder)

    return trio.run(whole)


def events(result: Result) -> list[dict[str, str]]:
    lines = (result.directory / "order_events.csv").read_text(encoding="utf-8").splitlines()
    names = lines[0].split(",")
    return [dict(zip(names, line.split(","), strict=True)) for line in lines[1:]]


@pytest.mark.parametrize("case", sorted(ANSWERS))
def test_a_case_ends_as_it_should(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(CASES / case)
    result = run(case, tmp_path)
    assert result.error is None
    found = {name: result.summary[name] for name in ANSWERS[case]}
    assert found == pytest.approx(ANSWERS[case], rel=1e-12)


def test_the_fill_of_a_bid_comes_when_its_queue_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F02: at t = 5 s, whatever the row of t = 100 s says; t = 0 is 2024-08-01."""
    monkeypatch.chdir(CASES / "F02-one-bad-timestamp")
    filled = [row for row in events(run("F02", tmp_path)) if row["event"] == "filled"]
    assert [int(row["ts_venue"]) - 1_722_470_400_000_000 for row in filled] == [5_000_000]


@pytest.mark.parametrize(
    "case", ["F15-stale-row-stops-all-orders", "F16a-no-exchange-time-feed-latency"]
)
def test_every_order_is_under_way_as_long_as_the_feed(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(CASES / case)
    rows = [row for row in events(run(case, tmp_path)) if row["event"] == "filled"]
    assert {int(row["ts_arrived"]) - int(row["ts_decided"]) for row in rows} == {20_000}


def test_quotes_of_a_book_that_is_behind_are_not_taken_and_not_feared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F07: the taker expires, the post-only bid is accepted."""
    monkeypatch.chdir(CASES / "F07-quotes-newer-than-book")
    last = {row["client_id"]: row["event"] for row in events(run("F07", tmp_path))}
    assert last == {"1": "expired", "2": "accepted"}


def test_a_file_of_top_levels_is_shown_as_a_book() -> None:
    """M01."""
    (found,) = inspect_files([CASES / "M01-book-snapshot-5" / "book_snapshot_5.csv"])
    assert (found.fault, found.kind, found.depth, found.rows) == (None, "book", 5, 20)


def test_prices_with_the_noise_of_floats_are_refused_with_the_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F11: and the tick that is named makes them usable."""
    monkeypatch.chdir(CASES / "F11-float-noise")
    with pytest.raises(DataError, match=r"prices are floats with rounding noise"):
        run("F11", tmp_path)
    result = run("F11", tmp_path, "instrument.tick_size='0.1'")
    assert (result.error, result.summary["tick_size"]) == (None, "0.1")


def inspection(case: str, capsys: pytest.CaptureFixture[str]) -> str:
    files = sorted(path for path in (CASES / case).glob("*.csv") if path.name != "orders_in.csv")
    main(["data", "inspect", *map(str, files)])
    return capsys.readouterr().out


@pytest.mark.parametrize("case", sorted(NAMED))
def test_an_inspection_of_a_case_names_its_defect(
    case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert NAMED[case] in inspection(case, capsys)


def test_an_inspection_of_trades_that_come_once_names_no_repeats(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "repeated trade ids" not in inspection("F08b-each-trade-once", capsys)


SYMBOL = "exchange,symbol,timestamp,local_timestamp"
QUOTES = f"{SYMBOL},ask_amount,ask_price,bid_price,bid_amount\n"
TRADES = f"{SYMBOL},id,side,price,amount\n"
START_US = 1_722_470_400_000_000  # 2024-08-01


def test_sizes_whose_sum_no_candle_can_hold_are_refused_by_their_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """O1."""
    times = [START_US + 1000 * n for n in range(100)]
    quotes = (f"x,S,{ts},{ts},1,101,100,1\n" for ts in times)
    prints = (f"x,S,{ts},{ts},,buy,101,{9 * 10**17}\n" for ts in times[1:40])
    (tmp_path / "q.csv").write_text(QUOTES + "".join(quotes))
    (tmp_path / "t.csv").write_text(TRADES + "".join(prints))
    copy_run_file("O1-candle-volume-overflow", tmp_path, monkeypatch)
    with pytest.raises(DataError, match=r"t\.csv:2: the largest number .* expected at most 1e\+17"):
        run("O1", tmp_path / "runs")


def test_a_size_so_fine_that_the_others_overflow_is_refused_by_its_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """O2."""
    times = [START_US + 100_000 * n for n in range(60)]
    sizes = [f"{400_000_000 - n}{'.000000001' if n == 5 else ''}" for n in range(60)]
    rows = (f"x,S,{ts},{ts},{size},101,100,1\n" for ts, size in zip(times, sizes, strict=True))
    (tmp_path / "q.csv").write_text(QUOTES + "".join(rows))
    copy_run_file("O2-micro-price-overflow", tmp_path, monkeypatch)
    with pytest.raises(DataError, match=r"q\.csv:7: ask_amount is 399999995\.000000001"):
        run("O2", tmp_path / "runs")


def copy_run_file(case: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(CASES / case / "run.toml", folder)
    monkeypatch.chdir(folder)

"""Small inputs on which other engines, or we, were once wrong, each with its right answer.

They lie beside the repository, in ``../shared/cases``; without them these tests are skipped. The
arithmetic stands in each case's ``expected.txt``. What the same situations do in general is tried
where the part that decides them is tested.
"""

from pathlib import Path
from typing import Any

import pytest
import trio

from mm.api import DataError
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


def run(case: str, folder: Path, *overrides: str) -> Result:
    async def main() -> Result:
        return await run_config(Path("run.toml"), overrides, output=folder)

    return trio.run(main)


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

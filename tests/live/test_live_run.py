"""Whole live runs over memory in virtual time: no stale quoting, exact replays, a clean end."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trio
from tests.live.market import lively_market
from tests.live.session import START_US, Session, run_session
from trio.testing import MockClock

from mm.api import MICRO
from mm.run.progress import Progress
from mm.testing import run_config
from mm_bitmex.mock import open_exchange

SECONDS = 8.0
FAULTS = "drop=0.01,unknown_id=0.01,reorder=0.01,disconnect=0.003,late_partial=1,for=6"


async def whole_market(progress: Progress) -> None:
    await trio.sleep(SECONDS)


async def live(
    folder: Path, faults: str = "", seed: int = 0, record: Path | None = None
) -> Session:
    market = lively_market(folder.parent / "market", SECONDS)
    async with open_exchange(
        market, faults=faults, seed=seed, port=None, now_us=START_US
    ) as exchange:
        return await run_session(exchange, folder, until=whole_market, record=record, seed=seed)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a run writes; the market lies beside it."""
    folder = tmp_path / "a"
    folder.mkdir()
    return folder


def rows(session: Session, name: str) -> Iterator[dict[str, str]]:
    path = next(session.result.directory.glob(f"{name}*.csv"))
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


async def test_a_healthy_run_quotes_fills_and_ends_with_no_order_open(
    folder: Path, autojump_clock: MockClock
) -> None:
    session = await live(folder)
    summary = session.result.summary
    assert session.result.error is None
    assert (session.result.status, summary["live"]["state"]) == ("interrupted", "stopped")
    assert summary["fills"] > 5
    assert summary["rows"]["trades"] > 20
    assert (summary["live"]["gaps"], summary["live"]["connections"]) == ([], 1)
    assert summary["live"]["lag_ms"]["arrival_to_engine"]["max"] == 0.0
    account = session.parts.progress.account
    assert account is not None
    assert not len(account.working)
    assert summary["first_ts"] >= START_US
    assert summary["last_ts"] == START_US + round((SECONDS + 2) * MICRO)


@pytest.mark.parametrize("seed", range(6))
async def test_while_the_book_is_not_known_nothing_but_cancels_is_sent(
    seed: int, folder: Path, autojump_clock: MockClock
) -> None:
    session = await live(folder, FAULTS, seed)
    gaps = session.health.gaps
    assert gaps
    orders = [(int(row["ts_decided"]), row["action"]) for row in rows(session, "orders")]
    assert {action for _, action in orders} > {"new", "cancel"}
    stopped = START_US + round(SECONDS * MICRO)
    for start, end in [*((gap.start, gap.end or stopped) for gap in gaps), (stopped, stopped * 2)]:
        during = {action for ts, action in orders if start <= ts < end}
        assert during <= {"cancel", "cancel_all"}, (start, end)
    account = session.parts.progress.account
    assert account is not None
    assert not len(account.working)


@pytest.mark.parametrize(("faults", "seed"), [("", 0), *((FAULTS, seed) for seed in range(4))])
async def test_the_replay_of_a_recording_has_the_digest_of_the_live_run(
    faults: str, seed: int, folder: Path, autojump_clock: MockClock
) -> None:
    session = await live(folder, faults, seed, folder / "recording")
    assert bool(session.health.gaps) == bool(faults)
    result = await in_real_time(folder)
    assert session.result.summary["fills"] > 0
    assert result["digest"] == session.result.summary["digest"]
    assert result["fills"] == session.result.summary["fills"]
    assert {"derivative_ticker": 0, **dict(result["rows"])} == session.result.summary["rows"]


async def in_real_time(folder: Path) -> dict[str, Any]:
    """Replay in a thread of its own: files are read in threads, which a MockClock overtakes."""

    def replay() -> dict[str, Any]:
        result = trio.run(
            lambda: run_config(folder / "recording" / "replay.toml", output=folder / "replayed")
        )
        assert result.error is None
        return dict(result.summary)

    return await trio.to_thread.run_sync(replay)


async def test_a_refusal_for_good_is_the_error_of_the_run_after_all_was_drained(
    folder: Path, autojump_clock: MockClock
) -> None:
    session = await live(folder, "refuse_403")
    assert session.result.status == "failed"
    assert "answers 403" in str(session.result.error)
    assert session.result.summary["last_ts"] >= START_US + 2 * MICRO

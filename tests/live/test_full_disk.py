"""Live sessions on a disk that refuses for a while: withdrawn, told, tried again, nothing half."""

import csv
import errno
import gzip
import os
import shutil
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
from tests.live.market import lively_market
from tests.live.session import START_US, Session, run_session
from tests.live.test_live_run import in_real_time
from trio.testing import MockClock

from mm.api import MICRO, UsageError
from mm.record.mend import mend
from mm.run.health import Hearing
from mm.run.live_state import live_state
from mm.run.progress import Progress
from mm.run.session import Plan
from mm_bitmex.mock import open_exchange

SECONDS = 9.0


@attrs.define
class Told:
    """What a display was told, and when [s since the start]."""

    news: list[tuple[str, str]] = attrs.field(factory=list)
    sentences: list[tuple[float, str]] = attrs.field(factory=list)
    trusted: list[tuple[float, bool]] = attrs.field(factory=list)
    times: list[tuple[float, int]] = attrs.field(factory=list)
    """Of the data."""

    @asynccontextmanager
    async def beside(self, plan: Plan) -> AsyncIterator[None]:
        hear, start = Hearing(plan.parts.connector, plan.parts.disk).listener(), trio.current_time()

        async def look() -> None:
            while True:
                await trio.sleep(0.1)
                health, now = hear(), trio.current_time() - start
                assert health is not None
                self.news += [(one.event, one.text) for one in health.news]
                self.sentences.append((now, live_state(plan.parts, health).markets[0].bid_why.text))
                self.trusted.append((now, health.is_live))
                self.times.append((now, plan.parts.progress.ts))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(look)
            yield
            nursery.cancel_scope.cancel()

    def disk(self) -> list[str]:
        return [text for event, text in self.news if event == "disk"]


class Refusing:
    """The system's calls, which refuse to write regular files from ``begin`` to ``end`` [s]."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        begin: float,
        end: float,
        number: int = errno.ENOSPC,
        only: Path | None = None,
    ) -> None:
        """``only``: files below this folder; None = all."""
        self.only = only
        self.begin, self.end, self.number = begin, end, number
        self.refusals = 0
        self._start = trio.current_time()
        self._half = True
        self._write, self._pwrite = os.write, os.pwrite
        monkeypatch.setattr(os, "write", self.write)
        monkeypatch.setattr(os, "pwrite", self.pwrite)

    def write(self, file: int, data: Any) -> int:
        """Take half, then nothing."""
        if not self._refuses(file):
            return self._write(file, data)
        self._half = not self._half
        if self._half:
            self.refusals += 1
            raise OSError(self.number, os.strerror(self.number))
        return self._write(file, bytes(data)[: len(data) // 2])

    def pwrite(self, file: int, data: bytes, at: int) -> int:
        """Take nothing."""
        if self._refuses(file):
            self.refusals += 1
            raise OSError(self.number, os.strerror(self.number))
        return self._pwrite(file, data, at)

    def _refuses(self, file: int) -> bool:
        state = os.fstat(file)
        if not stat.S_ISREG(state.st_mode):
            return False
        if not self.begin <= trio.current_time() - self._start < self.end:
            return False
        if self.only is None:
            return True
        return state.st_ino in {path.stat().st_ino for path in self.only.rglob("*.*")}


async def live(
    folder: Path, told: Told, *, record: bool = True, seconds: float = SECONDS, run_file: str = ""
) -> Session:
    market = lively_market(folder.parent / "market", SECONDS)

    async def wait(progress: Progress) -> None:
        await trio.sleep(seconds)

    options: dict[str, Any] = {"run_file": run_file} if run_file else {}
    async with open_exchange(market, port=None, now_us=START_US) as exchange:
        return await run_session(
            exchange, folder, until=wait, record=folder / "recording" if record else None,
            beside=told.beside, **options,
        )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a run writes; the market lies beside it."""
    folder = tmp_path / "a"
    folder.mkdir()
    return folder


def actions(session: Session, begin: float, end: float) -> set[str]:
    """What was sent from ``begin`` to ``end`` [s since the start]."""
    with (session.result.directory / "orders.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["action"]
            for row in csv.DictReader(file)
            if START_US + begin * MICRO <= int(row["ts_decided"]) < START_US + end * MICRO
        }


def check_withdrawn(session: Session, told: Told, begin: float, end: float) -> None:
    """From a second after ``begin`` to ``end`` [s] no order stood, and that was told."""
    assert actions(session, 1.0, begin) > {"new"}
    assert actions(session, begin, begin + 1) & {"cancel", "cancel_all"}
    assert actions(session, begin + 1, end) <= {"cancel", "cancel_all"}
    for at, text in told.sentences:
        if begin + 1 < at < end:
            assert text.startswith("no quote: nothing can be written since"), (at, text)
    assert all(not live for at, live in told.trusted if begin + 1 < at < end)


def check_whole(session: Session, folder: Path) -> None:
    """Nothing is half-written, nothing lies about, and no decision is missing or there twice."""
    for path in (folder / "recording").glob("*.gz"):
        assert gzip.decompress(path.read_bytes()).endswith(b"\n")
    assert not list(folder.rglob("*.tmp"))
    tables = list(folder.glob("run/*/*.csv"))
    assert len(tables) == 6
    for path in tables:
        header, *rows = path.read_text(encoding="utf-8").splitlines()
        assert {row.count(",") for row in rows} <= {header.count(",")}, path
    with next(folder.glob("run/*/quotes.csv")).open(encoding="utf-8", newline="") as file:
        times = [int(row["ts_decided"]) for row in csv.DictReader(file)]
    assert len(times) == session.result.summary["decisions"]
    assert times == sorted(set(times))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
async def test_while_the_recording_cannot_be_written_nothing_is_quoted_and_then_it_goes_on(
    number: int, folder: Path, monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    told = Told()
    refusing = Refusing(monkeypatch, 3.0, 5.0, number)
    session = await live(folder, told)
    assert session.result.error is None
    assert session.result.status == "interrupted"
    assert refusing.refusals >= 3, "it was not tried again"
    check_withdrawn(session, told, 3.0, 5.0)
    assert actions(session, 6.0, SECONDS) > {"new"}
    refused, back = told.disk()
    assert os.strerror(number) in refused
    assert refused.endswith("orders are withdrawn, and it is tried again until it can be")
    assert back.startswith("everything is written again, after 2.")
    (gap,) = session.result.summary["live"]["gaps"]
    assert os.strerror(number) in gap["reason"]
    assert 1.5 * MICRO < gap["end"] - gap["start"] < 3 * MICRO
    result = await in_real_time(folder)
    assert result["digest"] == session.result.summary["digest"]
    assert result["fills"] == session.result.summary["fills"] > 0
    check_whole(session, folder)


async def test_a_refusal_that_lasts_holds_the_time_as_well_and_the_replay_is_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    """So what waits is bounded: after a minute, here after a second, the engine stands."""
    monkeypatch.setattr("mm.record.hold.LONGEST_US", MICRO)
    told = Told()
    Refusing(monkeypatch, 3.0, 6.0)
    session = await live(folder, told)
    assert session.result.error is None
    check_withdrawn(session, told, 3.0, 6.0)
    assert actions(session, 7.0, SECONDS) > {"new"}
    seen = {round(at, 1): ts for at, ts in told.times}
    assert seen[5.0] == seen[5.8] < START_US + 4.7 * MICRO
    assert seen[8.0] > START_US + 7.5 * MICRO
    check_whole(session, folder)
    result = await in_real_time(folder)
    assert result["digest"] == session.result.summary["digest"]


async def test_a_session_that_is_stopped_while_the_disk_refuses_says_so_and_leaves_what_is_whole(
    folder: Path, monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    told = Told()
    with monkeypatch.context() as patch:
        Refusing(patch, 3.0, 100.0, only=folder / "recording")
        session = await live(folder, told, seconds=5.0)
    assert session.result.status == "failed"
    error = session.result.error
    assert isinstance(error, UsageError)
    assert "the recording cannot be written: No space left on device; make room" in str(error)
    mended = mend(folder / "recording")
    assert START_US + 2 * MICRO < mended.until < START_US + 3 * MICRO
    assert not mended.damaged


@pytest.mark.parametrize("record", [True, False])
async def test_while_the_results_cannot_be_written_nothing_is_quoted_and_no_row_is_lost(
    record: bool, folder: Path, monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    told = Told()
    refusing = Refusing(monkeypatch, 3.0, 5.0, only=folder / "run")
    session = await live(folder, told, record=record)
    assert session.result.error is None
    assert refusing.refusals >= 3, "it was not tried again"
    check_withdrawn(session, told, 3.0, 5.0)
    assert actions(session, 6.5, SECONDS) > {"new"}
    check_whole(session, folder)
    if record:
        result = await in_real_time(folder)
        assert result["digest"] == session.result.summary["digest"]


async def at(begin: float, do: Callable[[], Any], end: float, undo: Callable[[], Any]) -> None:
    """Do something at ``begin`` and something else at ``end`` [s]."""
    await trio.sleep(begin)
    do()
    await trio.sleep(end - begin)
    undo()


@pytest.mark.parametrize("what", ["recording", "run"])
@pytest.mark.parametrize("anew", [False, True])
async def test_a_removed_folder_is_waited_for_and_what_it_held_is_put_back(
    what: str, anew: bool, folder: Path, autojump_clock: MockClock
) -> None:
    told, elsewhere = Told(), folder / "elsewhere"
    found = folder / "recording"

    def remove() -> None:
        nonlocal found
        if what == "run":
            (found,) = (folder / "run").iterdir()
        if anew:
            shutil.rmtree(found)
        else:
            found.rename(elsewhere)

    def bring_back() -> None:
        if anew:
            found.mkdir()
        else:
            elsewhere.rename(found)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(at, 3.0, remove, 5.0, bring_back)
        session = await live(folder, told)
    assert session.result.error is None
    check_withdrawn(session, told, 3.0, 5.0)
    assert "No such file or directory" in told.disk()[0]
    assert actions(session, 6.5, SECONDS) > {"new"}
    check_whole(session, folder)
    result = await in_real_time(folder)
    assert result["digest"] == session.result.summary["digest"]
    assert (session.result.directory / "config.toml").exists()


async def test_a_recording_that_stays_away_ends_the_session_with_a_sentence_when_it_is_stopped(
    folder: Path, autojump_clock: MockClock
) -> None:
    told = Told()
    async with trio.open_nursery() as nursery:
        remove = lambda: shutil.rmtree(folder / "recording")  # noqa: E731
        nursery.start_soon(at, 3.0, remove, 3.0, lambda: None)
        session = await live(folder, told)
    assert session.result.status == "failed"
    assert "the recording cannot be written: No such file or directory" in str(session.result.error)
    assert actions(session, 1.0, 2.0) > {"new"}
    assert told.sentences[-1][1].startswith("no quote: nothing can be written since")


async def test_a_run_folder_that_stays_away_ends_the_session_with_a_sentence_when_it_is_stopped(
    folder: Path, autojump_clock: MockClock
) -> None:
    told = Told()
    sentence = pytest.RaisesExc(UsageError, match="cannot be written: No such file or directory")
    with pytest.RaisesGroup(sentence, flatten_subgroups=True):
        async with trio.open_nursery() as nursery:
            remove = lambda: shutil.rmtree(folder / "run")  # noqa: E731
            nursery.start_soon(at, 3.0, remove, 3.0, lambda: None)
            await live(folder, told)
    assert told.sentences[-1][1].startswith("no quote: nothing can be written since")

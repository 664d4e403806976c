"""What refuses to be written: which faults are waited for, which end the run, and what is said."""

import errno
import os
import threading
from pathlib import Path

import attrs
import pytest
import trio

from mm.api import Health, MMError, PluginError, UsageError
from mm.run.disk import PASSING, SLOW_S, Disk
from mm.run.safekeeping import kept_safe


def fault(number: int, kind: type[MMError] = UsageError) -> MMError:
    error = kind("trades.csv: cannot be written: why; make room")
    error.__cause__ = OSError(number, os.strerror(number))
    return error


def health() -> Health:
    return Health(
        state="live", is_live=True, touch=(0, 0, 0, 0), rows={}, counters={"gaps": 2}, gaps=(),
        lags={}, news=(),
    )  # fmt: skip


@pytest.mark.parametrize("number", sorted(PASSING))
@pytest.mark.parametrize("kind", [UsageError, PluginError])
def test_a_fault_that_may_pass_is_kept_until_the_same_writer_succeeds(
    number: int, kind: type[MMError]
) -> None:
    disk = Disk(lambda: 0.0)
    disk.ts = 1_722_470_461_000_000
    with disk.trying("a"):
        raise fault(number, kind)
    assert disk.has_refused("a")
    with disk.trying("b"):
        pass
    assert disk.sentence == f"nothing can be written since 00:01:01: {os.strerror(number)}"
    disk.lost(disk.ts)
    found = disk.add_to(health())
    assert found is not None
    assert found.gaps[0].reason == "trades.csv: cannot be written: why"
    with disk.trying("a"):
        pass
    assert not disk.refuses
    assert disk.sentence == ""


def test_any_other_fault_ends_the_run() -> None:
    disk = Disk(lambda: 0.0)
    for error in (fault(errno.EACCES), UsageError("no"), PluginError("broken")):
        with pytest.raises(type(error)), disk.trying("a"):
            raise error
    with pytest.raises(ValueError, match="ours"), disk.trying("a"):
        raise ValueError("ours")
    assert not disk.refuses


def test_health_has_the_gap_and_tells_each_change_once() -> None:
    disk = Disk(lambda: 0.0)
    disk.ts = 5_000_000
    assert disk.add_to(None) is None
    for _ in range(3):
        with disk.trying("a"):
            raise fault(errno.ENOSPC)
    disk.lost(6_000_000)
    found = disk.add_to(health())
    assert found is not None
    assert not found.is_live
    assert found.counters["gaps"] == 3
    assert [(gap.start, gap.end) for gap in found.gaps] == [(6_000_000, None)]
    assert [(one.level, one.text.partition(";")[2]) for one in found.news] == [
        ("warning", " orders are withdrawn, and it is tried again until it can be")
    ]
    with disk.trying("a"):
        pass
    disk.is_back(8_500_000, 1234, 7)
    found = disk.add_to(health())
    assert found is not None
    assert found.is_live
    assert found.gaps[0].end == 8_500_000
    (news,) = found.news
    assert news.text == (
        "everything is written again, after 2.5 s; 1,234 rows of the market were left out: a gap in"
        " the book, also in the recording; 7 raw frames so far were not kept"
    )


def test_what_took_too_long_is_refused_until_it_is_quick_again() -> None:
    times = iter([0.0, SLOW_S + 1, 10.0, 10.0])
    disk = Disk(lambda: next(times))
    with disk.trying("a"):
        pass
    assert disk.sentence.endswith("00:00:00: the disk took 6 s")
    with disk.trying("a"):
        pass
    assert not disk.refuses


async def keeping(folder: Path, disk: Disk, task_status: trio.TaskStatus[None]) -> None:
    async with kept_safe([folder], 1.0, disk):
        task_status.started()
        await trio.sleep_forever()


async def test_a_disk_that_does_not_answer_is_told_before_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mock_clock: trio.testing.MockClock
) -> None:
    """``fsync`` hangs in its thread; real time is a number that the test moves."""
    now, answer, asked = [0.0], threading.Event(), trio.Event()
    token = trio.lowlevel.current_trio_token()

    def hang(file: int) -> None:
        token.run_sync_soon(asked.set)
        assert answer.wait(30)

    monkeypatch.setattr(os, "fsync", hang)
    (tmp_path / "file").write_text("some")
    disk = Disk(lambda: now[0])
    async with trio.open_nursery() as nursery:
        await nursery.start(keeping, tmp_path, disk)
        await trio.testing.wait_all_tasks_blocked()
        mock_clock.jump(1.0)
        await asked.wait()
        for seconds, refused in ((SLOW_S - 1, False), (SLOW_S + 1, True)):
            now[0] = seconds
            mock_clock.jump(1.0)
            await trio.testing.wait_all_tasks_blocked()
            assert disk.refuses == refused
        assert disk.sentence.endswith("00:00:00: the disk has not answered for 5 s")
        now[0] = 0.0  # the next try is quick
        answer.set()
        while disk.refuses:
            await trio.testing.wait_all_tasks_blocked()
            mock_clock.jump(0.1)
        nursery.cancel_scope.cancel()


def test_of_several_markets_none_is_shown_while_nothing_can_be_written() -> None:
    disk = Disk(lambda: 0.0)
    both = attrs.evolve(health(), markets=(health(), attrs.evolve(health(), is_live=False)))
    before = disk.add_to(both)
    assert before is not None
    assert [one.is_live for one in before.markets] == [True, False]
    with disk.trying("a"):
        raise fault(errno.ENOSPC)
    found = disk.add_to(both)
    assert found is not None
    assert [found.is_live, *(one.is_live for one in found.markets)] == [False, False, False]

"""The sink task: rows in the order of their times, and on the disk soon, whatever comes next."""

import errno
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import trio
from trio.testing import MockClock

from mm.api import EXECUTION, PluginError, Rows, Status
from mm.run.channels import Outlet, open_channel
from mm.run.disk import Disk
from mm.run.sinks import Records, record


class Noting:
    """Notes when rows came, and when they were to be shown."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, float]] = []

    def write(self, table: str, rows: Rows) -> None:
        self.seen.append((f"{len(rows)} {table}", trio.current_time()))

    def flush(self) -> None:
        self.seen.append(("flush", trio.current_time()))

    def close(self, status: Status) -> None:
        """Not by this task."""


def records(count: int, watermark: int) -> Records:
    return Records(tables=(("trades", np.zeros(count, EXECUTION)),), watermark=watermark)


async def run(send: Callable[[Outlet[Records], Outlet[Records]], Any]) -> list[tuple[str, float]]:
    to_ledger, ledger = open_channel(4, Records)
    to_candles, candles = open_channel(4, Records)
    sink = Noting()
    start = trio.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(lambda: record(ledger, candles, sinks={"noting": sink}, flush_s=1.0))
        with to_ledger, to_candles:
            await send(to_ledger, to_candles)
    return [(what, round(when - start, 3)) for what, when in sink.seen]


async def test_a_row_is_shown_a_second_later_though_nothing_follows(
    autojump_clock: MockClock,
) -> None:
    async def send(ledger: Outlet[Records], candles: Outlet[Records]) -> None:
        await ledger.send(records(3, 10))
        await trio.sleep(60)

    assert await run(send) == [("3 trades", 0.0), ("flush", 1.0)]


async def test_rows_that_keep_coming_do_not_put_it_off(autojump_clock: MockClock) -> None:
    async def send(ledger: Outlet[Records], candles: Outlet[Records]) -> None:
        for n in range(8):
            await ledger.send(records(1, n))
            await candles.send(records(0, n))
            await trio.sleep(0.3)

    seen = await run(send)
    waits = [when for what, when in seen if what == "flush"]
    assert waits == pytest.approx([1.0, 2.2])
    assert [what for what, _ in seen].count("1 trades") == 8


async def test_where_no_rows_come_nothing_is_flushed(autojump_clock: MockClock) -> None:
    async def send(ledger: Outlet[Records], candles: Outlet[Records]) -> None:
        for n in range(50):
            await ledger.send(records(0, n))
            await candles.send(records(0, n))
            await trio.sleep(0.3)

    assert await run(send) == []


class Full(Noting):
    """Refuses until a time [s], and counts what it was given: what it refused as well."""

    def __init__(self, until: float) -> None:
        super().__init__()
        self.until = until
        self.rows = self.shown = 0

    def write(self, table: str, rows: Rows) -> None:
        self.rows += len(rows)
        self._try()

    def flush(self) -> None:
        self._try()
        self.shown = self.rows
        self.seen.append(("flush", trio.current_time()))

    def _try(self) -> None:
        if trio.current_time() < self.until:
            self.seen.append(("refused", trio.current_time()))
            raise OSError(errno.ENOSPC, "full")


@pytest.mark.parametrize("recorded", [False, True])
async def test_a_full_sink_is_given_each_row_once_and_the_others_all_at_once(
    recorded: bool, autojump_clock: MockClock
) -> None:
    to_ledger, ledger = open_channel(0, Records)
    to_candles, candles = open_channel(0, Records)
    disk, start = Disk(lambda: 0.0), trio.current_time()
    full, sound = Full(start + 5.5), Full(start)
    sinks = {"full": full, "sound": sound}
    ahead = (lambda: None) if recorded else None
    async with trio.open_nursery() as nursery:
        nursery.start_soon(
            lambda: record(ledger, candles, sinks=sinks, flush_s=0.4, ahead=ahead, disk=disk)
        )
        with to_ledger, to_candles:
            for n in range(1, 9):
                await to_ledger.send(records(n, n))
                await to_candles.send(records(0, n))
                await trio.sleep(1)
                assert disk.has_refused("full") == (n < 6), n
                assert full.rows == (1 if n < 6 else sum(range(1, n + 1)))
    assert full.rows == full.shown == sound.rows == sound.shown == sum(range(1, 9))
    assert [what for what, _ in full.seen].count("refused") >= 4


async def test_what_is_refused_to_the_end_is_raised_then(autojump_clock: MockClock) -> None:
    to_ledger, ledger = open_channel(4, Records)
    to_candles, candles = open_channel(4, Records)
    disk = Disk(lambda: 0.0)
    full = {"full": Full(1e9)}
    raised = pytest.RaisesExc(PluginError, match="full raised OSError")
    with pytest.RaisesGroup(raised):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(lambda: record(ledger, candles, sinks=full, flush_s=1.0, disk=disk))
            with to_ledger, to_candles:
                await to_ledger.send(records(3, 1))
                await to_candles.send(records(0, 1))
                await trio.sleep(10)
                assert disk.refuses


async def test_no_sink_is_given_a_row_before_what_it_follows_from_is_written(
    autojump_clock: MockClock,
) -> None:
    to_ledger, ledger = open_channel(4, Records)
    to_candles, candles = open_channel(4, Records)
    sink = Noting()
    ahead = lambda: sink.seen.append(("ahead", trio.current_time()))  # noqa: E731
    async with trio.open_nursery() as nursery:
        nursery.start_soon(
            lambda: record(ledger, candles, sinks={"noting": sink}, flush_s=1.0, ahead=ahead)
        )
        with to_ledger, to_candles:
            await to_ledger.send(records(3, 10))
            await trio.sleep(5)
            await to_ledger.send(records(2, 20))
    assert [what for what, _ in sink.seen] == [
        "ahead", "3 trades", "flush", "ahead", "2 trades", "flush",
    ]  # fmt: skip

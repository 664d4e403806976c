"""A market in memory, or written down, is the market on disk: the same batches, every time."""

from pathlib import Path

import attrs
import numpy as np
import pytest
import trio
from tests.plugins.tardis_directory import Collector

from mm.api import EVENT, Instrument, MarketBatch, Outlet, Survey
from mm.config import LoadedConfig, load_config
from mm.run.survey import Market, survey_market
from mm.study.market import MarketMemory
from mm.study.shared import open_market, write_market

REPOSITORY = Path(__file__).parents[2]
RUN = REPOSITORY / "example" / "backtest.toml"


@pytest.fixture(autouse=True)
def _at_the_top(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)


def load(*overrides: str) -> LoadedConfig:
    return load_config(RUN, overrides=overrides)


async def stream(market: Market, instruments: tuple[Instrument, ...]) -> list[tuple[int, bytes]]:
    out = Collector()
    await market.connector.run(instruments, out)
    assert out.closed
    return [(batch.watermark, batch.events.tobytes()) for batch in out.batches]


async def both(memory: MarketMemory) -> tuple[list[tuple[int, bytes]], list[tuple[int, bytes]]]:
    market = await memory.survey(load())
    return (
        await stream(market, market.instruments),
        await stream(await memory.survey(load()), market.instruments),
    )


def test_the_second_run_gets_what_the_first_got_without_reading(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def run() -> None:
        memory = MarketMemory()
        market = await memory.survey(load())
        first = await stream(market, market.instruments)
        assert first

        def unreadable(*_: object) -> None:
            raise AssertionError("read again")

        monkeypatch.setattr("mm_tardis.connector.EventReader", unreadable)
        again = await memory.survey(load("strategy.avellaneda.gamma=0.7"))
        assert again is market
        assert await stream(again, market.instruments) == first

    trio.run(run)


def test_what_does_not_fit_is_read_again() -> None:
    first, second = trio.run(both, MarketMemory(most_bytes=1000))
    assert first == second
    assert len(first) > 1


@pytest.mark.parametrize("other", ["instrument.tick_size=0.05", "position.contract_type='Linear'"])
def test_a_set_that_reads_otherwise_gets_a_market_of_its_own(other: str) -> None:
    async def run() -> None:
        memory = MarketMemory()
        market = await memory.survey(load())
        changed = await memory.survey(load(other))
        assert changed is not market
        assert changed.instruments != market.instruments

    trio.run(run)


def test_a_stream_that_was_cut_off_is_not_taken_for_the_whole() -> None:
    async def run() -> None:
        memory = MarketMemory()
        market = await memory.survey(load())
        with trio.CancelScope() as scope:

            class Cancelling(Collector):
                async def send(self, value: MarketBatch, /) -> None:
                    scope.cancel()
                    await trio.lowlevel.checkpoint()

            await market.connector.run(market.instruments, Cancelling())
        assert scope.cancelled_caught
        whole = await stream(market, market.instruments)
        assert whole == await stream(market, market.instruments)
        assert len(whole) > 1

    trio.run(run)


def test_a_market_that_was_written_down_is_the_same_market(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        surveyed = await survey_market(load())
        first = await stream(await survey_market(load()), surveyed.instruments)
        assert await write_market(surveyed, tmp_path / "market")
        monkeypatch.setattr("mm_tardis.connector.EventReader", None)
        written = open_market(tmp_path / "market")
        assert (written.survey, written.instruments, written.notes) == (
            surveyed.survey, surveyed.instruments, surveyed.notes,
        )  # fmt: skip
        assert await stream(written, written.instruments) == first
        memory = MarketMemory()
        again = await memory.survey(load(), tmp_path / "market")
        out = Collector()
        await again.connector.run(again.instruments, out)
        out.batches[0].events["price"] = 1  # a change is one's own
        assert await stream(open_market(tmp_path / "market"), written.instruments) == first

    trio.run(run)


def test_a_market_without_rows_and_one_without_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        surveyed = await survey_market(load())
        empty = attrs.evolve(surveyed, connector=Nothing())
        assert await write_market(empty, tmp_path / "empty")
        written = open_market(tmp_path / "empty")
        assert await stream(written, written.instruments) == [(7, b"")]
        monkeypatch.setattr("mm.study.shared._SHARE_OF_DISK", 0)
        assert not await write_market(surveyed, tmp_path / "full")
        assert not (tmp_path / "full").exists()

    trio.run(run)


class Nothing:
    """A connector of one batch without events."""

    async def survey(self) -> Survey:
        raise NotImplementedError

    async def run(self, instruments: tuple[Instrument, ...], out: Outlet) -> None:
        await out.send(MarketBatch(np.empty(0, EVENT), 7))
        out.close()

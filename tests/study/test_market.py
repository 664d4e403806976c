"""A market in memory is the market on disk: the same batches, as often as they are asked for."""

from pathlib import Path

import pytest
import trio
from tests.plugins.tardis_directory import Collector

from mm.api import Instrument, MarketBatch
from mm.config import LoadedConfig, load_config
from mm.run.survey import Market
from mm.study.market import MarketMemory

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

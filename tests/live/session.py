"""Live sessions in memory under a MockClock: the connector, or a whole run, and an exchange."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import trio
import trio.testing
from tests.record.streams import XBTUSD

from mm.api import (
    CLEAR,
    EVENT,
    LEVEL,
    QUOTE,
    SELL,
    ConnectorOffer,
    Health,
    Instrument,
    MarketBatch,
    Rows,
)
from mm.config import load_config
from mm.registry import Plugin, Registry, build_registry, load_registry
from mm.run.build import Options
from mm.run.network import Parts
from mm.run.progress import Progress
from mm.run.session import Plan, Result, plan_run, run_plan
from mm_bitmex.config import BitmexConfig
from mm_bitmex.connector import BitmexConnector
from mm_bitmex.mock import Exchange
from mm_bitmex.mock.player import Player

START_US = 1_795_000_000_000_000
URL = "ws://127.0.0.1:1/realtime"
"""Nobody listens there: the streams are in memory."""

QUICK: dict[str, Any] = {
    "bitmex_api": URL,
    "backoff_s": 0.2,
    "backoff_cap_s": 2.0,
    "max_opens_per_hour": 3600,
    "subscribe_s": 3.0,
    "idle_s": 3.0,
}
"""Configuration that gives up sooner, so that tests see more of it."""

RUN_FILE = """\
[strategy]
kind = "Grid"
preprocessing = "Grid"
symbol = "XBTUSD"
[strategy.grid]
quote_size = 500
max_position = 5000
half_spread = 0.1
interval = 0.1
levels = 2
sequencer.interval_ms = 50
[data]
from_csv = false
connector = "memory"
watermark_ms = 50
[instrument]
tick_size = 0.1
lot_size = 100
[execution]
latency_ms = 5
response_latency_ms = 5
[risk]
max_silence_s = 5
[output]
exchange = "bitmex"
[position]
contract_type = "Inverse"
"""


def dialer(nursery: trio.Nursery, exchange: Exchange | Player) -> Callable[[str], Any]:
    """Connect over memory."""

    async def dial(url: str) -> trio.abc.Stream:
        ours, theirs = trio.testing.memory_stream_pair()
        nursery.start_soon(exchange.serve_stream, theirs)
        return ours

    return dial


@attrs.define
class Outlet:
    """Takes batches, slowly if asked, and keeps them."""

    batches: list[MarketBatch] = attrs.field(factory=list)
    pause_s: float = 0.0
    closed: bool = False

    async def send(self, batch: MarketBatch, /) -> None:
        await trio.lowlevel.checkpoint()
        if self.pause_s:
            await trio.sleep(self.pause_s)
        self.batches.append(batch)

    def close(self) -> None:
        self.closed = True

    @property
    def events(self) -> Rows:
        return np.concatenate([np.zeros(0, EVENT), *(batch.events for batch in self.batches)])


@attrs.define
class Mirror:
    """What a consumer of the stream holds for the book, by the rules of MarketBatch."""

    bids: dict[int, int] = attrs.field(factory=dict)
    asks: dict[int, int] = attrs.field(factory=dict)

    def take(self, events: Rows) -> None:
        for row in events[np.isin(events["kind"], (LEVEL, CLEAR))]:
            if row["kind"] == CLEAR:
                self.bids, self.asks = {}, {}
                continue
            side = self.asks if row["side"] == SELL else self.bids
            side.pop(int(row["price"]), None)
            if row["size"]:
                side[int(row["price"])] = int(row["size"])

    def sides(self, instrument: Instrument = XBTUSD) -> dict[str, dict[float, int]]:
        """As the look-alike exchange shows its own."""
        return {
            name: {
                round(instrument.price(price), 1): round(instrument.contracts(size))
                for price, size in side.items()
            }
            for name, side in (("Buy", self.bids), ("Sell", self.asks))
        }


def connector(dial: Callable[[str], Any], seed: int = 0, **options: Any) -> BitmexConnector:
    config = BitmexConfig(**{**QUICK, **options})
    made = BitmexConnector(config, "XBTUSD", seed, dial=dial, wall_us=lambda: START_US)
    made.expect_grid()
    return made


def check_contract(batches: Sequence[MarketBatch]) -> None:
    """Times grow strictly by frame, watermarks by batch, and no message is split."""
    watermark = -1
    for batch in batches:
        times = batch.events["ts_local"]
        assert batch.watermark > watermark
        assert not len(times) or (times[0] > watermark and times[-1] <= batch.watermark)
        assert np.all(np.diff(times) >= 0)
        assert np.all(batch.events["ts_exchange"] <= times)
        watermark = batch.watermark


def empty_quotes(events: Rows) -> Rows:
    """The messages that say that nothing is known of the book."""
    found: Rows = events[
        (events["kind"] == QUOTE) & (events["size"] == 0) & (events["ask_size"] == 0)
    ]
    return found


@attrs.frozen
class Session:
    """A whole run that is over."""

    result: Result
    parts: Parts
    health: Health


async def run_session(
    exchange: Exchange | Player,
    folder: Path,
    *,
    until: Callable[[Progress], Any],
    record: Path | None = None,
    raw: bool = False,
    run_file: str = RUN_FILE,
    seed: int = 0,
    beside: Callable[[Plan], AbstractAsyncContextManager[None]] = lambda plan: nullcontext(),
) -> Session:
    """Run ``mm live``'s network on an exchange until ``until`` returns; stop as Ctrl-C does.

    ``beside``: what goes on while the plan is run.
    """
    async with trio.open_nursery() as nursery:
        dial = dialer(nursery, exchange)

        def build(config: BitmexConfig, symbol: str, seed: int) -> BitmexConnector:
            return BitmexConnector(config, symbol, seed, dial=dial, wall_us=lambda: START_US)

        path = folder / "live.toml"
        path.write_text(run_file, encoding="utf-8")
        quick = [f"data.{key}={value}" for key, value in QUICK.items()]
        loaded = load_config(
            path, registry_with(build), [*quick, f"engine.seed={seed}"], output=str(folder / "run")
        )
        plan = await plan_run(loaded)
        stop = trio.CancelScope()

        async def end(progress: Progress) -> None:
            await until(progress)
            stop.cancel()

        async with beside(plan):
            result = await run_plan(
                plan, Options(record=record, raw=raw), stop, lambda p: nursery.start_soon(end, p)
            )
        nursery.cancel_scope.cancel()
    assert result.health is not None
    return Session(result, plan.parts, result.health)


def registry_with(build: Callable[..., BitmexConnector]) -> Registry:
    """The built-in plugins, and the connector ``memory``."""
    offer = ConnectorOffer(name="memory", config=BitmexConfig, build=build, seeded=True)
    plugin = Plugin("memory", "tests", "1", (("connector", offer),))
    return build_registry([*load_registry().plugins, plugin])

"""A market kept in memory, so that sets which read the same read it once.

The first run over a market keeps its batches as they pass; the next ones are given them again. What
does not fit is read anew. Knows no sets; what two run files must have in common is
``market_key``.
"""

from pathlib import Path
from typing import Final

import attrs

from mm.api import Connector, Instrument, MarketBatch, Outlet, Survey
from mm.config import LoadedConfig, RunConfig
from mm.run.survey import Market, survey_market
from mm.study.shared import open_market

MOST_BYTES: Final = 1 << 30
"""Of events that a process keeps: fifteen million rows."""


class MarketMemory:
    """The last market that was read."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        """Remember nothing yet."""
        self._most_bytes = most_bytes
        self._key = ""
        self._market: Market | None = None

    async def survey(self, loaded: LoadedConfig, written: Path | None = None) -> Market:
        """Survey the market of a run, or give the one that is remembered.

        Args:
            loaded: the run.
            written: where its market was written down; None = nowhere.

        Raises:
            MMError: as ``survey_market``.
        """
        key = market_key(loaded.config)
        if self._market is None or key != self._key:
            self._market = None  # frees it before the next one comes
            if written is not None:
                market = open_market(written)
            else:
                market = await survey_market(loaded)
                kept = Kept(market.connector, self._most_bytes)
                market = attrs.evolve(market, connector=kept)
            self._market, self._key = market, key
        return self._market


def market_key(config: RunConfig) -> str:
    """Name all that decides what is read, and on which grid."""
    return "; ".join(_key(market) for market in config.all_markets)


def _key(config: RunConfig) -> str:
    chosen = config.parts.connector
    seed = config.engine.seed if chosen.offer.seeded else None
    tick_size = getattr(config.parts.strategy.config, "tick_size", None)
    name = config.output.exchange if config.markets else ""
    parts = (config.data, chosen.owner, chosen.offer.name, chosen.config, config.strategy.symbol,
             config.instrument, config.position.contract_type, config.position.mark, name, seed,
             tick_size)  # fmt: skip
    return repr(parts)


class Kept:
    """A connector whose stream is kept while it passes, and given again when asked again."""

    def __init__(self, connector: Connector, most_bytes: int) -> None:
        """Keep what ``connector`` sends, up to ``most_bytes``."""
        self._connector = connector
        self._most_bytes = most_bytes
        self._batches: list[MarketBatch] | None = None

    async def survey(self) -> Survey:
        """Ask the connector."""
        return await self._connector.survey()

    async def run(self, instruments: tuple[Instrument, ...], out: Outlet) -> None:
        """Send the stream. Owns ``out``."""
        if self._batches is None:
            keeping = _Keeping(out, self._most_bytes)
            await self._connector.run(instruments, keeping)
            self._batches = keeping.batches  # only of a stream that came to its end
            return
        try:
            for batch in self._batches:
                await out.send(batch)
        finally:
            out.close()


class _Keeping:
    """An outlet that keeps what goes through it; None once that is too much."""

    def __init__(self, out: Outlet, most_bytes: int) -> None:
        self._out = out
        self._left = most_bytes
        self.batches: list[MarketBatch] | None = []

    async def send(self, value: MarketBatch, /) -> None:
        self._left -= value.events.nbytes
        if self._left < 0:
            self.batches = None
        if self.batches is not None:
            self.batches.append(value)
        await self._out.send(value)

    def close(self) -> None:
        self._out.close()

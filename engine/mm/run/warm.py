"""Compiling before it counts: a short run on made-up events, whose results nobody keeps.

A kernel is compiled, or loaded, when it is first called, and nothing else happens meanwhile: no
ping is answered, no frame read. A live run cannot have that once the exchange sends, so parts of
the same kinds go through a few seconds of a market that never was.

As a process of its own (``python -m mm.run.warm RUN_FILE [KEY=VALUE …]``) it does so while another
one reads the data, which compiles kernels of its own meanwhile: two cores, two thirds of the time.
"""

import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import attrs
import numpy as np
import trio

from mm.api import (
    BUY,
    CLEAR,
    EVENT,
    LEVEL,
    MICRO,
    QUOTE,
    SELL,
    TICKER,
    TRADE,
    Instrument,
    MarketBatch,
    Outlet,
    Rows,
    Survey,
)
from mm.config import LoadedConfig, load_config
from mm.config.money import names_of
from mm.run.build import build_parts, find_instruments
from mm.run.network import run_network

_BID: Final = 10_000  # ticks; any price will do
_START_US: Final = 10**15
_FINE: Final = "0.0000001"
_STEPS: Final = 40
_STEP_US: Final = MICRO // 10


async def warm_up(
    loaded: LoadedConfig, survey: Survey, instruments: tuple[Instrument, ...]
) -> None:
    """Have the kernels of all parts compiled or loaded. Takes up to a minute the first time ever.

    What goes wrong is ignored: made-up prices may be none that a part can work with, and what is
    really wrong shows again in the run.
    """
    with suppress(Exception):
        parts = build_parts(loaded.config, loaded.registry, _MadeUp(), survey, instruments)
        await run_network(attrs.evolve(parts, capacity=0), trio.CancelScope())


def main(path: str, overrides: Sequence[str]) -> None:
    """Compile for a run file."""
    warm(load_config(Path(path), None, overrides))


def warm(loaded: LoadedConfig) -> None:
    """Compile or load what a run needs, on a grid so fine that any size is a number of lots."""
    instruments: list[Instrument] = []
    for config in loaded.config.all_markets:
        survey = Survey(
            symbols=(config.strategy.symbol,), grid=((_FINE, _FINE),), sources=(), first_ts=None,
            last_ts=None, total_rows=None,
        )  # fmt: skip
        instruments += find_instruments(config, survey)[0]
    pairs = zip(instruments, names_of(loaded.config), strict=True)
    named = tuple(attrs.evolve(instrument, symbol=name) for instrument, name in pairs)
    trio.run(warm_up, loaded, survey, named)


class _MadeUp:
    """A connector of a few events."""

    async def survey(self) -> Survey:
        """Never asked."""
        raise NotImplementedError

    async def run(self, instruments: tuple[Instrument, ...], out: Outlet) -> None:
        """Send some of every kind. Owns ``out``."""
        try:
            for step in range(_STEPS):
                ts = _START_US + step * _STEP_US
                await out.send(MarketBatch(_events(ts, _BID + step % 3, step == 0), ts))
        finally:
            out.close()


def _events(ts: int, bid: int, first: bool) -> Rows:
    """One message of each kind around ``bid``; the first one clears the book."""
    rows: Sequence[tuple[int, ...]] = [
        (ts, ts, bid, 100, 0, 0, 0, 0, TRADE, SELL, 1),
        (ts, ts, bid, 100, bid + 1, 100, 0, 0, QUOTE, 0, 1),
        *([(ts, ts, 0, 0, 0, 0, 0, 0, CLEAR, 0, 0)] if first else []),
        (ts, ts, bid, 100, 0, 0, 0, 0, LEVEL, BUY, 0),
        (ts, ts, bid + 3, 100, 0, 0, 0, 0, LEVEL, SELL, 1),
        (ts, ts, bid * MICRO, 1, ts + MICRO, 0, 0, 0, TICKER, 0, 1),
    ]
    events = np.zeros(len(rows), EVENT)
    events[:] = rows
    return events


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])

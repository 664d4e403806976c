"""The connector ``brownian``: several paths as one stream of quotes and prints.

A step from t to t + dt, of every path: at t a quote, whose middle is the path's mid; half-way to
t + dt a print that buys and one that sells, of any size we could want, as deep as ``walk`` says.
A last quote ends the path, one µs before the duration is over: the time itself begins the next
session of a strategy that counts sessions, and would be one decision too many.

Prices lie on the grid of ``[instrument] tick_size``, if not given 1e-6. On the default market a
quote is then off by at most a tick of what the model wants: 1e-6 of profit a fill, and 1.5e-6 of
its probability, four orders of magnitude below the standard error of 20 000 paths.
"""

import hashlib
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from typing import Final

import numpy as np

from mm.api import (
    BUY,
    EVENT,
    MICRO,
    MOST_TICKS,
    QUOTE,
    SELL,
    TRADE,
    ConfigError,
    DataError,
    Instrument,
    MarketBatch,
    Outlet,
    Rows,
    Source,
    Survey,
)
from mm_brownian import BrownianConfig
from mm_brownian.walk import Floats, Walk

_FINE_GRID: Final = ("0.000001", "1")
_EPOCH_US: Final = 1_577_836_800 * MICRO  # 2020-01-01; the first session's end after it begins all
_BATCH_ROWS: Final = 1 << 14  # a megabyte of events
_ANY_SIZE: Final = 10**9  # lots; no order of ours is larger
_MOST_STEPS: Final = 10**8  # some minutes of computing
_FARTHEST: Final = float(MOST_TICKS)


class BrownianConnector:
    """Sends paths ``first_path`` to ``first_path + paths - 1``, an instrument each."""

    def __init__(self, config: BrownianConfig, symbol: str, seed: int, number: int = 0) -> None:
        self._config = config
        self._seed = seed
        self._number = number  # of the market
        self._numbers = range(config.first_path, config.first_path + config.paths)
        self._symbols = tuple(f"{symbol}-{number}" for number in self._numbers)
        self._step_us = _whole_us(config.interval_s, "interval_s")
        duration_us = _whole_us(config.duration_s, "duration_s")
        self._steps, rest = divmod(duration_us, self._step_us)
        if rest:
            raise ConfigError(
                f"data.duration_s is {config.duration_s:g} s, which is not a whole number of steps"
                f" of {config.interval_s:g} s; change it or data.interval_s"
            )
        if self._steps * config.paths > _MOST_STEPS:
            raise ConfigError(
                f"data.duration_s is {config.duration_s:g} s, which on {config.paths} paths makes"
                f" {self._steps * config.paths} steps of {config.interval_s:g} s, expected at most"
                f" {_MOST_STEPS:.0e}; change it, data.interval_s or data.paths"
            )
        self._start_us = -(-_EPOCH_US // duration_us) * duration_us
        self._end_us = self._start_us + duration_us - 1

    async def survey(self) -> Survey:
        """Say what will come; nothing is drawn."""
        market = f" market {self._number}" if self._number else ""
        key = hashlib.sha256(f"{self._config!r} seed {self._seed}{market}".encode()).hexdigest()
        where = f"brownian, seed {self._seed}, paths {self._numbers[0]} to {self._numbers[-1]}"
        where += f", of{market}" if market else ""
        quotes, trades = self._steps + 1, 2 * self._steps
        return Survey(
            symbols=self._symbols,
            grid=(_FINE_GRID,) * len(self._symbols),
            sources=tuple(
                Source(name=name, path=where, sha256=key, rows=rows * len(self._symbols))
                for name, rows in (("quotes", quotes), ("trades", trades))
            ),
            first_ts=self._start_us,
            last_ts=self._end_us,
            total_rows=(quotes + trades) * len(self._symbols),
        )

    async def run(self, instruments: tuple[Instrument, ...], out: Outlet) -> None:
        """Send all paths. Owns ``out``.

        Raises:
            DataError: a mid fell to zero, where no quote has a price.
        """
        with closing(out):
            for batch in self._batches(instruments):
                await out.send(batch)

    def _batches(self, instruments: tuple[Instrument, ...]) -> Iterator[MarketBatch]:
        """Make the stream, a few steps at a time."""
        walks = [Walk(self._config, self._seed, path, self._number) for path in self._numbers]
        ratios = [instrument.tick_size.as_integer_ratio() for instrument in instruments]
        ticks = np.array([denominator / numerator for numerator, denominator in ratios])  # a price
        many = max(1, _BATCH_ROWS // (3 * len(walks)))
        for first in range(0, self._steps, many):
            steps = min(many, self._steps - first)
            events = self._stretch(walks, ticks, first, steps)
            yield MarketBatch(events, int(events["ts_local"][-1]))
        last = self._quotes(np.array([[walk.mid for walk in walks]]), ticks)
        last["ts_local"] = self._end_us
        yield MarketBatch(_completed(last.ravel(), 3 * len(walks) * self._steps), self._end_us)

    def _stretch(self, walks: list[Walk], ticks: Floats, first: int, steps: int) -> Rows:
        """Make the events of some steps: shape (steps * 3 * paths,), in order."""
        taken = [walk.take(steps) for walk in walks]
        mids = np.stack([one.mid for one in taken], axis=1)
        buys = np.stack([one.buy_reach for one in taken], axis=1)
        sells = np.stack([one.sell_reach for one in taken], axis=1)
        times = self._start_us + self._step_us * np.arange(first, first + steps)[:, None]
        quotes = self._quotes(mids, ticks)
        prints = np.zeros((steps, 2 * len(walks)), EVENT)
        prints["kind"] = TRADE
        prints["size"] = _ANY_SIZE
        for column, reached, side in ((0, mids + buys, BUY), (1, mids - sells, SELL)):
            # An order of ours costs a tick at least, so a print at one tick reaches it.
            prints["price"][:, column::2] = np.rint(np.clip(reached * ticks, 1.0, _FARTHEST))
            prints["side"][:, column::2] = side
            prints["instrument"][:, column::2] = np.arange(len(walks))
        quotes["ts_local"], prints["ts_local"] = times, times + self._step_us // 2
        events = np.concatenate([quotes, prints], axis=1).ravel()
        return _completed(events, 3 * len(walks) * first)

    def _quotes(self, mids: Floats, ticks: Floats) -> Rows:
        """Make a quote around each mid: shape (steps, paths). Its middle is the mid exactly."""
        exact = np.rint(mids * ticks)
        if exact.max() > MOST_TICKS // 2:  # the ask may be nearly twice as far
            raise DataError(
                f"the mid rose to {exact.max():.3g} ticks, expected at most {MOST_TICKS // 2:.0e};"
                " choose a larger [instrument] tick_size, or a smaller data.start_price or"
                " data.sigma"
            )
        price = exact.astype(np.int64)
        if price.min() <= 1:
            path = self._symbols[int(np.argmin(price.min(axis=0)))]
            raise DataError(
                f"{path}: the mid fell to zero, where no quote has a price; choose a smaller"
                " data.sigma or data.duration_s, or a larger data.start_price"
            )
        config = self._config
        wanted = 0.9 * config.start_price if config.half_spread is None else config.half_spread
        half = np.rint(np.maximum(np.minimum(wanted, _FARTHEST / ticks) * ticks, 1.0))
        half = np.minimum(half.astype(np.int64), price - 1)
        quotes = np.zeros(mids.shape, EVENT)
        quotes["kind"] = QUOTE
        quotes["price"] = price - half
        quotes["ask_price"] = price + half
        quotes["size"] = quotes["ask_size"] = _ANY_SIZE
        quotes["instrument"] = np.arange(mids.shape[1])
        return quotes


def _completed(events: Rows, row: int) -> Rows:
    """Number events from ``row`` on; each is a message of its own, received as it is made."""
    events["ts_exchange"] = events["ts_local"]
    events["row"] = np.arange(row + 1, row + 1 + len(events))
    events["end"] = 1
    return events


def _whole_us(seconds: float, key: str) -> int:
    """Turn seconds into µs, or raise ConfigError where that is no whole number."""
    micros = Decimal(repr(seconds)) * MICRO
    if micros != micros.to_integral_value():
        raise ConfigError(
            f"data.{key} is {seconds!r} s, finer than the clock; use a whole number of µs"
        )
    return int(micros)

"""Candles from trades: open, high, low, close and volume per period of local time.

A candle is given out when the watermark has passed its end, so it is complete whatever the
batches; candles of one period come in order of instrument. A period without a trade has no candle.
"""

import numpy as np

from mm.api import CANDLE, TRADE, MarketBatch, Rows


class CandleBuilder:
    """Folds batches into candles, one open candle per instrument."""

    def __init__(self, period_us: int) -> None:
        """Make candles of ``period_us`` µs, starting at whole multiples of it since the epoch."""
        self._period_us = period_us
        self._open: dict[int, Rows] = {}

    def push(self, batch: MarketBatch) -> Rows:
        """Take a batch; return the candles that it completed, dtype CANDLE."""
        done: list[Rows] = []
        trades = batch.events[batch.events["kind"] == TRADE]
        if np.any(np.diff(trades["instrument"])):
            # Stable, so each instrument's stay in order, and make one group a period.
            trades = trades[np.argsort(trades["instrument"], kind="stable")]
        starts = trades["ts_local"] // self._period_us * self._period_us
        changes = np.flatnonzero((np.diff(starts) != 0) | (np.diff(trades["instrument"]) != 0)) + 1
        for group, opens in zip(np.split(trades, changes), np.split(starts, changes), strict=True):
            if len(group):
                done += self._add(group, int(opens[0]))
        done += self.flush(batch.watermark + 1)
        # All candles of a period come out in one push, so this order survives any cut.
        done.sort(key=_place)
        return np.concatenate([np.zeros(0, CANDLE), *done])

    def flush(self, before: int | None = None) -> list[Rows]:
        """Give out the open candles that end at or before ``before``, or all of them."""
        over = [
            instrument
            for instrument, candle in self._open.items()
            if before is None or int(candle["ts_open"][0]) + self._period_us <= before
        ]
        return sorted((self._open.pop(instrument) for instrument in over), key=_place)

    def _add(self, trades: Rows, ts_open: int) -> list[Rows]:
        """Add trades of one instrument and period; return the candle they closed, if any."""
        instrument = int(trades["instrument"][0])
        closed = []
        candle = self._open.get(instrument)
        if candle is not None and int(candle["ts_open"][0]) != ts_open:
            closed.append(self._open.pop(instrument))
            candle = None
        if candle is None:
            candle = np.zeros(1, CANDLE)
            candle["ts_open"], candle["instrument"] = ts_open, instrument
            candle["open"] = candle["high"] = candle["low"] = trades["price"][0]
            self._open[instrument] = candle
        candle["high"] = max(candle["high"][0], trades["price"].max())
        candle["low"] = min(candle["low"][0], trades["price"].min())
        candle["close"] = trades["price"][-1]
        candle["volume"] += trades["size"].sum()
        return closed


def _place(candle: Rows) -> tuple[int, int]:
    return int(candle["ts_open"][0]), int(candle["instrument"][0])

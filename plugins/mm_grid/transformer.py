"""The transformer: the touch and the mid on a grid of time.

A row stands at each whole multiple of the interval (UTC) since the last of which a quote or a trade
has come, with the touch as it is then. While nothing comes there is nothing new to decide on, and
no row: ``risk.max_silence_s`` withdraws orders from a feed that is down.
"""

from typing import Final

import numpy as np

from mm.api import QUOTE, TOUCH_FIELDS, TRADE, Context, MarketBatch, Rows, half_ticks, mids
from mm_grid.config import GridConfig

TIMED: Final = np.dtype([*TOUCH_FIELDS, ("mid", "f8")], align=True)  # [price]; NaN = one-sided

_QUOTED: Final = (
    ("bid", "price"), ("bid_size", "size"), ("ask", "ask_price"), ("ask_size", "ask_size"),
)  # fmt: skip


class GridTransformer:
    """Samples the touch."""

    dtype: "np.dtype[np.void]" = TIMED

    def __init__(self, config: GridConfig, context: Context) -> None:
        self._interval_us = config.sequencer.interval_ms * 1000
        self._half_ticks = half_ticks(context.instruments)
        self._last = np.zeros(len(context.instruments), TIMED)
        self._last["instrument"] = np.arange(len(context.instruments))

    def push(self, batch: MarketBatch) -> Rows:
        """Take the next batch; return the rows of the grid times that have become due."""
        kinds = batch.events["kind"]
        events = batch.events[(kinds == QUOTE) | (kinds == TRADE)]
        chunks = [
            self._sample(index, events[events["instrument"] == index], batch.watermark)
            for index in range(len(self._last))
        ]
        rows = np.concatenate(chunks)
        # Stable, so instruments keep their order where they share a time.
        return rows[np.argsort(rows["ts"], kind="stable")]

    def _sample(self, index: int, events: Rows, watermark: int) -> Rows:
        """Give the due rows of one instrument; the last row may still be waiting for its time."""
        rows = np.zeros(1 + len(events), TIMED)
        rows[0] = self._last[index]
        rows["instrument"] = index
        rows["ts"][1:] = -(-events["ts_local"] // self._interval_us) * self._interval_us
        quotes = events["kind"] == QUOTE
        # The row that tells each row's touch: its own, if it is a quote, else the last that is.
        source = np.maximum.accumulate(np.append(0, np.where(quotes, np.arange(1, len(rows)), 0)))
        for name, column in _QUOTED:
            rows[name][1:][quotes] = events[column][quotes]
            rows[name] = rows[name][source]
        latest = rows[np.append(np.diff(rows["ts"]) > 0, True)]
        due: Rows = latest[(latest["ts"] > 0) & (latest["ts"] <= watermark)]
        self._last[index] = latest[-1]
        if len(due) and due["ts"][-1] == latest["ts"][-1]:
            self._last[index]["ts"] = 0
        due["mid"] = mids(due, self._half_ticks)
        return due

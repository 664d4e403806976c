"""The transformer: the touch and the mid at each time at which a quote came.

Of quotes of one time the last counts. It remembers nothing between batches: a batch is complete
up to its watermark, so a time never comes in two.
"""

from typing import Final

import numpy as np

from mm.api import QUOTE, TOUCH_FIELDS, Context, MarketBatch, Rows, half_ticks, mids

ROW: Final = np.dtype([*TOUCH_FIELDS, ("mid", "f8")], align=True)  # [price]; NaN = one-sided

_QUOTED: Final = (
    ("bid", "price"), ("bid_size", "size"), ("ask", "ask_price"), ("ask_size", "ask_size"),
    ("instrument", "instrument"), ("ts", "ts_local"),
)  # fmt: skip


class TouchTransformer:
    """Hands the touch on."""

    dtype: "np.dtype[np.void]" = ROW

    def __init__(self, context: Context) -> None:
        """Make rows for the run's instruments."""
        self._half_ticks = half_ticks(context.instruments)

    def push(self, batch: MarketBatch) -> Rows:
        """Take the next batch; return a row for each instrument and time with a quote, in order."""
        quotes = batch.events[batch.events["kind"] == QUOTE]
        # Stable, so the last of one time and instrument stays the last.
        quotes = quotes[np.lexsort((quotes["instrument"], quotes["ts_local"]))]
        ts, instrument = quotes["ts_local"], quotes["instrument"]
        last = np.append((np.diff(ts) != 0) | (np.diff(instrument) != 0), True)[: len(quotes)]
        quotes = quotes[last]
        rows = np.zeros(len(quotes), ROW)
        for name, column in _QUOTED:
            rows[name] = quotes[column]
        rows["mid"] = mids(rows, self._half_ticks)
        return rows

"""Parts to try another part with: a transformer with any column, and a plain quoting strategy.

They stand in for what a user would configure beside the part. Their numbers mean nothing; they are
plausible, finite, and the same for the same event.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from mm.api import (
    BUY,
    QUOTE,
    SELL,
    TOUCH_FIELDS,
    Account,
    Context,
    MarketBatch,
    OrderPad,
    Rows,
    RowStrategy,
    half_ticks,
    mids,
)


class AnyColumns:
    """A transformer that gives a row for each quote, with whatever columns are asked for.

    ``mid`` is the mid [price], NaN where a side is empty; any other column is a number in
    [0.5, 1.5) that follows from the row's time.
    """

    def __init__(self, columns: Iterable[str], context: Context) -> None:
        """Give rows with ``columns`` (float64) beside those of TOUCH_FIELDS."""
        touch = {name for name, _ in TOUCH_FIELDS}
        self._own = sorted(set(columns) - touch)
        fields: list[Any] = [*TOUCH_FIELDS, *((name, "f8") for name in self._own)]
        self.dtype: np.dtype[np.void] = np.dtype(fields, align=True)
        self._half_ticks = half_ticks(context.instruments)

    def push(self, batch: MarketBatch) -> Rows:
        """Take the next batch; return a row for each quote."""
        quotes = batch.events[batch.events["kind"] == QUOTE]
        rows = np.zeros(len(quotes), self.dtype)
        rows["ts"], rows["instrument"] = quotes["ts_local"], quotes["instrument"]
        rows["bid"], rows["bid_size"] = quotes["price"], quotes["size"]
        rows["ask"], rows["ask_size"] = quotes["ask_price"], quotes["ask_size"]
        for place, name in enumerate(self._own):
            rows[name] = 0.5 + (rows["ts"] // (place + 1) % 997) / 997
        if "mid" in self._own:
            rows["mid"] = mids(rows, self._half_ticks)
        return rows


class Joiner(RowStrategy):
    """Quotes one lot at each side of the touch that there is. Also what budgets are measured by."""

    def on_row(self, row: np.void, account: Account, orders: OrderPad) -> None:
        """Ask for one order a side."""
        for side, price, size in ((BUY, "bid", "bid_size"), (SELL, "ask", "ask_size")):
            orders.quote(side, int(row[price]), int(row[size] > 0 and row[price] > 0))

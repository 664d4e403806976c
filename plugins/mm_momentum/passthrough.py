"""``NoDataTransform``: each quote and each trade becomes a row; nothing is estimated.

A row holds the touch and the last trade as they are after its event. It has no grid and no window;
what it remembers between batches is the last quote and the last trade of each instrument.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from mm.api import QUOTE, TOUCH_FIELDS, TRADE, Context, MarketBatch, Rows

PASSED: Final = np.dtype(
    [
        *TOUCH_FIELDS,
        ("trade_price", "f8"),  # [price] of the last trade; NaN = none yet
        ("trade_size", "i8"),  # lots; 0 = none yet
        ("trade_side", "i8"),  # the taker's; 0 = unknown
        ("is_trade", "i8"),  # 1: this row's event is that trade
    ],
    align=True,
)

_TOUCH: Final = ("bid", "bid_size", "ask", "ask_size")
_LAST_TRADE: Final = ("trade_price", "trade_size", "trade_side")


class NoDataTransform:
    """Hands events through as rows."""

    dtype: "np.dtype[np.void]" = PASSED

    def __init__(self, context: Context) -> None:
        self._instruments = context.instruments
        self._last = np.zeros(len(context.instruments), PASSED)
        self._last["trade_price"] = np.nan

    def push(self, batch: MarketBatch) -> Rows:
        """Take the next batch; return a row for each of its quotes and trades, in order."""
        kind = batch.events["kind"]
        events = batch.events[(kind == QUOTE) | (kind == TRADE)]
        rows = self._as_rows(events)
        for index in range(len(self._instruments)):
            mine = np.flatnonzero(rows["instrument"] == index)
            if len(mine):
                rows[mine] = self._carry(index, rows[mine])
        return rows

    def _as_rows(self, events: Rows) -> Rows:
        """Put each event's own columns where they belong; the others stay zero."""
        rows = np.zeros(len(events), PASSED)
        rows["ts"] = events["ts_local"]
        rows["instrument"] = events["instrument"]
        quotes, trades = events["kind"] == QUOTE, events["kind"] == TRADE
        for name, source in zip(_TOUCH, ("price", "size", "ask_price", "ask_size"), strict=True):
            rows[name][quotes] = events[source][quotes]
        rows["trade_price"][trades] = self._prices(events[trades])
        rows["trade_size"][trades] = events["size"][trades]
        rows["trade_side"][trades] = events["side"][trades]
        rows["is_trade"][trades] = 1
        return rows

    def _prices(self, trades: Rows) -> npt.NDArray[np.float64]:
        ratios = [one.tick_size.as_integer_ratio() for one in self._instruments]
        numerator = np.array([ratio[0] for ratio in ratios], np.float64)
        denominator = np.array([ratio[1] for ratio in ratios], np.float64)
        which = trades["instrument"]
        prices: npt.NDArray[np.float64] = trades["price"] * numerator[which] / denominator[which]
        return prices

    def _carry(self, index: int, rows: Rows) -> Rows:
        """Fill in what each row's event did not say from the last one that did."""
        rows = np.concatenate([self._last[index : index + 1], rows])
        order = np.arange(len(rows))
        traded = rows["is_trade"] == 1
        for names, own in ((_TOUCH, ~traded), (_LAST_TRADE, traded)):
            source = np.maximum.accumulate(np.where(own, order, 0))
            for name in names:
                rows[name] = rows[name][source]
        self._last[index] = rows[-1]
        return rows[1:]

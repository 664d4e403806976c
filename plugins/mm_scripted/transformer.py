"""``Scripted``, the transformer: a row for each time at which the script has orders.

A row holds the touch as known at that time. Orders of one time and instrument that follow each
other in the file share a row.

Before the first event there is no market to meet an order, so an order from then ends the run with
an error. Times after the last event are never reached: such orders are not sent, are missing in
``orders.csv``, and are told of in the summary's notes.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from mm.api import QUOTE, TOUCH_FIELDS, DataError, MarketBatch, Rows
from mm_scripted.script import Script

SCRIPTED: Final = np.dtype(
    [
        *TOUCH_FIELDS,
        ("first_order", "i8"),  # the row's orders are these of the script: [first, end)
        ("end_order", "i8"),
    ],
    align=True,
)

_TOUCH: Final = ("bid", "bid_size", "ask", "ask_size")
_QUOTED: Final = ("price", "size", "ask_price", "ask_size")


class ScriptedTransformer:
    """Makes the rows of a script."""

    dtype: "np.dtype[np.void]" = SCRIPTED

    def __init__(self, script: Script, instruments: int) -> None:
        """Make rows for ``script``; ``instruments``: how many the run has."""
        self._script = script
        self._rows = _rows_of(script.orders)
        self._next = 0
        self._started = False
        self._last = np.zeros(instruments, SCRIPTED)

    def push(self, batch: MarketBatch) -> Rows:
        """Take the next batch; return the rows that have become due."""
        end = int(np.searchsorted(self._rows["ts"], batch.watermark, "right"))
        rows = self._rows[self._next : end].copy()
        self._next = end
        if not self._started:
            self._check_start(rows, batch)
        quotes = batch.events[batch.events["kind"] == QUOTE]
        for index in range(len(self._last)):
            mine = np.flatnonzero(rows["instrument"] == index)
            self._look(index, rows, mine, quotes[quotes["instrument"] == index])
        return rows

    def _check_start(self, rows: Rows, batch: MarketBatch) -> None:
        """Refuse orders from before the first event, which may be in this batch."""
        self._started = len(batch.events) > 0
        first = batch.events["ts_local"][0] if self._started else batch.watermark + 1
        early = rows[rows["ts"] < first]
        if len(early):
            lines = self._script.lines[: early["end_order"][-1]]
            others = f", and {len(lines) - 1} more after it" if len(lines) > 1 else ""
            raise DataError(
                f"{self._script.path}:{lines[0]}: ts_decided is {early['ts'][0]}{others},"
                f" expected at least {first}, when the market data begins; remove the orders from"
                f" before, or give data that begins earlier"
            )

    def _look(self, index: int, rows: Rows, mine: npt.NDArray[np.int64], quotes: Rows) -> None:
        """Fill in the touch of an instrument: its last quote at or before each row's time."""
        seen = np.zeros(len(quotes) + 1, SCRIPTED)
        seen[0] = self._last[index]
        for name, source in zip(_TOUCH, _QUOTED, strict=True):
            seen[name][1:] = quotes[source]
        which = np.searchsorted(quotes["ts_local"], rows["ts"][mine], "right")
        for name in _TOUCH:
            rows[name][mine] = seen[name][which]
        self._last[index] = seen[-1]


def _rows_of(orders: Rows) -> Rows:
    """Make the rows of all orders, without the touch."""
    changes = (np.diff(orders["ts"]) != 0) | (np.diff(orders["instrument"]) != 0)
    first = np.flatnonzero(np.concatenate([[len(orders) > 0], changes]))
    rows = np.zeros(len(first), SCRIPTED)
    rows["ts"] = orders["ts"][first]
    rows["instrument"] = orders["instrument"][first]
    rows["first_order"] = first
    rows["end_order"] = np.append(first[1:], len(orders))[: len(first)]
    return rows

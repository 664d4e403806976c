"""What was traded between two rows of an instrument: lots by taker's side, prints, and their range.

A print without a side counts among the prints and in their range, and as neither bought nor sold.
"""

import numpy as np
import numpy.typing as npt

from mm.api import BUY, SELL, TRADE, TRADED_FIELDS, Rows
from mm.api.jit import kernel

Numbers = npt.NDArray[np.int64]

_KEPT = np.dtype(TRADED_FIELDS)


class TradesFollower:
    """Adds the trades of a stream up, and says what they came to at given times."""

    def __init__(self, instruments: int) -> None:
        """Start with nothing traded."""
        self._kept = np.zeros(instruments, _KEPT)

    def push(self, events: Rows, rows: Rows) -> None:
        """Take events, dtype EVENT, and fill the columns of TRADED_FIELDS in.

        Args:
            events: in order.
            rows: in order of ``ts``, with these columns: written. A row has the trades after the
                row of its instrument before it, up to those with ``ts_local`` equal to its ``ts``.
        """
        trades = events[events["kind"] == TRADE]
        _follow(
            self._kept, trades,
            np.ascontiguousarray(rows["ts"]), np.ascontiguousarray(rows["instrument"]),
            *(rows[name] for name, _ in TRADED_FIELDS),
        )  # fmt: skip


@kernel(allocates=False)
def _add(kept: Rows, trade: Rows) -> None:
    """Add one print, each of shape (1,)."""
    sums, event = kept[0], trade[0]
    price = event["price"]
    if sums["prints"] == 0:
        sums["print_low"] = sums["print_high"] = price
    sums["print_low"] = min(sums["print_low"], price)
    sums["print_high"] = max(sums["print_high"], price)
    sums["prints"] += 1
    if event["side"] == BUY:
        sums["bought"] += event["size"]
    elif event["side"] == SELL:
        sums["sold"] += event["size"]


@kernel(allocates=False)
def _follow(
    kept: Rows,
    trades: Rows,
    times: Numbers,
    instruments: Numbers,
    bought: Numbers,
    sold: Numbers,
    prints: Numbers,
    low: Numbers,
    high: Numbers,
) -> None:
    """Walk through trades and rows together; shape (rows,) for all but the first two."""
    at = 0
    for n in range(len(times) + 1):
        while at < len(trades) and (n == len(times) or trades[at]["ts_local"] <= times[n]):
            which = trades[at]["instrument"]
            _add(kept[which : which + 1], trades[at : at + 1])
            at += 1
        if n == len(times):
            return
        sums = kept[instruments[n]]
        bought[n], sold[n], prints[n] = sums["bought"], sums["sold"], sums["prints"]
        low[n], high[n] = sums["print_low"], sums["print_high"]
        sums["bought"] = sums["sold"] = sums["prints"] = 0
        sums["print_low"] = sums["print_high"] = 0

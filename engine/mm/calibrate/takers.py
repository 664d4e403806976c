"""Taker orders, put together from the rows they left, with the mid that each of them met.

The mid is the last one made before the order on the exchange's clock, among those received by
the time the order's first row was. Rows in a row with one exchange time and side are one order, a
sweep of several prices. Knows the intervals of the sampler only as numbers to hand through.
"""

from typing import Final

import numpy as np

from mm.api import MICRO, QUOTE, Rows
from mm.calibrate.grid import UNKNOWN, Ints

LOOK_BACK_US: Final = 5 * MICRO
"""How much later than a younger quote a trade may be received: ten times the slowest message of
the XBTUSD hour (369 ms)."""


class Takers:
    """Collects orders."""

    def __init__(self) -> None:
        """Start with no quote seen."""
        self._rows: list[Ints] = []
        self.forget()

    def forget(self) -> None:
        """Know no mid until the next quote."""
        self._seen = np.zeros((1, 3), np.int64)  # received [µs], made [µs], mid [half ticks]
        self._seen[0, :2] = np.iinfo(np.int64).min
        self._seen[0, 2] = UNKNOWN

    def take(self, events: Rows, trades: Rows, side: Ints, interval: Ints) -> None:
        """Take a stretch of events, and its trades with the side and the interval of each."""
        self._see(events[events["kind"] == QUOTE])
        mid = self._before(trades)
        above = 2 * trades["price"] - mid
        depth = np.where(mid == UNKNOWN, 0, np.where(side == 0, above, -above))
        rows = np.column_stack([trades["ts_exchange"], side, interval, depth]).astype(np.int64)
        self._rows.append(_orders(rows[interval >= 0]))
        last = int(events["ts_local"][-1])
        stands = np.searchsorted(self._seen[:, 0], last - LOOK_BACK_US, side="right") - 1
        self._seen = self._seen[max(int(stands), 0) :]

    def orders(self) -> tuple[Ints, Ints, Ints]:
        """Give (interval, side, depth [half ticks]) of each order; depths <= 0 reached nothing."""
        rows = _orders(np.concatenate([np.zeros((0, 4), np.int64), *self._rows]))
        return rows[:, 2], rows[:, 1], rows[:, 3]

    def _see(self, quotes: Rows) -> None:
        """Remember the quotes; a time of making never goes back, as the venue's order doesn't."""
        known = (quotes["size"] > 0) & (quotes["ask_size"] > 0)
        mid = np.where(known, quotes["price"] + quotes["ask_price"], UNKNOWN)
        fresh = np.column_stack([quotes["ts_local"], quotes["ts_exchange"], mid])
        self._seen = np.concatenate([self._seen, fresh.astype(np.int64)])
        self._seen[:, 1] = np.maximum.accumulate(self._seen[:, 1])

    def _before(self, trades: Rows) -> Ints:
        """Give the mid that each trade met."""
        received, made, mids = self._seen.T
        place = np.searchsorted(made, trades["ts_exchange"], side="left")
        known = np.searchsorted(received, trades["ts_local"], side="right")
        oldest = np.searchsorted(received, trades["ts_local"] - LOOK_BACK_US, side="right")
        found: Ints = mids[np.maximum(np.minimum(place, known), np.maximum(oldest, 1)) - 1]
        return found


def _orders(rows: Ints) -> Ints:
    """Join neighbours with one exchange time and side: the first one's interval, the most depth."""
    if len(rows) == 0:
        return rows
    fresh = np.any(rows[1:, :2] != rows[:-1, :2], axis=1)
    first = np.concatenate([[0], np.flatnonzero(fresh) + 1])
    joined: Ints = rows[first].copy()
    joined[:, 3] = np.maximum.reduceat(rows[:, 3], first)
    return joined

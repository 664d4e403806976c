"""What calibration keeps of a market: changes of the mid, intervals' deepest trades, taker orders.

Fed with batches and not fond of how they are cut: cutting elsewhere changes nothing. Memory goes
with the sampled time and the taker orders, not with the quotes or the book. Estimates nothing.

An interval knows the events with ``start < ts_local <= start + interval``; depths are from the
mid at its start, buys above and sells below (penetration). A taker order is what trades with one
exchange time and side make up; its depth is from the mid just before it on the exchange's clock,
since one in ten trades of the XBTUSD hour is received after the quote that it caused.
"""

from collections.abc import Sequence
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from mm.api import BUY, MICRO, SELL, TRADE, MarketBatch, Rows
from mm.calibrate.grid import UNKNOWN, Ints, MidGrid, mids_of
from mm.calibrate.takers import Takers

GAP_US: Final = 60 * MICRO
"""Silence that counts as a gap of the recording, or the longest interval, if that is longer: on
XBTUSD the longest silence of an hour is 6.9 s (protocols 4.6)."""

SIDES: Final = ("ask", "bid")
"""Columns of depths: our asks, which buyers reach; our bids, which sellers reach."""


@attrs.frozen(kw_only=True)
class Sample:
    """The market as calibration sees it."""

    changes: tuple[tuple[int, Ints, Ints], ...]
    """(step [µs], times [µs], changes of the mid [half ticks]), ascending in step."""
    interval_us: int
    starts: Ints
    """Starts of the intervals that are whole and have a mid [µs], shape (n,)."""
    deepest: Ints
    """Deepest trade of each, shape (n, 2) by SIDES [half ticks]; 0 = none."""
    order_interval: Ints
    """Taker orders: which of the intervals they came in, ascending."""
    order_side: Ints
    """Index into SIDES."""
    order_depth: Ints
    """Half ticks; > 0."""
    trades: tuple[int, int]
    """Trades of either side, by SIDES; of unknown side: by where they lie."""
    gaps: int
    """Silences left out."""


class Sampler:
    """Takes the batches of a market; ``finish`` gives the sample."""

    def __init__(self, *, instrument: int, steps_us: Sequence[int], interval_us: int) -> None:
        """Sample the mid at ``steps_us`` and depths per ``interval_us``."""
        self._instrument = instrument
        self._grids = [MidGrid(step) for step in sorted(set(steps_us))]
        self._starts = MidGrid(interval_us)
        self._takers = Takers()
        self._gap_us = max(GAP_US, interval_us, *steps_us)
        self._last: int | None = None
        self._mid = UNKNOWN
        # Intervals: the last one is open, the others are done.
        self._open = _Intervals.none()
        self._done: list[_Intervals] = []
        self._closed = 0
        self._trades = np.zeros(2, np.int64)
        self._gaps = 0

    def push(self, batch: MarketBatch) -> None:
        """Take the next batch."""
        events = batch.events[batch.events["instrument"] == self._instrument]
        if len(events) == 0:
            return
        times = events["ts_local"]
        cuts = np.flatnonzero(np.diff(times) > self._gap_us) + 1
        if self._last is None or times[0] - self._last > self._gap_us:
            self._gaps += self._last is not None
            self._restart(int(times[0]))
        for number, stretch in enumerate(np.split(events, cuts)):
            if number > 0:
                self._gaps += 1
                self._restart(int(stretch["ts_local"][0]))
            self._take(stretch)
        self._last = int(times[-1])

    def finish(self) -> Sample:
        """Give what was collected; the interval still open is left out."""
        self._close(self._open.without_mids())
        done = _Intervals.joined(self._done)
        usable = done.mids != UNKNOWN
        order_interval, order_side, order_depth = self._takers.orders()
        kept = usable[order_interval] & (order_depth > 0)
        rank = np.cumsum(usable) - 1
        return Sample(
            changes=tuple((grid.step_us, *grid.changes()) for grid in self._grids),
            interval_us=self._starts.step_us,
            starts=done.starts[usable],
            deepest=done.deepest[usable],
            order_interval=rank[order_interval[kept]],
            order_side=order_side[kept],
            order_depth=order_depth[kept],
            trades=(int(self._trades[0]), int(self._trades[1])),
            gaps=self._gaps,
        )

    def _restart(self, ts: int) -> None:
        """Forget the touch; what was open was cut short and does not count."""
        self._close(self._open.without_mids())
        self._open = _Intervals.none()
        self._mid = UNKNOWN
        self._takers.forget()
        for grid in (*self._grids, self._starts):
            grid.restart(ts)

    def _take(self, events: Rows) -> None:
        """Take a stretch without a gap. Grids go as far as its last event, by which they know."""
        until = int(events["ts_local"][-1])
        mids = mids_of(events, self._mid)
        for grid in self._grids:
            grid.advance(mids, until)
        intervals = self._open.then(*self._starts.advance(mids, until))
        trades = events[events["kind"] == TRADE]
        places = np.searchsorted(intervals.starts, trades["ts_local"], side="left") - 1
        above = 2 * trades["price"] - intervals.mids_at(places)
        side = _sides(trades, above)
        self._trades += np.bincount(side, minlength=2)
        depth = np.where(side == 0, above, -above)
        counted = (places >= 0) & (intervals.mids_at(places) != UNKNOWN) & (depth > 0)
        np.maximum.at(intervals.deepest, (places[counted], side[counted]), depth[counted])
        self._takers.take(events, trades, side, np.where(places < 0, -1, self._closed + places))
        self._close(intervals.all_but_last())
        self._open = intervals.last()
        self._mid = int(mids.values[-1])

    def _close(self, intervals: "_Intervals") -> None:
        self._done.append(intervals)
        self._closed += len(intervals.starts)


@attrs.frozen
class _Intervals:
    starts: Ints
    mids: Ints
    deepest: Ints

    @classmethod
    def none(cls) -> "_Intervals":
        empty = np.zeros(0, np.int64)
        return cls(empty, empty, np.zeros((0, 2), np.int64))

    @classmethod
    def joined(cls, parts: Sequence["_Intervals"]) -> "_Intervals":
        return cls(
            np.concatenate([part.starts for part in parts]),
            np.concatenate([part.mids for part in parts]),
            np.concatenate([part.deepest for part in parts]),
        )

    def then(self, starts: Ints, mids: Ints) -> "_Intervals":
        fresh = _Intervals(starts, mids, np.zeros((len(starts), 2), np.int64))
        return _Intervals.joined([self, fresh])

    def mids_at(self, places: npt.NDArray[np.intp]) -> Ints:
        """Mids of the intervals at ``places``; unknown at -1."""
        return np.concatenate([self.mids, [UNKNOWN]])[places]

    def without_mids(self) -> "_Intervals":
        return attrs.evolve(self, mids=np.full_like(self.mids, UNKNOWN))

    def all_but_last(self) -> "_Intervals":
        return _Intervals(self.starts[:-1], self.mids[:-1], self.deepest[:-1])

    def last(self) -> "_Intervals":
        return _Intervals(self.starts[-1:], self.mids[-1:], self.deepest[-1:])


def _sides(trades: Rows, above: Ints) -> Ints:
    """Index into SIDES; a taker of unknown side is taken to have reached outward."""
    known = np.where(trades["side"] == BUY, 0, np.where(trades["side"] == SELL, 1, -1))
    return np.where(known >= 0, known, np.where(above >= 0, 0, 1)).astype(np.int64)

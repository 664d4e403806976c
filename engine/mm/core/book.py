"""The order book: absolute sizes per price level, for any number of instruments.

Levels live in one open-addressing hash table per instrument and side, keyed by price. The hash is
the price itself, so neighbouring levels are neighbours in memory and a dense book is read like
an array, while an ask at fifty times the mid costs one slot like any other. A removed level keeps
its slot with size 0 until the table is next rebuilt. When the best level goes, the next one is
looked for tick by tick, and past an eighth of the table's length by one pass over the table.

This module knows prices and sizes. It does not know orders, time, or what a crossed book means.
"""

from typing import Final, NamedTuple

import attrs
import numpy as np
import numpy.typing as npt

from mm.api import LEVEL, Rows
from mm.api.jit import inner, kernel

BID: Final = 0
ASK: Final = 1

_TOUCH: Final = np.dtype(
    [
        ("bid", "i8"),  # ticks; 0 = the side is empty
        ("bid_size", "i8"),
        ("ask", "i8"),
        ("ask_size", "i8"),
        ("has_levels", "i8"),  # 1: levels were seen; 0: the touch comes from quotes, if at all
    ],
    align=True,
)

_FIRST_SLOTS: Final = 1024


class Levels(NamedTuple):
    """The arrays of all books, as kernels take them."""

    prices: npt.NDArray[np.int64]
    """Shape (instruments, 2, slots), slots a power of two; 0 = slot never used."""
    sizes: npt.NDArray[np.int64]
    """The same shape: lots at that price."""
    used: npt.NDArray[np.int64]
    """Shape (instruments, 2): slots taken, also by levels of size 0."""
    touch: Rows
    """Shape (instruments,): best prices and their sizes."""


@inner
def _slot(prices: npt.NDArray[np.int64], price: int) -> int:
    """Find the slot that holds ``price``, or the free one where it would go."""
    mask = len(prices) - 1
    at = price & mask
    while prices[at] != price and prices[at] != 0:
        at = (at + 1) & mask
    return int(at)


@kernel
def level_size(levels: Levels, instrument: int, side: int, price: int) -> int:
    """Lots displayed at ``price``; 0 if there is no such level."""
    at = _slot(levels.prices[instrument, side], price)
    return int(levels.sizes[instrument, side, at])


@kernel
def next_level(levels: Levels, instrument: int, side: int, price: int) -> int:
    """Find the nearest non-empty level strictly behind ``price``; 0 if there is none."""
    prices = levels.prices[instrument, side]
    sizes = levels.sizes[instrument, side]
    step = 1 if side == ASK else -1
    at = price
    for _ in range(len(prices) >> 3):
        at += step
        if at <= 0:
            return 0
        if sizes[_slot(prices, at)] > 0:
            return int(at)
    best = 0
    for i in range(len(prices)):
        behind = sizes[i] > 0 and (prices[i] - price) * step > 0
        if behind and (best == 0 or (best - prices[i]) * step > 0):
            best = prices[i]
    return int(best)


@kernel
def set_level(levels: Levels, instrument: int, side: int, price: int, size: int) -> int:
    """Set a level to ``size`` lots (0 removes it); return the size it had.

    There must be a free slot: see ``Book.reserve``. The first level ends a touch from quotes.
    """
    touch = levels.touch[instrument]
    if touch["has_levels"] == 0:
        clear(levels, instrument)
    prices = levels.prices[instrument, side]
    sizes = levels.sizes[instrument, side]
    at = _slot(prices, price)
    before = sizes[at]
    if prices[at] == 0:
        if size == 0:
            return 0
        prices[at] = price
        levels.used[instrument, side] += 1
    sizes[at] = size
    if side == BID:
        if size > 0 and price >= touch["bid"]:
            touch["bid"] = price
            touch["bid_size"] = size
        elif size == 0 and price == touch["bid"]:
            touch["bid"] = next_level(levels, instrument, side, price)
            touch["bid_size"] = level_size(levels, instrument, side, touch["bid"])
    elif size > 0 and (price <= touch["ask"] or touch["ask"] == 0):
        touch["ask"] = price
        touch["ask_size"] = size
    elif size == 0 and price == touch["ask"]:
        touch["ask"] = next_level(levels, instrument, side, price)
        touch["ask_size"] = level_size(levels, instrument, side, touch["ask"])
    return int(before)


@kernel
def clear(levels: Levels, instrument: int) -> None:
    """Forget both sides of one instrument's book."""
    levels.prices[instrument, :, :] = 0
    levels.sizes[instrument, :, :] = 0
    levels.used[instrument, :] = 0
    touch = levels.touch[instrument]
    touch["bid"] = 0
    touch["bid_size"] = 0
    touch["ask"] = 0
    touch["ask_size"] = 0
    touch["has_levels"] = 1


@attrs.define(eq=False)
class Book:
    """The books of all instruments, and the memory they need."""

    levels: Levels

    @classmethod
    def empty(cls, instruments: int) -> "Book":
        """Make empty books."""
        shape = (instruments, 2, _FIRST_SLOTS)
        return cls(
            Levels(
                np.zeros(shape, np.int64),
                np.zeros(shape, np.int64),
                np.zeros((instruments, 2), np.int64),
                np.zeros(instruments, _TOUCH),
            )
        )

    def reserve(self, events: Rows) -> None:
        """Make room for every level that ``events`` (dtype EVENT) could add.

        Tables stay at most half full, so that probing stays short. Rebuilding drops removed
        levels; memory follows the levels that live, plus one batch.
        """
        rows = int(np.count_nonzero(events["kind"] == LEVEL))
        if (int(self.levels.used.max()) + rows) * 2 <= self.levels.prices.shape[2]:
            return
        live = int(np.count_nonzero(self.levels.sizes, axis=2).max())
        slots = _FIRST_SLOTS
        while slots < (live + rows) * 2:
            slots *= 2
        self._rebuild(slots)

    def _rebuild(self, slots: int) -> None:
        old = self.levels
        instruments = len(old.touch)
        self.levels = Levels(
            np.zeros((instruments, 2, slots), np.int64),
            np.zeros((instruments, 2, slots), np.int64),
            np.zeros((instruments, 2), np.int64),
            old.touch,
        )
        for instrument, side in np.ndindex(instruments, 2):
            (kept,) = np.nonzero(old.sizes[instrument, side])
            _refill(
                self.levels,
                instrument,
                side,
                old.prices[instrument, side][kept],
                old.sizes[instrument, side][kept],
            )

    def side(self, instrument: int, side: int) -> list[tuple[int, int]]:
        """List (price, size) of the non-empty levels, best first."""
        (kept,) = np.nonzero(self.levels.sizes[instrument, side])
        pairs = zip(
            self.levels.prices[instrument, side][kept].tolist(),
            self.levels.sizes[instrument, side][kept].tolist(),
            strict=True,
        )
        return sorted(pairs, reverse=side == BID)


@kernel
def _refill(
    levels: Levels,
    instrument: int,
    side: int,
    prices: npt.NDArray[np.int64],
    sizes: npt.NDArray[np.int64],
) -> None:
    for i in range(len(prices)):
        at = _slot(levels.prices[instrument, side], prices[i])
        levels.prices[instrument, side, at] = prices[i]
        levels.sizes[instrument, side, at] = sizes[i]
    levels.used[instrument, side] = len(prices)

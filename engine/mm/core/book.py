"""The order book: absolute sizes per price level, for any number of instruments.

Levels live in one open-addressing hash table per instrument and side, keyed by price. The hash is
the price itself, so neighbouring levels are neighbours in memory and a dense book is read like
an array, while an ask at fifty times the mid costs one slot like any other. A removed level keeps
its slot with size 0 until the table is next rebuilt. When the best level goes, the next one is
looked for tick by tick, and past an eighth of the table's length by one pass over the table.

This module keeps what the book's rows say. What of it still holds, and so what the touch is, is for
``mm.core.evidence`` to say.
"""

from typing import Final, NamedTuple, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from mm.api import LEVEL, Rows
from mm.api.jit import inner, kernel

BID: Final = 0
ASK: Final = 1

_TOUCH: Final = np.dtype(
    [
        ("bid", "i8"),  # ticks; 0 = nothing is shown on the side
        ("bid_size", "i8"),
        ("ask", "i8"),
        ("ask_size", "i8"),
        ("has_levels", "i8"),  # 1: levels were seen; 0: the touch comes from quotes, if at all
    ],
    align=True,
)

# Columns of a slot.
PRICE: Final = 0  # ticks; 0 = never used
SIZE: Final = 1  # lots; 0 = a removed level
STAMP: Final = 2  # µs, exchange: when the level was last told of
_CELLS: Final = 3

# Columns of what is known of a side. Prices in ticks; 0 = none.
BEST: Final = 0  # the best level that the book has
DEEPEST: Final = 1  # the deepest one since it was cleared, though it may have gone; see ``deepest``
EDGE: Final = 2  # a price that is no deeper and has no level is known to be empty
QUOTED: Final = 3  # the latest quote
QUOTED_SIZE: Final = 4  # 0 = a newer row told of that price
QUOTED_TS: Final = 5  # µs, exchange
PRINTED: Final = 6  # the latest print that took from the side
PRINTED_SIZE: Final = 7  # lots that prints took there since the level was told
PRINTED_TS: Final = 8  # µs, exchange
USED: Final = 9  # slots taken, also by removed levels
TOUCH: Final = 10  # the best price that is believed
STALE: Final = 11  # 1: the touch may have changed in this message
LIVE: Final = 12  # levels
BEYOND: Final = 13  # levels at the edge or deeper
_COLUMNS: Final = 14

_KNOWN: Final = np.dtype(
    [
        ("book_ts", "i8"),  # µs, exchange: of the latest message of the book
        ("ts", "i8"),  # µs, local: of the latest message
        ("first_ts", "i8"),  # µs, local: of the first
        ("messages", "i8"),
        ("cleared", "i8"),  # 1: this message began with a CLEAR
        ("crossed", "i8"),  # messages that left the book, or a quote without one, crossed
        ("contradicted", "i8"),  # messages after which a best level was contradicted
        ("crossed_us", "i8"),  # time for which it was so, by the local clock
        ("contradicted_us", "i8"),
        ("is_crossed", "i8"),  # 1: it is so
        ("is_contradicted", "i8"),
        ("since_crossed", "i8"),  # µs, local
        ("since_contradicted", "i8"),
    ],
    align=True,
)

_FIRST_SLOTS: Final = 1024


Slots: TypeAlias = npt.NDArray[np.int64]
"""One side of one book, shape (slots, 3)."""

Known: TypeAlias = npt.NDArray[np.int64]
"""What is known of one side, shape (14,)."""


class Levels(NamedTuple):
    """The arrays of all books, as kernels take them."""

    slots: npt.NDArray[np.int64]
    """Shape (instruments, 2, slots, 3), slots a power of two: ``PRICE``, ``SIZE``, ``STAMP``."""
    touch: Rows
    """Shape (instruments,): best prices and their sizes, as far as they are believed."""
    sides: npt.NDArray[np.int64]
    """Shape (instruments, 2, 14): what is known of each side, ``BEST`` and those after it."""
    known: Rows
    """Shape (instruments,): what else is known of the market, for ``mm.core.evidence``."""


@inner
def find_slot(slots: Slots, price: int) -> int:
    """Find the slot that holds ``price``, or the free one where it would go."""
    mask = len(slots) - 1
    at = price & mask
    while slots[at, PRICE] != price and slots[at, PRICE] != 0:
        at = (at + 1) & mask
    return int(at)


@inner
def _nearest(slots: Slots, price: int, step: int) -> int:
    """Find the nearest non-empty level strictly past ``price``, in direction ``step``; 0 = none."""
    at = price
    for _ in range(len(slots) >> 3):
        at += step
        if at <= 0:
            return 0
        if slots[find_slot(slots, at), SIZE] > 0:
            return int(at)
    best = 0
    for i in range(len(slots)):
        other = slots[i, PRICE]
        behind = slots[i, SIZE] > 0 and (other > price) == (step > 0) and other != price
        if behind and (best == 0 or (best > other) == (step > 0)):
            best = other
    return int(best)


@kernel(allocates=False)
def next_level(levels: Levels, instrument: int, side: int, price: int) -> int:
    """Find the nearest non-empty level strictly behind ``price``; 0 if there is none."""
    return int(_nearest(levels.slots[instrument, side], price, 1 if side == ASK else -1))


@inner
def put_level(slots: Slots, known: Known, side: int, price: int, size: int, stamp: int) -> int:
    """Set a level to ``size`` lots (0 removes it) as of ``stamp``; return the size it had.

    There must be a free slot: see ``Book.reserve``.

    Args:
        slots: of the side.
        known: of the side.
        side: BID or ASK.
        price: ticks.
        size: lots.
        stamp: µs, exchange.
    """
    at = find_slot(slots, price)
    before = slots[at, SIZE]
    if slots[at, PRICE] == 0:
        if size == 0:
            return 0
        slots[at, PRICE] = price
        known[USED] += 1
    slots[at, SIZE] = size
    slots[at, STAMP] = stamp
    outward = -1 if side == BID else 1
    if size > 0 and before > 0:
        return int(before)
    change = (1 if size > 0 else 0) - (1 if before > 0 else 0)
    known[LIVE] += change
    if known[EDGE] != 0 and (price - known[EDGE]) * outward >= 0:
        known[BEYOND] += change
    if size > 0:
        if known[BEST] == 0 or (price - known[BEST]) * outward < 0:
            known[BEST] = price
        if known[DEEPEST] == 0 or (price - known[DEEPEST]) * outward > 0:
            known[DEEPEST] = price
        return int(before)
    if price == known[BEST]:
        known[BEST] = _nearest(slots, price, outward)
    if known[EDGE] != 0 and known[BEYOND] == 0:
        # A window may have moved: what lies beyond the deepest level is out of sight.
        set_edge(known, 0 if known[LIVE] == 0 else _nearest(slots, known[EDGE], -outward), 1)
    return int(before)


@inner
def set_edge(known: Known, edge: int, beyond: int) -> None:
    """Say how deep one sees, and how many levels stand there or deeper; 0 = that is not known."""
    known[EDGE] = edge
    known[BEYOND] = beyond if edge != 0 else 0


@inner
def deepest(slots: Slots, known: Known, side: int) -> int:
    """The deepest level; 0 = there is none."""
    price = known[DEEPEST]
    if price != 0 and slots[find_slot(slots, price), SIZE] == 0:
        price = 0 if known[LIVE] == 0 else _nearest(slots, price, 1 if side == BID else -1)
        known[DEEPEST] = price
    return int(price)


@kernel(allocates=False)
def set_level(levels: Levels, instrument: int, side: int, price: int, size: int, stamp: int) -> int:
    """``put_level`` on one of all the books."""
    slots, known = levels.slots[instrument, side], levels.sides[instrument, side]
    return int(put_level(slots, known, side, price, size, stamp))


@kernel(allocates=False)
def clear(levels: Levels, instrument: int) -> None:
    """Forget both sides of one instrument's book."""
    levels.slots[instrument] = 0
    for column in (BEST, DEEPEST, EDGE, USED, TOUCH, LIVE, BEYOND):
        levels.sides[instrument, :, column] = 0
    levels.sides[instrument, :, STALE] = 1
    touch = levels.touch[instrument]
    touch["bid"] = 0
    touch["bid_size"] = 0
    touch["ask"] = 0
    touch["ask_size"] = 0
    touch["has_levels"] = 1
    levels.known[instrument]["cleared"] = 1


@attrs.define(eq=False)
class Book:
    """The books of all instruments, and the memory they need."""

    levels: Levels

    @classmethod
    def empty(cls, instruments: int) -> "Book":
        """Make empty books."""
        return cls(
            Levels(
                np.zeros((instruments, 2, _FIRST_SLOTS, _CELLS), np.int64),
                np.zeros(instruments, _TOUCH),
                np.zeros((instruments, 2, _COLUMNS), np.int64),
                np.zeros(instruments, _KNOWN),
            )
        )

    def reserve(self, events: Rows) -> None:
        """Make room for every level that ``events`` (dtype EVENT) could add.

        Tables stay at most half full, so that probing stays short. Rebuilding drops removed
        levels; memory follows the levels that live, plus one batch.
        """
        old = self.levels
        rows = int(np.count_nonzero(events["kind"] == LEVEL))
        if (int(old.sides[:, :, USED].max()) + rows) * 2 <= old.slots.shape[2]:
            return
        live = int(np.count_nonzero(old.slots[..., SIZE], axis=2).max())
        slots = _FIRST_SLOTS
        while slots < (live + rows) * 2:
            slots *= 2
        self._rebuild(slots)

    def _rebuild(self, slots: int) -> None:
        old = self.levels.slots
        fresh = np.zeros((*old.shape[:2], slots, _CELLS), np.int64)
        self.levels = self.levels._replace(slots=fresh)
        for instrument, side in np.ndindex(*old.shape[:2]):
            kept = old[instrument, side][old[instrument, side, :, SIZE] > 0]
            _refill(fresh[instrument, side], kept)
            self.levels.sides[instrument, side, USED] = len(kept)

    def side(self, instrument: int, side: int) -> list[tuple[int, int]]:
        """List (price, size) of the non-empty levels, best first."""
        slots = self.levels.slots[instrument, side]
        pairs = slots[slots[:, SIZE] > 0][:, [PRICE, SIZE]].tolist()
        return sorted(((price, size) for price, size in pairs), reverse=side == BID)


@kernel(allocates=False)
def _refill(slots: Slots, kept: Slots) -> None:
    for i in range(len(kept)):
        at = find_slot(slots, kept[i, PRICE])
        for column in range(_CELLS):
            slots[at, column] = kept[i, column]

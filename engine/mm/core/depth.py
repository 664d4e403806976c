"""The best levels of both sides, as a taker would find them: prices and lots, best first.

What is shown at each price is settled by ``mm.core.evidence``: a level that a newer quote or print
contradicts is not there. The venue lets marketable orders take just these lots.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from mm.api import DEPTH_FIELDS, Rows
from mm.api.jit import inner, kernel
from mm.core.book import ASK, BID, Book, Levels
from mm.core.evidence import best_to_take, next_to_take, to_take
from mm.core.fusing import note_event

Numbers = npt.NDArray[np.int64]


def depth_fields(depth: int) -> list[Any]:
    """Describe the columns of so many levels: prices [ticks] and lots, shape (depth,) each."""
    return [(name, kind, (depth,)) for name, kind in DEPTH_FIELDS] if depth else []


@inner
def levels_of(levels: Levels, instrument: int, side: int, prices: Numbers, sizes: Numbers) -> None:
    """Write the best levels of a side down; zeros behind the last."""
    price, size = best_to_take(levels, instrument, side)
    for n in range(len(prices)):
        prices[n], sizes[n] = price, size
        if price > 0:
            price = next_to_take(levels, instrument, side, price)
            size = to_take(levels, instrument, side, price) if price > 0 else 0


@kernel(allocates=False)
def write_depth(
    levels: Levels, instrument: int, bids: Numbers, bid_sizes: Numbers, asks: Numbers,
    ask_sizes: Numbers,
) -> None:  # fmt: skip
    """Write the best levels of both sides down, as many as there is room for."""
    levels_of(levels, instrument, int(BID), bids, bid_sizes)
    levels_of(levels, instrument, int(ASK), asks, ask_sizes)


class DepthFollower:
    """Follows the books of a stream, and says what they show at given times."""

    def __init__(self, instruments: int) -> None:
        """Start with empty books."""
        self._book = Book.empty(instruments)

    def push(self, events: Rows, rows: Rows) -> None:
        """Take events, dtype EVENT, and fill the depth columns of rows in.

        Args:
            events: in order.
            rows: in order of ``ts``, with the columns of ``depth_fields``: written. A row has
                heard the events with ``ts_local`` up to its ``ts``.
        """
        self._book.reserve(events)
        _follow(
            self._book.levels, events,
            np.ascontiguousarray(rows["ts"]), np.ascontiguousarray(rows["instrument"]),
            *(rows[name] for name, _ in DEPTH_FIELDS),
        )  # fmt: skip


@kernel(allocates=False)
def _follow(
    levels: Levels,
    events: Rows,
    times: Numbers,
    instruments: Numbers,
    bids: Numbers,
    bid_sizes: Numbers,
    asks: Numbers,
    ask_sizes: Numbers,
) -> None:
    """Walk through events and rows together; shape (rows, depth) for the last four."""
    at = 0
    for n in range(len(times)):
        while at < len(events) and events[at]["ts_local"] <= times[n]:
            note_event(levels, events[at])
            at += 1
        which = instruments[n]
        levels_of(levels, which, int(BID), bids[n], bid_sizes[n])
        levels_of(levels, which, int(ASK), asks[n], ask_sizes[n])
    while at < len(events):
        note_event(levels, events[at])
        at += 1

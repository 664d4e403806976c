"""Changes to rows of EVENT, exactly as a Tardis recording of them would give them back.

Rows of one ``ts_local`` are ordered trades, quotes, book, tickers, and the last of each kind has
``end`` = 1. A recording has no clears: its reader makes one where ``is_snapshot`` turns true, or
where snapshot rows pause for more than a second. So two snapshots in a row need a change between
them to be told apart, and a snapshot straight after the emptying of the book needs no clear.
Knows what was sent before; knows no frames and no ids.
"""

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

import numpy as np

from mm.api import (
    BUY,
    CLEAR,
    EVENT,
    LEVEL,
    MICRO,
    QUOTE,
    SELL,
    SNAPSHOT_JUMP_US,
    TICKER,
    TRADE,
    Rows,
)
from mm_bitmex.book import Change, L2Book, Touch
from mm_bitmex.units import micros

Event: TypeAlias = tuple[int, int, int, int, int, int, int, int, int, int, int]
"""A row of EVENT, in the order of its columns."""

OLDEST: Final = 60 * MICRO
"""µs that a row may be under way. A line is called dead after seconds of silence, so a row that
seems to be older was stamped by another clock: that of a recording, or one that is wrong."""

_NO_TOUCH: Final = (0, 0, 0, 0)


class Emitter:
    """Makes the event stream of one instrument.

    Args:
        counts: where oddities are counted, by name.
    """

    def __init__(self, counts: dict[str, int]) -> None:
        self._counts = counts
        self._quote = _NO_TOUCH
        """The touch as last sent."""
        self._price = 1
        """Ticks: of a level to name where only its absence is to be said; the last best bid."""
        self._last = 0
        """µs, local: of the last book row sent; 0 = none was."""
        self._in_snapshot = False
        """Whether that row was part of a snapshot."""
        self._empty = True
        """Whether the book as sent is empty."""
        self.foreign: str | None = None
        """The first time stamp of another clock than ours, as sent."""

    def deltas(self, touch: Touch, changes: Sequence[Change], ts: int) -> list[Event]:
        """Send changes of levels that led to ``touch``, after the quote if they moved it."""
        rows = [
            (ts, self.made(made, ts), price, size, 0, 0, 0, 0, LEVEL, side, 0)
            for made, price, size, side in changes
        ]
        if not rows:
            return []
        self._in_snapshot, self._empty = False, False
        return self._with_quote(touch, rows, ts)

    def snapshot(self, book: L2Book, touch: Touch, made: str | None, ts: int) -> list[Event]:
        """Send the whole book with its touch, made when the exchange said ``made``."""
        at = self.made(made, ts, is_state=True)
        levels = [(price, size, BUY) for price, size in book.bids.levels()]
        levels += [(price, size, SELL) for price, size in book.asks.levels()]
        return self._replace(levels, touch, at, ts)

    def gap(self, ts: int) -> list[Event]:
        """Say that nothing is known of the book any more; nothing if that was said already."""
        return [] if self._empty else self._replace([], _NO_TOUCH, ts, ts)

    def made(self, made: str | None, ts: int, *, is_state: bool = False) -> int:
        """Read when a row was made [µs]: its arrival if it does not say, and never after that.

        A stamp of another clock is worth no more than none: an order of ours would never meet an
        event that was made before it. What tells a state, such as an image, may just be old.
        """
        at = micros(made)
        if at is None:
            if made is not None:
                self._count("bad_timestamp")
            return ts
        if at > ts:
            self._count("ahead_of_our_clock")
            return ts
        if ts - at > OLDEST:
            if not is_state:
                self._count("of_another_clock")
                self.foreign = self.foreign or made
            return ts
        return at

    def _replace(
        self, levels: list[tuple[int, int, int]], touch: Touch, at: int, ts: int
    ) -> list[Event]:
        """Empty the book and fill it again, in a way that a recording shows."""
        rows: list[Event] = []
        hidden = self._in_snapshot and ts - self._last <= SNAPSHOT_JUMP_US
        if hidden and not self._empty:
            rows.append((ts, at, self._price, 0, 0, 0, 0, 0, LEVEL, BUY, 0))
        if not (hidden and self._empty):
            rows.append((ts, at, 0, 0, 0, 0, 0, 0, CLEAR, 0, 0))
        self._empty = not levels
        self._in_snapshot = True
        # An empty snapshot is one row that removes what is not there.
        for price, size, side in levels or [(self._price, 0, BUY)]:
            rows.append((ts, at, price, size, 0, 0, 0, 0, LEVEL, side, 0))
        return self._with_quote(touch, rows, ts)

    def _with_quote(self, touch: Touch, rows: list[Event], ts: int) -> list[Event]:
        self._last = ts
        rows[-1] = (*rows[-1][:-1], 1)
        if touch == self._quote:
            return rows
        self._quote = touch
        if touch[1]:
            self._price = touch[0]
        bid, bid_size, ask, ask_size = touch
        return [(ts, rows[-1][1], bid, bid_size, ask, ask_size, 0, 0, QUOTE, 0, 1), *rows]

    def trades(self, trades: Iterable[Change], ts: int) -> list[Event]:
        """Send trades: of a Change, ``side`` is the taker's, 0 = not told."""
        rows: list[Event] = [
            (ts, self.made(made, ts), price, size, 0, 0, 0, 0, TRADE, side, 0)
            for made, price, size, side in trades
        ]
        return [*rows[:-1], (*rows[-1][:-1], 1)] if rows else []

    def ticker(self, values: tuple[int, int, int, int], made: str | None, ts: int) -> list[Event]:
        """Send a ticker: its ``values``, as ``Ticker`` has them."""
        return [(ts, self.made(made, ts, is_state=True), *values, 0, 0, TICKER, 0, 1)]

    def _count(self, name: str) -> None:
        self._counts[name] = self._counts.get(name, 0) + 1


def to_rows(events: Sequence[Event]) -> Rows:
    """Make an array of dtype EVENT, shape (n,)."""
    # Zeros first, so that the padding of the rows is the same in every run, too.
    rows = np.zeros(len(events), EVENT)
    if events:
        rows[:] = events
    return rows

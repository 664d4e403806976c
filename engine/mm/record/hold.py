"""A live stream while nothing can be written: the book is lost, time goes on, and it comes back.

What nobody can write down must not be acted on, or the recording would not replay to the same run.
So the engine is given what a recording of a lost connection would have:

    refused    a CLEAR (and an empty quote): the book is not known; the strategy withdraws
    meanwhile  time, and a row that changes nothing now and then, so that cancels arrive; no market
    later      not even time: what waits to be written is bounded
    accepted   the last quote, a snapshot of the book and the latest ticker's values, all at once

It follows the book on the way, for the snapshot. Pure: who refuses, and why, is ``mm.run.disk``'s.
"""

from typing import Final

import numpy as np

from mm.api import (
    BUY,
    CLEAR,
    EVENT,
    FUNDING_RATE,
    FUNDING_TS,
    LEVEL,
    MARK_PRICE,
    MICRO,
    QUOTE,
    SETTLED_PRICE,
    TICKER,
    MarketBatch,
    Rows,
)

LONGEST_US: Final = 60 * MICRO
"""For how long time goes on for the engine: long enough for cancels to arrive and be known."""

_FIRST_NUDGE_US: Final = MICRO
_COMPACT: Final = 1 << 10
"""Level rows that are kept before all but the last of each price are left out, or twice as many as
the book has; up to 200 bytes each."""


class Hold:
    """Stands in front of ``Numbering``."""

    def __init__(self, *, has_quotes: bool) -> None:
        """``has_quotes``: False if the stream has no quotes of its own."""
        self._has_quotes = has_quotes
        self._levels: list[Rows] = []
        self._count, self._limit = 0, _COMPACT
        self._quote: Rows = np.zeros(1, EVENT)
        self._quote["kind"] = QUOTE
        self._ticker: Rows | None = None  # what tickers said since the loss
        self._nudge_at = 0
        self.start: int | None = None
        """When the book was lost to the engine [µs]; None = everything is handed on."""
        self.left_out = 0
        """Rows of the market that were not handed on since then."""

    def push(self, batch: MarketBatch, *, refused: bool) -> MarketBatch | None:
        """Give what the engine is to have of the next batch; None = nothing, not even its time."""
        ts = batch.watermark
        if self.start is None and not refused:
            self._follow(batch.events)
            return batch
        begins = self.start is None
        start = self.start = ts if self.start is None else self.start
        if begins:
            self.left_out, self._ticker, self._nudge_at = 0, None, ts + _FIRST_NUDGE_US
        self._follow(batch.events)
        self.left_out += int(np.count_nonzero(batch.events["kind"] != CLEAR))
        if begins:
            given = [*([_event(QUOTE)] if self._has_quotes else []), _event(CLEAR)]
        elif not refused:
            self.start = None
            given = self._market()
        elif ts - start > LONGEST_US:
            return None
        elif ts < self._nudge_at:
            given = []
        else:  # a venue acts when an event comes: after 1, 2, 4, … s one that changes nothing
            self._nudge_at = start + 2 * (ts - start)
            given = [_event(LEVEL, price=1, side=BUY)]
        return MarketBatch(_at(ts, given), ts)

    def _market(self) -> list[Rows]:
        """All that is known now."""
        self._compact()
        rows = [self._quote] if self._has_quotes else []
        if self._count:
            rows += [_event(CLEAR), *self._levels]
        return [*rows, *([] if self._ticker is None else [self._ticker])]

    def _follow(self, events: Rows) -> None:
        kinds = events["kind"]
        clears = np.flatnonzero(kinds == CLEAR)
        if len(clears):
            self._levels, self._count, self._limit = [], 0, _COMPACT
        after = int(clears[-1]) + 1 if len(clears) else 0
        levels = events[after:][kinds[after:] == LEVEL]
        if len(levels):
            self._levels.append(levels)
            self._count += len(levels)
            if self._count > self._limit:
                self._compact()
                self._limit = max(_COMPACT, 2 * self._count)
        quotes = np.flatnonzero(kinds == QUOTE)
        if len(quotes):
            self._quote = events[quotes[-1:]].copy()
        if self.start is not None:
            for row in events[kinds == TICKER]:
                self._merge(row)

    def _compact(self) -> None:
        """Leave the last row of each side and price, where there is a size."""
        if not self._count:
            return
        newest = np.concatenate(self._levels)[::-1]
        keys = newest["price"] * 2 + (newest["side"] == BUY)
        kept = newest[np.unique(keys, return_index=True)[1]]
        kept = kept[kept["size"] > 0]
        self._levels, self._count = [kept], len(kept)

    def _merge(self, row: np.void) -> None:
        if self._ticker is None:
            self._ticker = _event(TICKER)
        for column in (MARK_PRICE, SETTLED_PRICE):
            if row[column]:
                self._ticker[column] = row[column]
        if row[FUNDING_TS]:
            self._ticker[FUNDING_TS], self._ticker[FUNDING_RATE] = (
                row[FUNDING_TS],
                row[FUNDING_RATE],
            )


def _event(kind: int, **values: int) -> Rows:
    row = np.zeros(1, EVENT)
    row["kind"] = kind
    for name, value in values.items():
        row[name] = value
    return row


def _at(ts: int, parts: list[Rows]) -> Rows:
    """Join parts as one moment's: nobody says when they were made."""
    rows = np.concatenate([np.zeros(0, EVENT), *parts])
    rows["ts_local"] = rows["ts_exchange"] = ts
    rows["row"] = 0
    return rows

"""Quotes from the book, for data that comes without quotes.

After each message of the book in which the best prices or sizes changed, a QUOTE event follows
with the message's times. That is how Tardis makes its quotes files, so a run with the file and
one without it see the same touch at the same times.
"""

from typing import Any

import numpy as np

from mm.api import CLEAR, EVENT, LEVEL, QUOTE, MarketBatch, Rows
from mm.api.jit import inner, kernel
from mm.core.book import Book, Levels
from mm.core.fusing import note_event


class BookQuotes:
    """Adds derived quotes to batches; the stream must have none of its own."""

    def __init__(self, instruments: int) -> None:
        """Start with empty books."""
        self._book = Book.empty(instruments)
        self._last = self._book.levels.touch.copy()

    def push(self, batch: MarketBatch) -> MarketBatch:
        """Give the same batch with its quotes put in."""
        self._book.reserve(batch.events)
        out = np.zeros(2 * len(batch.events), EVENT)
        length = _derive(self._book.levels, self._last, batch.events, out)
        return MarketBatch(out[:length], batch.watermark)


@kernel(allocates=False)
def _derive(levels: Levels, last: Rows, events: Rows, out: Rows) -> int:
    """Copy ``events`` to ``out`` with quotes after each message that moved the touch."""
    length = 0
    for i in range(len(events)):
        event = events[i]
        out[length] = event
        length += 1
        if event["kind"] not in (CLEAR, LEVEL):
            continue
        note_event(levels, event)
        touch = levels.touch[event["instrument"]]
        seen = last[event["instrument"]]
        if event["end"] == 1 and _differs(touch, seen):
            _quote(out[length], event, touch)
            _copy(seen, touch)
            length += 1
    return length


@inner
def _differs(a: Any, b: Any) -> bool:
    return bool(
        a["bid"] != b["bid"]
        or a["bid_size"] != b["bid_size"]
        or a["ask"] != b["ask"]
        or a["ask_size"] != b["ask_size"]
    )


@inner
def _copy(a: Any, b: Any) -> None:
    a["bid"] = b["bid"]
    a["bid_size"] = b["bid_size"]
    a["ask"] = b["ask"]
    a["ask_size"] = b["ask_size"]


@inner
def _quote(quote: Any, event: Any, touch: Any) -> None:
    quote["ts_local"] = event["ts_local"]
    quote["ts_exchange"] = event["ts_exchange"]
    quote["price"] = touch["bid"]
    quote["size"] = touch["bid_size"]
    quote["ask_price"] = touch["ask"]
    quote["ask_size"] = touch["ask_size"]
    quote["row"] = 0
    quote["instrument"] = event["instrument"]
    quote["kind"] = QUOTE
    quote["side"] = 0
    quote["end"] = 1

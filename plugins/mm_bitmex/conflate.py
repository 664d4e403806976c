"""Fewer rows that say the same in the end: what is left out when we cannot keep up.

Between two clears of the book, only the last size of each price matters to whoever comes late, and
only the last quote. Trades and tickers all stay. What is kept of the book moves to the time of the
last row it stands for, since only then the book was like that. A message with a clear in it
stays as it is and nothing moves past it, so that a lost book is seen as one. Pure.
"""

import numpy as np
import numpy.typing as npt

from mm.api import CLEAR, LEVEL, QUOTE, Rows


def conflate(events: Rows) -> Rows:
    """Leave out what later rows make void.

    Args:
        events: dtype EVENT, shape (n,), whole messages of one instrument, in order.

    Returns:
        dtype EVENT, shape (m,), m <= n; the last book row's and quote's time are kept.
    """
    if not len(events):
        return events
    kinds, times = events["kind"], events["ts_local"]
    fixed = np.isin(times, times[kinds == CLEAR])
    # Stretches of messages with and without a clear, numbered.
    stretch = np.concatenate([[0], np.cumsum(fixed[1:] != fixed[:-1])])
    kept = [
        events[stretch == number] if is_fixed else _stretch(events[stretch == number])
        for number, is_fixed in _stretches(stretch, fixed)
    ]
    return np.concatenate(kept)


def _stretches(
    stretch: npt.NDArray[np.int64], fixed: npt.NDArray[np.bool_]
) -> list[tuple[int, bool]]:
    numbers, first = np.unique(stretch, return_index=True)
    return [(int(n), bool(fixed[i])) for n, i in zip(numbers, first, strict=True)]


def _stretch(events: Rows) -> Rows:
    """Conflate messages without a clear."""
    levels = events[events["kind"] == LEVEL]
    quotes = events[events["kind"] == QUOTE]
    others = events[(events["kind"] != LEVEL) & (events["kind"] != QUOTE)]
    book = _last_of_each(levels)
    quote = quotes[-1:].copy()
    if len(book):
        book["ts_local"] = levels["ts_local"][-1]
    if len(quote):
        # The book is as the quote says only from its last row on.
        quote["ts_local"] = max(int(times[-1]) for times in _times(levels, quotes))
    return _in_order(np.concatenate([others, quote, book]))


def _times(levels: Rows, quotes: Rows) -> list[npt.NDArray[np.int64]]:
    return [rows["ts_local"] for rows in (levels, quotes) if len(rows)]


def _last_of_each(levels: Rows) -> Rows:
    """Keep the last row of each price and side, in the order of those rows."""
    # Prices are positive and below 2**53, so the sign is free to tell the sides.
    keys = levels["price"] * levels["side"]
    _, last_from_behind = np.unique(keys[::-1], return_index=True)
    return levels[np.sort(len(levels) - 1 - last_from_behind)].copy()


def _in_order(events: Rows) -> Rows:
    """Sort by time, then kind; mark the last row of each kind and time."""
    events = events[np.lexsort((events["kind"], events["ts_local"]))]
    ends = np.ones(len(events), np.int8)
    same_time = events["ts_local"][1:] == events["ts_local"][:-1]
    ends[:-1] = ~(same_time & (events["kind"][1:] == events["kind"][:-1]))
    events["end"] = ends
    return events

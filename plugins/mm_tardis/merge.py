"""Several files into one stream: by local time, then trades, quotes, book, tickers.

Pure: takes chunks, answers which file it wants to hear from next, gives batches. What it asks
for depends on the data alone, so the stream does too.
"""

from collections.abc import Iterator

import numpy as np

from mm.api import EVENT, MarketBatch, Rows
from mm_tardis.events import WHOLE, Chunk, join

_NEVER = 2**63 - 1


class Merge:
    """Merges ``count`` files; ``wanted`` says whose chunk to ``add`` next, None = all ended."""

    def __init__(self, count: int, max_rows: int) -> None:
        self._max_rows = max_rows
        self._held: list[list[Rows]] = [[] for _ in range(count)]
        self._up_to = [0] * count
        self._ended = [False] * count
        self._watermark = 0

    @property
    def watermark(self) -> int:
        """µs: that of the last batch given."""
        return self._watermark

    @property
    def wanted(self) -> int | None:
        """The file that is furthest behind, the first of them if several are."""
        behind = [
            _NEVER if ended else up_to
            for ended, up_to in zip(self._ended, self._up_to, strict=True)
        ]
        place = behind.index(min(behind))
        return None if self._ended[place] else place

    def add(self, place: int, chunk: Chunk | None) -> Iterator[MarketBatch]:
        """Take the next chunk of a file (None = it ended); give the batches that completes."""
        if chunk is None:
            self._ended[place] = True
        else:
            self._held[place].append(chunk.events)
            self._up_to[place] = chunk.up_to
        wanted = self.wanted
        complete = max(self._up_to) if wanted is None else self._up_to[wanted]
        if complete > self._watermark:
            events = self._take(complete)
            self._watermark = complete
            yield from cut(events, complete, self._max_rows)

    def _take(self, complete: int) -> Rows:
        """Take all events up to a time out of what is held, in order."""
        parts: list[Rows] = []
        for place, chunks in enumerate(self._held):
            later: list[Rows] = []
            for events in chunks:
                here = int(np.searchsorted(events["ts_local"], complete, side="right"))
                parts += [events[:here]] if here else []
                later += [events[here:]] if here < len(events) else []
            self._held[place] = later
        if len(parts) == 1:
            return parts[0]
        merged = join(parts)
        # Parts are in file order and the sort is stable, which is the rule for ties.
        order = np.argsort(merged["ts_local"], kind="stable")
        return merged.view(WHOLE)[order].view(EVENT)


def cut(events: Rows, watermark: int, max_rows: int) -> Iterator[MarketBatch]:
    """Cut a batch into as few as keep to ``max_rows`` (0 = no limit), between local times only.

    Rows of one local time stay together, whatever the limit.
    """
    if max_rows == 0 or len(events) <= max_rows:
        yield MarketBatch(events, watermark)
        return
    times = events["ts_local"]
    edges = [*(np.flatnonzero(times[1:] != times[:-1]) + 1).tolist(), len(events)]
    start = 0
    for edge, following in zip(edges, [*edges[1:], None], strict=True):
        if following is None:
            yield MarketBatch(events[start:], watermark)
        elif following - start > max_rows:
            yield MarketBatch(events[start:edge], int(times[edge - 1]))
            start = edge

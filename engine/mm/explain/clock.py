"""The exchange's clock as a run corrected it, from the figures in its summary.

The connector wrote them (``clock_offsets``: from, until, and what is added at either end, in µs);
here the same is done to the times of its files again.
"""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any


class RunClock:
    """Says when rows were made, as the run took it."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        """Take ``data`` from the summary."""
        shift = int(data.get("clock_shift_us", 0))
        self._pieces = data.get("clock_offsets", [[0, 1, shift, shift]] if shift else [])
        self._starts = [piece[0] for piece in self._pieces]
        self._feed = int(data.get("feed_latency_us", 0))

    def made(self, stamp: int, local: int) -> int:
        """Correct an exchange time; 0 and the local time stand for none [µs]."""
        if stamp in (0, local):
            return local - self._feed
        return min(stamp + self._offset(local), local)

    def _offset(self, local: int) -> int:
        if not self._pieces:
            return 0
        start, end, first, last = self._pieces[max(bisect_right(self._starts, local) - 1, 0)]
        at = min(max(local, start), end)
        return int(first + (last - first) * (at - start) // (end - start))

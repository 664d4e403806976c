"""What viewers are shown: the latest state, and a bounded past for the charts.

Every update has a number. A viewer says which one it saw last and is given what came since, in one
message, whatever lies between; one that is new, or for whom points were thinned out, is given all.
Nothing is kept for a viewer. It knows no engine, no browser and no time but the points' own.
"""

import json
from collections import deque
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import attrs

MOST_POINTS: Final = 1200
"""A chart is about so many pixels wide; with twice as many, every other one goes."""
MOST_FILLS: Final = 400
MOST_LINES: Final = 60
"""Of the log."""
FIRST_STEP_US: Final = 200_000
"""Between two points, until the past is so long that points are thinned out."""

Json: TypeAlias = dict[str, Any]


@attrs.frozen(kw_only=True)
class Snapshot:
    """The state at a moment."""

    ts: int
    """µs, data time."""
    texts: Json
    """What the page writes, by the name of the place."""
    numbers: dict[str, float]
    """The same as figures, by the names of ``gauges``; NaN = not known."""
    point: tuple[float | None, ...] | None
    """Of the charts: bid, ask, our bid, our ask [price], position [contracts], equity, then the
    first five of each further market; None = nothing to draw yet."""
    fills: Sequence[Json] = ()
    """New ones: t [ms], side, price, size, as texts and numbers for the charts."""
    log: Sequence[Json] = ()
    """New lines: t, level, text."""
    own: Sequence[tuple[str, dict[str, float]]] = ()
    """Of each of several markets: its symbol, and its own figures."""
    alerts: Sequence[str] = ()
    """Names of those that fire."""
    trouble: str = ""
    """Why the run should be looked at, in a sentence; empty = it is well."""


class Board:
    """Keeps what is shown."""

    def __init__(self) -> None:
        """Start with nothing to show."""
        self.number = 0
        """Of the latest update."""
        self.latest: Snapshot | None = None
        self._points: list[tuple[int, list[float | None]]] = []
        self._fills: deque[tuple[int, Json]] = deque(maxlen=MOST_FILLS)
        self._log: deque[tuple[int, Json]] = deque(maxlen=MOST_LINES)
        self._step_us = FIRST_STEP_US
        self._thinned = 0  # the update at which points were last taken away
        self._cache: dict[int, bytes] = {}

    def add(self, snapshot: Snapshot) -> None:
        """Take the next state."""
        self.number += 1
        self.latest = snapshot
        self._cache.clear()
        self._fills.extend((self.number, one) for one in snapshot.fills)
        self._log.extend((self.number, one) for one in snapshot.log)
        last = self._points[-1][1][0] if self._points else None
        if snapshot.point is not None and (
            last is None or snapshot.ts - 1000 * last >= self._step_us
        ):
            self._points.append((self.number, [snapshot.ts / 1000, *snapshot.point]))
            if len(self._points) > MOST_POINTS:
                del self._points[1::2]
                self._step_us *= 2
                self._thinned = self.number

    def replace(self, points: Sequence[Sequence[float | None]], snapshot: Snapshot) -> None:
        """Take a state with its whole past: points with their times [ms] before them."""
        self._points, self._thinned = [], self.number + 1
        self._fills.clear()
        self._log.clear()
        self.add(attrs.evolve(snapshot, point=None))
        self._points = [(self.number, list(point)) for point in points]

    def since(self, seen: int) -> bytes:
        """Say as JSON what a viewer lacks that saw update ``seen``; 0 = it saw none."""
        if seen not in self._cache:
            if len(self._cache) > 64:  # viewers at many different places: rather work than grow
                self._cache.clear()
            self._cache[seen] = self._say(seen)
        return self._cache[seen]

    def _say(self, seen: int) -> bytes:
        whole = seen < max(self._thinned, 1) or seen > self.number
        after = 0 if whole else seen
        content = {
            "number": self.number,
            "whole": whole,
            "texts": {} if self.latest is None else self.latest.texts,
            "points": [point for number, point in self._points if number > after],
            "fills": [one for number, one in self._fills if number > after],
            "log": [one for number, one in self._log if number > after],
        }
        return json.dumps(content, separators=(",", ":"), allow_nan=False).encode()

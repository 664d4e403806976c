"""The stamps of arrivals: anchored to the wall once, then driven by a monotonic clock.

So a step of the wall clock, back or forth, never shows: stamps only grow. Both clocks are read by
somebody else and handed in.
"""

from mm.api import MICRO


class ArrivalClock:
    """Gives each arrival a time of its own.

    Args:
        wall_us: what the wall shows now [µs UTC].
        now_s: what the monotonic clock shows now [s].
    """

    def __init__(self, wall_us: int, now_s: float) -> None:
        self._wall_us, self._start_s = wall_us, now_s
        self.last = wall_us
        """The last stamp given [µs UTC]."""

    def read(self, now_s: float) -> int:
        """What the clock shows [µs UTC]; may be before ``last`` in a burst."""
        return self._wall_us + round((now_s - self._start_s) * MICRO)

    def stamp(self, now_s: float) -> int:
        """Give the next stamp [µs UTC]: now, but later than all before."""
        self.last = max(self.last + 1, self.read(now_s))
        return self.last

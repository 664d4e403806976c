"""The exchange's clock: when a time in the data is due, and what clients are shown for it.

Two kinds. With ``now_us`` the exchange lives now: times in the data become times of today, as far
apart as the pace makes them. Without, clients are shown the times in the data. It reads no clock:
the current time (Trio's, s) is handed to it.
"""

import math

from mm.api import MICRO


class Clock:
    """Turns times in the data [µs] into Trio's [s] and into shown ones [µs since 1970].

    Args:
        opened_s: Trio's time now.
        now_us: what the clock shows now; None = the times in the data.
        speed: of the play; infinity = no pace.
        skew_s: how far the clock is ahead of what it should show.
    """

    def __init__(self, opened_s: float, now_us: int | None, speed: float, skew_s: float) -> None:
        self.is_paced = not math.isinf(speed)
        self._opened_s, self._now_us, self._speed = opened_s, now_us, speed
        self._skew_us = round(skew_s * MICRO)
        self._origin_us = 0
        self._started: tuple[float, int] | None = None  # Trio's time, and what was shown then

    def start(self, now_s: float, origin_us: int) -> None:
        """Playing starts now, at ``origin_us`` of the data."""
        self._started = now_s, self.read(now_s, origin_us)
        self._origin_us = origin_us

    def due_s(self, time_us: int) -> float:
        """When something of the data is to be played, in Trio's time."""
        assert self._started is not None
        return self._started[0] + (time_us - self._origin_us) / MICRO / self._speed

    def read(self, now_s: float, data_us: int) -> int:
        """What the clock shows now; ``data_us`` is the time in the data that was played last."""
        if self._now_us is None:
            return data_us + self._skew_us
        return self._now_us + round((now_s - self._opened_s) * MICRO) + self._skew_us

    def shown(self, time_us: int, now_s: float) -> int:
        """What clients are shown for a time in the data."""
        if self._now_us is None or self._started is None or not self.is_paced:
            return self.read(now_s, time_us)
        return self._started[1] + round((time_us - self._origin_us) / self._speed)

"""How many connections an hour are let in: a token bucket. Pure."""

import math
from typing import Final

HOUR_S: Final = 3600.0


class Openings:
    """So many tokens an hour, refilled all the time; a connection takes one."""

    def __init__(self, per_hour: int) -> None:
        self._per_hour = per_hour
        self._tokens = float(per_hour)
        self._seen_s: float | None = None

    def open(self, now_s: float) -> bool:
        """Take a token; False if there is none."""
        if self._seen_s is not None:
            self._tokens += (now_s - self._seen_s) * self._per_hour / HOUR_S
        self._tokens = min(self._tokens, float(self._per_hour))
        self._seen_s = now_s
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    @property
    def remaining(self) -> int:
        """Whole tokens left."""
        return int(self._tokens)

    @property
    def retry_s(self) -> int:
        """Whole seconds until the next token."""
        return math.ceil((1 - self._tokens) * HOUR_S / self._per_hour)

"""When the next connection may be opened: doubling waits, jittered, within an hourly budget.

The jitter is a hash of the run's seed and the attempt's number, so that a session can be told
again; a thousand clients with seeds of their own still spread. Knows times, not reasons.
"""

import hashlib
from collections import deque

_HOUR_S = 3600.0


class Backoff:
    """Counts openings and failures.

    Args:
        first_s: wait after the first failure [s].
        cap_s: longest wait [s], and how long a connection must be good to be forgiven the past.
        per_hour: openings in any hour.
        seed: of the run.
    """

    def __init__(self, first_s: float, cap_s: float, per_hour: int, seed: int) -> None:
        self._first_s, self._cap_s = first_s, cap_s
        self._seed = seed
        self._opens: deque[float] = deque(maxlen=per_hour)
        self._failures = 0
        self._attempt = 0

    def opened(self, now: float) -> None:
        """Note that a connection is being opened [s]."""
        self._opens.append(now)
        self._attempt += 1

    def forgive(self, live_s: float) -> None:
        """Start anew if the connection that ended was good for long enough [s]."""
        if live_s >= self._cap_s:
            self._failures = 0

    def next_open(self, now: float, at_least_s: float = 0.0) -> float:
        """Say when to open again after a failure at ``now`` [s].

        Half of the wait is fixed and half is drawn ("equal jitter", Marc Brooker, "Exponential
        Backoff and Jitter", AWS Architecture Blog, 2015), so that it is never next to nothing.
        """
        # 2**30 seconds are past any cap; beyond, the power would not fit a float.
        longest = min(self._cap_s, self._first_s * 2.0 ** min(self._failures, 30))
        self._failures += 1
        wait = max(longest * (1 + self._draw()) / 2, at_least_s)
        return max(now + wait, self._budget_from())

    def _budget_from(self) -> float:
        """When the budget has room again [s]; the past if it has now."""
        full = len(self._opens) == self._opens.maxlen
        return self._opens[0] + _HOUR_S if full else 0.0

    def _draw(self) -> float:
        """A number in [0, 1) for this attempt."""
        key = f"bitmex back-off {self._seed} {self._attempt}".encode()
        return int.from_bytes(hashlib.blake2b(key, digest_size=6).digest()) / 2**48

"""The way from the exchange to the recorder: when each message arrives.

One connection, first in, first out. A message takes at least the cable's 6 ms, plus a log-normal
part that wanders slowly, and waits while the receiver is stalled or busy with those before it.
Knows times only, never what a message says.
"""

import math
from random import Random
from typing import Final

# Idle latency was fitted as 6 ms plus a log-normal of mu 0.57, sigma 0.74 [ln ms] (protocols 4.6,
# xbtusd_stats.json: quote_latency_idle); these two meet its p5 6.8 and p50 8.1 ms better.
CABLE_US: Final = 6_000
IDLE_MU: Final = 0.65
IDLE_SIGMA: Final = 0.65
WANDER_US: Final = 1_000_000.0  # correlation time; gives the measured lag-1 correlation of ~0.98

# Local gaps inside a burst: p5 1 µs, p25 5 µs, p50 160 µs (xbtusd_stats.json, updates).
SAME_MICROSECOND: Final = 0.03  # 16 of 518 messages came in the microsecond of the one before
QUICK: Final = 0.3
QUICK_US: Final = 4.0
STEADY_US: Final = 130.0

# Longest delay measured: 369 ms. The others are calibrated to p90 22 and p99 128 ms.
LONGEST_STALL_MS: Final = 330.0
STALL_SIGMA: Final = 1.4  # of ln ms
HICCUP_EVERY_US: Final = 1_300_000.0  # mean gap between stalls that no burst explains
HICCUP_MS: Final = 12.0  # their median


class Wire:
    """Stamps messages with arrival times [µs] that never decrease."""

    def __init__(self, random: Random, start_us: int) -> None:
        """``start_us``: when the first message is sent, µs since 1970."""
        self._random = random
        self._free_us = 0
        self._sent_us = start_us
        self._mood = random.gauss(0.0, 1.0)
        self._hiccup_us = start_us + random.expovariate(1 / HICCUP_EVERY_US)

    def hold_until(self, local_us: int) -> None:
        """Deliver nothing before ``local_us``."""
        self._free_us = max(self._free_us, local_us)

    def stall(self, now_us: int, median_ms: float) -> None:
        """Freeze the receiver for a random while, as a burst of messages does."""
        stall_ms = median_ms * math.exp(STALL_SIGMA * self._random.gauss(0.0, 1.0))
        self.hold_until(now_us + CABLE_US + int(1000 * min(stall_ms, LONGEST_STALL_MS)))

    def deliver(self, sent_us: int, *, with_last: bool = False) -> int:
        """Local time [µs] at which a message sent at ``sent_us`` arrives.

        ``with_last`` puts it into the same microsecond as the message before, if it is due then.
        """
        if sent_us >= self._hiccup_us:
            self._hiccup_us = sent_us + self._random.expovariate(1 / HICCUP_EVERY_US)
            self.stall(sent_us, HICCUP_MS)
        due_us = sent_us + self._latency_us(sent_us)
        free_us = self._free_us if with_last else self._free_us + self._service_us()
        self._free_us = max(due_us, free_us)
        return self._free_us

    def _latency_us(self, sent_us: int) -> int:
        elapsed_us = sent_us - self._sent_us
        if elapsed_us > 0:
            keep = math.exp(-elapsed_us / WANDER_US)
            fresh = math.sqrt(1 - keep * keep)
            self._mood = keep * self._mood + fresh * self._random.gauss(0.0, 1.0)
            self._sent_us = sent_us
        return CABLE_US + int(1000 * math.exp(IDLE_MU + IDLE_SIGMA * self._mood))

    def _service_us(self) -> int:
        kind = self._random.random()
        if kind < SAME_MICROSECOND:
            return 0
        mean_us = QUICK_US if kind < SAME_MICROSECOND + QUICK else STEADY_US
        return 1 + int(self._random.expovariate(1 / mean_us))

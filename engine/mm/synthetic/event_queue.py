"""What happens next: a queue of future calls by simulated time, ties in order of entry.

Also the waiting times the market's parts share. Knows nothing of markets.
"""

from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from random import Random
from typing import TypeAlias

Call: TypeAlias = Callable[[int], None]
"""Called with the simulated time [µs]."""

Mixture: TypeAlias = Sequence[tuple[float, float]]
"""Shares adding up to 1, each with the mean [ms] of an exponential waiting time."""


class EventQueue:
    """Future calls [µs since the start of the sample]."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Call]] = []
        self._entries = 0

    def at(self, time_us: int, call: Call) -> None:
        """Call ``call`` when the simulation reaches ``time_us``."""
        self._entries += 1
        heappush(self._heap, (time_us, self._entries, call))

    def next_time(self) -> int:
        """When the next call is due [µs]."""
        return self._heap[0][0]

    def step(self) -> None:
        """Make the next call."""
        time_us, _, call = heappop(self._heap)
        call(time_us)


def wait(random: Random, mean_ms: float) -> int:
    """An exponential waiting time [µs]."""
    return int(random.expovariate(1 / mean_ms) * 1000)


def mixed_wait(random: Random, mixture: Mixture) -> int:
    """A waiting time [µs] from a mixture of exponentials."""
    return wait(random, pick_mean(random, mixture))


def pick_mean(random: Random, mixture: Mixture) -> float:
    """The mean [ms] of one part of a mixture, by its share."""
    place = random.random()
    for share, mean_ms in mixture:
        place -= share
        if place < 0:
            return mean_ms
    return mixture[-1][1]


def count(random: Random, mean: float) -> int:
    """A Poisson number, for small means (Knuth 1969, section 3.4.1: a product of uniforms)."""
    events, left = 0, random.expovariate(1.0)
    while left < mean:
        events += 1
        left += random.expovariate(1.0)
    return events

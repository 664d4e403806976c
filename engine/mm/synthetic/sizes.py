"""How large orders are: a few favourites that repeat, and a log-normal for the others.

Pure draws in lots of 100 contracts; who uses which is the caller's part. Shares and log-normals
are those of protocols 4.6 ("Touch sizes", "Trades", "Book sample"), rounded.
"""

import math
from bisect import bisect
from itertools import accumulate
from random import Random
from typing import Final

LOT: Final = 100  # contracts; XBTUSD since 2021-06-08


class Sizes:
    """A distribution of sizes."""

    __slots__ = ("_bounds", "_favourites", "_most", "_mu", "_sigma")

    def __init__(self, favourites: dict[int, float], *, mu: float, sigma: float, most: int) -> None:
        """``favourites``: share by contracts; ``mu``, ``sigma`` [ln contracts]; ``most``."""
        self._favourites = [contracts // LOT for contracts in favourites]
        self._bounds = list(accumulate(favourites.values()))
        self._mu, self._sigma, self._most = mu, sigma, most // LOT

    def draw(self, random: Random) -> int:
        """One size [lots], at least 1."""
        place = bisect(self._bounds, random.random())
        if place < len(self._favourites):
            return self._favourites[place]
        contracts = math.exp(self._mu + self._sigma * random.gauss(0.0, 1.0))
        return min(self._most, max(1, round(contracts / LOT)))


# What rests at the touch. The log-normal is narrower than the one fitted to all values
# (mu 9.19, sigma 1.76), since the favourites make up its lower tail.
TOUCH: Final = Sizes(
    {23_500: 0.24, 100: 0.09, 47_000: 0.07, 1_500: 0.05, 200: 0.03, 16_400: 0.04, 1_000: 0.02,
     5_000: 0.02, 16_500: 0.02, 3_300: 0.02, 1_400: 0.02, 7_100: 0.02},
    mu=9.45, sigma=0.95, most=900_000,
)  # fmt: skip

# What rests behind it, within 1000 ticks: p25 1000, p50 15 000, p75 23 700.
NEAR: Final = Sizes(
    {23_500: 0.15, 100: 0.13, 200: 0.10, 1_000: 0.05, 20_000: 0.04, 1_500: 0.02, 10_000: 0.02,
     50_000: 0.02, 16_400: 0.02},
    mu=9.5, sigma=1.3, most=1_000_000,
)  # fmt: skip

# Further out: p50 1000 to 1500, p90 30 000 to 50 000, p99 400 000 to 600 000.
FAR: Final = Sizes(
    {100: 0.12, 500: 0.06, 1_000: 0.12, 2_000: 0.05, 5_000: 0.04, 10_000: 0.04},
    mu=7.3, sigma=2.3, most=10_000_000,
)  # fmt: skip

# What a taker asks for when the touch does not decide it.
TAKER: Final = Sizes(
    {100: 0.27, 200: 0.12, 1_000: 0.05, 300: 0.03, 1_400: 0.03, 1_500: 0.03, 400: 0.03,
     500: 0.03, 3_300: 0.02},
    mu=7.3, sigma=1.6, most=200_000,
)  # fmt: skip

# A sweep: the fat tail of order sizes (Hill exponent 1.04, largest 1 243 900).
SWEEP: Final = Sizes({}, mu=9.6, sigma=1.7, most=1_500_000)

# One resting order among several at a level: what a trade row is made of.
ROW: Final = Sizes(
    {100: 0.26, 200: 0.13, 1_000: 0.06, 300: 0.03, 1_500: 0.03, 23_500: 0.02},
    mu=7.6, sigma=1.3, most=50_000,
)  # fmt: skip

"""One path: random numbers to mids, and to how far the prints of each step reach.

In a step an order at distance d from the mid is to be filled with probability
min(1, A exp(-k d) dt), either side on its own (Avellaneda and Stoikov 2008, section 3.3). One
uniform U decides it for every d at once: the print of that side reaches the distance

    D = ln(A dt / U) / k,    so that    P(D >= d) = P(U <= A dt exp(-k d))

with the cut at 1 and quotes through the mid (d < 0) included.

Paths of a group move together: with probability sqrt(correlation) one takes the group's direction
in place of its own, so two of them share it with probability ``correlation``, which is then the
correlation of their moves. Each market of a run has draws of its own, and the directions of groups
are those of all markets. Prices here are floats; ticks are the connector's.
"""

import math
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from mm_brownian import BrownianConfig

Floats = npt.NDArray[np.float64]

_DRAWS_PER_STEP: Final = 3  # reach of the buyer, reach of the seller, direction of the mid
_MASK: Final = (1 << 64) - 1
_OTHER: Final = 1 << 63
_GROUP: Final = 1 << 62
"""Bits of a key that neither a path's number has nor a market's."""
_MARKET_BIT: Final = 42
"""From here on a key has the market's number; all paths' numbers are lower."""


def uniforms(raw: npt.NDArray[np.uint64]) -> Floats:
    """Turn raw 64-bit words into doubles in (0, 1), both ends left out.

    The upper 52 bits and a half: exact, and by hand since only the raw words of a generator
    are sure to stay the same in later versions of numpy.
    """
    return ((raw >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52


@attrs.frozen
class Steps:
    """A stretch of a path, shape (n,) each."""

    mid: Floats
    """At the start of each step [price]."""
    buy_reach: Floats
    """How far above the mid the step's buyer goes [price]; negative = not up to the mid."""
    sell_reach: Floats
    """How far below the mid the step's seller goes [price]."""


class Walk:
    """One path. Its numbers depend on the market, the seed and its number, and on nothing else."""

    def __init__(self, market: BrownianConfig, seed: int, path: int, number: int = 0) -> None:
        """Start at the first step of a path of the run's market ``number``, below 2^20."""
        # Philox (Salmon et al. 2011) is a hash of (key, counter), so paths are independent.
        own = path | number << _MARKET_BIT
        key = np.array([seed & _MASK, own & _MASK], np.uint64)
        self._words = np.random.Philox(key=key)
        self._market = market
        self._shared: tuple[np.random.Philox, np.random.Philox] | None = None
        if market.correlation > 0.0:
            # Streams of their own, so that a market without correlation keeps its draws.
            chosen, group = (own | _OTHER) & _MASK, (path // market.group | _GROUP) & _MASK
            keys = (np.array([seed & _MASK, one], np.uint64) for one in (chosen, group))
            whether, direction = (np.random.Philox(key=one) for one in keys)
            self._shared = whether, direction
        self._move = market.sigma * math.sqrt(market.interval_s)  # of the mid in a step [price]
        self._height = 0  # moves up less moves down

    @property
    def mid(self) -> float:
        """The mid now [price]; not summed up, so it has no drift of rounding."""
        return self._market.start_price + self._height * self._move

    def take(self, steps: int) -> Steps:
        """Walk on by ``steps``; cutting a path differently gives the same path."""
        words = self._words.random_raw(_DRAWS_PER_STEP * steps)
        draws = uniforms(words).reshape(steps, _DRAWS_PER_STEP)
        directions = draws[:, 2]
        if self._shared is not None:
            whether, common = (uniforms(one.random_raw(steps)) for one in self._shared)
            share = math.sqrt(self._market.correlation)
            directions = np.where(whether < share, common, directions)
        heights = self._height + np.cumsum(np.where(directions < 0.5, 1, -1))
        starts = np.concatenate([[self._height], heights])[:steps]
        self._height = int(heights[-1])
        market = self._market
        arrivals = market.A * market.interval_s
        return Steps(
            mid=market.start_price + starts * self._move,
            buy_reach=np.log(arrivals / draws[:, 0]) / market.k,
            sell_reach=np.log(arrivals / draws[:, 1]) / market.k,
        )

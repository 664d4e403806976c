"""Standard errors without a model: leave out one block of time after another (the jackknife).

Orders come in bursts (on the XBTUSD hour, counts by 10 s vary 45 times as much as Poisson's), mid
changes have fat tails and come in clusters, and how many reached one depth and the next are nearly
the same number. Textbook errors suppose none of that. Blocks of time, long against the clusters,
are nearly independent whatever happens inside them, so an error from how much the estimate hangs
on each block is honest for all of it. Nothing is drawn, so it is the same each time.

Source: R. G. Miller, "The jackknife: a review", Biometrika 61 (1974); with blocks, H. R. Kuensch,
Annals of Statistics 17 (1989). Knows nothing of what is estimated.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]

BLOCKS: Final = 36
"""Enough to know an error to 12 % (1/sqrt(2 · 35)); of an hour, 100 s each."""


def block_of(count: int) -> npt.NDArray[np.int64]:
    """Give each of ``count`` things in order of time its block, 0 to BLOCKS - 1, equally many."""
    return np.arange(count, dtype=np.int64) * BLOCKS // max(count, 1)


def sums_by_block(blocks: npt.NDArray[np.int64], values: Floats) -> Floats:
    """Add up ``values``, shape (n, ...), by block: shape (BLOCKS, ...)."""
    sums = np.zeros((BLOCKS, *values.shape[1:]))
    np.add.at(sums, blocks, values)
    return sums


def jackknife(sums: Floats, estimate: Callable[[Floats], Floats]) -> tuple[Floats, Floats]:
    """Estimate from all blocks, and say how far off that may be.

    Args:
        sums: what the estimate is made from, by block; shape (blocks, ...).
        estimate: from the sum over blocks, shape (...), to values, shape (p,); NaN = none.

    Returns:
        (values, standard errors), each of shape (p,); an error is NaN where leaving out some
        block leaves no estimate.
    """
    total = sums.sum(axis=0)
    without = np.array([estimate(total - block) for block in sums])
    count = len(sums)
    spread = ((without - without.mean(axis=0)) ** 2).sum(axis=0)
    return estimate(total), np.sqrt((count - 1) / count * spread)


def dispersion(counts: Floats) -> float:
    """How many times as much counts by block vary as a Poisson process's; NaN without any."""
    mean = counts.mean()
    return float(counts.var(ddof=1) / mean) if mean > 0 else float("nan")

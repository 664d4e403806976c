"""How much better one set is than others, with the error of runs that share their luck.

Draws are keyed by the seed and by what they are for, so runs over the same market are paired: the
difference of two is known far better than either. Knows no parameters: a set is a column.
"""

from statistics import NormalDist

import attrs
import numpy as np

from mm.metrics import Floats


@attrs.frozen(kw_only=True)
class Differences:
    """How much more one set earned than each of all; zero for itself."""

    total: Floats
    """Shape (N,), settlement currency."""
    error: Floats
    """Shape (N,), standard errors."""


def differences(blocks: Floats, chosen: int) -> Differences:
    """Hold a set against each.

    The error is the delete-one-block jackknife's. For a sum of T equal blocks that is the root of T
    times the standard deviation of the blocks' differences. Künsch, Annals of Statistics 17 (1989);
    blocks are to be longer than the likeness of neighbouring fills lasts.

    Args:
        blocks: shape (T, N), T >= 2.
        chosen: the number of the set.
    """
    apart = blocks[:, chosen : chosen + 1] - blocks
    return Differences(total=apart.sum(axis=0), error=error_of_sum(apart))


def error_of_sum(blocks: Floats) -> Floats:
    """Give the standard error of the sum over the first axis, by the jackknife over blocks."""
    count = len(blocks)
    found: Floats = np.sqrt(count) * blocks.std(axis=0, ddof=1)
    return found


def errors_apart(comparisons: int, level: float = 0.05) -> float:
    """Say how many standard errors apart two sets must be to be told apart.

    Dunn, "Multiple comparisons among means", Journal of the American Statistical Association 56
    (1961): with several comparisons the level is shared among them (Bonferroni).
    """
    return NormalDist().inv_cdf(1 - level / (2 * max(comparisons, 1)))

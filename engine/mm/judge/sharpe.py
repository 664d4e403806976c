"""The Sharpe ratio of the best of many trials, and how likely it is that it is more than luck.

All ratios are those of a block, not annualised: mean over standard deviation (sample, n - 1) of
what was earned in a block. Knows no parameters: a trial is a column.
"""

import math
from statistics import NormalDist
from typing import Final

import attrs
import numpy as np

from mm.metrics import Floats

_NORMAL: Final = NormalDist()


@attrs.frozen(kw_only=True)
class Moments:
    """The shape of what was earned in blocks."""

    count: int
    sharpe: float
    """NaN where nothing varies."""
    skewness: float
    kurtosis: float
    """Not the excess: 3 for a normal distribution."""


@attrs.frozen(kw_only=True)
class Deflated:
    """The Sharpe ratio of a set that was chosen among many."""

    sharpe: float
    """Of the chosen set."""
    alone: float
    """Probability that its true ratio is above 0, had it been the only trial (probabilistic)."""
    trials: int
    """How many there were; one that never earned or lost counts, too."""
    independent: float
    """How many they come to, since they are alike; see ``independent_trials``."""
    expected: float
    """The best ratio that so many independent trials worth nothing would have shown."""
    probability: float
    """That its true ratio is above 0 in spite of the choice: the deflated Sharpe ratio."""
    by_luck: float
    """The same, were the trials no further apart than luck sets them: 1 / (T - 1) is the variance
    of ratios whose true value is 0, whatever the shape of what they are of. Above ``probability``
    where parameters truly matter, which the published figure takes for luck."""


def sharpes(blocks: Floats) -> Floats:
    """Give the Sharpe ratio of each set.

    Sharpe, "The Sharpe ratio", Journal of Portfolio Management 21 (1994), with no benchmark.

    Args:
        blocks: shape (T, N), T >= 2.

    Returns:
        Shape (N,); NaN for a set whose blocks are all alike.
    """
    deviation = blocks.std(axis=0, ddof=1)
    alike = deviation <= 1e-12 * np.abs(blocks).max(axis=0, initial=0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.where(alike, np.nan, blocks.mean(axis=0) / deviation)
    return found


def moments(profit: Floats) -> Moments:
    """Give the moments of one set's blocks, shape (T,); skewness and kurtosis divide by n."""
    around = profit - profit.mean()
    spread = float(np.mean(around**2))
    sharpe = float(sharpes(profit[:, None])[0])
    if math.isnan(sharpe):
        return Moments(count=len(profit), sharpe=sharpe, skewness=math.nan, kurtosis=math.nan)
    return Moments(
        count=len(profit),
        sharpe=sharpe,
        skewness=float(np.mean(around**3)) / spread**1.5,
        kurtosis=float(np.mean(around**4)) / spread**2,
    )


def autocorrelation(profit: Floats) -> float:
    """Give the correlation of each block with the next, of one set's blocks, shape (T,).

    Above some 2/√T neighbours are alike, and errors that take blocks to be independent are too
    small: Lo, "The statistics of Sharpe ratios", Financial Analysts Journal 58 (2002).

    Returns:
        NaN where nothing varies.
    """
    around = profit - profit.mean()
    whole = float((around**2).sum())
    return float((around[1:] * around[:-1]).sum()) / whole if whole > 0 else math.nan


def probabilistic(found: Moments, benchmark: float = 0.0) -> float:
    """Give the probability that the true Sharpe ratio is above ``benchmark``.

    Bailey and López de Prado, "The Sharpe ratio efficient frontier", Journal of Risk 15 (2012);
    blocks are taken to be independent of each other.
    """
    if math.isnan(found.sharpe) or found.count < 2:
        return math.nan
    s = found.sharpe
    spread = 1 - found.skewness * s + (found.kurtosis - 1) / 4 * s**2
    if not spread > 0:
        return math.nan
    return _NORMAL.cdf((s - benchmark) * math.sqrt((found.count - 1) / spread))


def expected_maximum(trials: float, variance: float) -> float:
    """Give the highest Sharpe ratio to be expected of trials that are worth nothing.

    Bailey and López de Prado, "The deflated Sharpe ratio", Journal of Portfolio Management 40
    (2014), with a mean of 0; its error is small from five trials on. Never below 0.

    Args:
        trials: how many independent ones.
        variance: of their Sharpe ratios.
    """
    if trials <= 1 or not variance > 0:
        return 0.0
    gamma = float(np.euler_gamma)
    most = (1 - gamma) * _NORMAL.inv_cdf(1 - 1 / trials) + gamma * _NORMAL.inv_cdf(
        1 - 1 / (trials * math.e)
    )
    return max(0.0, math.sqrt(variance) * most)


def independent_trials(blocks: Floats) -> float:
    """Say how many independent trials the sets come to: r + (1 - r) N, r their mean correlation.

    Bailey and López de Prado (2014), appendix 3. Between 1 and N; sets that never vary are left
    out of r.
    """
    sets = blocks.shape[1]
    varied = blocks[:, ~np.isnan(sharpes(blocks))]
    n = varied.shape[1]
    if n < 2:
        return float(max(sets, 1))
    around = varied - varied.mean(axis=0)
    around = around / np.sqrt((around**2).sum(axis=0))
    together = float((around.sum(axis=1) ** 2).sum())
    r = min(max((together - n) / (n * (n - 1)), 0.0), 1.0)
    return float(r + (1 - r) * sets)


def deflated(blocks: Floats, chosen: int) -> Deflated:
    """Deflate the Sharpe ratio of a set that was chosen among all.

    Bailey and López de Prado (2014). Every set counts as a trial, though they are alike: the
    careful side. What was tried before this study is not known here.

    Args:
        blocks: shape (T, N).
        chosen: the number of the set.
    """
    found = moments(blocks[:, chosen])
    ratios = sharpes(blocks)
    ratios = ratios[~np.isnan(ratios)]
    variance = float(ratios.var(ddof=1)) if len(ratios) > 1 else 0.0
    count, sets = blocks.shape
    expected = expected_maximum(sets, variance)
    luck = expected_maximum(sets, min(variance, 1 / (count - 1)))
    return Deflated(
        sharpe=found.sharpe,
        alone=probabilistic(found),
        trials=sets,
        independent=independent_trials(blocks),
        expected=expected,
        probability=probabilistic(found, expected),
        by_luck=probabilistic(found, luck),
    )

"""What paths came to: means and standard deviations, each with its standard error. Pure."""

import math
from collections.abc import Sequence
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

NAMES: Final = (
    "profit_mean", "profit_sd", "final_q_mean", "final_q_sd", "spread_mean", "fills_mean",
)  # fmt: skip
"""The statistics, in the order in which they are shown."""


@attrs.frozen(kw_only=True)
class Outcomes:
    """How each of n paths ended; arrays of shape (n,), float64, in order of path number."""

    profit: Floats
    """Cash and the position's worth at the last mid [settlement currency]."""
    final_q: Floats
    """Position at the end [quotes: a quote's size is one]."""
    spread: Floats
    """From bid to ask as the model wanted them, summed over the path's decisions for both
    [price]."""
    quoted: Floats
    """Those decisions."""
    fills: Floats
    """Fills of our quotes."""


@attrs.frozen
class Estimate:
    """A statistic and its standard error."""

    value: float
    se: float


def joined(parts: Sequence[Outcomes]) -> Outcomes:
    """Put stretches of paths behind one another."""
    return Outcomes(
        profit=np.concatenate([part.profit for part in parts]),
        final_q=np.concatenate([part.final_q for part in parts]),
        spread=np.concatenate([part.spread for part in parts]),
        quoted=np.concatenate([part.quoted for part in parts]),
        fills=np.concatenate([part.fills for part in parts]),
    )


def mean(values: Floats) -> Estimate:
    """Estimate a mean; its standard error is sd / √n. NaN where n is 1."""
    return Estimate(float(values.mean()), _deviation(values) / math.sqrt(len(values)))


def deviation(values: Floats) -> Estimate:
    """Estimate a standard deviation (divided by n - 1).

    Its standard error is sd/2 √((kappa - 1)/n) with the sample's kurtosis kappa, the delta
    method's first order (Kendall and Stuart, The Advanced Theory of Statistics I, 10.5). With the
    normal law's kappa = 3 that is sd / √(2n), far too little for profits with fat tails.
    """
    sd = _deviation(values)
    centred = values - values.mean()
    variance = float(np.mean(centred**2))
    if not variance > 0.0:
        return Estimate(sd, 0.0 if len(values) > 1 else math.nan)
    kurtosis = float(np.mean(centred**4)) / variance**2
    # Kurtosis is at least 1, but for rounding.
    return Estimate(sd, sd / 2.0 * math.sqrt(max(kurtosis - 1.0, 0.0) / len(values)))


def ratio(sums: Floats, counts: Floats) -> Estimate:
    """Estimate the mean of all that was summed, whatever the path: Σ sums / Σ counts.

    The standard error is that of sums - ratio * counts, by the mean count (Cochran, Sampling
    Techniques, 6.4); NaN where nothing was counted.
    """
    if not counts.sum() > 0.0:
        return Estimate(math.nan, math.nan)
    value = float(sums.sum() / counts.sum())
    return Estimate(value, mean(sums - value * counts).se / float(counts.mean()))


def statistics(outcomes: Outcomes) -> dict[str, Estimate]:
    """Estimate every statistic of ``NAMES``."""
    estimates = (
        mean(outcomes.profit),
        deviation(outcomes.profit),
        mean(outcomes.final_q),
        deviation(outcomes.final_q),
        ratio(outcomes.spread, outcomes.quoted),
        mean(outcomes.fills),
    )
    return dict(zip(NAMES, estimates, strict=True))


def z_score(estimate: Estimate, expected: float) -> float | None:
    """Give the distance from what was expected in standard errors.

    None where the statistic does not vary from path to path but for rounding: a spread that is
    the same at every inventory.
    """
    if not estimate.se > 1e-9 * max(abs(estimate.value), abs(expected)):
        return None
    return (estimate.value - expected) / estimate.se


def _deviation(values: Floats) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else math.nan

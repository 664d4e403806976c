"""Curves through counts by depth: straight lines through logarithms, and likelihoods.

Every curve is lambda = exp(a - k x), ``x`` a depth (exponential: A = exp a) or its logarithm (power
law). Depths are nested: who reached one reached all before it, so counts at neighbouring depths are
nearly the same number and no likelihood. How many went as far as each depth and no further is
independent from depth to depth, and tells the same; the likelihoods here are of that, with one more
bin for all who went beyond the last depth. Knows neither units nor where the counts come from.

Source: maximum likelihood by Fisher's scoring, P. McCullagh and J. Nelder, "Generalized Linear
Models" (1989), 2.5.
"""

import math
from typing import Final

import attrs
import numpy as np

from mm.calibrate.blocks import Floats

_STEPS: Final = 60
_HALVINGS: Final = 40
_STRIDE: Final = 5.0
"""Longest step, in either parameter: a factor of 150, and sixty of them stay within a float."""
_CLOSE: Final = 1e-8
"""Relative change of the parameters at which scoring has arrived; their errors are percents."""
_ROUNDING: Final = 1e-11
"""Relative rise of the deviance that is only rounding, in sums of a hundred terms."""
_TINY: Final = 1e-300
"""Least expected count, so that logarithms stay finite; far below what any real one is."""


@attrs.frozen
class Line:
    """lambda = exp(level - slope x)."""

    level: float
    slope: float
    fit: float
    """A line: R². A likelihood: deviance, twice what its logarithm lacks to the best there is."""


NO_LINE: Final = Line(math.nan, math.nan, math.nan)


def fit_line(x: Floats, rates: Floats, weights: Floats | None = None) -> Line:
    """Fit ln rates = level - slope x by least squares, over the depths that were reached.

    Args:
        x: ascending, shape (m,).
        rates: shape (m,); NaN = not reached.
        weights: inverse variances of ln rates, up to a factor; None = all the same.

    Returns:
        The line; NO_LINE with fewer than three depths, or one rate at all of them.
    """
    known = rates > 0
    if np.count_nonzero(known) < 3:
        return NO_LINE
    y, w = np.log(rates[known]), np.ones(len(x))[known] if weights is None else weights[known]
    if np.ptp(y) == 0:
        return NO_LINE
    x = x[known]
    mean_x, mean_y = np.average(x, weights=w), np.average(y, weights=w)
    s_xx, s_xy = np.sum(w * (x - mean_x) ** 2), np.sum(w * (x - mean_x) * (y - mean_y))
    s_yy = np.sum(w * (y - mean_y) ** 2)
    slope = -s_xy / s_xx
    return Line(float(mean_y + slope * mean_x), float(slope), float(s_xy**2 / (s_xx * s_yy)))


@attrs.frozen
class Bins:
    """Disjoint counts: ``ended[j]`` went to depth j and no further, the last one or further."""

    ended: Floats
    trials: Floats
    """Intervals that could have ended there."""
    unit: float
    """Time of one trial [s]."""
    at_most_one: bool
    """True: a trial counts once, however many came (Bernoulli with 1 - exp(-mean)); else Poisson.

    The deepest trade of an interval ends at j or not, given that it did not go further; so given
    who went further, ``ended[j]`` is binomial, independently of those who did.
    """

    @classmethod
    def of(cls, counts: Floats, intervals: float, unit: float, *, at_most_one: bool) -> "Bins":
        """Make bins of nested counts, shape (m,)."""
        further = np.append(counts[1:], 0.0)
        trials = intervals - further if at_most_one else np.full(len(counts), float(intervals))
        return cls(counts - further, trials, unit, at_most_one)

    def slopes(self, means: Floats) -> tuple[Floats, Floats]:
        """Give d lnL / d mean, and the information about each mean (per trial, in expectation)."""
        if self.at_most_one:
            odds = 1.0 / np.maximum(np.expm1(means), _TINY)
            return self.ended * odds - (self.trials - self.ended), self.trials * odds
        return self.ended / means - self.trials, self.trials / means

    def deviance(self, means: Floats) -> float:
        """Twice the log-likelihood that ``means`` lack against the best of all means."""
        hits, misses = self.ended, self.trials - self.ended
        if self.at_most_one:
            expected = self.trials * -np.expm1(-means)
            most = np.log(np.maximum(self.trials, _TINY))
            lost = _times_log(misses, misses) - misses * (most - means)
        else:
            expected = self.trials * means
            lost = expected - hits
        return float(2 * np.sum(_times_log(hits, hits) - _times_log(hits, expected) + lost))


def fit_likelihood(x: Floats, bins: Bins, start: Line) -> Line:
    """Fit by maximum likelihood, over (level, ln slope), so that the slope stays positive.

    Args:
        x: ascending, shape (m,).
        bins: the counts.
        start: where to begin; any line will do.

    Returns:
        The line; NO_LINE if there is no decay to fit, or fewer than three bins with anything.
    """
    if np.count_nonzero(bins.ended) < 3:
        return NO_LINE
    theta = _first_guess(x, bins, start)
    deviance = bins.deviance(_means(x, bins, theta))
    for _ in range(_STEPS):
        step = _scoring_step(x, bins, theta)
        if step is None:
            return NO_LINE
        for _ in range(_HALVINGS):
            trial = bins.deviance(_means(x, bins, theta + step))
            if trial <= deviance + _ROUNDING * (1.0 + deviance):
                break
            step = step / 2
        theta, deviance = theta + step, min(deviance, trial)
        if np.max(np.abs(step)) < _CLOSE * max(1.0, float(np.max(np.abs(theta)))):
            return Line(float(theta[0]), math.exp(theta[1]), deviance)
    return NO_LINE


def _first_guess(x: Floats, bins: Bins, start: Line) -> Floats:
    if start.slope > 0:
        return np.array([start.level, math.log(start.slope)])
    total = bins.ended.sum()
    slope = total / np.sum(bins.ended * (x - x[0] + np.mean(np.diff(x))))
    rate = total / bins.trials.max() / bins.unit
    return np.array([math.log(rate) + slope * x[0], math.log(slope)])


def _means(x: Floats, bins: Bins, theta: Floats) -> Floats:
    """Expected arrivals in each bin in one trial."""
    with np.errstate(over="ignore"):  # a step too far gives an infinite deviance and is halved
        rates = np.exp(theta[0] - np.exp(theta[1]) * x)
    means: Floats = np.maximum(bins.unit * (rates - np.append(rates[1:], 0.0)), _TINY)
    return means


def _scoring_step(x: Floats, bins: Bins, theta: Floats) -> Floats | None:
    """Newton's step with the expected information; None where that is singular."""
    slope = math.exp(theta[1])
    moments = x * np.exp(theta[0] - slope * x)
    means = _means(x, bins, theta)
    by_slope = -slope * bins.unit * (moments - np.append(moments[1:], 0.0))
    jacobian = np.column_stack([means, by_slope])
    gradient, weights = bins.slopes(means)
    information = jacobian.T @ (weights[:, None] * jacobian)
    try:
        step: Floats = np.linalg.solve(information, jacobian.T @ gradient)
    except np.linalg.LinAlgError:
        return None
    return np.clip(step, -_STRIDE, _STRIDE) if np.all(np.isfinite(step)) else None


def _times_log(a: Floats, b: Floats) -> Floats:
    """a ln b, with 0 ln 0 = 0."""
    return a * np.log(np.where(a > 0, np.maximum(b, _TINY), 1.0))

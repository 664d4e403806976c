"""Intensity against depth for one side and method: rates, curves through them, and their errors.

Several curves, since none is the truth:

* ``line``: least squares through ln lambda, each depth weighing as the inverse variance of its
  logarithm. Of all depths; a transformer may look less deep as it goes: see ``own``.
* ``plain``: the same without weights, through the share of intervals per second rather than
  -ln(1 - p): as in tutorials, for comparison with them.
* ``exponential`` and ``power``: A exp(-k d) and B d^-a by maximum likelihood.
* ``exponential_behind`` and ``power_behind``: the same without the first depth, so without those
  who went no further than the touch. They are many (40 % on the XBTUSD hour) and decide the
  others' shape, but tell nothing about a quote behind the touch.

The likelihood that the deviances are of takes arrivals to be independent. Where they come in
bursts, a difference of deviances is worth ``dispersion`` times less. Errors are the jackknife's and
suppose nothing of the kind. Knows no files and no instrument.
"""

import math
from typing import Final, Literal, TypeAlias

import attrs
import numpy as np

from mm.calibrate.blocks import Floats, dispersion, jackknife
from mm.calibrate.depths import Method, Reached, rates_of
from mm.calibrate.fits import NO_LINE, Bins, Line, fit_likelihood, fit_line

Curve: TypeAlias = Literal[
    "line", "plain", "exponential", "power", "exponential_behind", "power_behind"
]
CURVES: Final[tuple[Curve, ...]] = (
    "line", "plain", "exponential", "power", "exponential_behind", "power_behind",
)  # fmt: skip

MIN_HITS: Final = 20
"""Fewest intervals or orders for any curve: k is known to about 1/sqrt(hits), here 22 %."""


@attrs.frozen(kw_only=True)
class Fit:
    """One curve; NaN = cannot be fitted, or its error cannot be told."""

    curve: Curve
    A: float
    """1/s per side: the intensity at the mid; of a power law, one unit of price away from it."""
    A_se: float
    k: float
    """1/price; of a power law the exponent, a pure number."""
    k_se: float
    r2: float
    """Of the lines; else NaN."""
    deviance: float
    """Of the likelihoods; else NaN. The empirical curve, a number a depth, has 0."""
    aic: float
    """Akaike's criterion, less what all curves have in common: deviance + 2 per parameter."""
    residuals: Floats
    """ln(rate / curve) by depth, shape (m,)."""


@attrs.frozen(kw_only=True)
class Intensity:
    """What one method says of one side."""

    method: Method
    side: str
    """``ask``: buyers, who reach our asks; ``bid``: sellers; ``both``: pooled, rate of one."""
    depths: Floats
    """Price, shape (m,)."""
    reached: Floats
    """Intervals or orders that reached each depth."""
    rates: Floats
    """1/s per side; NaN where none did."""
    log_rates_se: Floats
    """Standard error of ln rate."""
    dispersion: float
    """Variance of counts by block over a Poisson process's; 1 = no bursts."""
    fits: tuple[Fit, ...]
    """By CURVES."""

    def fit(self, curve: Curve) -> Fit:
        """Give one curve."""
        return self.fits[CURVES.index(curve)]

    @property
    def enough(self) -> bool:
        """Whether there was anything to fit."""
        return bool(self.reached[0] >= MIN_HITS)


def estimate_intensity(reached: Reached, side: str) -> Intensity:
    """Fit every curve to what reached each depth; ``side`` is only its name."""
    total = reached.sums.sum(axis=0)
    lines = _lines(reached, total, (NO_LINE,) * len(CURVES))

    def values(sums: Floats) -> Floats:
        found = _lines(reached, sums, lines)
        pairs = [value for line in found for value in (math.exp(line.level), line.slope)]
        return np.concatenate([pairs, np.log(_rates(reached, sums))])

    estimates, errors = jackknife(reached.sums, values)
    rates = np.exp(estimates[2 * len(CURVES) :])
    return Intensity(
        method=reached.method,
        side=side,
        depths=reached.depths,
        reached=total[1:],
        rates=rates,
        log_rates_se=errors[2 * len(CURVES) :],
        dispersion=dispersion(reached.counts[:, 0]),
        fits=tuple(
            _fit(reached, curve, line, errors[2 * place : 2 * place + 2], rates)
            for place, (curve, line) in enumerate(zip(CURVES, lines, strict=True))
        ),
    )


def fit_weighted(reached: Reached) -> Line:
    """Fit the ``line`` alone, over depths in price."""
    return _weighted(reached, reached.sums.sum(axis=0))


def curve_at(fit: Fit, depths: Floats) -> Floats:
    """Give the intensity [1/s per side] that a curve has at ``depths`` [price, > 0]."""
    values: Floats = fit.A * np.exp(-fit.k * _abscissa(fit.curve, depths))
    return values


def _rates(reached: Reached, sums: Floats) -> Floats:
    return rates_of(reached.method, sums[1:], float(sums[0]), reached.interval_s)


def _weighted(reached: Reached, sums: Floats) -> Line:
    if sums[1] < MIN_HITS:
        return NO_LINE
    intervals, counts = sums[0], sums[1:]
    rates = _rates(reached, sums)
    weights = counts
    if reached.method == "penetration":  # the binomial variance, carried through ln(-ln(1 - p))
        share = np.minimum(counts / intervals, 1 - 0.5 / intervals)
        known = np.maximum(share, 0.5 / intervals)
        weights = intervals * (1 - known) * (rates * reached.interval_s) ** 2 / known
    return fit_line(reached.depths, rates, weights)


def _lines(reached: Reached, sums: Floats, near: tuple[Line, ...]) -> tuple[Line, ...]:
    """Fit CURVES to a sum of blocks; likelihoods start from ``near`` where that is known."""
    if sums[1] < MIN_HITS:
        return (NO_LINE,) * len(CURVES)
    line = _weighted(reached, sums)
    shares = rates_of("counting", sums[1:], float(sums[0]), reached.interval_s)
    plain = fit_line(reached.depths, shares)
    likelihoods = []
    for place, curve in enumerate(CURVES[2:], start=2):
        first = int(curve.endswith("behind"))
        once = reached.method == "penetration"
        bins = Bins.of(sums[1 + first :], sums[0], reached.interval_s, at_most_one=once)
        x = _abscissa(curve, reached.depths)[first:]
        likelihoods.append(fit_likelihood(x, bins, near[place]))
    return line, plain, *likelihoods


def _abscissa(curve: Curve, depths: Floats) -> Floats:
    """Give what ln lambda is a straight line over."""
    return np.log(depths) if curve.startswith("power") else depths


def _fit(reached: Reached, curve: Curve, line: Line, errors: Floats, rates: Floats) -> Fit:
    by_likelihood = curve not in ("line", "plain")
    x = _abscissa(curve, reached.depths)
    return Fit(
        curve=curve,
        A=math.exp(line.level),
        A_se=float(errors[0]),
        k=line.slope,
        k_se=float(errors[1]),
        r2=math.nan if by_likelihood else line.fit,
        deviance=line.fit if by_likelihood else math.nan,
        aic=line.fit + 4.0 if by_likelihood else math.nan,  # two parameters
        residuals=np.log(rates) - (line.level - line.slope * x),
    )

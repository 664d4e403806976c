"""Sigma, by how often the mid is looked at.

At short intervals the mid's flicker between ticks shows, at long ones its trends: sigma by
interval (the signature plot) says how much of it is the market's and how much the clock's.
Mean squared change, not less its mean: drift is nothing against noise over such intervals, and the
strategy's own estimate is made so. Knows no prices but in half ticks.
"""

import math
from typing import Final

import attrs
import numpy as np

from mm.api import MICRO
from mm.calibrate.blocks import Floats, block_of, jackknife, sums_by_block
from mm.calibrate.grid import Ints

MIN_CHANGES: Final = 36
"""Fewest mid changes for a sigma: one a block of the jackknife."""


@attrs.frozen(kw_only=True)
class Volatility:
    """Sigma at one interval; NaN = too few changes."""

    interval_s: float
    sigma: float
    """Price/√s."""
    sigma_se: float
    changes: int
    kurtosis: float
    """Of the changes; 3 = normal. NaN if nothing moved."""


def estimate_sigma(step_us: int, changes: Ints, half_tick: float) -> Volatility:
    """Estimate from the changes of the mid [half ticks] over ``step_us``, in order of time."""
    interval_s = step_us / MICRO
    squares = (changes.astype(np.float64) * half_tick) ** 2
    sigma = error = kurtosis = math.nan
    if len(changes) >= MIN_CHANGES:

        def root_mean(sums: Floats) -> Floats:
            return np.array([math.sqrt(sums[1] / sums[0] / interval_s)])

        columns = np.column_stack([np.ones(len(squares)), squares])
        values, errors = jackknife(sums_by_block(block_of(len(squares)), columns), root_mean)
        sigma, error = float(values[0]), float(errors[0])
        mean = float(squares.mean())
        kurtosis = float((squares**2).mean()) / mean**2 if mean > 0 else math.nan
    return Volatility(
        interval_s=interval_s, sigma=sigma, sigma_se=error, changes=len(changes), kurtosis=kurtosis
    )

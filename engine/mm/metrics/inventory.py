"""What was held, over time."""

import math

import attrs
import numpy as np

from mm.metrics.errors import Floats


@attrs.frozen(kw_only=True)
class Inventory:
    """Of the position at equal steps of time [contracts]."""

    mean: float
    sd: float
    largest: float
    """Of either side."""
    half_life_s: float
    """Of a deviation from the mean, as an AR(1) process has it: −ln 2 / ln φ steps, φ the
    autocorrelation at one step; inf if it does not decay, NaN if nothing moved."""
    at_limit: float
    """Share of time at the limit; NaN without one."""


def inventory(position: Floats, step_s: float, limit: float = math.nan) -> Inventory:
    """Describe a position.

    Args:
        position: shape (n,), at equal steps.
        step_s: length of a step.
        limit: the largest position allowed [contracts]; NaN = none.
    """
    if not len(position):
        nan = math.nan
        return Inventory(mean=nan, sd=nan, largest=nan, half_life_s=nan, at_limit=nan)
    mean, sd = float(position.mean()), float(position.std())
    half_life = math.nan
    if sd > 0 and len(position) > 2:
        away = position - mean
        phi = float(np.dot(away[1:], away[:-1]) / np.dot(away, away))
        half_life = -math.log(2) / math.log(phi) * step_s if 0 < phi < 1 else 0.0
        half_life = math.inf if phi >= 1 else half_life
    at_limit = math.nan
    if limit == limit and limit > 0:
        at_limit = float(np.mean(np.abs(position) >= limit * (1 - 1e-12)))
    return Inventory(
        mean=mean,
        sd=sd,
        largest=float(np.abs(position).max()),
        half_life_s=half_life,
        at_limit=at_limit,
    )

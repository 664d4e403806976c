"""A and k by the definition of the run file's own transformer, of all the data at once.

What a run without calibrated values quotes by is this, over its last intervals only; so the mean
of a run's k lies near it, and need not lie near a curve through other depths. Knows the definition
only as a function.
"""

import math
from collections.abc import Callable
from typing import TypeAlias

import attrs
import numpy as np

from mm.api import MICRO
from mm.calibrate.blocks import BLOCKS, Floats, block_of, jackknife
from mm.calibrate.grid import Ints
from mm.calibrate.sample import Sample

Definition: TypeAlias = Callable[[Ints, float], tuple[float, float]]
"""(deepest trades [half ticks], shape (n, 2); an interval [s]) -> (A [1/s per side], k [1/half
tick]), NaN for both = cannot be told. See ``TransformerOffer.intensity``."""


@attrs.frozen(kw_only=True)
class Own:
    """What the transformer says of the data; NaN = cannot be told."""

    A: float
    """1/s per side."""
    A_se: float
    k: float
    """1/price."""
    k_se: float


def estimate_own(definition: Definition, sample: Sample, half_tick: float) -> Own:
    """Estimate by ``definition``, with the jackknife's errors; ``half_tick`` is in price."""
    blocks = block_of(len(sample.starts))
    interval_s = sample.interval_us / MICRO

    def estimate(kept: Floats) -> Floats:
        A, k = definition(sample.deepest[kept[blocks] > 0], interval_s)
        return np.array([A, k / half_tick])

    # What is summed is which blocks are there.
    (A, k), errors = jackknife(np.eye(BLOCKS), estimate)
    known = math.isfinite(A)
    A_se, k_se = errors if known else (math.nan, math.nan)
    return Own(A=float(A), A_se=float(A_se), k=float(k), k_se=float(k_se))

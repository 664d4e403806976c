"""Standard errors of means over things that come in clusters, as fills do.

The delete-one-block jackknife: the data are cut into blocks of equal time, the mean is worked out
without each of them in turn, and the spread of those means gives the error. Where neighbours are
alike the usual s/√n is far too small; blocks longer than the likeness lasts cure that.

Source: Künsch, "The jackknife and the bootstrap for general stationary observations", Annals of
Statistics 17 (1989).
"""

from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.int64]

BLOCKS: Final = 20
"""Fewer give a rough error; more are shorter than what they should hold together."""


@attrs.frozen
class Mean:
    """A weighted mean, its standard error, and how many values it is of."""

    value: float
    """NaN if there is none."""
    error: float
    """NaN with fewer than two blocks that hold values."""
    count: int


def jackknife(values: Floats, weights: Floats, ts: Times) -> Mean:
    """Give the weighted mean of ``values`` with the error of clustered values.

    Args:
        values: shape (n,); NaN is left out.
        weights: shape (n,), not negative.
        ts: shape (n,), µs, when each was; they may come in any order.
    """
    known = ~np.isnan(values) & (weights > 0)
    values, weights, ts = values[known], weights[known], ts[known]
    if not len(values):
        return Mean(np.nan, np.nan, 0)
    span = int(ts.max() - ts.min()) + 1
    block = (ts - ts.min()) * BLOCKS // span
    sums = np.bincount(block, weights * values, BLOCKS)
    totals = np.bincount(block, weights, BLOCKS)
    mean = float(sums.sum() / totals.sum())
    held = totals > 0
    count = int(held.sum())
    if count < 2:
        return Mean(mean, np.nan, len(values))
    without = (sums.sum() - sums[held]) / (totals.sum() - totals[held])
    error = float(np.sqrt((count - 1) / count * np.sum((without - without.mean()) ** 2)))
    return Mean(mean, error, len(values))

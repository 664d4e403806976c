"""Counts of who reached which depth, by block of time.

Two methods, of which the second sees more and asks for more:

* penetration: the share p of intervals whose deepest trade lies at d or beyond, from the mid at
  the interval's start. Arrivals at the rate lambda leave an interval of tau seconds unreached with
  probability exp(-lambda tau), so lambda = -ln(1 - p) / tau. What a quote meets that is placed
  once an interval.
* counting: taker orders that reach d from the mid just before them. For a quote that follows the
  mid at once, the waits from one such order to the next, laid end to end, are the time observed,
  where the last wait adds time but no arrival (it is censored): the Poisson likelihood's
  lambda = N / sum of waits = N / time.

Source: S. Laruelle, "Faisabilité de l'apprentissage des paramètres d'un algorithme de trading"
(2013), and J. Fernandez-Tapia's thesis (2015, 4.4.2), there with the mid held for each wait.
Knows nothing of curves.
"""

import math
from typing import Final, Literal, TypeAlias

import attrs
import numpy as np

from mm.api import MICRO
from mm.calibrate.blocks import BLOCKS, Floats, block_of, sums_by_block
from mm.calibrate.grid import Ints
from mm.calibrate.sample import Sample

Method: TypeAlias = Literal["penetration", "counting"]
METHODS: Final[tuple[Method, ...]] = ("penetration", "counting")

MOST_DEPTHS: Final = 100
MIN_REACHED: Final = 20
"""Intervals that must reach the deepest depth: ln lambda is known to 1/sqrt(20) = 22 % there."""

_NO_DEEPER: Final = 10**12
"""Half ticks, beyond any price: so that they fit in 64 bits."""


@attrs.frozen(kw_only=True)
class Reached:
    """How many reached each depth, by block."""

    method: Method
    depths: Floats
    """Price; ascending, shape (m,)."""
    counts: Floats
    """Whole numbers, descending along depths; shape (BLOCKS, m)."""
    intervals: Floats
    """Intervals in each block, times sides where both are pooled; shape (BLOCKS,)."""
    interval_s: float

    @property
    def sums(self) -> Floats:
        """All that fits are made from, by block: the intervals, then the counts."""
        return np.column_stack([self.intervals, self.counts])

    def only(self, first: int, last: int) -> "Reached":
        """Keep some blocks."""
        return attrs.evolve(
            self, counts=self.counts[first:last], intervals=self.intervals[first:last]
        )


def choose_depths(sample: Sample, half_tick: float, max_depth: float | None) -> Ints:
    """Give the depths to look at [half ticks]: from the least there is, a whole number of ticks on.

    To ``max_depth`` [price], else to the depth that MIN_REACHED intervals reach, on any side.
    """
    if max_depth is not None:
        wanted = max_depth / half_tick * (1 + 1e-12)  # 10 / 0.05 is 200, or just less
        deepest = math.floor(min(wanted, _NO_DEEPER))
    else:
        ranked = np.sort(sample.deepest[sample.deepest > 0])
        deepest = int(ranked[-MIN_REACHED]) if len(ranked) >= MIN_REACHED else 0
    # A quote one tick wide has its mid on a half tick, so depths are odd numbers of half ticks.
    step = 2 * max(1, math.ceil(deepest / (2 * MOST_DEPTHS)))
    return np.arange(1, deepest + 1, step, dtype=np.int64)


def count_reached(
    sample: Sample, method: Method, sides: tuple[int, ...], depths: Ints, half_tick: float
) -> Reached:
    """Count, for ``sides`` together, who reached ``depths`` [half ticks]."""
    blocks = block_of(len(sample.starts))
    counts = np.zeros((BLOCKS, len(depths)))
    for side in sides:
        if method == "penetration":
            reach, place = sample.deepest[:, side], blocks
        else:
            ours = sample.order_side == side
            reach, place = sample.order_depth[ours], blocks[sample.order_interval[ours]]
        counts += _nested(reach, place, depths)
    return Reached(
        method=method,
        depths=np.asarray(depths * half_tick, np.float64),
        counts=counts,
        intervals=len(sides) * sums_by_block(blocks, np.ones(len(blocks))),
        interval_s=sample.interval_us / MICRO,
    )


def _nested(reach: Ints, blocks: Ints, depths: Ints) -> Floats:
    """Count by block how many of ``reach`` are at each depth or beyond."""
    last = np.searchsorted(depths, reach, side="right")  # depths that each one reached
    table = np.zeros((BLOCKS, len(depths) + 1))
    np.add.at(table, (blocks, last), 1.0)
    nested: Floats = table[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
    return nested


def rates_of(method: Method, counts: Floats, intervals: float, interval_s: float) -> Floats:
    """Turn counts into intensities [1/s per side]; NaN where nobody reached."""
    share = np.where(counts > 0, counts, np.nan) / intervals
    if method == "counting":
        return share / interval_s
    # All of them reached says only that the rate is high: half a count less keeps it finite.
    return -np.log1p(-np.minimum(share, 1 - 0.5 / intervals)) / interval_s

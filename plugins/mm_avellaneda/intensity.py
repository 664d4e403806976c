"""Arrival intensity: fit A and k of lambda(d) = A exp(-k d) to how deep trades reach.

The data: for each interval and side, the deepest trade, as its distance from the mid at the
interval's start in half ticks (mids lie on half ticks, so depths are whole numbers of them). An
interval and side reached d if its deepest trade lies at d or beyond; p(d) is the share that did.
Trades that come at the rate lambda(d) leave an interval of tau seconds unreached with probability
exp(-lambda tau), so lambda(d) = -ln(1 - p(d)) / tau: p/tau when trades are rare.

The fit: a least-squares line through ln lambda over all d from 0 to the deepest trade. Two choices:

* It is an integral over d, not a sum over bins: p is a step function, each step half a tick wide or
  a multiple. So the fit depends on prices alone, and a finer tick changes nothing.
* Each d weighs as the inverse variance of ln lambda there (about the number of trades that reached
  d) and so falls towards the deepest, where one trade more or less moves the line most.

Measured, k by the tick, windows of 120 intervals of 0.5 s, against an unweighted line (U) and the
exponential's maximum-likelihood fit from the mean depth (M):

====================================================  ===========  ===========  ===========
                                                      this fit     U            M
====================================================  ===========  ===========  ===========
true A 0.5, k 0.04, 1500 trades: A                    .502 ± .018  .466 ± .132  .499 ± .013
the same: k                                           .040 ± .002  .039 ± .005  .037 ± .001
real XBTUSD hour, sd of ln k between windows          .60          .68          .60
real ETHUSDT, 344 s, the same                         .14          .23          .11
XBTUSD, next window's share 50 ticks out (.0312/s)    .035         .032         .031
ETHUSDT, the same (.0561/s)                           .063         .059         .007
====================================================  ===========  ===========  ===========

M is thrown off by the trades that stop at the touch, 40 % of them, and on ETHUSDT forecasts next to
nothing where we quote. U forecasts as well, but is less stable and its A is seven times as noisy.
With few trades k comes out low, by 3 to 5 % at 10 to 120, a half or less of its standard error.

Source of the definition: penetration by log-regression as in J. Fernandez-Tapia's thesis (2015,
4.4.2), there with waiting times. Knows nothing of time, trades or ticks.
"""

import math

import numpy as np
import numpy.typing as npt

from mm.api.jit import kernel

MIN_DEPTHS = 8
"""Fewest depths for a fit: the relative error of k is about 1/sqrt(depths), here a third."""


@kernel(allocates=False)
def log_intensity(reached: int, intervals: int) -> tuple[float, float]:
    """Give (ln(lambda tau), its inverse variance) when ``reached`` >= 1 of ``intervals`` did.

    The variance is the binomial one of p, carried through ln(-ln(1 - p)).
    """
    # All of them reached says only that lambda is large: half a count less keeps it finite.
    p = min(float(reached), intervals - 0.5) / intervals
    expected = -math.log1p(-p)
    return math.log(expected), intervals * (1.0 - p) * expected * expected / p


@kernel(allocates=False)
def fit_intensity(
    histogram: npt.NDArray[np.int64], intervals: int, interval_s: float
) -> tuple[float, float]:
    """Fit the line; one pass from the deepest trade to the mid, with five running sums.

    Args:
        histogram: count by depth [half ticks]; entry 0 is not used.
        intervals: pairs of interval and side seen, with or without a trade.
        interval_s: length of an interval [s].

    Returns:
        (A [1/s per side], k [1/half tick]); NaN for both if there are too few depths, only one
        distinct depth, or no decay.
    """
    reached, distinct = 0, 0
    y, w = 0.0, 0.0
    s_w, s_x, s_y, s_xx, s_xy = 0.0, 0.0, 0.0, 0.0, 0.0
    for depth in range(len(histogram) - 1, 0, -1):
        if histogram[depth] > 0:
            reached += histogram[depth]
            distinct += 1
            y, w = log_intensity(reached, intervals)
        if reached > 0:
            # This step spans depth - 1 to depth: its mean and, with the 1/12, its mean square.
            x = depth - 0.5
            s_w += w
            s_x += w * x
            s_y += w * y
            s_xx += w * (x * x + 1.0 / 12.0)
            s_xy += w * x * y
    if reached < MIN_DEPTHS or distinct < 2:
        return math.nan, math.nan
    k = -(s_w * s_xy - s_x * s_y) / (s_w * s_xx - s_x * s_x)
    if not k > 0.0:
        return math.nan, math.nan
    return math.exp((s_y + k * s_x) / s_w) / interval_s, k

"""Guéant's closed-form quotes: how far from the mid to quote, given the market and the inventory.

Pure arithmetic on scalars, in price, seconds and model units of inventory; knows neither ticks nor
lots nor orders. The same scalar function serves one value and a million, so that the length of an
array never changes a digit.

Source: O. Guéant, "Optimal market making" (2017, arXiv 1605.01862), equations (4.3) to (4.9).
His symbols are kept: sigma, A, k, gamma, Delta (here ``delta``), xi, q. His closed form replaces
the exact solution by a Gaussian approximation: good near zero inventory, too steep far out. His
xi is aversion to non-execution; it is not the market impact that earlier papers call xi.
"""

import math

from mm.api.jit import kernel

# Below this, (1/x) ln(1+x) and (1+x)^(1/x+1) equal their limits 1 and e to 1e-14 relative.
_XI_IS_ZERO = 1e-14


@kernel(allocates=False)
def spread_terms(
    sigma: float, A: float, k: float, gamma: float, delta: float, xi: float
) -> tuple[float, float]:
    """Give what both offsets have in common: mark-up [price] and slope [price/model unit].

    With x = xi delta / k::

        markup = (1/k) ln(1+x)/x                                            (xi = 0: 1/k)
        slope  = sqrt( gamma sigma^2 / (2 A delta k) * (1+x)^(1/x + 1) )    (xi = 0: ... * e)

    Args:
        sigma: volatility of the mid [price/√s], >= 0.
        A: arrivals at the mid, one side [1/s].
        k: their decay with distance [1/price].
        gamma: inventory aversion [1/(price · model unit)].
        delta: order size [model units].
        xi: non-execution aversion [1/(price · model unit)], >= 0.

    Returns:
        (markup, slope); NaN for both where an input is missing or A or k is not positive.
    """
    weight = 2.0 * A * delta * k
    if not (sigma >= 0.0 and A > 0.0 and k > 0.0 and weight > 0.0):
        return math.nan, math.nan
    x = xi * delta / k
    if x < _XI_IS_ZERO:
        markup = 1.0 / k
        half_power = 0.5
    else:
        markup = math.log1p(x) / (xi * delta)
        half_power = 0.5 * (1.0 / x + 1.0) * math.log1p(x)
    # The root is taken inside the exponent, which then stays below 360: exp cannot overflow.
    return markup, sigma * math.sqrt(gamma / weight) * math.exp(half_power)


@kernel(allocates=False)
def offsets(q: float, delta: float, markup: float, slope: float) -> tuple[float, float]:
    """Give the distances (bid, ask) from the mid [price] at inventory ``q`` [model units]::

    bid = markup + (2q + delta)/2 * slope,    ask = markup - (2q - delta)/2 * slope
    """
    return markup + (2.0 * q + delta) / 2.0 * slope, markup - (2.0 * q - delta) / 2.0 * slope

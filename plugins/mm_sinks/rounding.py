"""Floats rounded to significant digits, many at once: the floats nearest to the rounded decimals.

The same as ``float(format(value, ".15g"))``, which is exact, at a twentieth of its time. A value is
scaled by a power of ten to a whole number of so many digits. The product is known without any
error, as a float and what is missing to it (Dekker's), so it is rounded as the true one would be;
divided by the same power, which is a float itself, it is rounded once, to the nearest. What lies
beyond the powers that are floats, or so near to a power of ten that its digits cannot be counted
this way, is left to ``format``. No result depends on a logarithm's last bits.
"""

from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]

_POWERS: Final = np.array([*(float(f"1e{k}") for k in range(23)), np.nan])
"""Powers of ten that are floats themselves; NaN for the one before and the one after, which a
logarithm that is off by its last bit may ask for, and which fits nothing."""

_SPLITTER: Final = 2.0**27 + 1
"""Cuts a float into two of half its bits, whose products are exact."""


def rounded(values: npt.NDArray[Any], significant: int) -> Floats:
    """Round to so many significant digits, at most 15, half to even.

    Args:
        values: floats, shape (n,); 0, NaN and infinities stay as they are.
        significant: digits.
    """
    sizes = np.abs(values)
    # Above, powers would be too large for a float; below, products too coarse.
    fits = (sizes >= 10.0 ** (significant - 23)) & (sizes < 10.0**significant)
    sizes = np.where(fits, sizes, 1.0)
    places = significant - 1 - np.floor(np.log10(sizes)).astype(np.int64)
    powers = _POWERS.take(places)
    scaled, missing = _product(sizes, powers)
    least = _POWERS[significant - 1]
    fits &= (scaled >= least) & ~((scaled == least) & (missing < 0)) & (scaled < 10 * least)
    whole = np.rint(scaled)
    beyond = scaled - whole
    whole += ((beyond == 0.5) & (missing > 0)).astype(np.float64)
    whole -= ((beyond == -0.5) & (missing < 0)).astype(np.float64)
    result: Floats = np.copysign(whole / powers, values)
    style = f".{significant}g"
    for i in np.flatnonzero(~fits).tolist():
        result[i] = float(format(float(values[i]), style))
    return result


def _product(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    """Multiply without an error: give the product as a float, and what is missing to it."""
    product = one * other
    (a, b), (c, d) = _halves(one), _halves(other)
    return product, b * d - (((product - a * c) - b * c) - a * d)


def _halves(values: Floats) -> tuple[Floats, Floats]:
    large = values * _SPLITTER
    high = large - (large - values)
    return high, values - high

"""Exact decimals in kernels: a number is ``mantissa * 10**exponent``, both int64.

Knows nothing of prices, files or columns. No float is used, and nothing wraps around: what does
not fit is answered with a code, so that the kernels give the same results compiled and as Python.
"""

from typing import Final

import numpy as np

from mm.api.jit import kernel

LIMIT: Final = 10**18
"""Mantissas stay below it: the largest power of ten that int64 holds (2**63 = 9.2e18)."""

RATE: Final = -12
"""The exponent of RATE_UNIT."""

OFF_GRID: Final = -1
TOO_LARGE: Final = -2

_POWERS: Final = np.array([10**n for n in range(19)], np.int64)


@kernel(allocates=False)
def scale(mantissa: int, places: int) -> int:
    """``mantissa * 10**places`` for mantissa >= 0, or TOO_LARGE."""
    if mantissa == 0 or places == 0:
        return mantissa
    if places > 18:
        return TOO_LARGE
    power = int(_POWERS[places])
    if mantissa >= LIMIT // power:
        return TOO_LARGE
    return mantissa * power


@kernel(allocates=False)
def shortest(mantissa: int, exponent: int) -> tuple[int, int]:
    """The same number without zeros at the end of its mantissa: equal numbers look alike."""
    while mantissa % 10 == 0 and mantissa != 0:
        mantissa //= 10
        exponent += 1
    return mantissa, exponent


@kernel(allocates=False)
def to_units(mantissa: int, exponent: int, unit: int, unit_exponent: int) -> int:
    """How many times ``unit * 10**unit_exponent`` goes into the number, or OFF_GRID, TOO_LARGE."""
    if mantissa == 0:
        return 0
    while exponent < unit_exponent and mantissa % 10 == 0:
        mantissa //= 10
        exponent += 1
    if exponent < unit_exponent:
        return OFF_GRID
    scaled = scale(mantissa, exponent - unit_exponent)
    if scaled < 0 or unit == 1:
        return scaled
    if scaled % unit != 0:
        return OFF_GRID
    return scaled // unit


@kernel(allocates=False)
def to_nearest(mantissa: int, exponent: int, unit: int, unit_exponent: int) -> int:
    """How many times ``unit * 10**unit_exponent`` goes into the number, halves up; or TOO_LARGE."""
    places = exponent - unit_exponent
    while places < 0 and scale(unit, -places) < 0:  # digits that far behind decide nothing
        mantissa //= 10
        places += 1
    if places < 0:
        unit = scale(unit, -places)
    else:
        mantissa = scale(mantissa, places)
    if mantissa < 0 or unit < 0:
        return TOO_LARGE
    return (2 * mantissa + unit) // (2 * unit)


@kernel(allocates=False)
def common_divisor(a: int, b: int) -> int:
    """The greatest common divisor of two numbers >= 0 (Euclid)."""
    while b != 0:
        a, b = b, a % b
    return a

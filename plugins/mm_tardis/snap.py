"""The rounding kernels: what a float printed with its noise stands for.

A price that a program kept as a float is near a multiple of the tick, and not one: 64600.1 comes
out as 64600.100000000006. With the tick (or lot) size given, numbers that near are put on it here,
in the parsed table, so that the survey and the stream after it see the same exact numbers and need
no rule of their own. Without it, ``shorten`` shows what numbers would be without the noise, for a
survey that has to name the cause. All of it in integers.
"""

from decimal import Decimal
from typing import Final

import attrs
import numpy as np

from mm.api import ConfigError
from mm.api.jit import inner, kernel
from mm_tardis.decimals import OFF_GRID as OFF
from mm_tardis.decimals import scale, to_units
from mm_tardis.table import (
    OFF_GRID,
    OK,
    PRICE,
    QUOTES,
    T_PRICE,
    T_ROW,
    TICKERS,
    TOO_LARGE,
    Ints,
)

# Columns of what ``snap`` counts: rows with a rounded number; then the first and the last of them.
PRICES: Final = 0
SIZES: Final = 3
SNAPPED: Final = 6

NEAR: Final = 10**6
"""A number is taken for a multiple if it is at most one part in so many of a step away,"""
_ULPS: Final = 2**50
"""or as far as a float of its magnitude is wrong after some sums (4 units of its last bit),"""
CLOSE: Final = 100
"""but never one part in so many of a step: then it might as well be another number."""

LONG: Final = 10**14
"""Numbers of at least so much, without zeros at the end, have 15 digits or more. No exchange's
prices do (BTC at 1e-8 has 14), floats with noise always do: a decimal of 15 digits or fewer is
printed as it is."""

KEPT: Final = 10**12
"""``shorten`` leaves numbers of up to so much: 12 digits."""

FINEST: Final = -12
"""No exchange's sizes have more decimals."""


@attrs.frozen
class Given:
    """The steps that the configuration names; None = it does not."""

    tick: Decimal | None = None
    lot: Decimal | None = None

    def numbers(self, symbol: str | None) -> Ints:
        """Shape (4,): mantissa and exponent of tick and lot; mantissa 0 = not given."""
        return np.array(
            [
                *step_numbers("tick_size", self.tick, symbol),
                *step_numbers("lot_size", self.lot, symbol),
            ],
            np.int64,
        )

    @property
    def inexact(self) -> int:
        """Of which numbers digits beyond the 18th do not matter: 1 prices, 2 sizes, 3 both."""
        return (self.tick is not None) + 2 * (self.lot is not None)


NO_STEPS: Final = Given()


def step_numbers(name: str, size: Decimal | None, symbol: str | None) -> tuple[int, int]:
    """Split a step into mantissa and exponent; (0, 0) if there is none."""
    if size is None:
        return 0, 0
    sign, digits, exponent = Decimal(size).normalize().as_tuple()
    mantissa = int("".join(map(str, digits)))
    if sign or not mantissa or not isinstance(exponent, int) or len(digits) > 18:
        raise ConfigError(
            f"{name} of {symbol} is {size}, expected a number above zero with at "
            f"most 18 digits; set [instrument] {name}"
        )
    return mantissa, exponent


@kernel(allocates=False)
def nearest(mantissa: int, exponent: int, unit: int, unit_exponent: int) -> int:
    """How many times ``unit * 10**unit_exponent`` goes into a number near a multiple of it.

    OFF_GRID if it is not near; TOO_LARGE.
    """
    if exponent >= unit_exponent:
        mantissa = scale(mantissa, exponent - unit_exponent)
    else:
        while mantissa >= 10**17 and exponent < unit_exponent:  # room for the step; see ``_ULPS``
            mantissa = (mantissa + 5) // 10
            exponent += 1
        unit = scale(unit, unit_exponent - exponent)
        if unit < 0:
            # Beyond 10**18: the number is below a tenth of a step, so near none but zero.
            return 0 if mantissa < 10**18 // NEAR else OFF
    if mantissa < 0:
        return mantissa
    count = mantissa // unit
    rest = mantissa % unit
    if rest > unit - rest:
        count += 1
        rest = unit - rest
    wrong = max(unit // NEAR, min(mantissa // _ULPS, unit // CLOSE))
    return count if rest <= wrong else OFF


@inner
def _note(snapped: Ints, column: int, row: int) -> None:
    """Count a row in ``column``, once, and keep which was the first."""
    if snapped[column] == 0:
        snapped[column + 1] = row
    if snapped[column + 2] != row:
        snapped[column] += 1
        snapped[column + 2] = row


@kernel(allocates=False)
def snap(table: Ints, rows: int, kind: int, grid: Ints, snapped: Ints) -> tuple[int, int, int]:
    """Put what is near a multiple of the given steps on it, in the first ``rows`` rows.

    Args:
        table: shape (n, WIDTH), as ``parse`` fills it.
        rows: how many rows of it to take.
        kind: TRADES, QUOTES, BOOK or TICKERS, whose numbers lie on no grid.
        grid: shape (4,), as ``Given.numbers``.
        snapped: shape (SNAPPED,), added to.

    Returns:
        (row, code, role): how far it came, OK or OFF_GRID or TOO_LARGE, and the field at fault.
    """
    if kind == TICKERS:
        return rows, OK, 0
    for row in range(rows):
        prices = 0
        sizes = 0
        for number in range(4 if kind == QUOTES else 2):
            at = T_PRICE + 2 * number
            step = 2 * (number % 2)
            unit, power = int(grid[step]), int(grid[step + 1])
            mantissa, exponent = int(table[row, at]), int(table[row, at + 1])
            if unit == 0 or mantissa == 0:
                continue
            units = to_units(mantissa, exponent, unit, power)
            if units >= 0:
                continue
            count = nearest(mantissa, exponent, unit, power)
            if count == 0 and step == 0:
                count = OFF  # no price is zero
            if count < 0:
                return row, OFF_GRID if count == OFF else TOO_LARGE, PRICE + number
            table[row, at] = count * unit
            table[row, at + 1] = power
            if step == 0:
                prices = 1
            else:
                sizes = 1
                if count == 0 and kind == QUOTES:
                    table[row, at - 2] = 0  # a side without size has no price
        if prices == 1:
            _note(snapped, int(PRICES), table[row, T_ROW])
        if sizes == 1:
            _note(snapped, int(SIZES), table[row, T_ROW])
    return rows, OK, 0


@kernel(allocates=False)
def shorten(table: Ints, rows: int, kind: int) -> None:
    """Round numbers of 15 digits or more to 12, in the first ``rows`` rows of a parsed table.

    Sizes below a float's noise, which are what sums to nothing leave, become nothing.
    """
    if kind == TICKERS:
        return
    for row in range(rows):
        for number in range(4 if kind == QUOTES else 2):
            at = T_PRICE + 2 * number
            mantissa, exponent = int(table[row, at]), int(table[row, at + 1])
            power = 1
            if is_long(mantissa):
                while mantissa // power >= KEPT:
                    power *= 10
                    exponent += 1
            while number % 2 == 1 and exponent < FINEST:
                power *= 10
                exponent += 1
            table[row, at] = (mantissa + power // 2) // power
            table[row, at + 1] = exponent


@kernel(allocates=False)
def is_long(mantissa: int) -> bool:
    """Say whether a number has 15 digits or more, without zeros at its end."""
    while mantissa >= LONG and mantissa % 10 == 0:
        mantissa //= 10
    return mantissa >= LONG

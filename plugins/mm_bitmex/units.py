"""JSON numbers to ticks and lots, ISO times to µs: exact, or not at all.

The exchange prints prices as Java doubles (``32000.0``, ``3.0000000000000003E-4``), so a price is
the nearest multiple of the tick if it is near one. Knows numbers; knows no rows.
"""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from mm.api import MICRO, MICRO_TICKS, MOST_LOTS, MOST_TICKS, RATE_UNIT, Instrument

_LARGEST: Final = 1 << 53
"""What a double counts exactly, which is how the exchange holds its numbers."""

_NEAR: Final = 1e-4
"""Ticks. A double is within 1e-7 ticks of a multiple even at a billion ticks; a price that is
further off than this is on another grid."""

_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,9}))?Z", re.ASCII
)

# Times that a recording can hold: 16 digits [µs], so 2001 to 2286.
_FIRST_TIME: Final = 10**15
_LAST_TIME: Final = 10**16 - 1

_DAYS_TO_1970: Final = 719_468


class Grid:
    """Turns an instrument's prices and sizes into ticks and lots."""

    def __init__(self, instrument: Instrument) -> None:
        self._tick, self._tick_parts = instrument.tick_size.as_integer_ratio()
        self._per_price = self._tick_parts / self._tick
        self._lot, self._lot_parts = instrument.lot_size.as_integer_ratio()

    def ticks(self, price: Any) -> int | None:
        """Turn a price into ticks; None if it is no number above zero on the grid."""
        if type(price) is not float and type(price) is not int:
            return None
        if not 0 < price < _LARGEST:
            return None
        exact = price * self._per_price
        ticks = round(exact)
        on_grid = abs(exact - ticks) <= _NEAR and 0 < ticks <= MOST_TICKS
        return ticks if on_grid else None

    def lots(self, size: Any) -> int | None:
        """Turn contracts into lots; None if they are no whole number of lots, at least 0."""
        if type(size) is not int:
            if type(size) is not float or not size.is_integer():
                return None
            size = int(size)
        if not 0 <= size < _LARGEST:
            return None
        lots, rest = divmod(size * self._lot_parts, self._lot)
        return None if rest or lots > MOST_LOTS else int(lots)

    def micro_ticks(self, price: Any) -> int | None:
        """Turn a mark price into millionths of a tick, to the nearest; None if it is no price."""
        if type(price) is not float and type(price) is not int:
            return None
        if not 0 < price < _LARGEST:
            return None
        # repr: the digits that were sent, where the double is only near them.
        exact = Decimal(repr(price)) * self._tick_parts * MICRO_TICKS / self._tick
        micro = int(exact.to_integral_value())
        return micro if micro < _LARGEST else None


def rate_units(rate: Any) -> int | None:
    """Turn a funding rate into units of RATE_UNIT; None if it is no share between -1 and 1."""
    if type(rate) is not float and type(rate) is not int:
        return None
    return round(rate / RATE_UNIT) if -1 < rate < 1 else None


def micros(text: Any) -> int | None:
    """Read an ISO time (UTC, up to 9 decimals) as µs since 1970; None if it is none."""
    return _micros(text) if type(text) is str else None


@lru_cache(maxsize=256)
def _micros(text: str) -> int | None:
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    date, hour, minute, second, decimals = found.groups()
    days = _days(date)
    if days is None:
        return None
    seconds = days * 86_400 + int(hour) * 3600 + int(minute) * 60 + int(second)
    time = seconds * MICRO + int(f"{decimals or 0:0<6}"[:6])
    return time if _FIRST_TIME <= time <= _LAST_TIME else None


@lru_cache(maxsize=64)
def _days(date: str) -> int | None:
    """Count the days from 1970 to a date; None if there is no such month or day.

    Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
    """
    year, month, day = (int(part) for part in date.split("-"))
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    year -= month <= 2
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * 146_097 + day_of_era - _DAYS_TO_1970

"""Numbers between two others: as many as one wants, or any, to draw from.

Values are rounded to six digits, so that a run file with them is short to read. Knows no axis.
"""

import math
from decimal import Decimal, InvalidOperation
from typing import Final

import attrs

SHAPES: Final = {
    "linear": "linear(FROM,TO,COUNT) with FROM < TO and a count of at least 2",
    "log": "log(FROM,TO,COUNT) with 0 < FROM < TO and a count of at least 2",
    "uniform": "uniform(FROM,TO) with FROM < TO",
    "loguniform": "loguniform(FROM,TO) with 0 < FROM < TO",
    "integer": "integer(FROM,TO) with whole numbers, FROM < TO",
}
"""Name -> how it is written."""

_DIGITS: Final = 6


@attrs.frozen
class Span:
    """All numbers from ``low`` to ``high``."""

    low: Decimal
    high: Decimal
    shape: str
    """``uniform``, ``loguniform`` or ``integer``: what is drawn evenly."""

    @classmethod
    def of(cls, shape: str, low: str, high: str) -> "Span":
        """Read one.

        Raises:
            ValueError: that is none; the text is for the user.
        """
        first, last = _ends(low, high, log=shape == "loguniform")
        if shape == "integer" and (first % 1 or last % 1):
            raise ValueError(f"{low} to {high} are not whole numbers")
        return cls(first, last, shape)

    def at(self, share: float) -> Decimal | int:
        """Give the number at a share, 0 <= share < 1, of the way."""
        if self.shape == "integer":
            low, high = int(self.low), int(self.high)
            return low + int(share * (high - low + 1))
        return self.rounded(_between(self.low, self.high, share, log=self.shape == "loguniform"))

    def rounded(self, value: float) -> Decimal:
        """Round a number of it to six digits, within the ends."""
        return min(max(_short(value), self.low), self.high)


def spread(shape: str, low: str, high: str, count: str) -> tuple[Decimal, ...]:
    """Give ``count`` numbers, evenly spaced (``linear``) or of one ratio (``log``), with the ends.

    Raises:
        ValueError: there is no such list; the text is for the user.
    """
    first, last = _ends(low, high, log=shape == "log")
    if not count.strip().isdecimal() or int(count) < 2:
        raise ValueError(f"a count of {count.strip()}")
    steps = int(count) - 1
    inner = [
        _short(_between(first, last, step / steps, log=shape == "log")) for step in range(1, steps)
    ]
    return (first, *inner, last)


def _ends(low: str, high: str, *, log: bool) -> tuple[Decimal, Decimal]:
    try:
        first, last = Decimal(low.strip()), Decimal(high.strip())
    except InvalidOperation:
        raise ValueError(f"{low.strip()} to {high.strip()} are not numbers") from None
    if not (first.is_finite() and last.is_finite() and first < last) or (log and first <= 0):
        raise ValueError(f"from {first} to {last}")
    return first, last


def _between(low: Decimal, high: Decimal, share: float, *, log: bool) -> float:
    if log:
        return math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
    return float(low) + share * (float(high) - float(low))


def _short(value: float) -> Decimal:
    return Decimal(f"{value:.{_DIGITS}g}")

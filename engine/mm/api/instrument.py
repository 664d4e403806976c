"""What is traded: the grid of prices and sizes, and what a contract is worth."""

from decimal import Decimal
from functools import cache
from typing import Final, Literal, TypeAlias

import attrs

from mm.api.bounds import MOST_UNITS
from mm.api.errors import ConfigError

ContractType: TypeAlias = Literal["Linear", "Inverse", "Quanto"]

MICRO: Final = 1_000_000
"""Microseconds in a second."""


@attrs.frozen(kw_only=True)
class Instrument:
    """One tradable contract. Ticks and lots turn into prices and contracts only here."""

    symbol: str
    """The exchange's name, as it stands in the data."""
    tick_size: Decimal
    """Price of one tick [quote currency]."""
    lot_size: Decimal
    """Contracts in one lot."""
    contract_type: ContractType = "Linear"
    """Linear: value = contracts * multiplier * price, in the quote currency. Inverse: contracts *
    multiplier / price, in the base currency. Quanto: as linear, but paid in a third currency."""
    multiplier: float = 1.0
    """Worth of one contract: base units (linear), quote units (inverse), or settlement currency
    per unit of price (quanto)."""
    tick_steps: tuple[tuple[int, int], ...] = ()
    """(from when [µs, exchange], ticks) in order of time: from then on prices of orders are
    multiples of so many ticks. Empty: of one, at all times."""

    def price(self, ticks: float) -> float:
        """Ticks to price [quote currency], correctly rounded for whole ticks."""
        numerator, denominator = self.tick_size.as_integer_ratio()
        return ticks * numerator / denominator

    def contracts(self, lots: float) -> float:
        """Lots to contracts, correctly rounded for whole lots."""
        numerator, denominator = self.lot_size.as_integer_ratio()
        return lots * numerator / denominator

    def whole_lots(self, contracts: float, key: str) -> int:
        """Turn contracts into lots.

        Args:
            contracts: from a configuration.
            key: its name there, for the error.

        Raises:
            ConfigError: if it is not a whole number of lots, at least one.
        """
        return self._whole(f"{key} is {contracts:g} contracts", contracts, self.lot_size, "lots")

    def whole_ticks(self, price: float, key: str) -> int:
        """Turn a difference of prices into ticks; arguments and errors as of ``whole_lots``."""
        return self._whole(f"{key} is {price:g}", price, self.tick_size, "ticks")

    def _whole(self, subject: str, amount: float, step: Decimal, what: str) -> int:
        # repr gives the decimal that the user wrote, where the float itself is only near it.
        count = Decimal(repr(amount)) / step
        if count > MOST_UNITS:
            raise ConfigError(
                f"{subject}, which is more than {MOST_UNITS:.0e} {what} of {self.symbol};"
                f" expected a multiple of {step} below that"
            )
        if count < 1 or count != count.to_integral_value():
            raise ConfigError(
                f"{subject}, which is not a whole number of {what} of {self.symbol};"
                f" use a multiple of {step}"
            )
        return int(count)

    def price_text(self, ticks: int) -> str:
        """Write ticks as an exact decimal price."""
        return _text(self.tick_size, ticks)

    def size_text(self, lots: int) -> str:
        """Write lots as an exact decimal number of contracts."""
        return _text(self.lot_size, lots)


@cache
def _units(step: Decimal) -> tuple[int, int]:
    """Split a step into (n, places) with step = n / 10**places."""
    _, digits, exponent = step.as_tuple()
    assert isinstance(exponent, int)  # only NaN and infinity have words here
    n = int("".join(map(str, digits)))
    return (n * 10**exponent, 0) if exponent >= 0 else (n, -exponent)


def _text(step: Decimal, count: int) -> str:
    """Write ``step * count`` exactly, without trailing zeros; whole CSV columns go through here."""
    n, places = _units(step)
    if places == 0:
        return str(n * count)
    text = f"{abs(n * count):0{places + 1}d}"
    fraction = text[-places:].rstrip("0")
    sign = "-" if count < 0 else ""
    return f"{sign}{text[:-places]}.{fraction}" if fraction else f"{sign}{text[:-places]}"

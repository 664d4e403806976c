"""What is traded: the grid of prices and sizes, and what a contract is worth."""

from decimal import Decimal
from typing import Final, Literal, TypeAlias

import attrs

ContractType: TypeAlias = Literal["Linear", "Inverse"]

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
    """Linear: value = contracts * multiplier * price. Inverse: contracts * multiplier / price."""
    multiplier: float = 1.0
    """Worth of one contract: base units (linear) or quote units (inverse)."""

    def price(self, ticks: float) -> float:
        """Ticks to price [quote currency], correctly rounded for whole ticks."""
        numerator, denominator = self.tick_size.as_integer_ratio()
        return ticks * numerator / denominator

    def contracts(self, lots: float) -> float:
        """Lots to contracts, correctly rounded for whole lots."""
        numerator, denominator = self.lot_size.as_integer_ratio()
        return lots * numerator / denominator

    def price_text(self, ticks: int) -> str:
        """Write ticks as an exact decimal price."""
        return format((self.tick_size * ticks).normalize(), "f")

    def size_text(self, lots: int) -> str:
        """Write lots as an exact decimal number of contracts."""
        return format((self.lot_size * lots).normalize(), "f")

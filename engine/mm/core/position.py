"""One instrument's position: lots, what they cost, and what they are worth.

Money is in settlement currency: quote currency for linear contracts, base currency (XBT for
XBTUSD) for inverse ones, a third for quanto ones. With N contracts, multiplier m:

    linear, quanto   value = N m p       P&L = N m (exit - entry)        entry = arithmetic average
    inverse          value = N m / p     P&L = N m (1/entry - 1/exit)    entry = harmonic average

(BitMEX, "Inverse", "Linear" and "Quanto perpetual" guides.) Both are one formula in v(p) = p or
v(p) = 1/p, so a position is kept as lots and their ``basis``, the sum of lots * v(entry price).
Reducing a position releases its share of the basis, so how a fill is split makes no difference.
"""

import math
from typing import Final

import attrs

from mm.api import MOST_ORDER, ConfigError, FeeModel, Instrument

_EXACT: Final = 2.0**53
"""Floats from here on are whole: there is nothing to round."""


@attrs.frozen(kw_only=True)
class Margin:
    """What is shown beside the books; nothing is ever liquidated."""

    balance: float = 0.0
    """Wallet at the start [settlement currency]; 0 = no liquidation price is shown."""
    initial: float = 0.01
    """Margin as a share of the position's value."""
    maintenance: float = 0.005


@attrs.frozen(kw_only=True, eq=False)
class MarketBooks:
    """How the books of one market are kept: one wallet, one list of fees."""

    instruments: tuple[Instrument, ...]
    fees: FeeModel
    """Asked at every fill."""
    margin: Margin = attrs.field(factory=Margin)
    """For the columns margin and liquidation."""
    at_mark_price: bool = False
    """Value positions at the venue's mark price where it is known, not the mid."""
    rounding: float = 0.0
    """See ``Holding.rounding``."""
    rate: float = 1.0
    """Reporting currency for one of the settlement currency."""
    rate_of: int | None = None
    """The instrument whose mark is that rate instead; None = ``rate`` is."""


@attrs.define(kw_only=True)
class Holding:
    """A position in one instrument."""

    instrument: Instrument
    rounding: float = 0.0
    """Settlement currency: a lot's value is rounded to multiples of this; 0 = exact.

    BitMEX values a lot of 100 XBTUSD at round(1e10 / price) satoshi, so 1e-8 (its trade rows of
    2021, 2024 and 2026).
    """
    lots: int = 0
    basis: float = 0.0
    """Sum of lots * v(entry price) of what is open, signed as the position."""

    scale: float = attrs.field(init=False)
    """P&L [settlement currency] of one lot when v rises by one."""
    _inverse: bool = attrs.field(init=False)
    _tick: tuple[int, int] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Work out once what every fill and mark needs."""
        self._inverse = self.instrument.contract_type == "Inverse"
        size = self.instrument.contracts(1) * self.instrument.multiplier
        self.scale = -size if self._inverse else size
        self._tick = self.instrument.tick_size.as_integer_ratio()

    def price(self, ticks: float) -> float:
        """Ticks to price, as ``Instrument.price``."""
        numerator, denominator = self._tick
        return ticks * numerator / denominator

    def mid(self, bid: int, ask: int) -> float:
        """Middle [price] of a touch in ticks; NaN if a side is missing."""
        if bid <= 0 or ask <= 0:
            return math.nan
        numerator, denominator = self._tick
        return (bid + ask) / 2 * numerator / denominator

    def value_of(self, price: float) -> float:
        """v(p): what one unit of multiplier is worth at ``price``."""
        value = 1.0 / price if self._inverse else price
        return self._rounded(value, price) if self.rounding else value

    def _rounded(self, value: float, price: float) -> float:
        lot = abs(self.scale)
        units = lot * value / self.rounding
        if not units < _EXACT:
            return value
        if units < 0.5:
            raise ConfigError(
                f"position.lot_rounding is {self.rounding:g}, which rounds a lot of"
                f" {self.instrument.symbol} to nothing: at {price:g} it is worth {lot * value:g};"
                " expected a small part of that, or 0 = exact"
            )
        return math.floor(units + 0.5) * self.rounding / lot

    @property
    def average_price(self) -> float:
        """Average entry price; NaN while flat."""
        if self.lots == 0:
            return math.nan
        return self.lots / self.basis if self._inverse else self.basis / self.lots

    def trade(self, lots: int, price: float) -> float:
        """Add signed ``lots`` at ``price``; return the P&L [settlement currency] it realised.

        Raises:
            ConfigError: the position is larger than one may be (see ``mm.api.bounds``).
        """
        value = self.value_of(price)
        closing = 0
        if self.lots * lots < 0:
            closing = min(abs(lots), abs(self.lots)) * (1 if lots > 0 else -1)
        released = -self.basis * closing / self.lots if self.lots else 0.0
        realized = self.scale * (-closing * value - released) + 0.0  # no -0.0
        self.lots += lots
        if abs(self.lots) > MOST_ORDER:
            raise ConfigError(
                f"the position is {self.lots} lots of {self.instrument.symbol}, expected at most"
                f" {MOST_ORDER:.1e}; set risk.max_position"
            )
        opening = lots - closing
        self.basis = self.basis - released + opening * value if self.lots else 0.0
        return realized

    def unrealized(self, mark: float) -> float:
        """P&L [settlement currency] of closing at ``mark``; 0 while flat."""
        if self.lots == 0:
            return 0.0
        return self.scale * (self.lots * self.value_of(mark) - self.basis)

    def notional(self, lots: int, price: float) -> float:
        """Value [settlement currency] of so many lots at ``price``, signed as ``lots``."""
        return abs(self.scale) * lots * self.value_of(price)

    def liquidation_price(self, balance: float, maintenance: float) -> float:
        """Price at which ``balance`` and unrealised P&L are down to the maintenance margin.

        Solves balance + scale (lots v - basis) = maintenance |scale| |lots| v for v. NaN if flat
        or if no price does it.

        Args:
            balance: of the account without this position's unrealised P&L [settlement currency].
            maintenance: margin as a share of value.
        """
        slope = maintenance * abs(self.scale * self.lots) - self.scale * self.lots
        if self.lots == 0 or slope == 0:
            return math.nan
        value = (balance - self.scale * self.basis) / slope
        if value <= 0:
            return math.nan
        return 1.0 / value if self._inverse else value

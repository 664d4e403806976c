"""What the look-alike exchange lists: one contract, and the numbers that follow from its terms.

Facts of BitMEX's contracts only. It knows no book, no message and no clock.
"""

from decimal import Decimal
from math import gcd
from typing import Final

import attrs

FUNDING_HOURS: Final = (4, 12, 20)
"""UTC; BitMEX's perpetual contracts pay every 8 hours."""
FUNDING_EVERY_US: Final = 8 * 3_600_000_000
HOUR_US: Final = 3_600_000_000


@attrs.frozen(kw_only=True)
class Contract:
    """A perpetual contract. Prices [quote currency], sizes [contracts]."""

    symbol: str
    tick_size: Decimal
    lot_size: int
    inverse: bool
    """True: a contract is worth 1 USD, paid in XBt. False: price * multiplier, in USDt."""
    index: int
    """The symbol's number in the level ids of before 2023."""
    id_tick: Decimal
    """The tick that those ids count in: the one at listing."""
    maker_fee: float = 0.0005
    taker_fee: float = 0.0005

    def derived_id(self, price: float) -> int:
        """The level id that BitMEX derived from the price until 2023."""
        return 100_000_000 * self.index - round(price / float(self.id_tick))

    def gross_value(self, size: int, price: float) -> int:
        """Worth of ``size`` contracts in the settlement currency's minor unit.

        Inverse: size/100 * round(1e10/price) [XBt], which BitMEX's trade rows follow exactly since
        a lot is 100 contracts; linear: size * price [USDt].
        """
        if self.inverse:
            return size * round(1e10 / price) // 100
        return round(size * price)

    def notionals(self, size: int, price: float) -> tuple[float, float]:
        """(homeNotional, foreignNotional) of a trade."""
        if self.inverse:
            return self.gross_value(size, price) / 1e8, float(size)
        return size / 1e6, self.gross_value(size, price) / 1e6


def contract_of(symbol: str, prices: list[str], sizes: list[int]) -> Contract:
    """Describe a symbol.

    Args:
        symbol: as in the data.
        prices: decimal texts, at least one; used to infer the tick of what is not XBTUSD.
        sizes: the same for the lot.
    """
    if symbol == "XBTUSD":
        return Contract(
            symbol=symbol, tick_size=_tick(["0.1", *prices]), lot_size=100, inverse=True,
            index=88, id_tick=Decimal("0.01"),
        )  # fmt: skip
    tick = _tick(prices)
    # 521 was the index of a linear contract, ADAUSDT; nobody needs ours to be another.
    return Contract(
        symbol=symbol, tick_size=tick, lot_size=gcd(*sizes) or 1, inverse=False, index=521,
        id_tick=tick,
    )  # fmt: skip


def next_funding(now_us: int) -> int:
    """When funding is paid next after ``now_us`` [µs since 1970]."""
    first = FUNDING_HOURS[0] * HOUR_US
    return (now_us - first) // FUNDING_EVERY_US * FUNDING_EVERY_US + FUNDING_EVERY_US + first


def _tick(prices: list[str]) -> Decimal:
    """The greatest step that all prices are multiples of."""
    decimals = [Decimal(text) for text in prices]
    places = max(0, *(-_exponent(price) for price in decimals))
    units = gcd(*(int(price.scaleb(places)) for price in decimals))
    return Decimal(units or 1).scaleb(-places).normalize()


def _exponent(price: Decimal) -> int:
    exponent = price.normalize().as_tuple().exponent
    assert isinstance(exponent, int)  # only NaN and infinity have words here
    return exponent

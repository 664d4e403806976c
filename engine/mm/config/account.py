"""The tables of a run file about money: ``[position]``, ``[account]``, ``[funding]``."""

from decimal import Decimal, InvalidOperation

import attrs

from mm.api import ContractType, option


@attrs.frozen(kw_only=True)
class PositionTable:
    """``[position]``"""

    contract_type: ContractType = option(
        "Linear", help="How a contract's value follows the price: with it, or with its inverse."
    )
    fee_rate: float = option(
        0.0,
        help="Fee of any fill; negative = rebate.",
        unit="share of value",
        gt=-1,
        lt=1,
    )
    maker_fee: float | None = option(
        None, help="As fee_rate, for resting orders; empty = fee_rate.", unit="share of value",
        gt=-1, lt=1,
    )  # fmt: skip
    taker_fee: float | None = option(
        None, help="As fee_rate, for orders that take; empty = fee_rate.", unit="share of value",
        gt=-1, lt=1,
    )  # fmt: skip

    mark: str = option("mid", help="What positions are valued at.", choices=("mid", "mark_price"))
    currency: str = option(
        "", help="Settlement currency, by name; empty = that of the account, account.currency."
    )
    lot_rounding: float = option(
        0.0,
        help="Round a lot's value to multiples of this, as BitMEX does with 1e-8; 0 = exact.",
        unit="settlement currency",
        ge=0,
    )
    balance: float = option(
        0.0,
        help="Wallet at the start, for the liquidation price; 0 = none is shown.",
        unit="settlement currency",
        ge=0,
    )
    initial_margin: float = option(
        0.01, help="Margin shown as used.", unit="share of value", gt=0, le=1
    )
    maintenance_margin: float = option(
        0.005, help="Margin at which the position would be liquidated.", unit="share of value",
        ge=0, lt=1,
    )  # fmt: skip

    @property
    def fees(self) -> tuple[float, float]:
        """(maker, taker) [share of value], with fee_rate where they do not say otherwise."""
        maker = self.fee_rate if self.maker_fee is None else self.maker_fee
        taker = self.fee_rate if self.taker_fee is None else self.taker_fee
        return maker, taker


@attrs.frozen(kw_only=True)
class AccountTable:
    """``[account]``: what the markets of a run come to together"""

    currency: str = option(
        "", help="Reporting currency, by name, for sums over markets that settle in several."
    )
    rates: list[str] = option(
        factory=list,
        help="For each other currency its name, and its price in the reporting currency: a number,"
        " or the market whose mid it is, as in XBT XBTUSD.",
    )

    def __attrs_post_init__(self) -> None:
        for text in self.rates:
            words = text.split()
            if len(words) != 2:
                raise ValueError(f"rates has {text!r}, expected a currency and its price or market")
            rate = number(words[1])
            if rate is not None and not (rate.is_finite() and rate > 0):
                raise ValueError(f"rates has {text!r}, expected a price above 0")
        if self.rates and not self.currency:
            raise ValueError("rates are prices in the account's currency, but currency is empty")
        names = [text.split()[0] for text in self.rates]
        if len({*names, self.currency}) <= len(names):
            raise ValueError(f"rates names a currency twice: {', '.join([*names, self.currency])}")

    @property
    def rate_of(self) -> dict[str, str]:
        """Each currency's price or market, by name."""
        return {text.split()[0]: text.split()[1] for text in self.rates}


def number(text: str) -> Decimal | None:
    """Read a decimal; None = it is none."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


@attrs.frozen(kw_only=True)
class FundingTable:
    """``[funding]``: a schedule, for data without ``data.derivative_ticker_csv``"""

    rate: float | None = option(
        None, help="Of the position's value, each time; positive = longs pay.",
        unit="share of value", gt=-1, lt=1,
    )  # fmt: skip
    first_h: float = option(4.0, help="First time of the day, UTC.", unit="h", ge=0, lt=24)
    interval_h: float = option(8.0, help="From one time to the next.", unit="h", ge=0.001, le=24)

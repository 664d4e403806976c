"""The slow columns of a contract: mark price, funding, last price; ``instrument`` and ``funding``.

Rows as column -> value, for the wire to say. The mark is the mid unless the data give one. It
knows no book and no message.
"""

from typing import Final

import attrs

from mm_bitmex.mock.contract import FUNDING_EVERY_US, Contract, next_funding
from mm_bitmex.mock.ground_truth import Touch
from mm_bitmex.mock.wire import Json, iso

BASE_RATE: Final = 0.0001  # BitMEX's funding rate while the premium is nil: 0.01 % in 8 hours
MARK_PLACES: Final = 2  # XBTUSD's mark price comes in cents


@attrs.define
class Ticker:
    """What is now true of a contract, beside its book."""

    contract: Contract
    mark: float | None = None
    """[price]"""
    rate: float = BASE_RATE
    """Funding rate of the next payment; positive: longs pay."""
    funding_us: int = 0
    """When it is paid next, as shown to clients [µs]."""
    last_price: float | None = None
    direction: str = "PlusTick"
    """tickDirection of the last trade."""
    given: bool = False
    """The data have marks, so that none is derived."""
    paid: Json | None = None
    """The last row of ``funding``."""

    def trade(self, price: float) -> str:
        """Take a trade's price; return its tickDirection."""
        last = self.last_price
        if last is not None and price == last:
            self.direction = f"Zero{self.direction.removeprefix('Zero')}"
        else:
            self.direction = "MinusTick" if last is not None and price < last else "PlusTick"
        self.last_price = price
        return self.direction

    def follow(self, touch: Touch, now_us: int) -> Json | None:
        """Move the mark to the mid; return the update, if there is one to send."""
        if self.given or touch.bid is None or touch.ask is None:
            return None
        return self.tell(round((touch.bid + touch.ask) / 2, MARK_PLACES), None, 0, now_us)

    def tell(
        self, mark: float | None, rate: float | None, funding_us: int, now_us: int
    ) -> Json | None:
        """Take what the data say (None or 0 = nothing); return the update, None if none."""
        update: Json = {}
        if mark is not None and mark != self.mark:
            self.mark = update["fairPrice"] = update["markPrice"] = mark
        if rate is not None and rate != self.rate:
            self.rate = update["fundingRate"] = rate
        if funding_us and funding_us != self.funding_us:
            self.funding_us = funding_us
            update["fundingTimestamp"] = iso(funding_us)
        return self._update(update, now_us) if update else None

    def pay(self, now_us: int) -> tuple[Json, Json] | None:
        """(row of ``funding``, update of ``instrument``) if funding has become due."""
        if not self.funding_us:
            self.funding_us = next_funding(now_us)
        if now_us < self.funding_us:
            return None
        self.paid = {
            "timestamp": iso(self.funding_us),
            "symbol": self.contract.symbol,
            "fundingInterval": "2000-01-01T08:00:00.000Z",
            "fundingRate": self.rate,
            "fundingRateDaily": 3 * self.rate,
        }
        self.funding_us = next_funding(now_us)
        update: Json = {"fundingTimestamp": iso(self.funding_us), "fundingRate": self.rate}
        return self.paid, self._update(update, now_us)

    def instrument(self, touch: Touch, now_us: int) -> Json:
        """The whole row. Columns without a value are left out, as since 2023."""
        contract = self.contract
        if not self.funding_us:
            self.funding_us = next_funding(now_us)
        row: Json = {
            "symbol": contract.symbol,
            "rootSymbol": contract.symbol[:3],
            "state": "Open",
            "typ": "FFWCSX",
            "positionCurrency": "USD" if contract.inverse else contract.symbol[:3],
            "underlying": contract.symbol[:3],
            "quoteCurrency": contract.symbol[3:],
            "settlCurrency": "XBt" if contract.inverse else "USDt",
            "lotSize": contract.lot_size,
            "tickSize": float(contract.tick_size),
            "multiplier": -100_000_000 if contract.inverse else 1,
            "isInverse": contract.inverse,
            "isQuanto": False,
            "initMargin": 0.01,
            "maintMargin": 0.005,
            "makerFee": contract.maker_fee,
            "takerFee": contract.taker_fee,
            "fundingInterval": iso(FUNDING_EVERY_US + _Y2000_US),
            "fundingTimestamp": iso(self.funding_us),
            "fundingRate": self.rate,
            "indicativeFundingRate": self.rate,
            "fairPrice": self.mark,
            "markPrice": self.mark,
            "indicativeSettlePrice": self.mark,
            "lastPrice": self.last_price,
            "bidPrice": touch.bid,
            "askPrice": touch.ask,
            "timestamp": iso(now_us),
        }
        return {name: value for name, value in row.items() if value is not None}

    def _update(self, columns: Json, now_us: int) -> Json:
        return {"symbol": self.contract.symbol, **columns, "timestamp": iso(now_us)}


_Y2000_US: Final = 946_684_800_000_000  # a timespan is written as that long after 2000-01-01

"""Money of each instrument in its settlement currency, and of all in the reporting currency.

Sums over instruments are made at the rates of the moment: a rate is a number, or the mark of an
instrument. Knows no fills and no reports: see ``ledger``.
"""

import math
from collections.abc import Sequence

from mm.api import DataError
from mm.core.entries import Totals, add_up
from mm.core.position import Holding, MarketBooks


class Accounts:
    """Positions, sums and marks of all instruments."""

    def __init__(self, markets: Sequence[MarketBooks]) -> None:
        """Start flat, with no cash."""
        self._markets = [market for market in markets for _ in market.instruments]
        self.holdings = tuple(
            Holding(instrument=one, rounding=market.rounding)
            for market in markets
            for one in market.instruments
        )
        self.accounts = tuple(Totals() for _ in self.holdings)
        """Sums of each instrument, in its settlement currency; no peak and no drawdown."""
        self.marks = [math.nan] * len(self.holdings)
        self._unrealized = [0.0] * len(self.holdings)  # at the marks [settlement currency]
        self._tracked = Totals()  # peak and drawdown of all together [reporting currency]

    @property
    def totals(self) -> Totals:
        """Sums over the run [reporting currency], at the rates of now."""
        rates = [self.rate(n) for n in range(len(self.accounts))]
        return add_up(self.accounts, rates, self._tracked)

    @property
    def fees(self) -> float:
        """Fees less rebates [reporting currency]."""
        return self._sums()[1]

    @property
    def cash(self) -> float:
        """Realised P&L less fees, with funding [reporting currency]."""
        realized, fees, funding, _ = self._sums()
        return realized - fees + funding

    @property
    def unrealized(self) -> float:
        """P&L of closing everything at the last marks [reporting currency]."""
        return self._sums()[3]

    @property
    def equity(self) -> float:
        """Cash and unrealised P&L [reporting currency]."""
        realized, fees, funding, unrealized = self._sums()
        return realized - fees + funding + unrealized

    @property
    def fills(self) -> int:
        """How many there were."""
        return sum(account.fills for account in self.accounts)

    def equity_of(self, instrument: int) -> float:
        """Cash and unrealised P&L of one instrument [its settlement currency]."""
        return self.accounts[instrument].cash + self._unrealized[instrument]

    def unrealized_of(self, instrument: int) -> float:
        """P&L of closing one instrument at its last mark [its settlement currency]."""
        return self._unrealized[instrument]

    def rate(self, instrument: int) -> float:
        """Reporting currency for one of an instrument's settlement currency, now.

        Raises:
            DataError: there is money to be counted, and nothing tells the rate yet.
        """
        market = self._markets[instrument]
        if market.rate_of is None:
            return market.rate
        rate = self.marks[market.rate_of]
        if math.isnan(rate):
            if self.accounts[instrument].fills:
                teller = self.holdings[market.rate_of].instrument.symbol
                raise DataError(
                    f"{self.holdings[instrument].instrument.symbol} was traded before {teller}, "
                    "whose price is the rate of its currency, had any; give that rate as a number "
                    "in account.rates, or data that start earlier"
                )
            return 1.0  # of nothing
        return rate

    def _sums(self) -> tuple[float, float, float, float]:
        """Realised P&L, fees, funding, unrealised P&L [reporting currency]."""
        realized = paid = rebates = funding = unrealized = 0.0
        for n, account in enumerate(self.accounts):  # not sum(): Python 3.12 adds up otherwise
            rate = self.rate(n)
            realized += rate * account.realized
            paid += rate * account.fees_paid
            rebates += rate * account.rebates
            funding += rate * account.funding
            unrealized += rate * self._unrealized[n]
        return realized, paid - rebates, funding, unrealized

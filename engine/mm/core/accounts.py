"""What is held and owed: each instrument's sums in its settlement currency, and all together.

Each instrument's money is kept in its settlement currency, where the two ways of keeping books
agree to the last digit (see ``ledger``). Sums over instruments are in the reporting currency, at
the rates of the moment: a rate is a number, or the mark of an instrument. Knows no events.
"""

import math
from collections.abc import Sequence
from typing import Final

from mm.api import DataError
from mm.core.entries import Row, Totals, add_up
from mm.core.position import Holding, MarketBooks

_TOLERANCE: Final = 1e-9
"""Of the identity, relative to all the money that moved."""


class Accounts:
    """The books as they are now."""

    def __init__(self, markets: Sequence[MarketBooks]) -> None:
        """Start flat, with no cash; instruments are counted through all markets."""
        self._markets = [market for market in markets for _ in market.instruments]
        self.holdings = tuple(
            Holding(instrument=one, rounding=market.rounding)
            for market in markets
            for one in market.instruments
        )
        count = len(self.holdings)
        self.accounts = tuple(Totals() for _ in self.holdings)
        """Sums of each instrument, in its settlement currency; no peak and no drawdown."""
        self.marks = [math.nan] * count
        self._tracked = Totals()  # peak and drawdown of all together [reporting currency]
        self._unrealized = [0.0] * count  # at the marks [settlement currency]
        self._settled = [math.nan] * count  # v(mark) that revaluation is booked up to
        self._money: tuple[float, float, float] | None = None  # see ``_booked``
        self._rates_move = any(market.rate_of is not None for market in markets)

    @property
    def totals(self) -> Totals:
        """Sums over the run [reporting currency], at the rates of now."""
        rates = [self.rate(n) for n in range(len(self.accounts))]
        return add_up(self.accounts, rates, self._tracked)

    @property
    def fees(self) -> float:
        """Fees less rebates [reporting currency]."""
        return self._booked()[1]

    @property
    def cash(self) -> float:
        """Realised P&L less fees, with funding [reporting currency]."""
        realized, fees, funding = self._booked()
        return realized - fees + funding

    @property
    def unrealized(self) -> float:
        """P&L of closing everything at the last marks [reporting currency]."""
        total = 0.0
        for n, unrealized in enumerate(self._unrealized):  # not sum(): Python 3.12 differs
            total += self.rate(n) * unrealized
        return total

    @property
    def equity(self) -> float:
        """Cash and unrealised P&L [reporting currency]."""
        return self.cash + self.unrealized

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

    def _booked(self) -> tuple[float, float, float]:
        """Realised P&L, fees, funding [reporting currency].

        Asked for at every decision, so kept until the next event is booked, if no rate moves.
        """
        if self._money is None or self._rates_move:
            realized = paid = rebates = funding = 0.0
            for n, account in enumerate(self.accounts):
                rate = self.rate(n)
                realized += rate * account.realized
                paid += rate * account.fees_paid
                rebates += rate * account.rebates
                funding += rate * account.funding
            self._money = realized, paid - rebates, funding
        return self._money

    def _gain(self, instrument: int, value: float) -> float:
        holding = self.holdings[instrument]
        return holding.scale * holding.lots * (value - self._settled[instrument])

    def _check(self, instrument: int) -> None:
        """Both ways of keeping an instrument's books must agree; if not, that is our bug."""
        account, holding = self.accounts[instrument], self.holdings[instrument]
        gained = account.revaluation
        if holding.lots:
            gained += self._gain(instrument, holding.value_of(self.marks[instrument]))
        fees = account.fees_paid - account.rebates
        earned = account.spread_capture + gained - fees + account.funding
        moved = account.turnover + abs(gained) + abs(account.funding)
        moved += account.fees_paid + account.rebates
        if math.isinf(moved):
            return  # an absurd multiplier or fee: there are no sums to compare
        equity = self.equity_of(instrument)
        gap = abs(equity - earned)
        assert gap <= _TOLERANCE * moved, f"books disagree: {equity} against {earned}"

    def _row(self, ts: int, instrument: int, unrealized: float) -> Row:
        """Write the account down as it is now, in the order of POSITION's columns.

        ``unrealized`` is that of all: worked out once, where all instruments are written.
        """
        self._check(instrument)
        holding, mark, margin = (
            self.holdings[instrument], self.marks[instrument], self._markets[instrument].margin,
        )  # fmt: skip
        realized, fees, funding = self._booked()
        cash = realized - fees + funding
        exposure = holding.notional(holding.lots, mark) if holding.lots else 0.0
        exposure *= self.rate(instrument)
        return (
            ts, holding.lots, holding.average_price, realized, cash, unrealized,
            fees, funding, cash + unrealized, mark, exposure,
            abs(exposure) * margin.initial, self._liquidation(instrument), instrument,
        )  # fmt: skip

    def _liquidation(self, instrument: int) -> float:
        """Price at which its market's wallet is down to the maintenance margin, else unchanged."""
        market = self._markets[instrument]
        margin = market.margin
        if not margin.balance:
            return math.nan
        balance = margin.balance + self.accounts[instrument].cash
        for other, (holding, mark) in enumerate(zip(self.holdings, self.marks, strict=True)):
            if other == instrument or self._markets[other] is not market:
                continue
            balance += self.accounts[other].cash
            if holding.lots:
                needed = margin.maintenance * abs(holding.notional(holding.lots, mark))
                balance += holding.unrealized(mark) - needed
        return self.holdings[instrument].liquidation_price(balance, margin.maintenance)

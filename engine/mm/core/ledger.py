"""The ledger: fills and funding in; position, cash, fees and equity out.

cash = realised P&L - fees + funding; equity = cash + unrealised P&L. A negative fee is a rebate.
The books are kept a second way, as what the money was earned with, and both must agree at every
row that is written:

    equity = spread capture + inventory revaluation - fees + funding

Spread capture is what a fill is better than the mark at that moment; revaluation is what the
position gains as the mark moves; the mark is the mid, or the venue's mark price (Huang and Stoll
1996 split a trade so; for inverse contracts with 1/price in place of price).

Where the money stands is in ``accounts``. The ledger does not know orders, queues or strategies.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from mm.api import (
    FILLED,
    FUNDING,
    MARK,
    MICRO_TICKS,
    RATE_UNIT,
    REPORT,
    SETTLED,
    TAKER,
    ExecutionReport,
    Rows,
)
from mm.core.accounts import Accounts
from mm.core.entries import Booked, Entries, Row, make_entries
from mm.core.position import MarketBooks


class Ledger(Accounts):
    """Folds execution reports, in order, into the account's books."""

    def __init__(self, markets: Sequence[MarketBooks], *, sample_us: int) -> None:
        """Start flat, with no cash.

        Args:
            markets: how their books are kept; events and reports name their instruments by index,
                counted through.
            sample_us: a position row is written at the first decision of each such period, µs.
        """
        super().__init__(markets)
        self._traded = dict.fromkeys(markets, 0.0)  # value of the fills on each [its currency]
        self._sample_us = sample_us
        self._next_sample = 0  # µs
        self._closing_marks = np.zeros(0, MARK)

    def apply(self, report: ExecutionReport) -> Entries:
        """Book a report: its fills, funding and marks, in the order in which they became known.

        A mark of the same time as a fill comes after it. Plain numbers throughout: a report holds
        a few rows, and for those numpy costs more than it saves.
        """
        count = len(self.holdings)
        decisions = report.marks[:-count]
        times, marks = decisions["ts"].tolist(), self._marks_of(decisions)
        self._closing_marks = report.marks[-count:]
        rows: list[Row] = []
        fills: list[int] = []
        booked: list[Booked] = []
        done = 0
        for place, kind in enumerate(report.reports["kind"].tolist()):
            if kind not in (FILLED, FUNDING, SETTLED):
                continue
            event = dict(zip(_REPORT, report.reports[place].item(), strict=True))
            reached = bisect_left(times, event["ts_known"], done)
            self._follow(times, marks, done, reached, rows)
            done = reached
            self._money = None  # it moves now
            if kind == FILLED:
                fills.append(place)
                booked.append(self._fill(event))
            else:
                (self._fund if kind == FUNDING else self._close_at)(event)
            rows.append(self._row(event["ts_known"], event["instrument"], self.unrealized))
        self._follow(times, marks, done, len(times), rows)
        return make_entries(report.reports[fills], booked, rows)

    def close(self) -> None:
        """Mark what is open at the last touch; call once, after the last report.

        Not done report by report: where reports are cut must not show in the books.
        """
        for instrument, mark in enumerate(self._marks_of(self._closing_marks)):
            self._move_mark(instrument, mark)
            if self.holdings[instrument].lots:
                self._settle(instrument)
        for instrument in range(len(self.holdings)):
            self._check(instrument)

    def _marks_of(self, rows: Rows) -> list[float]:
        """Price at which each MARK row values a position; NaN = not known."""
        columns = [rows[name].tolist() for name in ("instrument", "bid", "ask", "mark")]
        return [self._mark(*row) for row in zip(*columns, strict=True)]

    def _mark(self, instrument: int, bid: int, ask: int, mark: int) -> float:
        """Price [price] at which a position is valued, from ticks and micro-ticks; NaN = none."""
        if self._markets[instrument].at_mark_price and mark > 0:
            return self.holdings[instrument].price(mark / MICRO_TICKS)
        return self.holdings[instrument].mid(bid, ask)

    def _move_mark(self, instrument: int, mark: float) -> None:
        """Value the position at ``mark`` from now on; NaN = not known, nothing moves."""
        if not math.isnan(mark):
            self.marks[instrument] = mark
            self._unrealized[instrument] = self.holdings[instrument].unrealized(mark)

    def _settle(self, instrument: int) -> float:
        """Book what an open position gained since its last fill; return v(mark)."""
        holding = self.holdings[instrument]
        value = holding.value_of(self.marks[instrument])
        if holding.lots:
            self.accounts[instrument].revaluation += self._gain(instrument, value)
        self._settled[instrument] = value
        return value

    def _follow(
        self, times: list[int], marks: list[float], start: int, stop: int, rows: list[Row]
    ) -> None:
        """Move along marks start..stop-1, all instruments at a time; sample into ``rows``."""
        if start == stop:
            return
        count = len(self.holdings)
        cash = self.cash
        held = [n for n, holding in enumerate(self.holdings) if holding.lots]
        for place in range(start, stop, count):
            for instrument in range(count):
                mark = marks[place + instrument]
                if mark == mark:  # not NaN
                    self.marks[instrument] = mark
            if held or self._rates_move:  # what is owed in another currency moves with its rate
                total = 0.0
                for instrument in held:
                    unrealized = self.holdings[instrument].unrealized(self.marks[instrument])
                    self._unrealized[instrument] = unrealized
                    total += self.rate(instrument) * unrealized
                self._tracked.track((self.cash if self._rates_move else cash) + total)
            if times[place] >= self._next_sample:
                unrealized = self.unrealized
                rows += [self._row(times[place], n, unrealized) for n in range(count)]
                self._next_sample = (times[place] // self._sample_us + 1) * self._sample_us

    def _fill(self, fill: dict[str, Any]) -> Booked:
        """Book one fill; return what its trade row adds to the report."""
        instrument, size, side = fill["instrument"], fill["size"], fill["side"]
        holding, account = self.holdings[instrument], self.accounts[instrument]
        price = holding.price(fill["price"])
        self._revalue(fill, price)
        better = self._settle(instrument) - holding.value_of(price)
        account.spread_capture += holding.scale * side * size * better
        maker = fill["rule"] != TAKER
        fee = self._fee(instrument, size, price, maker)
        realized = holding.trade(side * size, price)
        self._unrealized[instrument] = holding.unrealized(self.marks[instrument])
        account.realized += realized
        account.largest_position = max(account.largest_position, abs(holding.lots))
        self._tracked.track(self.equity)
        mid = holding.mid(fill["bid"], fill["ask"])
        return maker, mid, fee, realized

    def _revalue(self, event: dict[str, Any], otherwise: float) -> None:
        """Take the mark from a report; where none was ever known, from ``otherwise``."""
        instrument = event["instrument"]
        mark = self._mark(instrument, event["bid"], event["ask"], event["mark"])
        if math.isnan(mark) and math.isnan(self.marks[instrument]):
            mark = otherwise
        self._move_mark(instrument, mark)

    def _fee(self, instrument: int, size: int, price: float, maker: bool) -> float:
        """Charge a fill and count it."""
        holding, market = self.holdings[instrument], self._markets[instrument]
        totals = self.accounts[instrument]
        value = holding.notional(size, price)
        contracts = holding.instrument.contracts(size)
        fee = market.fees.fee(
            maker=maker, value=value, contracts=contracts, traded=self._traded[market]
        )
        self._traded[market] += value
        totals.fills += 1
        totals.maker_fills += maker
        totals.filled_lots += size
        totals.turnover += value
        totals.fees_paid += max(fee, 0.0)
        totals.rebates += max(-fee, 0.0)
        return fee

    def _fund(self, event: dict[str, Any]) -> None:
        """Pay or receive funding on the position's value at the mark price, else at the mid.

        Positive rate: longs pay (BitMEX, "Perpetual contracts guide").
        """
        instrument = event["instrument"]
        holding = self.holdings[instrument]
        price = holding.price(event["price"] / MICRO_TICKS) or math.nan
        self._revalue(event, price)
        if holding.lots:
            at = self.marks[instrument] if math.isnan(price) else price
            paid = holding.notional(holding.lots, at) * event["size"] * RATE_UNIT
            self.accounts[instrument].funding -= paid
        self._tracked.track(self.equity)

    def _close_at(self, event: dict[str, Any]) -> None:
        """Close the position at the settlement price, as revaluation: the mark moves there."""
        instrument = event["instrument"]
        holding = self.holdings[instrument]
        price = holding.price(event["price"] / MICRO_TICKS)
        self._move_mark(instrument, price)
        self._settle(instrument)
        self.accounts[instrument].realized += holding.trade(-holding.lots, price)
        self._unrealized[instrument] = 0.0
        self._tracked.track(self.equity)


_REPORT: Final = REPORT.names or ()

"""The ledger: fills in, position, cash, fees and equity out.

Lots are integers and so are positions. Money is in settlement currency: quote currency for linear
contracts, base currency (XBT for XBTUSD) for inverse ones. With N contracts, multiplier m:

    linear    value = N m p       P&L = N m (exit - entry)        entry = arithmetic average
    inverse   value = N m / p     P&L = N m (1/entry - 1/exit)    entry = harmonic average

(BitMEX, "Inverse perpetual" and "Linear perpetual" guides.) Both are one formula in v(p) = p or
v(p) = 1/p, so a position is kept as lots and their ``basis``, the sum of lots * v(entry price).
Reducing a position releases its share of the basis, so how a fill is split makes no difference.

cash = realised P&L - fees; equity = cash + unrealised P&L at the mid. A negative fee is a rebate.
The ledger does not know orders, queues or strategies.
"""

import math

import attrs
import numpy as np
import numpy.typing as npt

from mm.api import EXECUTION, FILLED, MARK, POSITION, TAKER, ExecutionReport, Instrument, Rows


@attrs.define(kw_only=True)
class Holding:
    """One instrument's position."""

    instrument: Instrument
    lots: int = 0
    basis: float = 0.0
    """Sum of lots * v(entry price) of what is open, signed as the position."""

    def value_of(self, price: float) -> float:
        """v(p): what one unit of multiplier is worth at ``price``."""
        return 1.0 / price if self._inverse else price

    @property
    def _inverse(self) -> bool:
        return self.instrument.contract_type == "Inverse"

    @property
    def scale(self) -> float:
        """P&L [settlement currency] of one lot when v rises by one."""
        size = self.instrument.contracts(1) * self.instrument.multiplier
        return -size if self._inverse else size

    @property
    def average_price(self) -> float:
        """Average entry price; NaN while flat."""
        if self.lots == 0:
            return math.nan
        return self.lots / self.basis if self._inverse else self.basis / self.lots

    def trade(self, lots: int, price: float) -> float:
        """Add signed ``lots`` at ``price``; return the P&L [settlement currency] it realised."""
        value = self.value_of(price)
        closing = 0
        if self.lots * lots < 0:
            closing = min(abs(lots), abs(self.lots)) * (1 if lots > 0 else -1)
        released = -self.basis * closing / self.lots if self.lots else 0.0
        realized = self.scale * (-closing * value - released) + 0.0  # no -0.0
        self.lots += lots
        opening = lots - closing
        self.basis = self.basis - released + opening * value if self.lots else 0.0
        return realized

    def unrealized(self, mid: float) -> float:
        """P&L [settlement currency] of closing at ``mid``; 0 while flat."""
        if self.lots == 0:
            return 0.0
        return self.scale * (self.lots * self.value_of(mid) - self.basis)

    def notional(self, lots: int, price: float) -> float:
        """Value [settlement currency] of so many lots at ``price``; positive."""
        return abs(self.scale) * lots * self.value_of(price)


@attrs.define(kw_only=True)
class Totals:
    """Sums over the run, for the summary. Money in settlement currency, sizes in lots."""

    fills: int = 0
    maker_fills: int = 0
    filled_lots: int = 0
    turnover: float = 0.0
    realized: float = 0.0
    fees_paid: float = 0.0
    rebates: float = 0.0
    peak_equity: float = 0.0
    max_drawdown: float = 0.0
    """Largest fall of equity below its earlier peak, at decision times and fills."""
    largest_position: int = 0


@attrs.frozen(kw_only=True)
class Entries:
    """What one execution report added."""

    trades: Rows
    """dtype EXECUTION."""
    positions: Rows
    """dtype POSITION."""


class Ledger:
    """Folds execution reports, in order, into the account's books."""

    def __init__(
        self,
        instruments: tuple[Instrument, ...],
        *,
        maker_fee: float,
        taker_fee: float,
        sample_us: int,
    ) -> None:
        """Start flat, with no cash.

        Args:
            instruments: events and reports name them by index.
            maker_fee: share of value; negative = rebate.
            taker_fee: the same, for fills that took.
            sample_us: a position row is written at the first decision of each such period, µs.
        """
        self.holdings = tuple(Holding(instrument=instrument) for instrument in instruments)
        self.totals = Totals()
        self.mids = [math.nan] * len(instruments)
        self._maker_fee = maker_fee
        self._taker_fee = taker_fee
        self._sample_us = sample_us
        self._sampled = [-1] * len(instruments)
        self._closing_marks = np.zeros(0, MARK)

    @property
    def fees(self) -> float:
        """Fees less rebates."""
        return self.totals.fees_paid - self.totals.rebates

    @property
    def cash(self) -> float:
        """Realised P&L less fees."""
        return self.totals.realized - self.fees

    @property
    def unrealized(self) -> float:
        """P&L of closing everything at the last mids seen."""
        pairs = zip(self.holdings, self.mids, strict=True)
        return sum(holding.unrealized(mid) for holding, mid in pairs if holding.lots)

    @property
    def equity(self) -> float:
        """Cash and unrealised P&L."""
        return self.cash + self.unrealized

    def apply(self, report: ExecutionReport) -> Entries:
        """Book a report: its fills and its marks, in the order in which they became known."""
        fills = report.reports[report.reports["kind"] == FILLED]
        decisions = report.marks[: report.committed * len(self.holdings)]
        mids = self._mid_prices(decisions)
        cuts = np.searchsorted(decisions["ts"], fills["ts_known"], side="left").tolist()
        trades = np.zeros(len(fills), EXECUTION)
        positions: list[Rows] = []
        start = 0
        for fill, trade, cut in zip(fills, trades, cuts, strict=True):
            positions += self._mark(decisions, mids, start, cut)
            positions.append(self._book(fill, trade))
            start = cut
        positions += self._mark(decisions, mids, start, len(decisions))
        self._closing_marks = report.marks[-len(self.holdings) :]
        empty = np.zeros(0, POSITION)
        return Entries(trades=trades, positions=np.concatenate([empty, *positions]))

    def _mid_prices(self, marks: Rows) -> npt.NDArray[np.float64]:
        """Mid of each mark [price]; NaN where a side is missing."""
        ticks = np.where(
            (marks["bid"] > 0) & (marks["ask"] > 0), (marks["bid"] + marks["ask"]) / 2, math.nan
        )
        sizes = [holding.instrument.tick_size.as_integer_ratio() for holding in self.holdings]
        ratios = np.array(sizes, np.float64)[marks["instrument"]]
        mids: npt.NDArray[np.float64] = ticks * ratios[:, 0] / ratios[:, 1]
        return mids

    def close(self) -> None:
        """Mark what is open at the last touch; call once, after the last report.

        Not done report by report: where reports are cut must not show in the books.
        """
        for instrument, mid in enumerate(self._mid_prices(self._closing_marks).tolist()):
            if not math.isnan(mid):
                self.mids[instrument] = mid

    def _book(self, fill: np.void, trade: np.void) -> Rows:
        """Book one fill; complete its trade row and return the position row after it."""
        instrument = int(fill["instrument"])
        holding = self.holdings[instrument]
        size, side = int(fill["size"]), int(fill["side"])
        price = holding.instrument.price(int(fill["price"]))
        maker = int(fill["rule"]) != TAKER
        value = holding.notional(size, price)
        fee = (self._maker_fee if maker else self._taker_fee) * value
        realized = holding.trade(side * size, price)
        if fill["bid"] > 0 and fill["ask"] > 0:
            self.mids[instrument] = holding.instrument.price((fill["bid"] + fill["ask"]) / 2)
        elif math.isnan(self.mids[instrument]):
            self.mids[instrument] = price
        for name in (*_COPIED, "instrument", "side", "rule"):
            trade[name] = fill[name]
        trade["fee"], trade["realized"], trade["maker"] = fee, realized, maker
        trade["mid"] = self.mids[instrument]
        self._count(holding, size, value, fee, realized, maker)
        self._track(np.array([self.equity]))
        return self._position_row(int(fill["ts_known"]), instrument)

    def _count(
        self, holding: Holding, size: int, value: float, fee: float, realized: float, maker: bool
    ) -> None:
        totals = self.totals
        totals.fills += 1
        totals.maker_fills += maker
        totals.filled_lots += size
        totals.turnover += value
        totals.realized += realized
        totals.fees_paid += max(fee, 0.0)
        totals.rebates += max(-fee, 0.0)
        totals.largest_position = max(totals.largest_position, abs(holding.lots))

    def _mark(
        self, marks: Rows, mids: npt.NDArray[np.float64], start: int, stop: int
    ) -> list[Rows]:
        """Follow the equity over marks start..stop-1; return a row for each new period."""
        if start == stop:
            return []
        rows = []
        for instrument, holding in enumerate(self.holdings):
            mine = np.flatnonzero(marks["instrument"][start:stop] == instrument) + start
            known = mine[~np.isnan(mids[mine])]
            if holding.lots and len(known):
                values = 1.0 / mids[known] if holding.scale < 0 else mids[known]
                others = self.equity - holding.unrealized(self.mids[instrument])
                self._track(others + holding.scale * (holding.lots * values - holding.basis))
            rows += self._samples(marks, mids, mine, instrument)
        return rows

    def _samples(
        self,
        marks: Rows,
        mids: npt.NDArray[np.float64],
        mine: npt.NDArray[np.intp],
        instrument: int,
    ) -> list[Rows]:
        """Write a position row at the first mark of each sampling period."""
        rows = []
        periods = (marks["ts"][mine] // self._sample_us).tolist()
        for at, period in zip(mine.tolist(), periods, strict=True):
            if not math.isnan(mids[at]):
                self.mids[instrument] = float(mids[at])
            if period > self._sampled[instrument]:
                self._sampled[instrument] = period
                rows.append(self._position_row(int(marks["ts"][at]), instrument))
        return rows

    def _track(self, equity: npt.NDArray[np.float64]) -> None:
        """Move the peak and the largest drawdown along an equity curve."""
        peaks = np.maximum.accumulate(np.append(self.totals.peak_equity, equity))
        falls = peaks[1:] - equity
        self.totals.peak_equity = float(peaks[-1])
        self.totals.max_drawdown = max(self.totals.max_drawdown, float(falls.max()))

    def _position_row(self, ts: int, instrument: int) -> Rows:
        holding = self.holdings[instrument]
        row = np.zeros(1, POSITION)
        row["ts"], row["instrument"], row["position"] = ts, instrument, holding.lots
        row["average_price"], row["mid"] = holding.average_price, self.mids[instrument]
        row["realized"], row["fees"], row["cash"] = self.totals.realized, self.fees, self.cash
        row["unrealized"], row["equity"] = self.unrealized, self.equity
        return row


_COPIED = (
    "ts_known", "ts_venue", "ts_decided", "order_id", "client_id", "price", "size", "leaves",
    "ahead_entry", "ahead", "source_row", "draw",
)  # fmt: skip

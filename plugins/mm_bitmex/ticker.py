"""Rows of instrument and funding, merged to a ticker: mark price, funding rate, when it applies.

Rows of instrument are sparse: a column that is absent is as it was, one that is null is unknown
now. Knows rows; knows no frames. A change of the exchange's own grid ends the session, and the end
of the contract does so once its settlement price has been sent; any other state than Open is for
the feed to respect.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from mm.api import DataError, Instrument
from mm_bitmex.book import Row
from mm_bitmex.instrument import OVER
from mm_bitmex.units import Grid, micros, rate_units

_GRID: Final = (("tickSize", "tick_size"), ("lotSize", "lot_size"))


class Ticker:
    """The ticker of one instrument."""

    def __init__(self, instrument: Instrument, grid: Grid, counts: dict[str, int]) -> None:
        self._instrument, self._grid, self._counts = instrument, grid, counts
        self.mark = 0  # 1e-6 ticks; 0 = not known
        self.rate = 0  # 1e-12
        self.when = 0  # µs, exchange; 0 = not known
        self.made: str | None = None  # the last row's timestamp, as sent
        self.settled = 0  # 1e-6 ticks; 0 = it is not, or nothing is known of the price
        self.over: DataError | None = None  # why nothing more will come
        self.state = ""  # as sent; empty = not told

    @property
    def is_open(self) -> bool:
        """Whether the contract trades, as far as the exchange says."""
        return self.state in ("", "Open")

    @property
    def values(self) -> tuple[int, int, int, int]:
        """Mark price [1e-6 ticks], funding rate [1e-12], when it applies [µs], settlement price."""
        return self.mark, self.rate, self.when, self.settled

    def instrument_rows(self, rows: Sequence[Row], is_image: bool) -> None:
        """Take rows of instrument.

        Args:
            rows: of the message.
            is_image: what is absent is unknown, not as it was.

        Raises:
            DataError: the exchange's tick or lot is not a multiple of ours any more.
        """
        if is_image:
            self.mark = self.rate = self.when = 0
        for row in self._ours(rows):
            self._check_grid(row)
            self._check_state(row)
            self.mark = self._take(row, "markPrice", self._grid.micro_ticks, self.mark)
            self.rate = self._take(row, "fundingRate", rate_units, self.rate)
            self.when = self._take(row, "fundingTimestamp", micros, self.when)

    def funding_rows(self, rows: Sequence[Row]) -> None:
        """Take rows of funding, each one payment.

        A row about a payment before the one that is already known says nothing new.
        """
        for row in self._ours(rows):
            when, rate = micros(row.get("timestamp")), rate_units(row.get("fundingRate"))
            if when is None or rate is None:
                self._count("malformed_ticker")
            elif when >= self.when:
                self.rate, self.when = rate, when

    def _ours(self, rows: Sequence[Row]) -> list[Row]:
        ours = [row for row in rows if row.get("symbol") == self._instrument.symbol]
        if len(ours) != len(rows):
            self._count("other_symbol", len(rows) - len(ours))
        for row in ours:
            made = row.get("timestamp")
            self.made = made if type(made) is str else None
        return ours

    def _take(self, row: Row, column: str, read: Any, before: int) -> int:
        """Read a column; what it was if it is absent or cannot be read, 0 if it is null."""
        if column not in row:
            return before
        if row[column] is None:
            return 0
        value = read(row[column])
        if value is None:
            self._count("malformed_ticker")
            return before
        return int(value)

    def _check_grid(self, row: Row) -> None:
        for column, key in _GRID:
            told: Any = row.get(column)
            ours = getattr(self._instrument, key)
            if type(told) not in (int, float) or not 0 < told < 1e9:
                continue
            if Decimal(repr(told)) % ours:
                raise DataError(
                    f"{self._instrument.symbol}: the exchange's {column} is {told:g}, expected a "
                    f"multiple of {ours}; set [instrument] {key} to it and start again"
                )

    def _check_state(self, row: Row) -> None:
        told = row.get("state")
        if type(told) is not str:
            return
        self.state = told
        if told in OVER:
            price = row.get("settledPrice")
            at = f" at {price:g}" if type(price) in (int, float) else ""
            self.settled = self._grid.micro_ticks(price) or 0
            closed = "its position is closed there" if self.settled else "no price is told"
            self.over = DataError(
                f"{self._instrument.symbol} is {told.lower()}{at} at the exchange: its orders are"
                f" withdrawn, {closed}, and nothing can be traded any more; choose a contract that"
                " trades"
            )

    def _count(self, name: str, times: int = 1) -> None:
        self._counts[name] = self._counts.get(name, 0) + times

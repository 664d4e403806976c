"""The tables of one instrument: rows in, events out, and whether the book can be trusted.

Knows what each table means and which of its messages count. Knows nothing of connections: who is
live and what is asked for again is the protocol's.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from mm.api import DataError, Instrument
from mm_bitmex.book import L2Book, Row, Touch, pool_of
from mm_bitmex.config import BitmexConfig
from mm_bitmex.normalise import Emitter, Event
from mm_bitmex.quote_check import QuoteCheck
from mm_bitmex.quotes import QuoteReader
from mm_bitmex.ticker import Ticker
from mm_bitmex.topics import NEVER, Topic
from mm_bitmex.trades import TradeReader
from mm_bitmex.units import Grid


class Feed:
    """Book, trades, quotes and ticker of one instrument."""

    def __init__(
        self, config: BitmexConfig, instrument: Instrument, counts: dict[str, int]
    ) -> None:
        grid = Grid(instrument)
        self._symbol, self._depth = instrument.symbol, config.depth
        self._pool = config.pool
        self._counts = counts
        self.book = L2Book(instrument.symbol, grid, counts)
        self.quote_check = QuoteCheck(config.quote_check_s)
        self._quotes = QuoteReader(instrument.symbol, grid, counts)
        self._trades = TradeReader(instrument.symbol, grid, counts)
        self._ticker = Ticker(instrument, grid, counts)
        self._told = (0, 0, 0, 0)  # the ticker as last sent
        self._is_open = True  # whether the contract was open when last told
        self._emitter = Emitter(counts)
        self.crossed_from = NEVER
        """Since when the book has been crossed [s]; NEVER = it is not."""
        self.book_heard = NEVER
        """When the last message of the book came [s]; NEVER = there is no book."""

    def image(self, topic: Topic, body: Mapping[str, Any], now: float, ts: int) -> list[Event]:
        """Take a topic's image.

        Raises:
            BookError: it cannot be read.
            DataError: see ``Ticker.instrument_rows``.
        """
        rows, told = body["data"], _filter(body, "pool") or topic.pool
        if topic.table == self._depth:
            made = self.book.load(rows, pool_of(self._pool, told, rows))
            self.quote_check.forget()
            touch = self._look(now)
            return self._emitter.snapshot(self.book, touch, made, ts) if self._is_open else []
        if topic.table == "trade":
            topic.pool = pool_of(self._pool, told, rows)
        if topic.table == "quote":
            self._compare(rows, now)
        if topic.table == "instrument":
            return self._about_contract(rows, ts, is_image=True)
        return self._tell(ts)

    def change(self, topic: Topic, body: Mapping[str, Any], now: float, ts: int) -> list[Event]:
        """Take a change to a table that is live.

        Raises:
            BookError: the book cannot be trusted any more.
            DataError: see ``Ticker.instrument_rows``.
        """
        action, rows = body["action"], body["data"]
        if topic.table == self._depth:
            changes = self.book.apply(action, rows)
            touch = self._look(now)
            return self._emitter.deltas(touch, changes, ts) if self._is_open else []
        if topic.table == "instrument" and action != "delete":
            return self._about_contract(rows, ts, is_image=False)
        if action != "insert":
            self._counts["odd_action"] = self._counts.get("odd_action", 0) + 1
        elif topic.table == "trade":
            return self._emitter.trades(self._trades.read(rows, topic.pool), ts)
        elif topic.table == "quote":
            self._compare(rows, now)
        else:
            self._ticker.funding_rows(rows)
        return self._tell(ts)

    @property
    def over(self) -> DataError | None:
        """Why the contract is over; None = it is not."""
        return self._ticker.over

    @property
    def foreign(self) -> str | None:
        """The first time stamp of another clock than ours, as sent; None if there was none."""
        return self._emitter.foreign

    def is_ours(self, body: Mapping[str, Any]) -> bool:
        """Say whether an image is of our symbol, as far as its filter tells."""
        return _filter(body, "symbol") in ("", self._symbol)

    @property
    def state(self) -> str:
        """The contract's state as the exchange last told it; empty = it did not."""
        return self._ticker.state

    def _about_contract(self, rows: Sequence[Row], ts: int, *, is_image: bool) -> list[Event]:
        """Take rows of instrument. While it is not open, the strategy sees an empty book."""
        self._ticker.instrument_rows(rows, is_image)
        events: list[Event] = []
        if self._is_open and not self._ticker.is_open:
            self._counts["halts"] = self._counts.get("halts", 0) + 1
            events = self._emitter.gap(ts)
        elif self._ticker.is_open and not self._is_open and self.book_heard != NEVER:
            events = self._emitter.snapshot(self.book, self.book.touch(), None, ts)
        self._is_open = self._ticker.is_open
        return events + self._tell(ts)

    def gap(self, ts: int) -> list[Event]:
        """Forget the book; the events that say so, if it was sent."""
        self.book.clear()
        self.quote_check.forget()
        self.crossed_from = self.book_heard = NEVER
        return self._emitter.gap(ts)

    def _look(self, now: float) -> Touch:
        """Note what the book looks like after a message; give its touch."""
        self.book_heard = now
        bid, _, ask, _ = touch = self.book.touch()
        self.quote_check.saw(touch, now)
        crossed = bid >= ask > 0
        if crossed and self.crossed_from == NEVER:
            self._counts["crossed_messages"] = self._counts.get("crossed_messages", 0) + 1
        self.crossed_from = min(self.crossed_from, now) if crossed else NEVER
        return touch

    def _compare(self, rows: Sequence[Row], now: float) -> None:
        for quote in self._quotes.read(rows, self.book.pool):
            self.quote_check.heard(quote, now)

    def _tell(self, ts: int) -> list[Event]:
        """Send the ticker if it changed."""
        if self._ticker.values == self._told:
            return []
        self._told = self._ticker.values
        return self._emitter.ticker(self._told, self._ticker.made, ts)


def _filter(body: Mapping[str, Any], key: str) -> str:
    """Read a key of an image's filter; empty if it is not given."""
    told = body.get("filter")
    value = told.get(key) if type(told) is dict else None
    return value if type(value) is str else ""

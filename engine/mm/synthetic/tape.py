"""The recorder: applies each book change, stamps it, and writes the three Tardis files.

The only place here that knows the CSV format (protocols 4.2 to 4.5). It holds the book, so that
what is written and what the market sees are one thing. It decides nothing about the market; of a
match it decides only whether the trade message or the book change reaches the recorder first.
"""

from collections.abc import Sequence
from random import Random
from typing import Final, Protocol

from mm.record.text import BOOK, HEADERS, QUOTES, TRADES
from mm.synthetic.ladder import ASK, BID, Book
from mm.synthetic.wire import Wire

VENUE: Final = "bitmex,XBTUSD"

# Whose message arrives first: the trade's in 79 % of orders, the book's in 18 %, both in the same
# microsecond in 3 % (protocols 4.5, 7). The wire makes 3 % of all neighbours share a microsecond,
# so a little less is asked for here.
TRADE_FIRST: Final = 0.82
TRADE_TOGETHER: Final = 0.01
SECOND_MESSAGE: Final = 0.37  # of orders with several rows: 2862 messages for 2539 orders
ID_STEP: Final = 3  # the usual step between trade ids of one match (xbtusd_stats.json)

Fill = tuple[int, int]
"""Price [ticks] and lots of one trade row, or of one level after a match."""


class Text(Protocol):
    """What the tape writes to."""

    def write(self, text: str, /) -> int:
        """Take a line."""


class Tape:
    """Writes rows in order of arrival and counts them."""

    def __init__(self, trades: Text, quotes: Text, book: Text, wire: Wire, random: Random) -> None:
        self.book = Book()
        self.wire = wire
        self.rows = {"trades": 0, "quotes": 0, "book": 0}
        self._random = random
        self._trades, self._quotes, self._book = trades, quotes, book
        self._trade_id = 0
        self._message_local = 0
        self._message_sent = 0
        self._quoted: tuple[int, int, int, int] | None = None
        for file, kind in ((trades, TRADES), (quotes, QUOTES), (book, BOOK)):
            file.write(HEADERS[kind])

    def snapshot(self, sent_us: int, local_us: int) -> None:
        """Write the whole book as one message: asks from highest to lowest, then bids."""
        self.wire.hold_until(local_us)
        for price in sorted(self.book.asks.lots, reverse=True):
            self._write_level(sent_us, local_us, ASK, price, self.book.asks.lots[price], "true")
        for price in sorted(self.book.bids.lots, reverse=True):
            self._write_level(sent_us, local_us, BID, price, self.book.bids.lots[price], "true")

    def level(self, sent_us: int, side: int, price: int, lots: int) -> None:
        """Change one level of the book, as one message."""
        self._change(sent_us, self.wire.deliver(sent_us), side, price, lots)

    def match(self, sent_us: int, taker: int, prints: Sequence[Fill], levels: list[Fill]) -> None:
        """Report a taker order (side BUY = 1 or SELL = -1) and the levels it left changed."""
        place = self._random.random()
        cut = len(prints)
        if cut > 1 and self._random.random() < SECOND_MESSAGE:
            cut = self._random.randrange(1, cut)
        rest = list(levels)
        if place >= TRADE_FIRST + TRADE_TOGETHER:
            self.level(sent_us, -taker, *rest.pop(0))
        self._print(sent_us, taker, prints[:cut])
        if TRADE_FIRST <= place < TRADE_FIRST + TRADE_TOGETHER:
            local_us = self.wire.deliver(sent_us, with_last=True)
            self._change(sent_us, local_us, -taker, *rest.pop(0))
        if cut < len(prints):
            self._print(sent_us, taker, prints[cut:])
        for price, lots in rest:
            self.level(sent_us, -taker, price, lots)

    def close(self) -> None:
        """Write the quote of the last message, if it changed the touch."""
        self._end_message()

    def _print(self, sent_us: int, taker: int, prints: Sequence[Fill]) -> None:
        local_us = self.wire.deliver(sent_us)
        side = "buy" if taker > 0 else "sell"
        for price, lots in prints:
            self._trade_id += ID_STEP
            name = f"00000000-006d-1000-0000-{self._trade_id:012x}"
            self._trades.write(
                f"{VENUE},{sent_us},{local_us},{name},{side},{price_text(price)},{lots}00\n"
            )
        self.rows["trades"] += len(prints)

    def _change(self, sent_us: int, local_us: int, side: int, price: int, lots: int) -> None:
        if local_us != self._message_local:
            self._end_message()
        self.book.side(side).put(price, lots)
        self._write_level(sent_us, local_us, side, price, lots, "false")

    def _write_level(
        self, sent_us: int, local_us: int, side: int, price: int, lots: int, snapshot: str
    ) -> None:
        self._message_local, self._message_sent = local_us, sent_us
        name = "bid" if side == BID else "ask"
        size = f"{lots}00" if lots else "0"
        self._book.write(
            f"{VENUE},{sent_us},{local_us},{snapshot},{name},{price_text(price)},{size}\n"
        )
        self.rows["book"] += 1

    def _end_message(self) -> None:
        touch = self.book.touch()
        if touch == self._quoted or not self._message_local:
            return
        self._quoted = touch
        bid, bid_lots, ask, ask_lots = touch
        self._quotes.write(
            f"{VENUE},{self._message_sent},{self._message_local},"
            f"{ask_lots}00,{price_text(ask)},{price_text(bid)},{bid_lots}00\n"
        )
        self.rows["quotes"] += 1


def price_text(ticks: int) -> str:
    """Ticks of 0.1 USD as a decimal without trailing zeros."""
    whole, tenth = divmod(ticks, 10)
    return f"{whole}.{tenth}" if tenth else str(whole)

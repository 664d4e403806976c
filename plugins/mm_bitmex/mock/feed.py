"""Rows and messages of the market's tables, in the words of the wire and the times to be shown.

It puts together what it is handed; it holds no book and decides nothing.
"""

from collections.abc import Callable

import attrs

from mm_bitmex.mock.contract import Contract
from mm_bitmex.mock.ground_truth import BUY, SELL, Level, Touch
from mm_bitmex.mock.wire import Json, Wire, iso


@attrs.frozen(eq=False)
class Message:
    """A text for clients, and what it is about."""

    text: str
    table: str = ""
    """Empty for what is of no table: welcome, acks, errors."""
    symbol: str = ""
    action: str = ""
    number: int = 0
    """Counts the market's messages from 1; 0 = for one client only."""


class MessageFeed:
    """Speaks of one contract."""

    def __init__(self, contract: Contract, wire: Wire) -> None:
        self.shown: Callable[[int], int] = lambda time_us: time_us
        """What clients are shown for a time in the data; the server sets it."""
        self.spoken = 0
        """Messages so far."""
        self._contract, self._wire = contract, wire

    def say(self, table: str, action: str, rows: list[str]) -> Message:
        """A message to all who follow a table."""
        self.spoken += 1
        text = self._wire.table(table, action, rows)
        return Message(text, table, self._contract.symbol, action, self.spoken)

    def levels(self, action: str, levels: list[Level], stamp: str | None) -> list[str]:
        """Rows of a book; ``stamp`` is the message's time, None = each level's own."""
        symbol = self._contract.symbol
        if self._wire.is_2021:
            return [self._wire.level(symbol, action, level, "", "") for level in levels]
        rows = []
        for level in levels:
            changed = iso(self.shown(level[4]))
            rows.append(self._wire.level(symbol, action, level, stamp or changed, changed))
        return rows

    def quote(self, touch: Touch, time_us: int) -> str:
        """A row of ``quote``; an empty side is null."""
        columns: Json = {
            "timestamp": iso(self.shown(time_us)),
            "symbol": self._contract.symbol,
            "bidSize": touch.bid_size,
            "bidPrice": touch.bid,
            "askPrice": touch.ask,
            "askSize": touch.ask_size,
        }
        return self._wire.row(columns, pool=True)

    def ten(self, levels: list[Level], time_us: int) -> str:
        """The row of ``orderBook10``: both sides best first; ``levels`` from high to low."""
        columns: Json = {
            "symbol": self._contract.symbol,
            "bids": [[level[3], level[2]] for level in levels if level[1] == BUY],
            "asks": [[level[3], level[2]] for level in reversed(levels) if level[1] == SELL],
            "timestamp": iso(self.shown(time_us)),
        }
        return self._wire.row(columns, pool=True)

    def trade(
        self, time_us: int, side: str, price: float, size: int, direction: str, name: str
    ) -> str:
        """A row of ``trade``; ``side`` is the taker's, ``name`` the trdMatchID."""
        home, foreign = self._contract.notionals(size, price)
        columns: Json = {
            "timestamp": iso(self.shown(time_us)),
            "symbol": self._contract.symbol,
            "side": side,
            "size": size,
            "price": price,
            "tickDirection": direction,
            "trdMatchID": name,
            "grossValue": self._contract.gross_value(size, price),
            "homeNotional": home,
            "foreignNotional": foreign,
        }
        if not self._wire.is_2021:
            columns["trdType"] = "Regular"
        return self._wire.row(columns, pool=True)

"""What one instrument displays, and which of it a person would still believe.

Written from the rules in the header of ``mm.core.evidence``: dictionaries, looked through from end
to end whenever somebody asks. A side is BUY for bids and SELL for asks.
"""

import attrs

from mm.api import BUY, CLEAR, LEVEL, SELL

from .tapes import Event

UNKNOWN = -1

Pairs = dict[int, tuple[int, int]]


def none_yet() -> Pairs:
    return {BUY: (0, 0), SELL: (0, 0)}


@attrs.define
class Claims:
    """Everything that book, quotes and prints of one instrument have said."""

    levels: dict[int, Pairs] = attrs.field(factory=lambda: {BUY: {}, SELL: {}})
    """Lots by price, and when the row was made."""
    has_book: bool = False
    book_ts: int = 0
    """When the last message of the book was made."""
    cleared: bool = False
    quote: Pairs = attrs.field(factory=none_yet)
    """Price by side, and the lots that are still claimed there."""
    quote_ts: int = 0
    print: Pairs = attrs.field(factory=none_yet)
    """Price and lots of the last print that took from a side; price 0 = it is over."""
    print_ts: dict[int, int] = attrs.field(factory=lambda: {BUY: 0, SELL: 0})
    edge: dict[int, int] = attrs.field(factory=lambda: {BUY: 0, SELL: 0})
    touch: Pairs = attrs.field(factory=none_yet)
    crossed: int = 0

    def top(self, side: int) -> tuple[int, int]:
        """(price, size) of the best level; zeros = none."""
        return self.touch[side]

    def best(self, side: int) -> int:
        """Best price of one side; 0 = none."""
        return self.touch[side][0]

    def raw(self, side: int) -> list[int]:
        """Prices of the book's levels, best first, whatever is said against them."""
        return sorted(self.levels[side], key=lambda price: -price * side)

    def denied(self, side: int, price: int, told: int) -> bool:
        """Whether the quote leaves no room for a level that was told of then."""
        best, across = self.quote[side][0], self.quote[-side][0]
        better = best > 0 and (price - best) * side > 0
        beyond = across > 0 and (price - across) * side >= 0
        return self.quote_ts > told and (better or beyond)

    def shown(self, side: int, price: int) -> int:
        """Lots displayed; UNKNOWN where nothing is known."""
        lots, told = self.levels[side].get(price, (0, 0))
        quoted, claim = self.quote[side]
        if price == quoted and claim:
            if self.quote_ts > told:
                return claim
        elif self.denied(side, price, told):
            return 0
        if lots:
            return lots
        if not self.has_book:
            return 0 if self.quote_ts and not quoted else UNKNOWN
        prices = self.raw(side)
        if prices and (price - prices[0]) * side > 0:
            return 0
        edge = self.edge[side]
        return 0 if edge and (price - edge) * side >= 0 else UNKNOWN

    def newest(self, side: int, price: int) -> int:
        """When the newest claim about a price was made."""
        _, told = self.levels[side].get(price, (0, 0))
        quoted, claim = self.quote[side]
        return max(told, self.quote_ts) if price == quoted and claim else told

    def offered(self, side: int, price: int) -> int:
        """Lots that a taker finds at a price."""
        lots = max(self.shown(side, price), 0)
        printed, taken = self.print[side]
        if not printed or self.print_ts[side] <= self.newest(side, price):
            return lots
        if (price - printed) * side > 0:
            return 0
        return max(lots - taken, 0) if price == printed else lots

    def ladder(self, side: int) -> list[tuple[int, int]]:
        """(price, lots) that takers find on one side, best first."""
        prices = {*self.levels[side], self.quote[side][0]} - {0}
        found = [(price, self.offered(side, price)) for price in prices]
        return sorted([f for f in found if f[1]], key=lambda pair: -side * pair[0])

    # What is said.

    def clear(self, ts: int) -> None:
        self.levels = {BUY: {}, SELL: {}}
        self.edge = {BUY: 0, SELL: 0}
        self.has_book = self.cleared = True
        for side in (BUY, SELL):
            if ts >= self.quote_ts:
                self.quote[side] = (0, 0)
            if ts >= self.print_ts[side]:
                self.print[side] = (0, 0)

    def set_level(self, event: Event) -> None:
        if not self.has_book:
            self.clear(event.ts_exchange)
        side = event.side
        if event.size:
            self.levels[side][event.price] = (event.size, event.ts_exchange)
        else:
            self.remove(side, event.price)
        quoted, _ = self.quote[side]
        if event.price == quoted and event.ts_exchange >= self.quote_ts:
            self.quote[side] = (quoted, 0)

    def remove(self, side: int, price: int) -> None:
        deepest = self.raw(side)[-1:] == [price]
        self.levels[side].pop(price, None)
        if deepest:
            left = self.raw(side)
            if not left:
                self.edge[side] = 0
            elif self.edge[side] and (left[-1] - self.edge[side]) * side > 0:
                self.edge[side] = left[-1]

    def set_quote(self, event: Event) -> None:
        bid = event.price if event.size else 0
        ask = event.ask_price if event.ask_size else 0
        if self.has_book and (event.row == 0 or 0 < ask <= bid):
            return
        late = event.ts_exchange < self.book_ts
        self.quote_ts = event.ts_exchange
        self.quote[BUY] = (bid, 0 if late or not bid else event.size)
        self.quote[SELL] = (ask, 0 if late or not ask else event.ask_size)
        if not self.has_book:
            self.touch = {BUY: (bid, event.size), SELL: (ask, event.ask_size)}

    def set_print(self, event: Event, taker: int) -> None:
        side = -taker
        last, lots = self.print[side]
        if event.ts_exchange < self.print_ts[side]:
            return
        goes_on = last == event.price and self.print_ts[side] > self.newest(side, event.price)
        self.print[side] = (event.price, event.size + (lots if goes_on else 0))
        self.print_ts[side] = event.ts_exchange

    # What follows once a message is over.

    def settle(self, last: Event) -> None:
        if not self.has_book:
            self.crossed += 0 < self.best(SELL) <= self.best(BUY)
            return
        if last.kind in (LEVEL, CLEAR):
            self.end_book_message(last)
        self.find_touch()

    def end_book_message(self, last: Event) -> None:
        self.uncross()
        for side in (BUY, SELL):
            prices = self.raw(side)
            if self.cleared:
                self.edge[side] = prices[-1] if prices else 0
            elif prices and (not self.edge[side] or (self.edge[side] - prices[0]) * side > 0):
                self.edge[side] = prices[0]
            if last.ts_exchange > self.print_ts[side]:
                self.print[side] = (0, 0)
        self.cleared = False
        self.book_ts = last.ts_exchange

    def uncross(self) -> None:
        bids, asks = self.raw(BUY), self.raw(SELL)
        self.crossed += bool(bids and asks and bids[0] >= asks[0])
        while bids and asks and bids[0] >= asks[0]:
            bid_told, ask_told = self.levels[BUY][bids[0]][1], self.levels[SELL][asks[0]][1]
            if bid_told <= ask_told:
                self.remove(BUY, bids[0])
            if ask_told <= bid_told:
                self.remove(SELL, asks[0])
            bids, asks = self.raw(BUY), self.raw(SELL)

    def find_touch(self) -> None:
        bid, ask = ((self.ladder(side) or [(0, 0)])[0] for side in (BUY, SELL))
        if bid[0] and ask[0] and bid[0] >= ask[0]:
            newer_ask = self.newest(BUY, bid[0]) <= self.newest(SELL, ask[0])
            outdated = BUY if self.quote[BUY][0] == bid[0] and newer_ask else SELL
            self.quote[outdated] = (0, 0)
            bid, ask = ((self.ladder(side) or [(0, 0)])[0] for side in (BUY, SELL))
        self.touch = {BUY: bid, SELL: ask}

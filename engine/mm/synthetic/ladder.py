"""The simulated order book: two ladders of price levels, best first.

A ladder stores what it is told. It neither matches orders nor knows who rests in it, and it does
not look at the other side: keeping the book uncrossed is the caller's part.
"""

from bisect import bisect_left
from typing import Final

BID: Final = 1
ASK: Final = -1


class Ladder:
    """One side of the book: lots by price, and the prices in order.

    ``keys`` holds ``-side * price``, ascending, so that the best price comes first on both sides
    and distance from the touch [ticks] is a difference of keys.
    """

    __slots__ = ("keys", "lots", "side")

    def __init__(self, side: int) -> None:
        self.side = side
        self.keys: list[int] = []
        self.lots: dict[int, int] = {}

    def best(self) -> int:
        """The best price [ticks]; the ladder must hold a level."""
        return -self.side * self.keys[0]

    def touch(self) -> tuple[int, int]:
        """The best price [ticks] and its size [lots]."""
        price = -self.side * self.keys[0]
        return price, self.lots[price]

    def put(self, price: int, lots: int) -> None:
        """Set a level's size; 0 removes it, and removing what is not there does nothing."""
        key = -self.side * price
        if lots:
            if price not in self.lots:
                self.keys.insert(bisect_left(self.keys, key), key)
            self.lots[price] = lots
        elif self.lots.pop(price, None) is not None:
            del self.keys[bisect_left(self.keys, key)]

    def price_at(self, rank: int) -> int:
        """Price [ticks] of the level at ``rank``; 0 is the touch."""
        return -self.side * self.keys[rank]

    def behind(self, distance: int) -> int:
        """The price [ticks] that lies ``distance`` ticks behind the touch."""
        return self.best() - self.side * distance

    def ranks(self, near: int, far: int) -> tuple[int, int]:
        """Ranks [start, end) of the levels from ``near`` up to but not at ``far`` ticks behind."""
        touch = self.keys[0]
        start = bisect_left(self.keys, touch + near)
        return start, bisect_left(self.keys, touch + far, lo=start)


class Book:
    """Both ladders."""

    __slots__ = ("asks", "bids")

    def __init__(self) -> None:
        self.bids = Ladder(BID)
        self.asks = Ladder(ASK)

    def side(self, side: int) -> Ladder:
        """The ladder of BID or ASK."""
        return self.bids if side == BID else self.asks

    def touch(self) -> tuple[int, int, int, int]:
        """Best bid, its lots, best ask, its lots: the quotes file's view of the book."""
        return *self.bids.touch(), *self.asks.touch()

"""The exchange's own book: levels with ids, in order of price.

What every client's book should equal. It takes absolute sizes and answers with what changed, as
insert, update or delete. It knows no message, no client and no clock.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

import attrs

INSERT: Final = "insert"
UPDATE: Final = "update"
DELETE: Final = "delete"
BUY: Final = "Buy"
SELL: Final = "Sell"

Level: TypeAlias = tuple[int, str, int, float, int]
"""(id, side, size [contracts], price, time of its last change [µs])."""
Change: TypeAlias = tuple[str, Level]
"""(INSERT, UPDATE or DELETE, the level as it is now; a deleted one has size 0)."""
Sides: TypeAlias = dict[str, dict[float, int]]
"""{"Buy": {price: size}, "Sell": {price: size}}; size in contracts."""


@attrs.frozen
class Touch:
    """Best prices and what rests there [contracts]; None = that side is empty."""

    bid: float | None
    bid_size: int | None
    ask: float | None
    ask_size: int | None


class Numbers:
    """Level ids as since 2023: unique, and in no order."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, price: float) -> int:
        """The next id; the price does not matter."""
        self._count += 1
        # n * 48271 mod (2**31 - 1), Park and Miller's (1993) multiplier: different for each n
        # below the modulus, which is prime. The offset gives ids of the size seen in 2024.
        return 62_400_000_000 + self._count * 48_271 % 2_147_483_647


class TruthBook:
    """Two sides of levels."""

    def __init__(self, number: Callable[[float], int]) -> None:
        """``number`` gives a new level its id, from its price."""
        self._number = number
        self._levels: dict[str, dict[float, Level]] = {BUY: {}, SELL: {}}
        self._prices: dict[str, list[float]] = {BUY: [], SELL: []}  # ascending

    def put(self, side: str, price: float, size: int, time_us: int) -> Change | None:
        """Set a level's size; 0 removes it. None: nothing changed."""
        levels = self._levels[side]
        old = levels.get(price)
        if old is None:
            if not size:
                return None
            prices = self._prices[side]
            prices.insert(bisect_left(prices, price), price)
            level = (self._number(price), side, size, price, time_us)
            levels[price] = level
            return INSERT, level
        level = (old[0], side, size, price, time_us)
        if not size:
            del levels[price]
            prices = self._prices[side]
            del prices[bisect_left(prices, price)]
            return DELETE, level
        if old[2] == size:
            return None
        levels[price] = level
        return UPDATE, level

    def become(self, levels: Iterable[tuple[str, float, int]], time_us: int) -> list[Change]:
        """Turn into the book that has just these (side, price, size); return what changed."""
        wanted = {(side, price): size for side, price, size in levels if size}
        gone = [(s, p) for s in (BUY, SELL) for p in self._prices[s] if (s, p) not in wanted]
        changes = [self.put(side, price, 0, time_us) for side, price in gone]
        changes += [self.put(s, p, size, time_us) for (s, p), size in wanted.items()]
        return [change for change in changes if change is not None]

    def touch(self) -> Touch:
        """The best level of each side."""
        bids, asks = self._prices[BUY], self._prices[SELL]
        bid, ask = bids[-1] if bids else None, asks[0] if asks else None
        return Touch(
            bid,
            None if bid is None else self._levels[BUY][bid][2],
            ask,
            None if ask is None else self._levels[SELL][ask][2],
        )

    def levels(self, depth: int | None = None) -> list[Level]:
        """All levels, or the best ``depth`` of each side: from the highest price to the lowest."""
        asks, bids = self._prices[SELL], self._prices[BUY]
        if depth is not None:
            asks, bids = asks[:depth], bids[-depth:]
        found = [self._levels[SELL][price] for price in reversed(asks)]
        return found + [self._levels[BUY][price] for price in reversed(bids)]

    def sides(self) -> Sides:
        """Sizes by price."""
        return {
            side: {price: level[2] for price, level in levels.items()}
            for side, levels in self._levels.items()
        }


class Window:
    """The best levels of a book, as ``orderBookL2_25`` shows them: what changed since last time."""

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._shown: dict[tuple[int, str], Level] = {}

    def changes(self, book: TruthBook) -> list[Change]:
        """Levels that left the window, then those that changed, then those that came into it."""
        now = {(level[0], level[1]): level for level in book.levels(self._depth)}
        before, self._shown = self._shown, now
        gone = [(DELETE, level) for key, level in before.items() if key not in now]
        kept = [
            (UPDATE, level)
            for key, level in now.items()
            if key in before and before[key][2] != level[2]
        ]
        return gone + kept + [(INSERT, level) for key, level in now.items() if key not in before]

    def levels(self) -> list[Level]:
        """What it showed last."""
        return list(self._shown.values())

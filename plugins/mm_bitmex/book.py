"""The order book as the exchange keeps it: rows by id, levels by price, in ticks and lots.

Rows of every era are understood: with derived ids and no price on changes (until 2023), or with
arbitrary ids and a price on every row. An id names a row of one side; a price is looked up by it.
Whatever shows that a row was lost or garbled is raised: from then on the book is worth nothing
until the next image. Knows rows; knows no frames, topics, or time.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from mm.api import BUY, SELL
from mm_bitmex.frames import shown
from mm_bitmex.units import Grid, micros

Row: TypeAlias = Mapping[str, Any]

Touch: TypeAlias = tuple[int, int, int, int]
"""Best bid [ticks], its size [lots], best ask, its size; zeros for an empty side."""

_SIDES: Final = {"Buy": BUY, "Sell": SELL}

_SLACK: Final = 1024
"""Dead entries that a heap may hold beside as many as it has levels, before it is rebuilt."""


class Change(NamedTuple):
    """One level's new size."""

    made: str | None
    """The row's timestamp, as sent; None if it has none."""
    price: int  # ticks
    size: int  # lots; 0 = removed
    side: int  # BUY or SELL


class BookError(Exception):
    """The book cannot be trusted any more.

    Args:
        count: what to count it as.
        text: a sentence.
    """

    def __init__(self, count: str, text: str) -> None:
        super().__init__(text)
        self.count = count


class Side:
    """One side: levels by price, prices by id, and the best price at hand.

    The best comes from a heap of all prices that ever were set; those that are gone are dropped
    when they come up.
    """

    def __init__(self, side: int) -> None:
        self.side = side
        self.sizes: dict[int, int] = {}
        """Price [ticks] to size [lots]."""
        self.prices: dict[int, int] = {}
        """Id to price [ticks]."""
        self._owners: dict[int, int] = {}
        """Price to the id that set it last: where two rows meet at one price, the newer counts."""
        self._heap: list[int] = []

    def best(self) -> tuple[int, int]:
        """Give the best price [ticks] and its size [lots]; zeros if the side is empty."""
        heap, sizes = self._heap, self.sizes
        while heap:
            price = -heap[0] * self.side
            if price in sizes:
                return price, sizes[price]
            heapq.heappop(heap)
        return 0, 0

    def set(self, id_: int, price: int, size: int) -> None:
        """Set a row."""
        if price not in self.sizes:
            heapq.heappush(self._heap, -price * self.side)
        self.prices[id_] = price
        self.sizes[price] = size
        self._owners[price] = id_

    def remove(self, id_: int) -> int:
        """Remove a row; give the price of the level that went with it, 0 if none did."""
        price = self.prices.pop(id_)
        if self._owners[price] != id_:
            return 0
        del self._owners[price], self.sizes[price]
        if len(self._heap) > 2 * len(self.sizes) + _SLACK:
            self._heap = [-price * self.side for price in self.sizes]
            heapq.heapify(self._heap)
        return price

    def levels(self) -> list[tuple[int, int]]:
        """List (price, size), best first."""
        return sorted(self.sizes.items(), reverse=self.side == BUY)


class L2Book:
    """The book of one instrument in one pool.

    Args:
        symbol: rows of others are left out and counted.
        grid: of the instrument.
        counts: where oddities are counted, by name.
    """

    def __init__(self, symbol: str, grid: Grid, counts: dict[str, int]) -> None:
        self._symbol, self._grid, self._counts = symbol, grid, counts
        self.pool = ""
        self._imaged = 0  # µs, exchange: when the image was made; 0 = it did not say
        self.clear()

    def clear(self) -> None:
        """Forget all levels and ids."""
        self.bids, self.asks = Side(BUY), Side(SELL)

    def touch(self) -> Touch:
        """Give the touch."""
        return (*self.bids.best(), *self.asks.best())

    def load(self, rows: Sequence[Row], pool: str) -> str | None:
        """Replace the book by an image.

        Args:
            rows: of the partial.
            pool: whose rows to take; empty = the first that a row names, if one does.

        Returns:
            The time at which the image was made, as sent; None if it does not say.

        Raises:
            BookError: a row cannot be understood, or an id occurs twice.
        """
        self.clear()
        self.pool, self._imaged = pool, 0
        newest: str | None = None
        for row in self._ours(rows):
            side, id_, price, size = self._read(row)
            if id_ in side.prices:
                raise BookError("duplicate_row", f"id {id_} occurs twice in the image")
            if size is None or price is None:
                raise _malformed(row)
            self._place(side, id_, price, size)
            made = micros(row.get("timestamp"))
            if made is not None and made > self._imaged:
                self._imaged, newest = made, row["timestamp"]
        return newest

    def apply(self, action: str, rows: Sequence[Row]) -> list[Change]:
        """Apply a change to the book.

        A row made before the image was may be in it already ([V] on real data: changes up to 34 ms
        older follow an image). So one that finds its work done is counted, not taken for a fault.

        Args:
            action: ``insert``, ``update`` or ``delete``.
            rows: of the message.

        Raises:
            BookError: a row was lost or garbled; the book is worth nothing now.
        """
        changes: list[Change] = []
        for row in self._ours(rows):
            side, id_, price, size = self._read(row)
            known = id_ in side.prices
            if (action == "insert") == known and not self._is_old(row):
                raise _lost(action, id_, known)
            if action == "delete":
                if known:
                    self._delete(side, id_, row, changes)
            elif known or action == "insert":
                self._set(side, id_, price, size, row, changes)
        return changes

    def _ours(self, rows: Iterable[Row]) -> Iterable[Row]:
        for row in rows:
            symbol, pool = row.get("symbol"), row.get("pool")
            if type(symbol) is not str or (pool is not None and type(pool) is not str):
                raise _malformed(row)
            if symbol != self._symbol:
                self._count("other_symbol")
                continue
            if pool is not None and pool != self.pool:
                if self.pool:
                    self._count("other_pool")
                    continue
                self.pool = pool  # the image was empty and nobody told
            yield row

    def _read(self, row: Row) -> tuple[Side, int, int | None, int | None]:
        """Read a row; price and size are None where it has none."""
        name, id_ = row.get("side"), row.get("id")
        side = self.bids if name == "Buy" else self.asks if name == "Sell" else None
        if side is None or type(id_) is not int or not 0 <= id_ < 1 << 63:
            raise _malformed(row)
        price, size = row.get("price"), row.get("size")
        if price is not None and (price := self._grid.ticks(price)) is None:
            raise BookError("off_grid", f"a price is not on the grid: {shown(dict(row))}")
        if size is not None and not (size := self._grid.lots(size)):
            raise BookError("off_grid", f"a size is no whole number of lots: {shown(dict(row))}")
        return side, id_, price, size

    def _set(
        self,
        side: Side,
        id_: int,
        price: int | None,
        size: int | None,
        row: Row,
        changes: list[Change],
    ) -> None:
        """Insert or update a row; move its level if the price is another."""
        before = side.prices.get(id_)
        price = before if price is None else price
        if price is None or size is None:
            raise _malformed(row)
        if before is not None and before != price:
            self._count("moved_level")
            self._delete(side, id_, row, changes)
        self._place(side, id_, price, size)
        changes.append(Change(row.get("timestamp"), price, size, side.side))

    def _place(self, side: Side, id_: int, price: int, size: int) -> None:
        if price in side.sizes and side.prices.get(id_) != price:
            self._count("shared_price")
        side.set(id_, price, size)

    def _delete(self, side: Side, id_: int, row: Row, changes: list[Change]) -> None:
        price = side.remove(id_)
        if price:
            changes.append(Change(row.get("timestamp"), price, 0, side.side))

    def _is_old(self, row: Row) -> bool:
        made = micros(row.get("timestamp"))
        old = made is not None and made < self._imaged
        if old:
            self._count("older_than_image")
        return old

    def _count(self, name: str) -> None:
        self._counts[name] = self._counts.get(name, 0) + 1


def pool_of(configured: str, told: str, rows: Sequence[Row]) -> str:
    """Choose the liquidity pool to follow.

    Args:
        configured: by the user; wins.
        told: by the filter of the image or the acknowledgement.
        rows: of the image; without a told pool among theirs, the first row's.
    """
    if configured:
        return configured
    pools = [row["pool"] for row in rows if type(row.get("pool")) is str]
    return told if told in pools or not pools else str(pools[0])


def _malformed(row: Row) -> BookError:
    return BookError("malformed_row", f"a row cannot be understood: {shown(dict(row))}")


def _lost(action: str, id_: int, known: bool) -> BookError:
    if known:
        return BookError("duplicate_insert", f"id {id_} was inserted although it is there")
    return BookError("unknown_id", f"id {id_} is unknown, but {action} names it")

"""Rows of the table quote: the touches that they tell.

Left out and counted: rows of other symbols and pools, and what cannot be read. Knows rows; whether
the book bears them out is for ``quote_check``.
"""

from collections.abc import Sequence

from mm_bitmex.book import Row, Touch
from mm_bitmex.units import Grid


class QuoteReader:
    """Reads quotes of one instrument."""

    def __init__(self, symbol: str, grid: Grid, counts: dict[str, int]) -> None:
        self._symbol, self._grid, self._counts = symbol, grid, counts

    def read(self, rows: Sequence[Row], pool: str) -> list[Touch]:
        """Give the quotes, in order.

        Args:
            rows: of the message.
            pool: whose quotes to take; empty = every row's.
        """
        found = (self._read(row, pool) for row in rows)
        return [touch for touch in found if touch is not None]

    def _read(self, row: Row, pool: str) -> Touch | None:
        if row.get("symbol") != self._symbol:
            return self._skipped("other_symbol")
        if pool and row.get("pool", pool) != pool:
            return self._skipped("other_pool")
        bid, ask = self._side(row, "bid"), self._side(row, "ask")
        if bid is None or ask is None:
            return self._skipped("malformed_quote")
        return (*bid, *ask)

    def _side(self, row: Row, name: str) -> tuple[int, int] | None:
        """Read a side's price and size, zeros if it is empty; None if it cannot be read."""
        price, size = row.get(f"{name}Price"), row.get(f"{name}Size")
        if price is None or not size:
            return 0, 0
        ticks, lots = self._grid.ticks(price), self._grid.lots(size)
        return None if ticks is None or lots is None else (ticks, lots)

    def _skipped(self, name: str) -> Touch | None:
        self._counts[name] = self._counts.get(name, 0) + 1
        return None

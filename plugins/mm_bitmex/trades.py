"""Rows of the table trade: which of them are trades of ours.

Left out and counted: rows of other symbols and pools, index prices (size 0), and what cannot be
read. Knows rows; whether a message is an image is for the caller to know.
"""

from collections.abc import Sequence

from mm.api import BUY, SELL
from mm_bitmex.book import Change, Row
from mm_bitmex.units import Grid

ALL_POOLS = "Aggregated"
"""The pool whose trades are those of all pools."""

_SIDES = {"Buy": BUY, "Sell": SELL}


class TradeReader:
    """Reads trades of one instrument."""

    def __init__(self, symbol: str, grid: Grid, counts: dict[str, int]) -> None:
        self._symbol, self._grid, self._counts = symbol, grid, counts

    def read(self, rows: Sequence[Row], pool: str) -> list[Change]:
        """Give the trades, in order; ``side`` is the taker's, 0 = not told.

        Args:
            rows: of an insert.
            pool: whose trades to take; empty or ALL_POOLS = every pool's.
        """
        found = (self._read(row, pool) for row in rows)
        return [trade for trade in found if trade is not None]

    def _read(self, row: Row, pool: str) -> Change | None:
        if row.get("symbol") != self._symbol:
            return self._skipped("other_symbol")
        if pool not in ("", ALL_POOLS) and row.get("pool", pool) != pool:
            return self._skipped("other_pool")
        lots, ticks = self._grid.lots(row.get("size")), self._grid.ticks(row.get("price"))
        if lots == 0:
            return self._skipped("zero_size_trade")
        if lots is None or ticks is None:
            return self._skipped("malformed_trade")
        name = row.get("side")
        side = BUY if name == "Buy" else SELL if name == "Sell" else 0
        made = row.get("timestamp")
        return Change(made if type(made) is str else None, ticks, lots, side)

    def _skipped(self, name: str) -> Change | None:
        self._counts[name] = self._counts.get(name, 0) + 1
        return None

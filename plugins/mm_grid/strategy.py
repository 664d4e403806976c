"""The strategy: orders on a fixed grid of prices, around a fair price skewed by inventory.

Pure: ``observe`` picks the columns that are needed, ``decide`` remembers nothing. The fair price is
the column ``fair`` where the run has signals, else the mid. The orders are in ``quoting``.
"""

import numpy as np

from mm.api import (
    DECISION,
    ORDER,
    WORKING,
    Account,
    Context,
    DecisionKernel,
    Decisions,
    Instrument,
    Rows,
)
from mm_grid.config import GridConfig
from mm_grid.quoting import ORDERS_PER_LEVEL, decide_at, decide_rows
from mm_grid.records import CURSOR, GRID, SEEN


class GridStrategy:
    """Keeps up to ``levels`` orders a side, ``interval`` apart."""

    requires: frozenset[str] = frozenset({"mid"})

    def __init__(self, config: GridConfig, context: Context) -> None:
        self._levels = config.levels
        self._grids = np.zeros(len(context.instruments), GRID)
        for grid, instrument in zip(self._grids, context.instruments, strict=True):
            _set_grid(grid, config, instrument)

    def observe(self, rows: Rows) -> Rows:
        """Pick the columns that are needed, and the fair price."""
        seen = np.zeros(len(rows), SEEN)
        for name in SEEN.names or ():
            seen[name] = rows["mid" if name == "fair" else name]
        if "fair" in (rows.dtype.names or ()):
            seen["fair"] = rows["fair"]
        return seen

    def decide(self, rows: Rows, account: Account) -> Decisions:
        """Quote at every row, supposing that only our own orders change the account."""
        trace = np.zeros(len(rows), DECISION)
        # A row sends at most a new order for each level, and cancels what the row before had.
        most = len(account.working) + 4 * self._levels * len(rows)
        orders = np.zeros(most, ORDER)
        working = np.zeros(most, WORKING)
        working[: len(account.working)] = account.working
        cursor = np.zeros(1, CURSOR)
        cursor["open"], cursor["next_id"] = len(account.working), account.next_client_id
        count = decide_rows(
            np.ascontiguousarray(rows),
            np.array(account.position, np.int64),
            working,
            self._grids,
            np.zeros(self._levels, np.int64),
            cursor,
            orders,
            trace,
        )
        return Decisions(orders=orders[:count].copy(), trace=trace)

    def compiled(self, rows: "np.dtype[np.void]") -> DecisionKernel:
        """Let the venue's kernel call us."""
        return DecisionKernel(
            decide=decide_at,
            rows=SEEN,
            settings=self._grids,
            orders_per_row=ORDERS_PER_LEVEL * self._levels,
        )


def _set_grid(grid: np.void, config: GridConfig, instrument: Instrument) -> None:
    numerator, denominator = instrument.tick_size.as_integer_ratio()
    grid["ticks_per_price"] = denominator
    grid["price_per_ticks"] = numerator
    grid["half_spread"] = config.half_spread
    grid["skew"] = config.skew * instrument.contracts(1)
    grid["interval"] = instrument.whole_ticks(config.interval, "strategy.grid.interval")
    grid["levels"] = config.levels
    grid["quote_lots"] = instrument.whole_lots(config.quote_size, "strategy.grid.quote_size")
    grid["max_lots"] = instrument.whole_lots(config.max_position, "strategy.grid.max_position")

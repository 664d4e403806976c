"""``Scripted``, the strategy: answers each row with the script's orders of that time.

It looks at nothing, the account included, and remembers only how far the rows have come, so it
decides any number of them at once. Orders after the last row were never sent, and it says so.
Each row's trace shows the touch, and the prices that its orders ask for.
"""

from collections.abc import Sequence

import numpy as np

from mm.api import (
    BUY,
    DECISION,
    MODELLED,
    SELL,
    Account,
    Decisions,
    Instrument,
    Rows,
    half_ticks,
    mids,
)
from mm_scripted.script import Script


class ScriptedStrategy:
    """Submits the orders of a script."""

    requires: frozenset[str] = frozenset({"first_order", "end_order"})

    def __init__(self, script: Script, instruments: Sequence[Instrument]) -> None:
        """Submit the orders of ``script``; ``instruments`` are the run's."""
        self._script = script
        self._orders = script.orders
        self._reached = 0
        self._half_ticks = half_ticks(instruments)

    def observe(self, rows: Rows) -> Rows:
        """Add nothing; note how many orders are due."""
        if len(rows):
            self._reached = int(rows["end_order"][-1])
        return rows

    def notes(self) -> Sequence[str]:
        """Tell of the orders that were not sent."""
        unsent = len(self._orders) - self._reached
        if not unsent:
            return ()
        line, ts = self._script.lines[self._reached], self._orders["ts"][self._reached]
        return (
            f"{self._script.path}:{line}: {unsent} of {len(self._orders)} orders were not sent,"
            f" from this one at {ts} on: the run ended before",
        )

    def decide(self, rows: Rows, account: Account) -> Decisions:
        """Give the orders of every row."""
        # Rows follow each other as their orders do, so a stretch of rows is one of orders.
        orders = self._orders[rows["first_order"][0] : rows["end_order"][-1]].copy()
        counts = rows["end_order"] - rows["first_order"]
        orders["decision"] = np.repeat(np.arange(len(rows)), counts)
        return Decisions(orders=orders, trace=self._trace(rows, orders, account))

    def _trace(self, rows: Rows, orders: Rows, account: Account) -> Rows:
        trace = np.zeros(len(rows), DECISION)
        for name in MODELLED:
            trace[name] = np.nan
        for name in ("ts", "instrument"):
            trace[name] = rows[name]
        trace["bid"] = np.where(rows["bid_size"] > 0, rows["bid"], 0)
        trace["ask"] = np.where(rows["ask_size"] > 0, rows["ask"], 0)
        trace["mid"] = mids(rows, self._half_ticks)
        trace["position"] = np.array(account.position)[rows["instrument"]]
        for side, name in ((BUY, "quote_bid"), (SELL, "quote_ask")):
            mine = orders[orders["side"] == side]
            trace[name][mine["decision"]] = mine["price"]
        return trace

"""The strategy: be long while trade prices trend up, short while they trend down.

The target is ``+quote_size`` contracts when the fast average is above the slow one by more than the
threshold, ``-quote_size`` when it is below by more, and what we hold in between. The difference is
sent as an immediate-or-cancel limit order at the touch we saw: it takes what stands there and
never more than a price we know. While an order works, the strategy waits to hear its end.
"""

import numpy as np

from mm.api import DECISION, ORDER, Account, Context, DecisionKernel, Decisions, Rows
from mm_momentum.config import MomentumConfig
from mm_momentum.signals import AVERAGED, AVERAGES, SETTINGS, average, decide_at, decide_rows

_TAKEN_OVER = tuple(name for name in AVERAGED.names or () if name not in ("fast", "slow"))


class MomentumStrategy:
    """A cross of two exponential averages of trade prices."""

    requires: frozenset[str] = frozenset({"trade_price", "is_trade"})

    def __init__(self, config: MomentumConfig, context: Context) -> None:
        self._lookback = config.lookback
        self._fixed = np.zeros(len(context.instruments), SETTINGS)
        for fixed, one in zip(self._fixed, context.instruments, strict=True):
            fixed["lots"] = one.whole_lots(config.quote_size, "strategy.momentum.quote_size")
            fixed["half_ticks"] = one.price(1) / 2.0
            fixed["threshold"] = config.threshold
        self._averages = np.zeros(len(context.instruments), AVERAGES)

    def observe(self, rows: Rows) -> Rows:
        """Update the averages and add them as columns."""
        seen = np.zeros(len(rows), AVERAGED)
        for name in _TAKEN_OVER:
            seen[name] = rows[name]
        average(seen, self._lookback, self._averages)
        return seen

    def decide(self, rows: Rows, account: Account) -> Decisions:
        """Order what is missing to the target, one order at a time."""
        trace = np.zeros(len(rows), DECISION)
        orders = np.zeros(len(rows), ORDER)
        busy = np.zeros(len(self._fixed), np.int64)
        busy[account.working["instrument"]] = 1
        count = decide_rows(
            np.ascontiguousarray(rows),
            np.array(account.position, np.int64),
            busy,
            account.next_client_id,
            self._fixed,
            orders,
            trace,
        )
        return Decisions(orders=orders[:count], trace=trace)

    def warming(self) -> list[tuple[str, int, int]]:
        """Name what is not known yet: (what, trades there are, trades it takes)."""
        trades = int(self._averages["trades"].min())
        return [("averages", trades, self._lookback)] if trades < self._lookback else []

    def compiled(self, rows: "np.dtype[np.void]") -> DecisionKernel:
        """Let the venue's kernel call us."""
        return DecisionKernel(
            decide=decide_at, rows=AVERAGED, settings=self._fixed, orders_per_row=1
        )

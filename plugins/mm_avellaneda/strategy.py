"""The strategy: Guéant's quotes around the mid, skewed by inventory, one order a side.

Pure: what depends on the market alone is worked out once in ``observe``, what depends on the
account in ``decide``, which remembers nothing. The formula is in ``model``, the orders are in
``quoting``.
"""

import numba
import numpy as np

from mm.api import DECISION, ORDER, Account, Context, Decisions, Instrument, Rows
from mm_avellaneda.config import AvellanedaConfig
from mm_avellaneda.model import spread_terms
from mm_avellaneda.quoting import LIMITS, QUOTING, SLOT, decide_rows

_TAKEN_OVER = tuple(name for name in QUOTING.names or () if name not in ("markup", "slope"))


@numba.njit(cache=True)
def _add_spread_terms(rows: Rows, gamma: float, delta: float, xi: float) -> None:
    for i in range(len(rows)):
        row = rows[i]
        markup, slope = spread_terms(row["sigma"], row["A"], row["k"], gamma, delta, xi)
        row["markup"] = markup
        row["slope"] = slope


class AvellanedaStrategy:
    """Quotes wherever its transformer knows mid, sigma, A and k; otherwise withdraws and says why.

    Inventory is measured in model units: ``quote_size`` contracts are ``delta`` of them.
    """

    requires: frozenset[str] = frozenset({"mid", "sigma", "A", "k"})

    def __init__(self, config: AvellanedaConfig, context: Context) -> None:
        self._terms = (float(config.gamma), float(config.delta), float(config.xi))
        self._limits = np.zeros(len(context.instruments), LIMITS)
        for limit, instrument in zip(self._limits, context.instruments, strict=True):
            _set_limits(limit, config, instrument)

    def observe(self, rows: Rows) -> Rows:
        """Add mark-up and slope, which do not depend on the account."""
        seen = np.zeros(len(rows), QUOTING)
        for name in _TAKEN_OVER:
            seen[name] = rows[name]
        _add_spread_terms(seen, *self._terms)
        return seen

    def decide(self, rows: Rows, account: Account) -> Decisions:
        """Quote at every row, supposing that only our own orders change the account."""
        trace = np.zeros(len(rows), DECISION)
        orders = np.zeros(2 * len(rows), ORDER)
        count = decide_rows(
            np.ascontiguousarray(rows),
            np.array(account.position, np.int64),
            account.working.copy(),
            account.next_client_id,
            self._limits,
            np.zeros((len(self._limits), 2), SLOT),
            orders,
            trace,
        )
        return Decisions(orders=orders[:count], trace=trace)


def _set_limits(limit: np.void, config: AvellanedaConfig, instrument: Instrument) -> None:
    numerator, denominator = instrument.tick_size.as_integer_ratio()
    limit["ticks_per_price"] = denominator
    limit["price_per_ticks"] = numerator
    limit["delta"] = config.delta
    limit["quote_lots"] = instrument.whole_lots(config.quote_size, "strategy.avellaneda.quote_size")
    limit["max_lots"] = instrument.whole_lots(
        config.max_position, "strategy.avellaneda.max_position"
    )
    limit["post_only"] = config.post_only

"""The strategy: a model's quotes around the mid, skewed by inventory, one order a side.

What depends on the market alone is worked out once in ``observe``, what depends on the account in
``decide``, which remembers nothing. The formulas are in ``linear`` and ``models``, tables made of
them in ``table``, several instruments at once in ``several``, the orders in ``quoting``.
"""

import numpy as np

from mm.api import (
    DECISION,
    ORDER,
    Account,
    Context,
    DecisionKernel,
    Decisions,
    Floats,
    Instrument,
    Rows,
)
from mm_avellaneda.config import AvellanedaConfig, whole_microseconds
from mm_avellaneda.inside import decide_at
from mm_avellaneda.linear import Linear
from mm_avellaneda.models import MODELS
from mm_avellaneda.quoting import LIMITS, QUOTING, SLOT, decide_rows
from mm_avellaneda.several import Several, moved
from mm_avellaneda.table import Tabulated

_ADDED = ("fair", "markup", "slope")
_TAKEN_OVER = tuple(name for name in QUOTING.names or () if name not in _ADDED)


class AvellanedaStrategy:
    """Quotes wherever its transformer knows mid, sigma, A and k; otherwise withdraws and says why.

    Inventory is measured in model units: ``quote_size`` contracts are ``delta`` of them.
    """

    requires: frozenset[str] = frozenset({"mid", "sigma", "A", "k"})

    def __init__(self, config: AvellanedaConfig, context: Context) -> None:
        count = len(context.instruments)
        horizon_us = 0 if config.horizon is None else whole_microseconds(config.horizon, "horizon")
        self._dtype = QUOTING
        self._pricing: Linear | Tabulated | Several
        self._several: Several | None = None
        if config.model == "gueant_multi":
            self._dtype = _with_leans(count)
            self._pricing = self._several = Several(config, count)
        elif config.is_tabulated:
            self._dtype = _with_tables(2 * config.lots + 1)
            self._pricing = _tabulated(config, horizon_us, count)
        else:
            self._pricing = Linear(config, horizon_us)
        self._limits = np.zeros(count, LIMITS)
        for limit, instrument in zip(self._limits, context.instruments, strict=True):
            _set_limits(limit, config, instrument)

    def warming(self) -> list[tuple[str, int, int]]:
        """Name what is estimated here and not known yet: see the transformer's."""
        return [] if self._several is None else self._several.lacking()

    def observe(self, rows: Rows) -> Rows:
        """Add where to quote at every inventory, which does not depend on the account."""
        seen = np.zeros(len(rows), self._dtype)
        for name in _TAKEN_OVER:
            seen[name] = rows[name]
        seen["fair"] = rows["fair" if "fair" in (rows.dtype.names or ()) else "mid"]
        self._pricing.price(seen)
        return seen

    def decide(self, rows: Rows, account: Account) -> Decisions:
        """Quote at every row, supposing that only our own orders change the account."""
        trace = np.zeros(len(rows), DECISION)
        orders = np.zeros(2 * len(rows), ORDER)
        quoting, bids, asks = _parts(np.ascontiguousarray(rows))
        if self._several is not None:
            lots = np.array(account.position, np.float64)
            units = lots * self._limits["delta"] / self._limits["quote_lots"]
            quoting["fair"] = moved(rows, units)
        count = decide_rows(
            quoting,
            np.array(account.position, np.int64),
            account.working.copy(),
            account.next_client_id,
            self._limits,
            np.zeros((len(self._limits), 2), SLOT),
            orders,
            trace,
            bids,
            asks,
        )
        return Decisions(orders=orders[:count], trace=trace)

    def compiled(self, rows: "np.dtype[np.void]") -> DecisionKernel | None:
        """Let the venue's kernel call us; with tables, rows have no one layout."""
        if self._dtype != QUOTING:
            return None
        return DecisionKernel(
            decide=decide_at, rows=QUOTING, settings=self._limits, orders_per_row=2
        )


def _with_tables(entries: int) -> "np.dtype[np.void]":
    """Lay out rows that carry a table of each side behind the columns of QUOTING."""
    tables = [("bids", "f8", (entries,)), ("asks", "f8", (entries,))]
    return np.dtype([*QUOTING.descr, *tables], align=True)


def _with_leans(instruments: int) -> "np.dtype[np.void]":
    """Lay out rows that carry how far each inventory moves them behind the columns of QUOTING."""
    return np.dtype([*QUOTING.descr, ("leans", "f8", (instruments,))], align=True)


def _parts(rows: Rows) -> tuple[Rows, Floats, Floats]:
    """Split contiguous rows into dtype QUOTING and the tables of both sides, contiguous each.

    The kernel then has one type of row whatever the length of a table. Every column is a word of
    64 bits, so rows are moved as words.
    """
    if rows.dtype == QUOTING:
        none = np.zeros((len(rows), 0))
        return rows, none, none
    words = rows.view(np.int64).reshape(len(rows), -1)
    width = QUOTING.itemsize // 8
    quoting = np.ascontiguousarray(words[:, :width]).view(QUOTING).reshape(-1)
    if "bids" not in (rows.dtype.names or ()):
        none = np.zeros((len(rows), 0))
        return quoting, none, none
    return quoting, np.ascontiguousarray(rows["bids"]), np.ascontiguousarray(rows["asks"])


def _tabulated(config: AvellanedaConfig, horizon_us: int, instruments: int) -> Tabulated:
    inputs = config.inputs(np.nan, np.nan, np.nan)  # each row has its own
    return Tabulated(MODELS[config.model].quotes, inputs, horizon_us, instruments)


def _set_limits(limit: np.void, config: AvellanedaConfig, instrument: Instrument) -> None:
    numerator, denominator = instrument.tick_size.as_integer_ratio()
    limit["ticks_per_price"] = denominator
    limit["price_per_ticks"] = numerator
    limit["delta"] = config.delta
    limit["quote_lots"] = instrument.whole_lots(config.quote_size, "strategy.avellaneda.quote_size")
    limit["max_lots"] = instrument.whole_lots(
        config.max_position, "strategy.avellaneda.max_position"
    )
    if config.is_tabulated:  # solved for whole quotes: what is over is not used
        limit["max_lots"] = config.lots * limit["quote_lots"]
    limit["post_only"] = config.post_only

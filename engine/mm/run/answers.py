"""A strategy of single rows in Python, as the venue's kernel asks it: the account, and its answer.

The kernel knows lots and open orders; money is kept here, by a ledger of its own that is told of
each report as it becomes known. Its rows are not written: the run's own ledger writes them.
"""

import time
from typing import Final

import numpy as np

from mm.api import (
    DECISION,
    MARK,
    ORDER,
    Account,
    Decisions,
    ExecutionReport,
    Rows,
    RowStrategy,
)
from mm.blame import blame
from mm.core.ledger import Ledger
from mm.run.strategy import check_answer

_MOST_ORDERS: Final = 256
"""Of one row, unless ``RowStrategy.orders_per_row`` is more."""

_LONG_S: Final = 5.0
"""Engine time from which on one would like to know where it went."""


class RowAnswers:
    """Asks a strategy for one row after the other; see ``mm.core.venue.asked_loop.Answer``."""

    def __init__(self, strategy: RowStrategy, name: str, ledger: Ledger) -> None:
        """Ask ``strategy``, called ``name`` for the blame; ``ledger`` is for its money alone."""
        self._strategy = strategy
        self._name = name
        self._ledger = ledger
        self._marks = np.zeros(len(ledger.holdings), MARK)
        self._money = self._read_money()
        self._seconds = 0.0
        self._decisions = 0
        self.orders_per_row = max(_MOST_ORDERS, strategy.orders_per_row)

    def rows_of(self, rows: "np.dtype[np.void]") -> "np.dtype[np.void]":
        """What the strategy decides on, of a transformer whose rows these are."""
        with blame(self._name):
            return self._strategy.observe(np.zeros(0, rows)).dtype

    def __call__(
        self, row: Rows, positions: list[int], working: Rows, next_client_id: int, news: Rows
    ) -> Decisions:
        """Answer a row, shape (1,)."""
        ts = int(row["ts"][0])
        if len(news):
            self._book(news, ts)
        average_price, cost, cash = self._money
        account = Account(
            up_to=ts,
            position=tuple(positions),
            average_price=average_price,
            cost=cost,
            cash=cash,
            working=working,
            next_client_id=next_client_id,
        )
        started = time.perf_counter()
        with blame(self._name, ts):
            decisions = self._strategy.decide(row, account)
            check_answer(decisions, 1, len(positions), self._name)
        self._seconds += time.perf_counter() - started
        self._decisions += 1
        return decisions

    def notes(self, engine_s: float) -> tuple[str, ...]:
        """Say so, where the strategy took most of the engine's time, and that was long."""
        if engine_s < _LONG_S or self._seconds < engine_s / 2:
            return ()
        return (
            f"the strategy took {self._seconds / engine_s:.0%} of the engine's time,"
            f" {self._seconds / self._decisions * 1e6:.0f} µs a decision; written for"
            " compiled=True (see plugins/README.md) it takes a small part of that",
        )

    def _book(self, news: Rows, ts: int) -> None:
        self._ledger.apply(
            ExecutionReport(
                up_to=ts,
                committed=0,
                orders=np.zeros(0, ORDER),
                trace=np.zeros(0, DECISION),
                marks=self._marks,
                reports=news,
            )
        )
        self._money = self._read_money()

    def _read_money(self) -> tuple[tuple[float, ...], tuple[float, ...], float]:
        holdings = self._ledger.holdings
        return (
            tuple(holding.average_price for holding in holdings),
            tuple(holding.scale * holding.basis for holding in holdings),
            self._ledger.cash,
        )

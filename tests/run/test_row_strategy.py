"""The strategy for newcomers: one row at a time, exactly once each, with a memory if it likes."""

from decimal import Decimal

import numpy as np
import pytest
import trio
from tests.run.test_failures import Memory, parts, quotes

from mm.api import BUY, SELL, Account, Instrument, OrderPad, RowStrategy
from mm.blame import root_cause
from mm.core.ledger import Ledger
from mm.core.position import MarketBooks
from mm.run.network import run_network
from mm.run.position import Books
from mm.testing import ScriptedConnector, cut_stream, schedule
from mm_fees import Share


class JoinTouch(RowStrategy):
    """Quotes one lot at the touch, and remembers what it saw."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def on_row(self, row: np.void, account: Account, orders: OrderPad) -> None:
        self.seen.append(int(row["ts"]))
        orders.quote(BUY, int(row["bid"]), 1)
        orders.quote(SELL, int(row["bid"]) + 2, 1)


def test_each_row_is_asked_once_under_every_schedule_and_cut() -> None:
    for seed, rows in enumerate((1, 7, None)):
        strategy = JoinTouch()
        instrument = Instrument(symbol="TEST", tick_size=Decimal(1), lot_size=Decimal(1))
        ledger = Ledger(
            [MarketBooks(instruments=(instrument,), fees=Share(0.0, 0.0))], sample_us=1000
        )
        whole = parts(
            ScriptedConnector(cut_stream(quotes(60), rows)),
            strategy=strategy,
            books=Books(ledger),
            sinks={"memory": Memory()},
        )
        with schedule(seed):
            trio.run(run_network, whole, trio.CancelScope())
        assert strategy.seen == [10 * n + 10 for n in range(60)]
        assert whole.sinks["memory"].rows["orders"] == 2  # type: ignore[attr-defined]


class Slips(RowStrategy):
    """Has a name misspelt behind a helper."""

    def on_row(self, row: np.void, account: Account, orders: OrderPad) -> None:
        orders.quote(BUY, int(row["bid"]), 1)
        if row["ts"] >= 30:
            helper(row)


def helper(row: np.void) -> float:
    """Use what is not there."""
    return float(row["sigma"])


def test_a_slip_is_told_with_line_data_time_and_what_was_given() -> None:
    strategy = Slips()
    whole = parts(ScriptedConnector(cut_stream(quotes(60), None)), strategy=strategy, sinks={})
    with pytest.raises(BaseExceptionGroup) as caught:
        trio.run(run_network, whole, trio.CancelScope())
    told = str(root_cause(caught.value))
    assert " raised ValueError at data time 30 µs: no field of name sigma (" in told
    line = helper.__code__.co_firstlineno + 2
    assert f"test_row_strategy.py:{line}, in helper); bid " in told
    assert told.endswith(", position 0, 1 orders open")

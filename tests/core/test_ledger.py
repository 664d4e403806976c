"""Position and P&L, against BitMEX's examples and the formulas' own identities."""

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm.api import (
    DECISION,
    FILLED,
    MARK,
    ORDER,
    QUEUE_REACHED,
    REPORT,
    TAKER,
    ContractType,
    ExecutionReport,
    Instrument,
)
from mm.core.ledger import Holding, Ledger


def holding(contract_type: ContractType, multiplier: float = 1.0) -> Holding:
    return Holding(
        instrument=Instrument(
            symbol="X",
            tick_size=Decimal("0.5"),
            lot_size=Decimal(1),
            contract_type=contract_type,
            multiplier=multiplier,
        )
    )


@pytest.mark.parametrize(
    ("contracts", "entry", "exit_", "xbt"),
    [
        (15_000, 750, 800, 1.25),  # BitMEX, perpetual contract examples
        (100_000, 10_000, 10_500, 0.47619047619),
        (500, 1000, 1500, 0.16666666667),  # their page prints .17
        (1000, 1000, 1250, 0.2),
        (-1000, 1250, 1000, 0.2),
    ],
)
def test_inverse_profit_matches_the_published_examples(
    contracts: int, entry: float, exit_: float, xbt: float
) -> None:
    position = holding("Inverse")
    assert position.trade(contracts, entry) == 0.0
    assert position.unrealized(exit_) == pytest.approx(xbt, rel=1e-10)
    assert position.trade(-contracts, exit_) == pytest.approx(xbt, rel=1e-10)
    assert position.lots == 0
    assert position.basis == 0.0


def test_inverse_entry_price_is_the_harmonic_mean() -> None:
    """BitMEX: 100 @ 29 800 and 200 @ 30 000 average 29 933.07; exactly, 29 933.0357…"""
    position = holding("Inverse")
    position.trade(100, 29_800)
    position.trade(200, 30_000)
    assert position.average_price == pytest.approx(300 / (100 / 29_800 + 200 / 30_000), rel=1e-15)
    assert position.average_price == pytest.approx(29_933.07, rel=3e-6)


def test_linear_profit_uses_the_multiplier() -> None:
    """BitMEX XBTUSDT: 200 000 000 contracts of 0.000001 XBT, 5000 -> 6000, earn 200 000 USDT."""
    position = holding("Linear", 1e-6)
    position.trade(200_000_000, 5000)
    assert position.trade(-200_000_000, 6000) == pytest.approx(200_000, rel=1e-12)


FILLS = st.lists(
    st.tuples(st.integers(-50, 50).filter(bool), st.integers(900, 1100)), min_size=1, max_size=30
)
TYPES = st.sampled_from(["Linear", "Inverse"])


@given(TYPES, FILLS, st.data())
def test_how_a_fill_is_split_makes_no_difference(
    kind: ContractType, fills: list[tuple[int, int]], data: st.DataObject
) -> None:
    whole, split = holding(kind), holding(kind)
    realized = [0.0, 0.0]
    for lots, price in fills:
        realized[0] += whole.trade(lots, price)
        first = data.draw(st.integers(0, abs(lots))) * (1 if lots > 0 else -1)
        for part in (first, lots - first):
            if part:
                realized[1] += split.trade(part, price)
    assert whole.lots == split.lots
    assert realized[0] == pytest.approx(realized[1], rel=1e-9, abs=1e-12)
    assert whole.basis == pytest.approx(split.basis, rel=1e-9, abs=1e-12)


@given(TYPES, FILLS, st.integers(900, 1100))
def test_realised_and_unrealised_profit_add_up_to_the_cash_flows(
    kind: ContractType, fills: list[tuple[int, int]], mid: int
) -> None:
    position = holding(kind)
    realized = sum(position.trade(lots, price) for lots, price in fills)
    sign = -1 if kind == "Inverse" else 1
    flows = sum(lots * (position.value_of(mid) - position.value_of(p)) for lots, p in fills)
    assert realized + position.unrealized(mid) == pytest.approx(sign * flows, rel=1e-9, abs=1e-9)


def report(
    fills: list[tuple[int, int, int, int, int]], marks: list[tuple[int, int, int]]
) -> ExecutionReport:
    """Fills (ts, side, price, size, rule) and decision marks (ts, bid, ask)."""
    rows = np.zeros(len(fills), REPORT)
    for row, (ts, side, price, size, rule) in zip(rows, fills, strict=True):
        row["ts_known"], row["side"], row["price"], row["size"] = ts, side, price, size
        row["kind"], row["rule"] = FILLED, rule
    touches = np.zeros(len(marks) + 1, MARK)
    for mark, (ts, bid, ask) in zip(touches, [*marks, marks[-1]], strict=True):
        mark["ts"], mark["bid"], mark["ask"] = ts, bid, ask
    return ExecutionReport(
        up_to=marks[-1][0],
        committed=len(marks),
        orders=np.zeros(0, ORDER),
        trace=np.zeros(len(marks), DECISION),
        marks=touches,
        reports=rows,
    )


def ledger(maker: float = 0.0, taker: float = 0.0) -> Ledger:
    instrument = Instrument(symbol="X", tick_size=Decimal(1), lot_size=Decimal(1))
    return Ledger((instrument,), maker_fee=maker, taker_fee=taker, sample_us=100)


def test_a_negative_maker_fee_is_a_rebate_and_a_taker_pays() -> None:
    books = ledger(maker=-0.01, taker=0.05)
    books.apply(report([(1, 1, 100, 2, QUEUE_REACHED), (2, -1, 100, 1, TAKER)], [(3, 99, 101)]))
    assert books.totals.rebates == pytest.approx(2.0)
    assert books.totals.fees_paid == pytest.approx(5.0)
    assert books.cash == pytest.approx(-3.0)


def test_drawdown_is_measured_at_the_decisions_between_two_fills() -> None:
    """Buy 1 at 100; the mid goes 100, 110, 95, 120: the fall from +10 to -5 is 15."""
    books = ledger()
    marks = [(10, 99, 101), (20, 109, 111), (30, 94, 96), (40, 119, 121)]
    books.apply(report([(1, 1, 100, 1, QUEUE_REACHED)], marks))
    assert books.totals.max_drawdown == pytest.approx(15.0)
    books.close()
    assert books.equity == pytest.approx(20.0)


@given(FILLS, st.integers(0, 30))
def test_cutting_the_reports_elsewhere_gives_the_same_rows(
    fills: list[tuple[int, int]], cut: int
) -> None:
    events = [
        (10 * n, 1 if lots > 0 else -1, price, abs(lots), QUEUE_REACHED)
        for n, (lots, price) in enumerate(fills)
    ]
    marks = [(10 * n + 5, 990 + n, 1000 + n) for n in range(len(fills))]
    whole, parts = ledger(0.01), ledger(0.01)
    expected = whole.apply(report(events, marks)).positions
    pieces = [
        parts.apply(report(events[a:b], marks[a:b])).positions
        for a, b in ((0, cut), (cut, len(fills)))
        if events[a:b]
    ]
    assert repr(np.concatenate(pieces).tolist()) == repr(expected.tolist())
    assert whole.totals == parts.totals


def test_a_flat_ledger_has_no_average_price() -> None:
    assert math.isnan(ledger().holdings[0].average_price)

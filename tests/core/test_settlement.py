"""What is left of a position when its contract is settled: money at that price, and no fee."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm.api import (
    DECISION,
    FILLED,
    MARK,
    MICRO_TICKS,
    ORDER,
    QUEUE_REACHED,
    REPORT,
    SETTLED,
    ContractType,
    ExecutionReport,
    Instrument,
)
from mm.core.ledger import Ledger
from mm.core.position import MarketBooks


class NoFee:
    """Costs nothing."""

    def fee(self, *, maker: bool, value: float, contracts: float, traded: float) -> float:
        return 0.0


def booked(kind: ContractType, side: int, size: int, at: int, settled: float) -> Ledger:
    """Buy or sell ``size`` at ``at`` ticks of 0.5; then the contract is settled [ticks]."""
    instrument = Instrument(
        symbol="X", tick_size=Decimal("0.5"), lot_size=Decimal(1), contract_type=kind
    )
    books = MarketBooks(instruments=(instrument,), fees=NoFee())
    ledger = Ledger([books], sample_us=10**9)
    reports = np.zeros(2, REPORT)
    reports["ts_known"], reports["kind"] = (1, 2), (FILLED, SETTLED)
    reports["rule"] = QUEUE_REACHED
    reports["side"], reports["price"], reports["size"] = (side, 0), (at, 0), (size, 0)
    reports["price"][1] = round(settled * MICRO_TICKS)
    ledger.apply(
        ExecutionReport(
            up_to=3,
            committed=0,
            orders=np.zeros(0, ORDER),
            trace=np.zeros(0, DECISION),
            marks=np.zeros(1, MARK),
            reports=reports,
        )
    )
    ledger.close()
    return ledger


def test_a_linear_contract_closes_at_the_settlement_price() -> None:
    """10 bought at 50, settled at 50.625, a price between ticks: 10 * 0.625."""
    ledger = booked("Linear", 1, 10, 100, 101.25)
    assert ledger.holdings[0].lots == 0
    assert ledger.totals.realized == pytest.approx(6.25, rel=1e-12)
    assert ledger.equity == ledger.cash == ledger.totals.realized
    assert (ledger.fees, ledger.totals.fills) == (0.0, 1)


def test_an_inverse_contract_does_so_by_the_inverse_of_the_price() -> None:
    """10 sold at 50, settled at 40: 10 * (1/40 - 1/50)."""
    assert booked("Inverse", -1, 10, 100, 80).equity == pytest.approx(0.05, rel=1e-12)


@given(
    st.sampled_from(["Linear", "Inverse"]),
    st.sampled_from([1, -1]),
    st.integers(1, 10**6),
    st.integers(1, 10**6),
    st.integers(1, 10**9),
)
def test_all_that_is_earned_is_revaluation_of_inventory(
    kind: ContractType, side: int, size: int, at: int, settled: int
) -> None:
    ledger = booked(kind, side, size, at, settled / 1000)
    earned = ledger.totals.spread_capture + ledger.totals.revaluation
    assert earned == pytest.approx(ledger.totals.realized, rel=1e-9, abs=1e-9)

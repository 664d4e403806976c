"""Avellaneda quotes around the fair price where its rows have one; the mid stays the mid."""

from decimal import Decimal

import numpy as np
import pytest

from mm.api import DECISION, WORKING, Account, Context, Instrument, Rows
from mm_avellaneda.config import AvellanedaConfig
from mm_avellaneda.state import FEATURES
from mm_avellaneda.strategy import AvellanedaStrategy

FAIR = np.dtype([(name, FEATURES[name]) for name in FEATURES.names or ()] + [("fair", "f8")])


def trace_of(rows: Rows) -> Rows:
    one = Instrument(symbol="XBTUSD", tick_size=Decimal("0.1"), lot_size=Decimal(10))
    config = AvellanedaConfig(quote_size=100, max_position=300, gamma=0.1, delta=0.2, xi=0.1)
    strategy = AvellanedaStrategy(config, Context(instruments=(one,), seed=0))
    account = Account(
        up_to=0, position=(10,), average_price=(64_000.0,), cost=(0.0,), cash=0.0,
        working=np.zeros(0, WORKING), next_client_id=1,
    )  # fmt: skip
    return strategy.decide(strategy.observe(rows), account).trace


def row(dtype: "np.dtype[np.void]") -> Rows:
    one = np.zeros(1, dtype)
    for name, value in {
        "ts": 1, "bid": 640_000, "ask": 640_001, "bid_size": 5, "ask_size": 5,
        "mid": 64_000.05, "sigma": 4.75, "A": 0.082, "k": 0.192,
    }.items():  # fmt: skip
        one[name] = value
    return one


@pytest.mark.parametrize("lean", [-2.0, -0.25, 0.0, 0.5, 8.0])
def test_reservation_and_raw_quotes_move_by_the_lean_and_the_mid_does_not(lean: float) -> None:
    plain, leaning = row(FEATURES), row(FAIR)
    leaning["fair"] = leaning["mid"] + lean
    before, after = trace_of(plain)[0], trace_of(leaning)[0]
    assert after["mid"] == before["mid"]
    for name in ("reservation", "raw_bid", "raw_ask"):
        assert after[name] - before[name] == pytest.approx(lean, abs=1e-10)


def test_a_fair_price_at_the_mid_changes_nothing() -> None:
    leaning = row(FAIR)
    leaning["fair"] = leaning["mid"]
    plain, after = trace_of(row(FEATURES)), trace_of(leaning)
    assert [plain[name][0] for name in DECISION.names or ()] == [
        after[name][0] for name in DECISION.names or ()
    ]

"""Models that are a line in inventory: the paper's numbers, its time, and orders placed by them."""

import math
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.plugins.avellaneda_market import MID, PAPER_MARKET, S, decide, quoted, rows, ticks
from tests.plugins.gueant import gueant_offsets

from mm.api import BUY, NO_MODEL, SELL, ConfigError
from mm_avellaneda.config import AvellanedaConfig
from mm_avellaneda.linear import session_terms
from mm_avellaneda.model import offsets

PAPER = AvellanedaConfig(
    model="avellaneda_stoikov",
    quote_size=1,
    max_position=20,
    gamma=0.1,
    delta=1.0,
    xi=0.0,
    horizon=1.0,
)
SYMMETRIC = attrs.evolve(PAPER, model="symmetric")

# By hand from (29) and (30) at t = 0, gamma 0.1, and by the paper's average spreads.
AT_START = {0: (0.8454, 0.8454), 1: (1.2454, 0.4454), 5: (2.8454, -1.1546)}


@pytest.mark.parametrize("q", AT_START)
def test_a_session_starts_with_the_papers_quotes(q: int) -> None:
    decisions = decide(PAPER, rows(7 * S), q)
    trace = decisions.trace[0]
    bid, ask = AT_START[q]
    assert MID - trace["raw_bid"] == pytest.approx(bid, abs=5e-5)
    assert trace["raw_ask"] - MID == pytest.approx(ask, abs=5e-5)
    assert trace["reservation"] == pytest.approx(MID - q * 0.1 * 4.0, abs=1e-9)
    assert quoted(decisions) == {BUY: ticks(bid, BUY), SELL: ticks(ask, SELL)}


@pytest.mark.parametrize(("gamma", "spread"), [(0.1, 1.49), (0.01, 1.35), (1.0, 3.02)])
@pytest.mark.parametrize("q", [0, 3, -7])
def test_the_symmetric_quotes_are_the_papers_average_spread_around_the_mid(
    gamma: float, spread: float, q: int
) -> None:
    trace = decide(attrs.evolve(SYMMETRIC, gamma=gamma), rows(S // 4), q).trace[0]
    assert trace["raw_ask"] - trace["raw_bid"] == pytest.approx(spread, abs=0.005)
    assert trace["reservation"] == pytest.approx(MID, abs=1e-9)


def test_the_symmetric_spread_is_the_mean_of_the_other_over_a_session() -> None:
    middles = rows(*range(2500, S, 5000))
    trace = decide(PAPER, middles).trace
    mean = np.mean(trace["raw_ask"] - trace["raw_bid"])
    one = decide(SYMMETRIC, middles).trace
    assert one["raw_ask"] - one["raw_bid"] == pytest.approx(np.full(200, mean), rel=1e-9)


def test_time_left_falls_to_nothing_and_starts_again_with_the_next_session() -> None:
    trace = decide(PAPER, rows(3 * S, 3 * S + 1, 4 * S - 1, 4 * S), 1).trace
    left = (MID - trace["reservation"]) / (0.1 * 4.0)
    assert left == pytest.approx([1.0, 1.0 - 1e-6, 1e-6, 1.0], abs=1e-12)


def test_a_session_of_a_day_is_the_utc_day() -> None:
    config = attrs.evolve(PAPER, horizon=86_400.0, gamma=1e-6)
    noon = 1_722_513_600 * S  # 2024-08-01 12:00:00 UTC
    trace = decide(config, rows(noon), 1).trace[0]
    assert (MID - trace["reservation"]) / (1e-6 * 4.0) == pytest.approx(43_200, rel=1e-6)


@given(delta=st.floats(0.01, 100.0), q=st.floats(-5.0, 5.0))
def test_an_order_of_several_units_is_that_many_papers_in_one(delta: float, q: float) -> None:
    """Measured in orders: prices by the order are delta times those by the unit."""
    bid, ask = offsets(q * delta, delta, *session_terms(2.0, 1.5, 0.1, delta, 0.5))
    by_order = session_terms(2.0 * delta, 1.5 / delta, 0.1, 1.0, 0.5)
    assert (bid * delta, ask * delta) == pytest.approx(offsets(q, 1.0, *by_order), rel=1e-9)


@pytest.mark.parametrize("q", [-10, 0, 7])
def test_glft_closed_is_gueants_model_a(q: int) -> None:
    config = attrs.evolve(PAPER, model="glft_closed", xi=0.7, delta=0.5)
    bid, ask = gueant_offsets(q * 0.5, **PAPER_MARKET, gamma=0.1, delta=0.5, xi=0.1)
    assert quoted(decide(config, rows(S), q)) == {BUY: ticks(bid, BUY), SELL: ticks(ask, SELL)}


def test_closed_forms_take_no_notice_of_a_horizon() -> None:
    config = attrs.evolve(PAPER, model="gueant_closed")
    without = attrs.evolve(config, horizon=None)
    assert quoted(decide(config, rows(S), 3)) == quoted(decide(without, rows(S), 3))


@pytest.mark.parametrize("model", ["avellaneda_stoikov", "symmetric"])
@pytest.mark.parametrize(
    "market", [{"sigma": math.nan}, {"k": math.nan}, {"k": -1.0}, {"sigma": 1e308}]
)
def test_what_the_model_cannot_price_is_not_quoted(model: str, market: Any) -> None:
    decisions = decide(attrs.evolve(PAPER, model=model), rows(S, **market), 1)
    assert len(decisions.orders) == 0
    assert decisions.trace["bid_clamp"] == decisions.trace["ask_clamp"] == NO_MODEL


def test_a_model_of_the_papers_session_does_not_need_a() -> None:
    assert len(decide(PAPER, rows(S, A=math.nan)).orders) == 2


def test_the_symmetric_model_asks_for_a_horizon() -> None:
    with pytest.raises(ConfigError, match=r"^horizon is empty, but model"):
        attrs.evolve(SYMMETRIC, horizon=None)


def test_a_horizon_finer_than_the_clock_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"avellaneda\.horizon is 1\.0000005 s, finer than"):
        decide(attrs.evolve(PAPER, horizon=1.0000005), rows(S))

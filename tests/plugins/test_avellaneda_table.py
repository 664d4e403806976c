"""Models that are solved and looked up: what a table holds, when it is made, what is between."""

import math
from itertools import pairwise
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plugins.avellaneda_market import (
    MID,
    PAPER_MARKET,
    S,
    decide,
    quoted,
    rows,
    strategy,
    ticks,
)

from mm.api import (
    BUY,
    MAX_POSITION,
    NO_CLAMP,
    NO_MODEL,
    SELL,
    ConfigError,
    Floats,
    Lots,
    QuoteInputs,
)
from mm_avellaneda.config import AvellanedaConfig
from mm_avellaneda.models import MODELS
from mm_avellaneda.strategy import _with_tables
from mm_avellaneda.table import TOLERANCE, Tabulated, between

CONFIG = AvellanedaConfig(
    model="avellaneda_stoikov", quote_size=10, max_position=50, gamma=0.1, delta=1.0, xi=0.0
)
INPUTS = QuoteInputs(sigma=math.nan, A=math.nan, k=math.nan, gamma=0.1, max_inventory=5)
KNOWN = QuoteInputs(sigma=2.0, A=140.0, k=1.5, gamma=0.1, max_inventory=5)  # PAPER_MARKET


@attrs.define
class Invented:
    """A model to count by: offsets that fall and rise with inventory, sigma and time left."""

    solved: list[tuple[float, float | None]] = attrs.field(factory=list)

    def __call__(self, inputs: QuoteInputs, q: Lots, tau: Floats | None) -> tuple[Floats, Floats]:
        if inputs.sigma > 100.0:
            raise ConfigError("sigma is beyond this model")
        times = np.array([math.inf]) if tau is None else tau
        self.solved.append((inputs.sigma, None if tau is None else float(times[0])))
        way = 1.0 - np.exp(-times)[:, None]
        bid = inputs.sigma * way * (1.0 + 0.1 * q + 0.01 * np.sign(q) * q * q)
        ask = bid[:, ::-1].copy()
        bid[:, q >= inputs.max_inventory] = np.nan
        ask[:, q <= -inputs.max_inventory] = np.nan
        return bid, ask


def priced(model: Any, seen: np.ndarray[Any, Any], horizon_us: int = 0) -> np.ndarray[Any, Any]:
    """Rows with their tables, by a model that has solved nothing yet."""
    return price(Tabulated(model, INPUTS, horizon_us, 3), seen)


def price(tables: Tabulated, seen: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    out = np.zeros(len(seen), _with_tables(11))
    for name in ("ts", "instrument", "sigma", "A", "k"):
        out[name] = seen[name]
    tables.price(out)
    return out


@pytest.mark.parametrize("q", range(-5, 6))
def test_a_table_holds_what_the_model_says_at_whole_orders(q: int) -> None:
    bid, ask = MODELS["avellaneda_stoikov"].quotes(KNOWN, np.array([q]), None)
    expected = {side: ticks(one[0, 0], side) for side, one in ((BUY, bid), (SELL, ask))}
    if abs(q) == 5:
        del expected[BUY if q > 0 else SELL]
    assert quoted(decide(CONFIG, rows(S), 10 * q)) == expected


@given(lots=st.floats(-5.0, 5.0), table=st.lists(st.floats(-9, 9), min_size=11, max_size=11))
def test_between_two_entries_goes_a_straight_line(lots: float, table: list[float]) -> None:
    expected = np.interp(lots, np.arange(-5.0, 6.0), table)
    assert between(np.array(table), lots) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("side", [BUY, SELL])
def test_a_part_of_the_last_order_is_quoted_where_the_line_leads(side: int) -> None:
    decisions = decide(CONFIG, rows(S), 47 * side)
    held = side * np.array([3, 4])
    bids, asks = MODELS["avellaneda_stoikov"].quotes(KNOWN, held, None)
    at_3, at_4 = bids[0] if side == BUY else asks[0]
    raw = decisions.trace["raw_bid" if side == BUY else "raw_ask"][0]
    assert side * (MID - raw) == pytest.approx(at_4 + 0.7 * (at_4 - at_3))
    assert decisions.orders["size"][decisions.orders["side"] == side] == 3


@pytest.mark.parametrize("side", [BUY, SELL])
def test_at_the_limit_the_trace_says_why_a_side_is_not_quoted(side: int) -> None:
    decisions = decide(CONFIG, rows(S), 50 * side)
    trace = decisions.trace[0]
    clamps = {BUY: trace["bid_clamp"], SELL: trace["ask_clamp"]}
    assert clamps == {side: MAX_POSITION, -side: NO_CLAMP}
    assert list(quoted(decisions)) == [-side]
    assert math.isfinite(trace["reservation"])


def test_what_the_limit_holds_beyond_whole_orders_is_not_used() -> None:
    config = attrs.evolve(CONFIG, max_position=59)
    assert decide(config, rows(S), 50).trace["bid_clamp"] == MAX_POSITION


def test_a_table_is_kept_until_an_input_has_moved_by_the_tolerance() -> None:
    for name in ("sigma", "A", "k"):
        model, before = Invented(), PAPER_MARKET[name]
        seen = rows(S, 2 * S, 3 * S, 4 * S, 5 * S)
        step = 1.0 + TOLERANCE
        seen[name] = np.array([1.0, step - 1e-6, step + 1e-6, step * step, 0.99]) * before
        out = priced(model, seen)
        assert len(model.solved) == 3, name
        assert (out["bids"][0] == out["bids"][1]).all()
        assert (out["bids"][2] == out["bids"][3]).all()


def test_a_table_outlives_the_batch_and_not_the_knowledge_of_its_inputs() -> None:
    model = Invented()
    tables = Tabulated(model, INPUTS, 0, 1)
    for sigma in (2.0, 2.001, math.nan, 2.001):
        price(tables, rows(S, sigma=sigma))
    assert [sigma for sigma, _ in model.solved] == [2.0, 2.001]


def test_instruments_that_see_the_same_share_what_is_solved() -> None:
    model = Invented()
    seen = np.concatenate([rows(S, instrument=i, sigma=2.0 + (i == 2)) for i in range(3)])
    out = priced(model, seen)
    assert [sigma for sigma, _ in model.solved] == [2.0, 3.0]
    assert (out["bids"][0] == out["bids"][1]).all()
    assert out["bids"][2] == pytest.approx(1.5 * out["bids"][1], rel=1e-15)


def test_inputs_that_the_model_refuses_withdraw_the_quotes() -> None:
    out = priced(Invented(), rows(S, 2 * S, sigma=101.0))
    assert np.isnan(out["bids"]).all()
    assert np.isnan(out["asks"]).all()


@pytest.mark.parametrize("market", [{"sigma": math.nan}, {"A": math.nan}, {"k": -1.0}])
def test_without_its_inputs_a_tabulated_model_quotes_nothing(market: Any) -> None:
    decisions = decide(CONFIG, rows(S, **market))
    assert len(decisions.orders) == 0
    assert decisions.trace["bid_clamp"] == decisions.trace["ask_clamp"] == NO_MODEL


@given(left=st.floats(1e-6, 10.0))
def test_between_solved_times_the_error_is_as_small_as_promised(left: float) -> None:
    left_us = max(1, round(left * S))
    out = priced(Invented(), rows(20 * S - left_us), 10 * S)
    exact, _ = Invented()(KNOWN, np.arange(-5, 6), np.array([left_us / S]))
    # 3.2e-5 of the way from the end to the stationary quotes, at every inventory.
    way = np.abs(exact[0] / (1.0 - math.exp(-left_us / S)))
    assert (np.abs(out["bids"][0] - exact[0])[:-1] <= 3.3e-5 * way[:-1]).all()


def test_the_start_of_a_session_is_solved_as_it_stands_and_used_again_in_the_next() -> None:
    model = Invented()
    out = priced(model, rows(10 * S, 15 * S, 20 * S, 25 * S), 10 * S)
    assert out["bids"][0].tolist() == out["bids"][2].tolist()
    assert out["bids"][1].tolist() == out["bids"][3].tolist()
    taus = [tau for _, tau in model.solved]
    assert taus[0] == 10.0
    assert len(set(taus)) == len(taus) == 4


@settings(max_examples=50, deadline=None)
@given(
    moves=st.lists(st.floats(0.98, 1.02), min_size=20, max_size=20),
    gap=st.integers(0, 19),
    cuts=st.lists(st.integers(0, 20), max_size=5),
    horizon=st.sampled_from([0, 7 * S]),
)
def test_rows_observed_in_pieces_carry_the_same_tables(
    moves: list[float], gap: int, cuts: list[int], horizon: int
) -> None:
    seen = rows(*range(0, 20 * S, S))
    seen["sigma"] = 2.0 * np.cumprod(moves)
    seen["sigma"][gap] = math.nan
    seen["instrument"] = np.arange(20) % 3
    tables = Tabulated(Invented(), INPUTS, horizon, 3)
    edges = [0, *sorted(cuts), 20]
    pieces = [price(tables, seen[a:b]) for a, b in pairwise(edges)]
    whole = priced(Invented(), seen, horizon)
    assert np.concatenate(pieces).tobytes() == whole.tobytes()


def test_rows_carry_their_tables_so_deciding_remembers_nothing() -> None:
    one = strategy(CONFIG)
    early = one.observe(rows(S, 2 * S))
    one.observe(rows(3 * S, k=9.0))
    again = strategy(CONFIG).observe(rows(S, 2 * S))
    assert early.tobytes() == again.tobytes()

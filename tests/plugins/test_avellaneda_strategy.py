"""The strategy: what it quotes, what it sends, and that blocks are the same as one by one."""

import math
from decimal import Decimal
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plugins.gueant import gueant_offsets

from mm.api import (
    BELOW_ZERO,
    BUY,
    CANCEL,
    GTC,
    LIMIT,
    MAX_POSITION,
    NEW,
    NO_CLAMP,
    NO_MODEL,
    ONE_SIDED,
    PASSIVE,
    REPLACE,
    SELL,
    WORKING,
    Account,
    ConfigError,
    Context,
    Decisions,
    Instrument,
)
from mm_avellaneda.config import AvellanedaConfig
from mm_avellaneda.quoting import outward
from mm_avellaneda.state import FEATURES
from mm_avellaneda.strategy import AvellanedaStrategy

CONFIG = AvellanedaConfig(quote_size=100, max_position=300, gamma=0.1, delta=0.2, xi=0.1)
MODEL = {"sigma": 4.75, "A": 0.082, "k": 0.192}
NAN = math.nan


def strategy(
    config: AvellanedaConfig = CONFIG, tick: str = "0.1", lot: str = "10"
) -> AvellanedaStrategy:
    one = Instrument(symbol="XBTUSD", tick_size=Decimal(tick), lot_size=Decimal(lot))
    return AvellanedaStrategy(config, Context(instruments=(one,), seed=0))


def features(*rows: dict[str, Any], tick: float = 0.1) -> np.ndarray[Any, Any]:
    """Rows a second apart, by default with a touch of 640 000 at 640 001 and a real model."""
    out = np.zeros(len(rows), FEATURES)
    for i, given_values in enumerate(rows):
        row = {
            "bid": 640_000,
            "ask": 640_001,
            "bid_size": 5,
            "ask_size": 5,
            **MODEL,
            **given_values,
        }
        two_sided = row["bid_size"] > 0 and row["ask_size"] > 0
        row["mid"] = (row["bid"] + row["ask"]) * tick / 2 if two_sided else NAN
        for name, value in row.items():
            out[i][name] = value
        out[i]["ts"] = 1_000_000 * (i + 1)
    return out


def working(*orders: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Orders as (client_id, side, price, size, filled, cancelling)."""
    out = np.zeros(len(orders), WORKING)
    for i, (client_id, side, price, size, filled, cancelling) in enumerate(orders):
        out[i] = (client_id, price, size, filled, 0, side, cancelling)
    return out


def account(position: int = 0, orders: Any = None, next_id: int = 1) -> Account:
    return Account(
        up_to=0,
        position=(position,),
        average_price=(NAN,),
        cost=(0.0,),
        cash=0.0,
        working=working() if orders is None else orders,
        next_client_id=next_id,
    )


def decide(*rows: dict[str, Any], config: AvellanedaConfig = CONFIG, **kwargs: Any) -> Decisions:
    one = strategy(config)
    return one.decide(one.observe(features(*rows)), account(**kwargs))


def commands(decisions: Decisions) -> list[tuple[int, ...]]:
    names = ["action", "client_id", "side", "price", "size"]
    return [tuple(int(order[name]) for name in names) for order in decisions.orders]


BID, ASK = 639_918, 640_083  # 8.16 either side of 64 000.05, rounded outward


def test_a_flat_start_quotes_both_sides_at_gueants_distance() -> None:
    decisions = decide({})
    assert commands(decisions) == [(NEW, 1, BUY, BID, 10), (NEW, 2, SELL, ASK, 10)]
    for order in decisions.orders:
        assert (order["ts"], order["type"], order["tif"]) == (1_000_000, LIMIT, GTC)
        assert order["post_only"] == 1


def test_the_trace_tells_what_was_seen_and_wanted() -> None:
    trace = decide({}, position=10).trace[0]
    bid, ask = gueant_offsets(0.2, **MODEL, gamma=0.1, delta=0.2, xi=0.1)
    assert trace["mid"] == 64_000.05
    assert trace["raw_bid"] == 64_000.05 - bid
    assert trace["raw_ask"] == 64_000.05 + ask
    assert trace["reservation"] == pytest.approx(64_000.05 + (ask - bid) / 2, rel=1e-15)
    assert (trace["bid"], trace["ask"], trace["position"]) == (640_000, 640_001, 10)
    assert trace["quote_bid"] == math.floor(trace["raw_bid"] * 10)
    assert trace["quote_ask"] == math.ceil(trace["raw_ask"] * 10)
    assert trace["bid_clamp"] == trace["ask_clamp"] == NO_CLAMP


def test_quote_size_contracts_count_as_delta_model_units() -> None:
    trace = decide({}, position=-15).trace[0]
    bid, _ = gueant_offsets(-0.3, **MODEL, gamma=0.1, delta=0.2, xi=0.1)
    assert trace["raw_bid"] == pytest.approx(64_000.05 - bid, rel=1e-15)


def test_a_long_position_lowers_both_quotes() -> None:
    flat, long = decide({}).trace[0], decide({}, position=10).trace[0]
    assert long["raw_bid"] < flat["raw_bid"]
    assert long["raw_ask"] < flat["raw_ask"]
    assert long["reservation"] < long["mid"]


def test_a_quote_that_would_cross_joins_the_touch_instead() -> None:
    trace = decide({}, position=20).trace[0]
    assert trace["raw_ask"] < 64_000.0
    assert (trace["quote_ask"], trace["ask_clamp"]) == (640_001, PASSIVE)
    trace = decide({}, position=-20).trace[0]
    assert (trace["quote_bid"], trace["bid_clamp"]) == (640_000, PASSIVE)


def test_a_quote_inside_the_spread_is_left_where_the_model_puts_it() -> None:
    trace = decide({"bid": 639_000, "ask": 641_000}).trace[0]
    assert 639_000 < trace["quote_bid"] < trace["quote_ask"] < 641_000
    assert trace["bid_clamp"] == trace["ask_clamp"] == NO_CLAMP


@pytest.mark.parametrize("missing", [{"k": NAN}, {"A": NAN}, {"sigma": NAN}, {"k": -1.0}])
def test_without_a_model_quotes_are_withdrawn(missing: dict[str, float]) -> None:
    orders = working((4, BUY, BID, 10, 0, 0), (5, SELL, ASK, 10, 0, 0))
    decisions = decide(missing, orders=orders, next_id=6)
    assert [order[:2] for order in commands(decisions)] == [(CANCEL, 4), (CANCEL, 5)]
    trace = decisions.trace[0]
    assert trace["bid_clamp"] == trace["ask_clamp"] == NO_MODEL
    assert trace["quote_bid"] == trace["quote_ask"] == 0


def test_without_one_side_of_the_touch_quotes_are_withdrawn() -> None:
    decisions = decide({"ask_size": 0}, orders=working((4, BUY, BID, 10, 0, 0)), next_id=5)
    assert [order[:2] for order in commands(decisions)] == [(CANCEL, 4)]
    trace = decisions.trace[0]
    assert trace["bid_clamp"] == trace["ask_clamp"] == ONE_SIDED
    assert (trace["bid"], trace["ask"]) == (640_000, 0)


def test_a_bid_below_zero_is_not_quoted() -> None:
    trace = decide({"bid": 30, "ask": 31}).trace[0]
    assert (trace["quote_bid"], trace["bid_clamp"]) == (0, BELOW_ZERO)
    assert trace["quote_ask"] > 0


def test_near_the_limit_only_what_is_left_is_quoted() -> None:
    orders = commands(decide({}, position=24))
    assert [(side, size) for _, _, side, _, size in orders] == [(BUY, 6), (SELL, 10)]


def test_at_the_limit_what_works_on_that_side_is_cancelled() -> None:
    decisions = decide({}, position=30, orders=working((4, BUY, 1, 10, 9, 0)), next_id=5)
    assert commands(decisions)[0][:3] == (CANCEL, 4, BUY)
    assert decisions.trace[0]["bid_clamp"] == MAX_POSITION
    assert decisions.trace[0]["quote_bid"] == 0


def test_an_order_at_the_right_price_is_left_alone_even_when_partly_filled() -> None:
    orders = working((4, BUY, BID, 10, 7, 0), (5, SELL, ASK, 10, 0, 0))
    assert commands(decide({}, orders=orders, next_id=6)) == []


def test_an_order_at_another_price_is_replaced_with_what_was_filled_counted_in() -> None:
    orders = working((4, BUY, BID - 5, 10, 7, 0), (5, SELL, ASK, 10, 0, 0))
    assert commands(decide({}, orders=orders, next_id=6)) == [(REPLACE, 4, BUY, BID, 17)]


def test_an_order_with_more_left_than_the_limit_allows_is_cut() -> None:
    price = int(decide({}, position=24).trace[0]["quote_bid"])
    orders = working((4, BUY, price, 10, 0, 0), (5, SELL, 1, 1, 0, 1))
    decisions = decide({}, position=24, orders=orders, next_id=6)
    assert commands(decisions) == [(REPLACE, 4, BUY, price, 6)]


def test_nothing_is_sent_on_a_side_whose_cancel_is_not_confirmed() -> None:
    orders = working((4, BUY, BID - 5, 10, 0, 1))
    assert commands(decide({}, orders=orders, next_id=5)) == [(NEW, 5, SELL, ASK, 10)]


def test_a_cancel_is_sent_once_in_a_block() -> None:
    orders = working((4, BUY, BID, 10, 0, 0), (5, SELL, ASK, 10, 0, 0))
    decisions = decide({"k": NAN}, {"k": NAN}, {}, orders=orders, next_id=6)
    assert [order[:2] for order in commands(decisions)] == [(CANCEL, 4), (CANCEL, 5)]


def test_without_post_only_orders_may_take() -> None:
    decisions = decide({}, config=attrs.evolve(CONFIG, post_only=False))
    assert (decisions.orders["post_only"] == 0).all()


def assert_same(left: np.ndarray[Any, Any], right: np.ndarray[Any, Any]) -> None:
    """Equal column by column; the padding between columns means nothing."""
    assert left.dtype == right.dtype
    for name in left.dtype.names:
        np.testing.assert_array_equal(left[name], right[name], err_msg=name)


def sent(before: Account, decisions: Decisions) -> Account:
    """The account once these orders were sent, by the rules of ``mm.api``."""
    rows = {int(row["client_id"]): row.copy() for row in before.working}
    next_id = before.next_client_id
    for order in decisions.orders:
        name = int(order["client_id"])
        if order["action"] == NEW:
            assert name == next_id
            next_id += 1
            rows[name] = np.zeros((), WORKING)
            rows[name]["client_id"] = name
            rows[name]["side"] = order["side"]
        if order["action"] == CANCEL:
            rows[name]["cancelling"] = 1
        else:
            rows[name]["price"] = order["price"]
            rows[name]["size"] = order["size"]
    orders = np.array(list(rows.values()), WORKING)
    return attrs.evolve(before, working=orders, next_client_id=next_id)


values = {
    "bid": st.integers(639_990, 640_010),
    "ask": st.integers(640_011, 640_020),
    "bid_size": st.sampled_from([0, 5, 5, 5, 5, 5]),
    "sigma": st.sampled_from([NAN, 0.0, 4.0, 4.75, 4.75]),
    "k": st.sampled_from([NAN, 0.1, 0.192, 0.192, 2.0]),
}
some_rows = st.lists(st.fixed_dictionaries(values), min_size=1, max_size=12)
some_orders = st.tuples(
    *(
        st.lists(
            st.tuples(
                st.just(name), st.just(side), st.integers(639_900, 640_100),
                st.integers(5, 10), st.integers(0, 4), st.integers(0, 1),
            ),
            max_size=1,
        )
        for name, side in ((1, BUY), (2, SELL))
    )
).map(lambda sides: working(*sides[0], *sides[1]))  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(rows=some_rows, position=st.integers(-35, 35), orders=some_orders)
def test_deciding_rows_together_is_deciding_them_one_by_one(
    rows: list[dict[str, Any]], position: int, orders: Any
) -> None:
    one = strategy()
    seen = one.observe(features(*rows))
    state = account(position, orders, next_id=3)
    together = one.decide(seen, state)
    singles = []
    for i in range(len(rows)):
        singles.append(one.decide(seen[i : i + 1], state))
        singles[-1].orders["decision"] += i
        state = sent(state, singles[-1])
    assert_same(together.orders, np.concatenate([d.orders for d in singles]))
    assert_same(together.trace, np.concatenate([d.trace for d in singles]))


@settings(max_examples=200, deadline=None)
@given(rows=some_rows, position=st.integers(-30, 30))
def test_no_fill_that_we_have_not_heard_of_can_lead_beyond_the_limit(
    rows: list[dict[str, Any]], position: int
) -> None:
    one = strategy()
    after = sent(account(position), one.decide(one.observe(features(*rows)), account(position)))
    for order in after.working:
        assert abs(position + order["side"] * order["size"]) <= 30


@given(rows=some_rows, cut=st.integers(0, 12))
def test_observing_rows_in_pieces_gives_the_same_columns(
    rows: list[dict[str, Any]], cut: int
) -> None:
    one, many = strategy(), features(*rows)
    pieces = [one.observe(many[:cut]), one.observe(many[cut:])]
    assert np.concatenate(pieces).tobytes() == one.observe(many).tobytes()


@settings(deadline=None)
@given(bid=st.integers(639_000, 641_000), spread=st.integers(1, 50), position=st.integers(-20, 20))
def test_a_tick_ten_times_finer_moves_quotes_by_rounding_only(
    bid: int, spread: int, position: int
) -> None:
    coarse, fine = strategy(), strategy(tick="0.01")
    rows = features({"bid": bid, "ask": bid + spread})
    finer = features({"bid": 10 * bid, "ask": 10 * (bid + spread)}, tick=0.01)
    first = coarse.decide(coarse.observe(rows), account(position)).trace[0]
    second = fine.decide(fine.observe(finer), account(position)).trace[0]
    assert first["raw_bid"] == pytest.approx(second["raw_bid"], rel=1e-14)
    assert 0 <= second["quote_bid"] - 10 * first["quote_bid"] < 10
    assert 0 <= 10 * first["quote_ask"] - second["quote_ask"] < 10


@given(tick=st.integers(1, 10**7), noise=st.floats(-9e-10, 9e-10))
def test_a_price_on_the_grid_but_for_float_noise_stays_there(tick: int, noise: float) -> None:
    assert outward(tick + noise, BUY) == outward(tick + noise, SELL) == tick


@given(ticks=st.floats(1.0, 1e7))
def test_rounding_is_outward_and_by_less_than_a_tick(ticks: float) -> None:
    assert -1 < outward(ticks, BUY) - ticks <= 1e-8
    assert -1e-8 <= outward(ticks, SELL) - ticks < 1


@pytest.mark.parametrize("size", [105.0, 5.0])
def test_a_size_that_is_not_whole_lots_is_refused(size: float) -> None:
    text = rf"quote_size is {size:g} contracts, which is not a whole number of lots of XBTUSD"
    with pytest.raises(ConfigError, match=text):
        strategy(attrs.evolve(CONFIG, quote_size=size))


def test_a_size_of_whole_decimal_lots_is_taken_exactly() -> None:
    config = attrs.evolve(CONFIG, quote_size=0.3, max_position=0.9)
    one = strategy(config, lot="0.1")
    assert one.decide(one.observe(features({})), account()).orders["size"].tolist() == [3, 3]

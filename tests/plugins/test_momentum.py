"""Momentum and the transformer that hands events through."""

import math
import subprocess
import sys
from decimal import Decimal
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mm.api import (
    BUY,
    EVENT,
    IOC,
    LIMIT,
    NEW,
    NO_MODEL,
    ONE_SIDED,
    QUOTE,
    SELL,
    TRADE,
    WORKING,
    Account,
    ConfigError,
    Context,
    Decisions,
    Instrument,
    MarketBatch,
)
from mm_momentum.config import MomentumConfig
from mm_momentum.passthrough import NoDataTransform
from mm_momentum.strategy import MomentumStrategy

ONE = Instrument(symbol="TEST", tick_size=Decimal("0.5"), lot_size=Decimal(10))
CONFIG = MomentumConfig(lookback=8, threshold=0.001, quote_size=50.0)


def context(count: int = 1) -> Context:
    return Context(instruments=(ONE,) * count, seed=0)


def quote(ts: int, bid: int, ask: int, sizes: tuple[int, int] = (3, 4), which: int = 0) -> Any:
    return (ts, ts, bid, sizes[0], ask, sizes[1], 0, which, QUOTE, 0, 1)


def trade(ts: int, price: int, side: int = BUY, which: int = 0) -> Any:
    return (ts, ts, price, 2, 0, 0, 0, which, TRADE, side, 1)


def push(*rows: Any, count: int = 1) -> np.ndarray[Any, Any]:
    events = np.array(list(rows), EVENT)
    return NoDataTransform(context(count)).push(MarketBatch(events, 10**9))


def account(position: int = 0, working: int = 0, next_id: int = 1) -> Account:
    return Account(
        up_to=0, position=(position,), average_price=(math.nan,), cost=(0.0,), cash=0.0,
        working=np.zeros(working, WORKING), next_client_id=next_id,
    )  # fmt: skip


def decide(*prices: int, bid_size: int = 3, ask_size: int = 4, **kwargs: Any) -> Decisions:
    """Decide on trades at these prices, the last of them alone, with the touch around it."""
    touch = quote(0, prices[-1] - 1, prices[-1] + 1, (bid_size, ask_size))
    one = MomentumStrategy(CONFIG, context())
    rows = one.observe(push(touch, *(trade(i + 1, p) for i, p in enumerate(prices))))
    return one.decide(rows[-1:], account(**kwargs))


def assert_same(left: np.ndarray[Any, Any], right: np.ndarray[Any, Any]) -> None:
    """Equal column by column; the padding between columns means nothing."""
    assert left.dtype == right.dtype
    for name in left.dtype.names:
        np.testing.assert_array_equal(left[name], right[name], err_msg=name)


UP = [1000 + 10 * i for i in range(12)]
DOWN = [1000 - 10 * i for i in range(12)]


def test_each_quote_and_each_trade_is_a_row_with_the_touch_and_the_last_trade() -> None:
    rows = push(quote(1, 10, 12), trade(2, 12), quote(3, 11, 13), trade(4, 11, SELL))
    assert rows["ts"].tolist() == [1, 2, 3, 4]
    assert rows["bid"].tolist() == [10, 10, 11, 11]
    assert rows["ask_size"].tolist() == [4, 4, 4, 4]
    assert rows["is_trade"].tolist() == [0, 1, 0, 1]
    assert rows["trade_side"].tolist() == [0, BUY, BUY, SELL]
    assert rows["trade_size"].tolist() == [0, 2, 2, 2]
    assert np.isnan(rows["trade_price"][0])
    assert rows["trade_price"][1:].tolist() == [6.0, 6.0, 5.5]


def test_before_the_first_quote_the_touch_is_empty() -> None:
    rows = push(trade(1, 12))
    assert rows["bid_size"][0] == rows["ask_size"][0] == 0


def test_each_instrument_has_its_own_touch_and_trade() -> None:
    rows = push(
        quote(1, 10, 12), quote(2, 20, 22, which=1), trade(3, 12), trade(4, 22, which=1), count=2
    )
    assert rows["bid"].tolist() == [10, 20, 10, 20]
    assert rows["trade_price"][2:].tolist() == [6.0, 11.0]


@given(st.lists(st.tuples(st.booleans(), st.integers(5, 9)), max_size=30), st.integers(0, 30))
def test_cutting_the_stream_elsewhere_changes_nothing(
    what: list[tuple[bool, int]], cut: int
) -> None:
    rows = [trade(i, p) if traded else quote(i, p, p + 1) for i, (traded, p) in enumerate(what)]
    events = np.array(rows, EVENT)
    whole = push(*rows)
    pieces = NoDataTransform(context())
    first = pieces.push(MarketBatch(events[:cut], cut - 1))
    second = pieces.push(MarketBatch(events[cut:], 10**9))
    assert np.concatenate([first, second]).tobytes() == whole.tobytes()


def test_rising_prices_are_bought_at_the_touch_at_once_or_not_at_all() -> None:
    (order,) = decide(*UP).orders
    assert (order["action"], order["side"], order["type"], order["tif"]) == (NEW, BUY, LIMIT, IOC)
    assert (order["price"], order["size"], order["client_id"]) == (UP[-1] + 1, 5, 1)


def test_falling_prices_turn_a_long_position_short() -> None:
    (order,) = decide(*DOWN, position=5, next_id=7).orders
    assert (order["side"], order["price"], order["size"]) == (SELL, DOWN[-1] - 1, 10)
    assert order["client_id"] == 7


def test_a_position_in_the_direction_of_the_trend_is_kept() -> None:
    assert len(decide(*UP, position=5).orders) == 0


def test_prices_within_the_threshold_leave_the_position_as_it_is() -> None:
    assert len(decide(*[1000] * 12, position=3).orders) == 0


def test_while_an_order_works_nothing_is_sent() -> None:
    decisions = decide(*UP, working=1)
    assert len(decisions.orders) == 0
    assert decisions.trace["quote_bid"][0] == UP[-1] + 1


def test_before_lookback_trades_there_is_no_signal() -> None:
    decisions = decide(*UP[:7])
    assert len(decisions.orders) == 0
    assert decisions.trace["bid_clamp"][0] == decisions.trace["ask_clamp"][0] == NO_MODEL
    assert len(decide(*UP[:8]).orders) == 1


def test_with_nothing_to_take_nothing_is_sent() -> None:
    up, down = decide(*UP, ask_size=0), decide(*DOWN, bid_size=0)
    assert len(up.orders) == len(down.orders) == 0
    assert up.trace["bid_clamp"][0] == down.trace["ask_clamp"][0] == ONE_SIDED


def test_the_averages_weigh_a_new_price_by_their_span() -> None:
    one = MomentumStrategy(CONFIG, context())
    rows = one.observe(push(*(trade(i, 1000) for i in range(8)), trade(8, 1100)))
    assert rows["slow"][-1] == pytest.approx(500.0 + 50.0 * 2 / 9, rel=1e-14)
    assert rows["fast"][-1] == pytest.approx(500.0 + 50.0 * 2 / 3, rel=1e-14)


@settings(deadline=None)
@given(st.lists(st.integers(990, 1010), min_size=9, max_size=30), st.integers(-5, 5))
def test_deciding_rows_together_is_deciding_them_one_by_one(prices: list[int], lots: int) -> None:
    one = MomentumStrategy(attrs.evolve(CONFIG, threshold=0.0), context())
    rows = one.observe(push(quote(0, 999, 1001), *(trade(i + 1, p) for i, p in enumerate(prices))))
    state = account(lots)
    together = one.decide(rows, state)
    assert len(together.orders) <= 1
    singles = []
    for i in range(len(rows)):
        singles.append(one.decide(rows[i : i + 1], state))
        singles[-1].orders["decision"] += i
        state = account(
            lots,
            len(state.working) + len(singles[-1].orders),
            state.next_client_id + len(singles[-1].orders),
        )
    assert_same(together.orders, np.concatenate([d.orders for d in singles]))
    assert_same(together.trace, np.concatenate([d.trace for d in singles]))


def test_a_size_that_is_not_whole_lots_is_refused() -> None:
    text = (
        r"quote_size is 55 contracts, which is not a whole number of lots of TEST; use a multiple"
    )
    with pytest.raises(ConfigError, match=text):
        MomentumStrategy(attrs.evolve(CONFIG, quote_size=55.0), context())


def test_listing_the_model_plugins_compiles_nothing() -> None:
    code = (
        "import sys, mm_avellaneda, mm_momentum; mm_avellaneda.mm_strategies(); "
        "mm_momentum.mm_transformers(); assert 'numba' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

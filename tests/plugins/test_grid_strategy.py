"""Grid: where its orders stand, when they move, and the position limit whatever fills come."""

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
    Rows,
)
from mm_avellaneda.model import spread_terms
from mm_grid.config import GridConfig
from mm_grid.strategy import GridStrategy
from mm_grid.transformer import TIMED

# Ticks of 0.5, lots of 10 contracts: levels 8 ticks apart, the first at least 10 from the mid.
CONFIG = GridConfig(
    quote_size=50, max_position=200, half_spread=5.0, interval=4.0, levels=3, skew=0.05
)
MAX = 20  # lots
FAIR = np.dtype([*TIMED.descr, ("fair", "f8")], align=True)


def strategy(config: GridConfig = CONFIG, tick: str = "0.5") -> GridStrategy:
    one = Instrument(symbol="TEST", tick_size=Decimal(tick), lot_size=Decimal(10))
    return GridStrategy(config, Context(instruments=(one,), seed=0))


def row_at(mid: int, lean: float = 0.0, **columns: int) -> Rows:
    """A row with a touch a tick either side of ``mid`` ticks, and a fair price that leans."""
    row = np.zeros(1, FAIR)
    row["ts"] = 1_000_000
    row["bid"], row["ask"] = mid - 1, mid + 1
    row["bid_size"] = row["ask_size"] = 5
    for name, value in columns.items():
        row[name] = value
    two_sided = row["bid_size"] > 0 and row["ask_size"] > 0
    row["mid"] = (row["bid"] + row["ask"]) * 0.25 if two_sided else math.nan
    row["fair"] = row["mid"] + lean
    return row


def working(*orders: tuple[int, ...]) -> Rows:
    """Orders as (client_id, side, price, size, filled, cancelling)."""
    out = np.zeros(len(orders), WORKING)
    for i, (client_id, side, price, size, filled, cancelling) in enumerate(orders):
        out[i] = (client_id, price, size, filled, 0, side, cancelling)
    return out


def account(position: int = 0, orders: Any = None, next_id: int = 100) -> Account:
    return Account(
        up_to=0,
        position=(position,),
        average_price=(math.nan,),
        cost=(0.0,),
        cash=0.0,
        working=working() if orders is None else orders,
        next_client_id=next_id,
    )


def decide(row: Rows, known: Account | None = None, config: GridConfig = CONFIG) -> Decisions:
    one = strategy(config)
    return one.decide(one.observe(row), account() if known is None else known)


def commands(decisions: Decisions) -> list[tuple[int, ...]]:
    names = ["action", "client_id", "side", "price", "size"]
    return [tuple(int(order[name]) for name in names) for order in decisions.orders]


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
            rows[name]["client_id"], rows[name]["side"] = name, order["side"]
        if order["action"] == CANCEL:
            rows[name]["cancelling"] = 1
        else:
            rows[name]["price"], rows[name]["size"] = order["price"], order["size"]
    orders = np.array(list(rows.values()), WORKING)
    return attrs.evolve(before, working=orders, next_client_id=next_id)


def prices(known: Account, side: int) -> list[int]:
    """Where live orders stand, from the first level outward."""
    live = known.working[(known.working["side"] == side) & (known.working["cancelling"] == 0)]
    return sorted(live["price"].tolist(), key=lambda price: -side * price)


def test_a_flat_start_puts_orders_on_the_grid_outside_the_half_spread() -> None:
    # Mid 1003 ticks: first bid at or below 993, first ask at or above 1013, multiples of 8.
    decisions = decide(row_at(1003))
    assert commands(decisions) == [
        *((NEW, 100 + i, BUY, price, 5) for i, price in enumerate([992, 984, 976])),
        *((NEW, 103 + i, SELL, price, 5) for i, price in enumerate([1016, 1024, 1032])),
    ]
    for order in decisions.orders:
        assert (order["type"], order["tif"], order["post_only"]) == (LIMIT, GTC, 1)


def test_the_trace_tells_what_was_seen_and_wanted() -> None:
    trace = decide(row_at(1003, lean=0.75), account(position=4)).trace[0]
    assert (trace["mid"], trace["position"]) == (501.5, 4)
    # 40 contracts at 0.05 a contract move both sides by 2.
    assert trace["reservation"] == 501.5 + 0.75 - 2.0
    assert (trace["raw_bid"], trace["raw_ask"]) == (495.25, 505.25)
    assert (trace["quote_bid"], trace["quote_ask"]) == (984, 1016)
    assert trace["bid_clamp"] == trace["ask_clamp"] == NO_CLAMP
    assert np.isnan([trace["sigma"], trace["A"], trace["k"]]).all()


def test_quotes_lean_with_the_fair_price() -> None:
    flat, up = (decide(row_at(1003, lean)).trace[0] for lean in (0.0, 4.0))
    assert up["reservation"] - flat["reservation"] == 4.0
    assert up["quote_bid"] - flat["quote_bid"] == up["quote_ask"] - flat["quote_ask"] == 8


@given(st.lists(st.integers(1002, 1005), min_size=1, max_size=10))
def test_orders_stand_while_the_mid_moves_within_a_step_of_the_grid(mids: list[int]) -> None:
    known = sent(account(), decide(row_at(1003)))
    rows = np.concatenate([row_at(mid) for mid in mids])
    assert commands(decide(rows, known)) == []


def test_a_step_of_the_grid_moves_the_last_order_to_the_front_and_leaves_the_others() -> None:
    known = sent(account(), decide(row_at(1003)))
    assert commands(decide(row_at(1011), known)) == [
        (REPLACE, 102, BUY, 1000, 5),
        (REPLACE, 103, SELL, 1040, 5),
    ]


def test_an_order_that_is_wanted_nowhere_is_cancelled() -> None:
    orders = working((1, BUY, 991, 5, 0, 0), (2, BUY, 992, 5, 0, 0), (3, BUY, 984, 5, 0, 0),
                     (4, BUY, 976, 5, 0, 0))  # fmt: skip
    bids = [one for one in commands(decide(row_at(1003), account(0, orders))) if one[2] == BUY]
    assert bids == [(CANCEL, 1, BUY, 991, 5)]


def test_a_partly_filled_order_keeps_its_place_and_a_moved_one_is_made_whole() -> None:
    orders = working((1, BUY, 992, 5, 2, 0), (2, BUY, 984, 5, 0, 0), (3, BUY, 900, 5, 3, 0))
    bids = [one for one in commands(decide(row_at(1003), account(0, orders))) if one[2] == BUY]
    # Order 3 has filled 3 already: a total of 8 leaves 5.
    assert bids == [(REPLACE, 3, BUY, 976, 8)]


def test_near_the_limit_the_first_levels_come_first() -> None:
    decisions = decide(row_at(1003), account(position=13))
    bids = [(price, size) for _, _, side, price, size in commands(decisions) if side == BUY]
    # 130 contracts move both sides 6.5 down, 13 ticks: the first bid is at or below 980.
    assert bids == [(976, 5), (968, 2)]


def test_without_room_the_outermost_order_is_moved_inward() -> None:
    orders = working((1, BUY, 968, 5, 0, 0), (2, BUY, 960, 5, 0, 0))
    bids = [one for one in commands(decide(row_at(1003), account(10, orders))) if one[2] == BUY]
    # 100 contracts: 10 ticks down, the first bid at or below 983.
    assert bids == [(REPLACE, 2, BUY, 976, 5)]


def test_at_the_limit_a_side_is_not_quoted_and_the_trace_says_so() -> None:
    decisions = decide(row_at(1003), account(position=MAX))
    assert {side for _, _, side, _, _ in commands(decisions)} == {SELL}
    assert (decisions.trace[0]["quote_bid"], decisions.trace[0]["bid_clamp"]) == (0, MAX_POSITION)


def test_what_is_being_cancelled_still_takes_up_room() -> None:
    orders = working((1, BUY, 990, 12, 0, 1))
    decisions = decide(row_at(1003), account(0, orders))
    assert [(p, n) for _, _, side, p, n in commands(decisions) if side == BUY] == [
        (992, 5),
        (984, 3),
    ]


def test_beyond_the_limit_orders_are_cancelled_from_the_outermost() -> None:
    orders = working((1, BUY, 992, 5, 0, 0), (2, BUY, 984, 5, 0, 0), (3, BUY, 976, 5, 0, 0))
    config = attrs.evolve(CONFIG, skew=0.0)
    decisions = decide(row_at(1003), account(12, orders), config)
    bids = [one[:2] for one in commands(decisions) if one[2] == BUY]
    assert bids == [(CANCEL, 3), (CANCEL, 2)]


def test_a_quote_that_would_cross_stands_behind_the_touch() -> None:
    trace = decide(row_at(1003, lean=30.0)).trace[0]
    assert (trace["quote_bid"], trace["bid_clamp"]) == (1000, PASSIVE)
    trace = decide(row_at(1003, lean=-30.0)).trace[0]
    assert (trace["quote_ask"], trace["ask_clamp"]) == (1008, PASSIVE)


def test_without_one_side_of_the_touch_everything_is_withdrawn() -> None:
    known = sent(account(), decide(row_at(1003)))
    decisions = decide(row_at(1003, ask_size=0), known)
    assert [one[0] for one in commands(decisions)] == [CANCEL] * 6
    trace = decisions.trace[0]
    assert trace["bid_clamp"] == trace["ask_clamp"] == ONE_SIDED


def test_levels_at_or_below_zero_are_left_out() -> None:
    bids = [one[3] for one in commands(decide(row_at(27))) if one[2] == BUY]
    assert bids == [16, 8]
    assert decide(row_at(12)).trace[0]["bid_clamp"] == BELOW_ZERO


MODEL = {"sigma": 4.75, "A": 0.082, "k": 0.192, "gamma": 0.1}


@pytest.mark.parametrize("position", [-3, -1, 0, 2, 4])
def test_one_level_at_the_glft_half_spread_and_skew_is_the_glft_closed_form(position: int) -> None:
    # delta = 0.2 model units an order of 5 lots; GLFT is Guéant's with xi = gamma (papers: c1, c2).
    delta = 0.2
    markup, slope = spread_terms(**MODEL, delta=delta, xi=MODEL["gamma"])
    config = attrs.evolve(
        CONFIG,
        levels=1,
        interval=0.5,
        half_spread=markup + delta / 2 * slope,
        skew=slope * delta / CONFIG.quote_size,
    )
    decisions = decide(row_at(10_003), account(position), config)
    trace = decisions.trace[0]
    q = position / 5 * delta
    bid, ask = gueant_offsets(q, **MODEL, delta=delta, xi=MODEL["gamma"])
    assert trace["raw_bid"] == pytest.approx(trace["mid"] - bid, rel=1e-14)
    assert trace["raw_ask"] == pytest.approx(trace["mid"] + ask, rel=1e-14)
    assert [one[3] for one in commands(decisions)] == [
        math.floor(trace["raw_bid"] * 2),
        math.ceil(trace["raw_ask"] * 2),
    ]


mids = st.integers(960, 1040)
positions = st.integers(-MAX, MAX)


@given(mid=mids, position=positions)
def test_the_mirrored_market_gets_the_mirrored_orders(mid: int, position: int) -> None:
    def orders(mid: int, position: int, sign: int) -> list[tuple[int, ...]]:
        found = [one[2:] for one in commands(decide(row_at(mid), account(position)))]
        return sorted((sign * side, sign * (price - 1000), size) for side, price, size in found)

    assert orders(mid, position, 1) == orders(2000 - mid, -position, -1)


class Venue:
    """Fills, cancels and forgets orders as it likes, and tells us when it likes."""

    def __init__(self) -> None:
        self.known = account(next_id=1)
        self.position = 0
        self.true: dict[int, list[int]] = {}
        """Name to [side, size, filled], as the venue has them."""

    def take(self, decisions: Decisions) -> None:
        for action, name, side, _, size in commands(decisions):
            if action == NEW:
                self.true[name] = [side, size, 0]
            elif action == REPLACE and name in self.true:
                self.true[name][1] = size
        self.known = sent(self.known, decisions)

    def fill(self, draw: Any) -> None:
        for order in self.true.values():
            side, size, filled = order
            lots = draw(st.integers(0, size - filled))
            order[2] += lots
            self.position += side * lots
            assert abs(self.position) <= MAX

    def tell(self) -> None:
        """Say everything: fills, and the ends of what is filled or being cancelled."""
        rows = self.known.working.copy()
        rows["filled"] = [self.true[int(name)][2] for name in rows["client_id"]]
        over = (rows["filled"] == rows["size"]) | (rows["cancelling"] == 1)
        for name in rows["client_id"][over].tolist():
            del self.true[name]
        self.known = attrs.evolve(self.known, position=(self.position,), working=rows[~over])


@settings(max_examples=150)
@given(data=st.data(), steps=st.lists(st.tuples(mids, st.booleans()), min_size=1, max_size=12))
def test_no_fills_whatever_can_lead_beyond_the_limit(
    data: st.DataObject, steps: list[tuple[int, bool]]
) -> None:
    venue = Venue()
    for mid, told in steps:
        venue.take(decide(row_at(mid), venue.known))
        # The worst of all: everything open on one side fills and nothing on the other.
        for side in (BUY, SELL):
            open_lots = sum(size - filled for s, size, filled in venue.true.values() if s == side)
            assert side * venue.position + open_lots <= MAX
        venue.fill(data.draw)
        if told:
            venue.tell()


some_orders = st.lists(
    st.tuples(
        st.sampled_from([BUY, SELL]), st.integers(120, 130), st.integers(1, 5), st.integers(0, 4),
        st.integers(0, 1),
    ),
    max_size=5,
).map(
    lambda rows: working(
        *((i, side, 8 * price, filled + left, filled, gone)
          for i, (side, price, left, filled, gone) in enumerate(rows))
    )
)  # fmt: skip


@settings(max_examples=150)
@given(
    rows=st.lists(st.tuples(mids, st.sampled_from([0, 5, 5, 5])), min_size=1, max_size=8),
    position=positions,
    orders=some_orders,
)
def test_deciding_rows_together_is_deciding_them_one_by_one(
    rows: list[tuple[int, int]], position: int, orders: Rows
) -> None:
    many = np.concatenate([row_at(mid, bid_size=size) for mid, size in rows])
    state = account(position, orders)
    together = decide(many, state)
    singles = []
    for i in range(len(rows)):
        singles.append(decide(many[i : i + 1], state))
        singles[-1].orders["decision"] += i
        state = sent(state, singles[-1])
    for whole, parts in (
        (together.orders, np.concatenate([one.orders for one in singles])),
        (together.trace, np.concatenate([one.trace for one in singles])),
    ):
        for name in whole.dtype.names or ():
            np.testing.assert_array_equal(whole[name], parts[name], err_msg=name)


@given(mid=mids, position=positions, orders=some_orders)
def test_once_told_of_its_own_orders_it_asks_for_nothing_more(
    mid: int, position: int, orders: Rows
) -> None:
    known = sent(account(position, orders), decide(row_at(mid), account(position, orders)))
    assert commands(decide(row_at(mid), known)) == []


@given(mid=mids, position=positions, orders=some_orders)
def test_live_orders_stand_on_levels_each_once_with_no_gap(
    mid: int, position: int, orders: Rows
) -> None:
    decisions = decide(row_at(mid), account(position, orders))
    known = sent(account(position, orders), decisions)
    for side, column in ((BUY, "quote_bid"), (SELL, "quote_ask")):
        first = int(decisions.trace[0][column])
        found = prices(known, side)
        assert set(found) <= {first - 8 * side * i for i in range(3)}
        assert len(found) == len(set(found))


def test_instruments_have_grids_and_limits_of_their_own() -> None:
    markets = tuple(
        Instrument(symbol=name, tick_size=Decimal(tick), lot_size=Decimal(10))
        for name, tick in (("A", "0.5"), ("B", "1"))
    )
    one = GridStrategy(CONFIG, Context(instruments=markets, seed=0))
    rows = np.concatenate([row_at(1003), row_at(1003)])
    rows["instrument"] = [0, 1]
    rows["mid"][1] = rows["fair"][1] = 1003.0
    known = attrs.evolve(account(), position=(0, MAX), average_price=(0.0, 0.0), cost=(0.0, 0.0))
    orders = one.decide(one.observe(rows), known).orders
    bids = orders[orders["side"] == BUY]
    assert bids["instrument"].tolist() == [0, 0, 0]
    asks = orders[(orders["side"] == SELL) & (orders["instrument"] == 1)]
    # Long 200 contracts: 10 down, 5 up; levels 4 ticks of 1 apart.
    assert asks["price"].tolist() == [1004, 1008, 1012]


def test_an_interval_of_no_whole_ticks_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"is 0\.7, which is not a whole number of ticks"):
        strategy(attrs.evolve(CONFIG, interval=0.7))

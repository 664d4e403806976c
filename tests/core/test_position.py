"""A position: BitMEX's published examples, and what must hold for any fills."""

import math
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mm.api import MOST_ORDER, ConfigError, ContractType, Instrument
from mm.core.position import Holding

SATOSHI = 1e-8  # XBT


def holding(
    contract_type: ContractType = "Inverse",
    multiplier: float = 1.0,
    lot_size: str = "1",
    rounding: float = 0.0,
) -> Holding:
    return Holding(
        instrument=Instrument(
            symbol="X",
            tick_size=Decimal("0.5"),
            lot_size=Decimal(lot_size),
            contract_type=contract_type,
            multiplier=multiplier,
        ),
        rounding=rounding,
    )


@pytest.mark.parametrize(
    ("contracts", "entry", "exit_", "xbt"),
    [
        (15_000, 750, 800, 1.25),  # BitMEX, perpetual contract examples
        (100_000, 10_000, 10_500, 0.47619047619),
        (500, 1000, 1500, 0.16666666667),  # their page prints .17
        (500, 1000, 1250, 0.1),
        (1000, 1000, 1250, 0.2),
        (-1000, 1250, 1000, 0.2),
    ],
)
def test_inverse_profit_matches_the_published_examples(
    contracts: int, entry: float, exit_: float, xbt: float
) -> None:
    position = holding()
    assert position.trade(contracts, entry) == 0.0
    assert position.unrealized(exit_) == pytest.approx(xbt, rel=1e-10)
    assert position.trade(-contracts, exit_) == pytest.approx(xbt, rel=1e-10)
    assert position.lots == 0
    assert position.basis == 0.0


def test_the_published_loss_and_rebates_come_out_to_the_satoshi() -> None:
    """BitMEX: 885 from 7299 to 6635.5 lose 1 212 403 satoshi; .025 % gives 3031 and 3334."""
    position = holding()
    rebates = [position.notional(885, price) * 0.00025 for price in (7299, 6635.5)]
    assert [math.floor(rebate / SATOSHI) for rebate in rebates] == [3031, 3334]
    position.trade(885, 7299)
    assert round(position.trade(-885, 6635.5) / SATOSHI) == -1_212_403


@pytest.mark.parametrize(("lots", "exit_", "satoshi"), [(5, 42_303, 295), (15, 42_107.5, -15_570)])
def test_with_rounding_by_the_lot_profits_are_exact_to_the_satoshi(
    lots: int, exit_: float, satoshi: int
) -> None:
    """BitMEX: 500 and 1500 XBTUSD from 42 292.5 make .00000295 and -.0001557 XBT.

    A lot of 100 is worth 236 449 satoshi at the entry, and 236 390 and 237 487 at the exits;
    5 * (236 449 - 236 390) = 295, 15 * (236 449 - 237 487) = -15 570. Unrounded, the first is 293.
    """
    position = holding(lot_size="100", rounding=SATOSHI)
    position.trade(lots, 42_292.5)
    realized = position.trade(-lots, exit_)
    assert realized / SATOSHI == pytest.approx(satoshi, abs=1e-6)
    exact = holding(lot_size="100")
    exact.trade(5, 42_292.5)
    assert round(exact.trade(-5, 42_303) / SATOSHI) == 293


def test_inverse_entry_price_is_the_harmonic_mean() -> None:
    """100 at 29 800 and 200 at 30 000: 300 / (100 / 29 800 + 200 / 30 000) = 29 933.0357…"""
    position = holding()
    position.trade(100, 29_800)
    position.trade(200, 30_000)
    assert position.average_price == pytest.approx(300 / (100 / 29_800 + 200 / 30_000), rel=1e-15)


def test_with_rounding_by_the_lot_the_entry_price_is_the_published_one() -> None:
    """BitMEX: the same fills average 29 933.07: 3e10 / (335 570 + 2 * 333 333) = 29 933.0696."""
    position = holding(lot_size="100", rounding=SATOSHI)
    position.trade(1, 29_800)
    position.trade(2, 30_000)
    assert round(position.average_price, 2) == 29_933.07


@pytest.mark.parametrize(
    ("multiplier", "contracts", "entry", "exit_", "profit"),
    [
        (1e-6, 200_000_000, 5000, 6000, 200_000),  # BitMEX XBTUSDT: USDT
        (1.0, 1_000_000, 0.000010, 0.000015, 5.0),  # BitMEX, coin against XBT: XBT
    ],
)
def test_linear_profit_matches_the_published_examples(
    multiplier: float, contracts: int, entry: float, exit_: float, profit: float
) -> None:
    position = holding("Linear", multiplier)
    position.trade(contracts, entry)
    assert position.trade(-contracts, exit_) == pytest.approx(profit, rel=1e-12)


def test_quanto_profit_is_linear_and_paid_in_a_third_currency() -> None:
    """BitMEX ETHUSD: 10 000 at 500 with 1e-6 XBT/USD are worth 5 XBT; one per cent is .05."""
    position = holding("Quanto", 1e-6)
    position.trade(10_000, 500)
    assert position.notional(10_000, 500) == pytest.approx(5.0, rel=1e-12)
    assert position.unrealized(505) == pytest.approx(0.05, rel=1e-12)


FILLS = st.lists(
    st.tuples(st.integers(-50, 50).filter(bool), st.integers(900, 1100)), min_size=1, max_size=30
)
TYPES = st.sampled_from(["Linear", "Inverse", "Quanto"])
ROUNDING = st.sampled_from([0.0, 1e-6])


@given(TYPES, ROUNDING, FILLS, st.data())
def test_how_a_fill_is_split_makes_no_difference(
    kind: ContractType, rounding: float, fills: list[tuple[int, int]], data: st.DataObject
) -> None:
    whole, split = holding(kind, rounding=rounding), holding(kind, rounding=rounding)
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


@given(TYPES, ROUNDING, FILLS, st.integers(900, 1100))
def test_realised_and_unrealised_profit_add_up_to_the_cash_flows(
    kind: ContractType, rounding: float, fills: list[tuple[int, int]], mid: int
) -> None:
    position = holding(kind, rounding=rounding)
    realized = sum(position.trade(lots, price) for lots, price in fills)
    sign = -1 if kind == "Inverse" else 1
    flows = sum(lots * (position.value_of(mid) - position.value_of(p)) for lots, p in fills)
    assert realized + position.unrealized(mid) == pytest.approx(sign * flows, rel=1e-9, abs=1e-9)


@given(TYPES, FILLS, st.floats(0.001, 1.0), st.sampled_from([0.0, 0.005, 0.05]))
def test_at_the_liquidation_price_equity_is_the_maintenance_margin(
    kind: ContractType, fills: list[tuple[int, int]], backing: float, maintenance: float
) -> None:
    position = holding(kind)
    for lots, entry in fills:
        position.trade(lots, entry)
    assume(position.lots)
    balance = backing * abs(position.notional(position.lots, 1000))
    price = position.liquidation_price(balance, maintenance)
    assume(not math.isnan(price))
    equity = balance + position.unrealized(price)
    needed = maintenance * abs(position.notional(position.lots, price))
    scale = balance + abs(position.scale * position.basis) + needed
    assert equity == pytest.approx(needed, abs=1e-9 * scale)


@pytest.mark.parametrize("kind", ["Linear", "Inverse", "Quanto"])
@pytest.mark.parametrize("side", [1, -1])
def test_liquidation_lies_on_the_losing_side(kind: ContractType, side: int) -> None:
    position = holding(kind)
    position.trade(side * 10, 1000)
    balance = 0.1 * abs(position.notional(10, 1000))
    price = position.liquidation_price(balance, 0.005)
    assert (price < 1000) == (side > 0)


def test_an_inverse_long_is_liquidated_where_the_closed_form_says() -> None:
    """N long at e with balance b: b + N/e - N/p = m N/p, so p = N (1 + m) / (b + N/e).

    1000 at 10 000 with .01 XBT (tenfold) and m = .5 %: 1005 / .11 = 9136.36.
    """
    position = holding()
    position.trade(1000, 10_000)
    assert position.liquidation_price(0.01, 0.005) == pytest.approx(1005 / 0.11, rel=1e-12)


@pytest.mark.parametrize(
    ("kind", "lots"), [("Linear", 10), ("Inverse", -10)], ids=["linear long", "inverse short"]
)
def test_a_position_backed_in_full_has_no_liquidation_price(kind: ContractType, lots: int) -> None:
    position = holding(kind)
    position.trade(lots, 1000)
    balance = 1.01 * abs(position.notional(lots, 1000))
    assert math.isnan(position.liquidation_price(balance, 0.005))


def test_a_flat_position_has_neither_average_nor_liquidation_price() -> None:
    assert math.isnan(holding().average_price)
    assert math.isnan(holding().liquidation_price(1.0, 0.005))


@pytest.mark.parametrize("rounding", [5e-324, 2.2e-308, 1e-30])
@pytest.mark.parametrize("kind", ["Linear", "Inverse", "Quanto"])
def test_a_rounding_finer_than_floats_rounds_nothing(kind: ContractType, rounding: float) -> None:
    assert holding(kind, rounding=rounding).value_of(3.7) == holding(kind).value_of(3.7)


@pytest.mark.parametrize("rounding", [10.0, 1e300, 1.79e308])
@pytest.mark.parametrize("kind", ["Linear", "Inverse", "Quanto"])
def test_a_rounding_that_leaves_nothing_of_a_lot_is_refused(
    kind: ContractType, rounding: float
) -> None:
    """It used to be a value of zero, and a division by it later."""
    position = holding(kind, rounding=rounding)
    with pytest.raises(ConfigError, match="which rounds a lot of X to nothing: at 2 it is worth"):
        position.trade(1, 2.0)


def test_a_position_that_no_column_could_hold_is_refused() -> None:
    position = holding("Linear")
    position.trade(MOST_ORDER, 1.0)
    with pytest.raises(
        ConfigError, match=r"the position is 4611686018427387904 lots of X, expected"
    ):
        position.trade(1, 1.0)

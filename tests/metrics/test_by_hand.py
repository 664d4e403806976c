"""Every figure on a tape of ten rows, worked out by hand beside it."""

import math

import numpy as np
import pytest

from mm.metrics import (
    Fills,
    drawdown,
    equity_at,
    inventory,
    jackknife,
    markout,
    order_figures,
    presence,
    ratios,
    spreads,
)

S = 1_000_000
NAN = math.nan

#              0 s   1 s   2 s   3 s   4 s   5 s   6 s   7 s   8 s   9 s
EQUITY = np.array([0.0, 1.0, 3.0, 2.0, 2.0, 0.0, 1.0, 4.0, 3.0, 5.0])
MID_TS = np.arange(10) * S
MIDS = np.array([100.0, 101, 102, 101, 100, 99, 98, 99, 100, 101])

# Bought 1 at 99.5 (mid 100), sold 3 at 101.5 (mid 101), bought 2 at 98 (mid 98), at 0.5, 3 and 6 s.
FILLS = Fills(
    ts=np.array([S // 2, 3 * S, 6 * S]),
    price=np.array([99.5, 101.5, 98.0]),
    side=np.array([1, -1, 1]),
    size=np.array([1.0, 3.0, 2.0]),
    mid=np.array([100.0, 101.0, 98.0]),
)


def test_equity_between_rows_is_the_last_that_was_known() -> None:
    grid = np.array([0, 5, 10, 15, 20])
    found = equity_at(grid, np.array([5, 14]), np.array([1.0, 2.0]))
    assert found.tolist()[1:] == [1.0, 1.0, 2.0, 2.0]
    assert np.isnan(found[0])
    assert np.isnan(equity_at(grid, np.zeros(0, np.int64), np.zeros(0))).all()


def test_drawdown_is_from_three_to_nothing_and_lasts_from_the_second_to_the_seventh() -> None:
    """The height of 3 at 2 s is passed at 7 s; at 6 s it was still below: 4 s. Depth 3 - 0."""
    found = drawdown(MID_TS, EQUITY)
    assert (found.depth, found.length_s) == (3.0, 4.0)


def test_a_loss_from_the_start_is_a_drawdown_from_nothing() -> None:
    found = drawdown(MID_TS[:3], np.array([-1.0, -2.0, -1.5]))
    assert (found.depth, found.length_s) == (2.0, 2.0)
    assert drawdown(MID_TS[:0], EQUITY[:0]).depth == 0.0


def test_ratios() -> None:
    """Profits 1, 2, -1, 0, -2, 1, 3, -1, 2: mean 5/9; squares 25, so variance (25 - 25/9) / 8;
    losses squared 1 + 4 + 1, mean 6/9. With steps of a day and 9 days a year, 9 steps a year.
    """
    found = ratios(EQUITY, 86_400.0, days=9.0)
    mean, deviation = 5 / 9, math.sqrt((25 - 25 / 9) / 8)
    assert found.profit_a_year == pytest.approx(5.0)
    assert found.sharpe == pytest.approx(mean / deviation * 3)
    assert found.sharpe_error == pytest.approx(math.sqrt((1 + (mean / deviation) ** 2 / 2) / 9) * 3)
    assert found.sortino == pytest.approx(mean / math.sqrt(6 / 9) * 3)
    assert found.calmar == pytest.approx(5.0 / 3.0)


def test_ratios_of_nothing_and_of_a_straight_line_are_not_known() -> None:
    assert math.isnan(ratios(EQUITY[:2], 1.0).sharpe)
    line = ratios(np.arange(10.0), 1.0)
    assert math.isnan(line.sharpe)
    assert math.isnan(line.sortino)
    assert math.isnan(line.calmar)


def test_markouts_after_two_seconds() -> None:
    """At 2.5 s the mid is 102: 102 - 99.5. At 5 s, 99: 101.5 - 99. At 8 s, 100: 100 - 98."""
    assert markout(FILLS, 2.0, MID_TS, MIDS).tolist() == [2.5, 2.5, 2.0]


def test_markouts_beyond_the_data_are_not_known() -> None:
    found = markout(FILLS, 5.0, MID_TS, MIDS)
    assert found[:2].tolist() == [-0.5, 1.5]  # 99 at 5.5 s; 100 at 8 s
    assert np.isnan(found[2])  # at 11 s
    assert np.isnan(markout(FILLS, 1.0, MID_TS[:0], MIDS[:0])).all()


def test_spreads_add_up() -> None:
    """Effective: 0.5, 0.5, 0 times 1, 3, 2: 2/6. Realised: 2.5, 2.5, 2: 14/6."""
    found = spreads(FILLS, 2.0, MID_TS, MIDS)
    assert found["effective"].value == pytest.approx(2 / 6)
    assert found["realised"].value == pytest.approx(14 / 6)
    assert found["adverse_selection"].value == pytest.approx(-2.0)
    later = spreads(FILLS, 5.0, MID_TS, MIDS)  # of the two whose markout is known
    assert later["effective"].value == pytest.approx(2 / 4)
    assert later["adverse_selection"].count == 2


def test_the_error_of_a_mean_of_two_clusters() -> None:
    """Without either cluster the mean is the other's, 0 or 2: error √(1/2 · (1 + 1)) = 1."""
    found = jackknife(np.array([0.0, 0, 2, 2]), np.ones(4), np.array([0, 1, 100 * S, 100 * S + 1]))
    assert (found.value, found.error, found.count) == (1.0, 1.0, 4)


def test_the_error_of_alike_values_is_nothing_and_of_one_block_unknown() -> None:
    assert jackknife(np.ones(50), np.ones(50), np.arange(50)).error == 0.0
    assert math.isnan(jackknife(np.ones(1), np.ones(1), np.arange(1)).error)
    nothing = jackknife(np.array([NAN]), np.ones(1), np.arange(1))
    assert math.isnan(nothing.value)
    assert nothing.count == 0


def test_orders() -> None:
    """Orders 1, 2, 4 accepted at 0, 1, 2 s; 1 filled twice, at 2 and 5 s; 4 at 3 s. Waits 2, 1."""
    found = order_figures(
        np.array([1, 2, 4]), np.array([0, S, 2 * S]), np.array([1, 4, 1]),
        np.array([2 * S, 3 * S, 5 * S]), 9,
    )  # fmt: skip
    assert (found.orders, found.filled_orders, found.fill_ratio) == (3, 2, 2 / 3)
    assert (found.time_to_fill_s, found.commands_per_fill) == (1.5, 3.0)


def test_orders_that_were_never_filled() -> None:
    none = np.zeros(0, np.int64)
    found = order_figures(np.array([1]), np.array([0]), none, none, 1)
    assert found.fill_ratio == 0.0
    assert math.isnan(found.time_to_fill_s)
    assert math.isnan(found.commands_per_fill)
    assert math.isnan(order_figures(none, none, none, none, 0).fill_ratio)


def test_presence() -> None:
    """Decisions at 0, 1, 3, 6 s, so for 1, 2 and 3 s: bid, both, none."""
    found = presence(
        np.array([0, S, 3 * S, 6 * S]),
        np.array([99.0, 100, NAN, 1]), np.array([NAN, 103.0, NAN, 1]),
        np.array([100.0, 100, 100, 100]), np.array([101.0, 101, 101, 101]),
    )  # fmt: skip
    assert (found.bid, found.ask, found.both, found.neither) == (3 / 6, 2 / 6, 2 / 6, 3 / 6)
    assert (found.bid_at_touch, found.ask_at_touch) == (2 / 6, 0.0)
    assert found.bid_distance == pytest.approx(1 / 3)
    assert found.ask_distance == 2.0
    assert math.isnan(presence(np.zeros(1, np.int64), *([np.ones(1)] * 4)).bid)


def test_inventory() -> None:
    """1, -1, 1, -1 away from 0: φ = -3/4, so it is gone within a step. Of 0, 1, 2, 3: φ = 0.25."""
    found = inventory(np.array([1.0, -1, 1, -1]), 2.0, limit=1.0)
    assert (found.mean, found.sd, found.largest, found.at_limit) == (0.0, 1.0, 1.0, 1.0)
    assert found.half_life_s == 0.0
    slow = inventory(np.array([0.0, 1, 2, 3]), 2.0)
    assert slow.half_life_s == pytest.approx(2 * math.log(2) / math.log(4))
    assert math.isnan(slow.at_limit)
    assert math.isnan(inventory(np.zeros(5), 1.0).half_life_s)
    assert math.isnan(inventory(np.zeros(0), 1.0).mean)

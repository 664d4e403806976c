"""The trade-sign average: its decay, its scale, and what counts as one trade."""

import math
from typing import Any

import numpy as np
import pytest
from tests.plugins.signal_market import START, S, context, push, quote, stream, trade

from mm.api import BUY, SELL
from mm_signals import build_trade_sign
from mm_signals.config import TradeSignConfig

FIRST = quote(START, 1000, 5, 1004, 5)  # half the spread is 1.0 at a tick of 0.5


def signals(*rows: Any, **settings: float) -> list[float]:
    one = build_trade_sign(TradeSignConfig(half_life_s=2.0, **settings), context())
    out: list[float] = push(one, stream(*rows))["signal"].tolist()
    return out


def test_a_trade_counts_half_after_its_half_life() -> None:
    rows = [
        trade(START + 1, BUY),
        *(quote(START + 1 + i * S, 1000, 5 + i, 1004, 5) for i in (2, 4)),
    ]
    # Weight w against the imaginary trade: w / (1 + w).
    assert signals(FIRST, *rows) == pytest.approx([0.0, 1 / 2, 1 / 3, 1 / 5], rel=1e-14)


def test_the_average_of_several_trades_is_worked_out_by_age() -> None:
    rows = [trade(START + 1, BUY), trade(START + 1 + 3 * S, SELL), trade(START + 1 + 4 * S, SELL)]
    old, middle = 2.0**-2, 2.0**-0.5
    expected = (old - middle - 1) / (1 + old + middle + 1)
    assert signals(FIRST, *rows)[-1] == pytest.approx(expected, rel=1e-14)


def test_it_never_exceeds_half_the_spread() -> None:
    rows = [trade(START + 1 + i, BUY) for i in range(500)]
    found = signals(FIRST, *rows)
    assert 0.99 < found[-1] < 1.0


def test_the_prints_of_one_order_count_once() -> None:
    sweep = [trade(START + i, BUY, made=START) for i in (1, 2, 3)]
    # Within 3 µs of a half-life of 2 s.
    assert signals(FIRST, *sweep)[-1] == pytest.approx(0.5, rel=1e-5)
    both_sides = [trade(START + 1, BUY, made=START), trade(START + 1, SELL, made=START)]
    assert signals(FIRST, *both_sides)[-1] == 0.0


def test_a_trade_of_unknown_side_does_not_count() -> None:
    assert signals(FIRST, trade(START + 1, 0)) == [0.0]


def test_a_coefficient_takes_the_place_of_half_the_spread() -> None:
    assert signals(trade(START, SELL), coefficient=7.0) == [-3.5]


def test_half_the_spread_is_that_of_the_moment() -> None:
    rows = [FIRST, trade(START + 1, BUY), quote(START + 1, 1000, 5, 1020, 5)]
    assert signals(*rows)[-1] == 2.5


def test_without_a_touch_and_a_coefficient_it_is_not_known() -> None:
    assert signals(trade(START, BUY)) == []
    lost = signals(FIRST, trade(START + 1, BUY), quote(START + 2, 1000, 0, 1004, 5))
    assert np.isnan(lost).tolist() == [False, False, True]
    assert math.isnan(lost[-1])

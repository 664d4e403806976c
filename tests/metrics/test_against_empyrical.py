"""The ratios that others define as well, against an independent library."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm.metrics import drawdown, ratios

empyrical = pytest.importorskip("empyrical", reason="empyrical-reloaded is not installed")

DAY_S = 86_400.0


@given(st.lists(st.integers(-100, 100), min_size=3, max_size=60))
def test_sharpe_and_sortino(profits: list[int]) -> None:
    """They take profits as returns on a wallet of one: no ratio depends on its size."""
    profit = np.array(profits, np.float64) / 1000
    found = ratios(np.concatenate([[0.0], np.cumsum(profit)]), DAY_S)
    steps = np.diff(np.concatenate([[0.0], np.cumsum(profit)]))  # as rounded by the sum
    theirs = empyrical.sharpe_ratio(steps, annualization=365)
    if math.isfinite(theirs) and steps.std() > 1e-12:
        assert found.sharpe == pytest.approx(theirs, rel=1e-9)
    theirs = empyrical.sortino_ratio(steps, annualization=365)
    if math.isfinite(theirs) and steps.min() < -1e-12:
        assert found.sortino == pytest.approx(theirs, rel=1e-9)


@given(st.lists(st.integers(-100, 100), min_size=1, max_size=60))
def test_drawdown(profits: list[int]) -> None:
    """Their drawdown is a share of a compounded wallet; so ours is fed its logarithm."""
    returns = np.array(profits, np.float64) / 1000
    wallet = np.cumsum(np.log1p(returns))
    depth = drawdown(np.arange(len(wallet)), wallet).depth
    assert math.expm1(-depth) == pytest.approx(empyrical.max_drawdown(returns), abs=1e-12)

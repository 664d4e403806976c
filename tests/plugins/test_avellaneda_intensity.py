"""The fit of A and k: definition, limits, and what it may depend on."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm_avellaneda.intensity import MIN_DEPTHS, fit_intensity


def fit(depths: list[int], intervals: int = 240, bins: int = 1000) -> tuple[float, float]:
    histogram = np.bincount(depths, minlength=bins + 1).astype(np.int64)
    A, k = fit_intensity(histogram, intervals, 0.5)
    return A, k


def test_the_fit_is_the_weighted_least_squares_line_through_a_fine_sampling() -> None:
    depths = np.array([1, 1, 2, 5, 5, 9, 14, 14, 22, 31, 48])
    x = (np.arange(48 * 200) + 0.5) / 200  # half ticks
    p = np.array([(depths >= one).sum() for one in x]) / 240
    rate = -np.log1p(-p)
    weight = 240 * (1 - p) * rate**2 / p
    slope, level = np.polyfit(x, np.log(rate / 0.5), 1, w=np.sqrt(weight))
    A, k = fit(depths.tolist())
    assert pytest.approx(math.exp(level), rel=1e-6) == A
    assert k == pytest.approx(-slope, rel=1e-6)


@given(
    depths=st.lists(st.integers(1, 60), min_size=MIN_DEPTHS, max_size=200),
    finer=st.integers(2, 10),
)
def test_a_finer_tick_changes_nothing(depths: list[int], finer: int) -> None:
    A, k = fit(depths)
    fine_A, fine_k = fit([finer * depth for depth in depths])
    assert fine_A == pytest.approx(A, rel=1e-9, nan_ok=True)
    assert finer * fine_k == pytest.approx(k, rel=1e-9, nan_ok=True)


def test_too_few_depths_give_no_fit() -> None:
    depths = list(range(1, MIN_DEPTHS + 1))
    assert all(math.isfinite(value) for value in fit(depths))
    assert all(math.isnan(value) for value in fit(depths[1:]))


def test_one_depth_alone_has_no_slope() -> None:
    assert all(math.isnan(value) for value in fit([7] * 50))


def test_no_trades_give_no_fit() -> None:
    assert all(math.isnan(value) for value in fit([]))


def test_an_interval_that_is_always_reached_stays_finite() -> None:
    A, k = fit([3] * 200 + [9] * 40)
    assert math.isfinite(A)
    assert k > 0

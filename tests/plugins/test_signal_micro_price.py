"""The micro-price: Stoikov's conditions, the toy market with a known answer, and when it learns."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.plugins.signal_market import START, S, context, push, quote, stream

from mm.api import MarketBatch, Rows
from mm.config.validation import FaultsError, structure
from mm_signals import build_micro_price
from mm_signals.config import MicroPriceConfig
from mm_signals.markov import adjustments, first_move, mirror, solve
from mm_signals.micro_price import MIN_MOVES

COUNTS = 1e12  # of each step in the toy: so many that the imaginary ones do not show


def brownian(buckets: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Steps of a market of spread 1 whose imbalance is a symmetric walk on ``buckets`` places.

    Beyond either end the mid moves half a tick that way, and the walk begins anew anywhere.
    """
    stay, moved = np.zeros((2, buckets, buckets))
    jumps = np.zeros(buckets)
    for x in range(buckets):
        for y in (x - 1, x + 1):
            if 0 <= y < buckets:
                stay[x, y] += COUNTS / 2
            else:
                moved[x] += COUNTS / 2 / buckets
                jumps[x] += COUNTS / 2 * np.sign(y - x)
    return stay, moved, jumps


@pytest.mark.parametrize("buckets", [3, 9, 31])
def test_a_brownian_imbalance_makes_it_the_weighted_mid(buckets: int) -> None:
    stay, moved, jumps = brownian(buckets)
    imbalance = np.arange(1, buckets + 1) / (buckets + 1)
    ticks = adjustments(stay, moved, jumps, buckets) / 2
    np.testing.assert_allclose(ticks, imbalance - 0.5, atol=1e-8)


def random_counts(seed: int, buckets: int, spreads: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    n = buckets * spreads
    seen = rng.random((n, n)) < 0.5
    stay, moved = (rng.integers(0, 50, (n, n)) * seen * 1.0 for _ in range(2))
    return [stay, moved, rng.integers(-20, 20, n) * (moved.sum(1) > 0) * 1.0]


@given(seed=st.integers(0, 10**6), buckets=st.sampled_from([3, 5, 9]), spreads=st.integers(1, 3))
def test_after_symmetrisation_further_moves_die_out(seed: int, buckets: int, spreads: int) -> None:
    """B* g1 = 0 with B* = lim B^i, which is what makes the sum over B^i finite."""
    stay, moved, jumps = random_counts(seed, buckets, spreads)
    g1, b = first_move(stay, moved, jumps, buckets)
    mirrors = [mirror(x, buckets) for x in range(len(g1))]
    np.testing.assert_allclose(g1[mirrors], -g1, atol=1e-9)
    np.testing.assert_allclose(b[mirrors][:, mirrors], b, atol=1e-9)
    # What the imaginary transitions end begins anew anywhere; lazy, so that the limit exists.
    whole = b + (1 - b.sum(1, keepdims=True)) / len(b)
    limit = np.linalg.matrix_power((whole + np.eye(len(b))) / 2, 4096)
    np.testing.assert_allclose(limit @ g1, 0.0, atol=1e-8)


@given(seed=st.integers(0, 10**6))
def test_the_sum_is_of_six_terms(seed: int) -> None:
    stay, moved, jumps = random_counts(seed, 5, 2)
    g1, b = first_move(stay, moved, jumps, 5)
    expected = sum(np.linalg.matrix_power(b, i) @ g1 for i in range(6))
    np.testing.assert_allclose(adjustments(stay, moved, jumps, 5), expected, atol=1e-9)


@given(seed=st.integers(0, 10**6), size=st.integers(1, 12))
def test_elimination_solves_what_lapack_solves(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = -rng.random((size, size)) / size * 0.9 + np.eye(size)
    right = rng.normal(size=(size, 3))
    expected = np.linalg.solve(matrix, right)
    solve(matrix.copy(), right)
    np.testing.assert_allclose(right, expected, rtol=1e-9, atol=1e-12)


def test_a_state_seen_never_gets_no_adjustment_and_one_seen_once_but_half() -> None:
    stay, moved, jumps = np.zeros((3, 3)), np.zeros((3, 3)), np.zeros(3)
    assert adjustments(stay, moved, jumps, 3).tolist() == [0.0, 0.0, 0.0]
    moved[2, 1], jumps[2] = 1.0, 1.0
    # One move up of half a tick from 2 is one down from 0, by symmetry; 2 imaginary ones of none.
    assert adjustments(stay, moved, jumps, 3) == pytest.approx([-1 / 3, 0.0, 1 / 3])


def leaning(seconds: int, seed: int = 0) -> Rows:
    """A market whose mid always moves towards the side with less size, after some seconds."""
    rng = np.random.default_rng(seed)
    rows, bid = [], 1000
    for i in range(10 * seconds):
        heavy = bool(rng.random() < 0.5)
        sizes = (90, 10) if heavy else (10, 90)
        rows.append(quote(START + i * S // 10, bid, sizes[0], bid + 1, sizes[1]))
        bid += 1 if heavy else -1
    return stream(*rows)


def test_where_the_mid_follows_the_imbalance_it_points_that_way_by_a_tick() -> None:
    rows = push(build_micro_price(MicroPriceConfig(), context(tick="1")), leaning(300))
    # Heavy on the bid: up one tick. Thereafter either way alike: within a few standard errors.
    assert rows["signal"].max() == pytest.approx(1.0, abs=0.1)
    assert rows["signal"].min() == -rows["signal"].max()


def test_nothing_is_known_before_the_first_fit_to_enough_moves() -> None:
    events = leaning(60)
    one = build_micro_price(MicroPriceConfig(refit_s=10.0), context())
    rows = push(one, events)
    first_fit = -(-(START + MIN_MOVES * S // 10) // (10 * S)) * 10 * S
    assert rows["ts"][0] == events["ts_local"][events["ts_local"] > first_fit][0]


def test_it_changes_with_the_state_only_until_the_next_fit() -> None:
    rows = push(build_micro_price(MicroPriceConfig(refit_s=10.0), context()), leaning(60))
    # The row at the very time of a fit is still of the one before.
    fits = -(-rows["ts"] // (10 * S))
    values = [np.unique(np.abs(rows["signal"][fits == fit])).tolist() for fit in np.unique(fits)]
    assert [len(value) for value in values] == [1] * 5
    assert len({value[0] for value in values}) == 5


def test_steps_through_a_touch_that_lost_a_side_are_not_counted() -> None:
    gaps = leaning(60)
    gaps["size"][1::2] = 0
    rows = build_micro_price(MicroPriceConfig(), context()).push(MarketBatch(gaps, START + 99 * S))
    assert len(rows) == 0


def test_an_even_number_of_buckets_is_refused() -> None:
    with pytest.raises(FaultsError) as caught:
        structure(MicroPriceConfig, {"imbalance_buckets": 10})
    assert "imbalance_buckets must be odd, was 10" in str(caught.value.faults)

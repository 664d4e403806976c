"""The ratios against the numbers that the papers print, and against scipy."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm.judge import (
    autocorrelation,
    deflated,
    expected_maximum,
    independent_trials,
    moments,
    probabilistic,
    sharpes,
)
from mm.judge.sharpe import Moments

stats = pytest.importorskip("scipy.stats", reason="scipy is not installed")

DAYS = 250


def daily(annual: float, skewness: float, kurtosis: float) -> Moments:
    """Five years of days."""
    return Moments(
        count=5 * DAYS, sharpe=annual / math.sqrt(DAYS), skewness=skewness, kurtosis=kurtosis
    )


def test_the_deflated_ratio_of_the_paper() -> None:
    """Bailey and López de Prado (2014), "A numerical example": annual ratio 2.5, variance of the
    trials' annual ratios 1/2, skewness -3, kurtosis 10."""
    found = daily(2.5, -3.0, 10.0)
    expected = expected_maximum(100, 0.5 / DAYS)
    assert expected == pytest.approx(0.1132, abs=5e-5)
    assert probabilistic(found, expected) == pytest.approx(0.9004, abs=5e-5)
    assert probabilistic(found, expected_maximum(46, 0.5 / DAYS)) == pytest.approx(0.9505, abs=5e-5)
    normal = daily(2.5, 0.0, 3.0)
    assert probabilistic(normal, expected_maximum(88, 0.5 / DAYS)) == pytest.approx(
        0.9505, abs=5e-5
    )


def test_the_probabilistic_ratio_of_the_paper() -> None:
    """Bailey and López de Prado (2012): two years of months, ratio 0.458; to a normal
    distribution it looks better than with the skewness and kurtosis that it had."""
    months = Moments(count=24, sharpe=0.458, skewness=0.0, kurtosis=3.0)
    assert probabilistic(months) == pytest.approx(0.982, abs=5e-4)
    months = Moments(count=24, sharpe=0.458, skewness=-2.448, kurtosis=10.164)
    assert probabilistic(months) == pytest.approx(0.913, abs=5e-4)


def test_the_expected_maximum_is_that_of_simulated_trials() -> None:
    """Within some per cent, as the paper's own experiment shows, from few trials to many."""
    draws = np.random.default_rng(7).standard_normal((4000, 1000))
    for trials in (10, 100, 1000):
        simulated = draws[:, :trials].max(axis=1).mean()
        assert expected_maximum(trials, 1.0) == pytest.approx(simulated, rel=0.03)
        assert expected_maximum(trials, 4.0) == pytest.approx(2 * expected_maximum(trials, 1.0))
    assert expected_maximum(1, 1.0) == 0.0
    assert expected_maximum(50, 0.0) == 0.0


@given(st.lists(st.integers(-50, 50), min_size=3, max_size=60))
def test_moments_are_scipys(profits: list[int]) -> None:
    profit = np.array(profits, np.float64)
    found = moments(profit)
    if len(set(profits)) < 2:
        assert math.isnan(found.sharpe)
        assert math.isnan(probabilistic(found))
        return
    assert found.sharpe == pytest.approx(profit.mean() / stats.tstd(profit))
    assert found.skewness == pytest.approx(stats.skew(profit), abs=1e-9)
    assert found.kurtosis == pytest.approx(stats.kurtosis(profit, fisher=False))


def test_independent_trials_between_one_and_all() -> None:
    draws = np.random.default_rng(3).standard_normal((500, 40))
    assert independent_trials(draws) == pytest.approx(40, rel=0.05)
    assert independent_trials(draws[:, :1].repeat(40, axis=1)) == pytest.approx(1)
    half = draws + 1.0 * draws[:, :1]  # their correlation is one half
    r = np.corrcoef(half[:, 1:].T)
    mean = (r.sum() - 39) / (39 * 38)
    assert independent_trials(half[:, 1:]) == pytest.approx(mean + (1 - mean) * 39)


def test_of_many_worthless_sets_the_best_is_not_believed() -> None:
    """Alone it would have been: 0.95 and more in every second study of 200 sets."""
    believed, alone = 0, 0
    for seed in range(40):
        blocks = np.random.default_rng(seed).standard_normal((48, 200))
        found = deflated(blocks, int(np.nanargmax(sharpes(blocks))))
        believed += found.probability > 0.95
        alone += found.alone > 0.95
    assert believed <= 4
    assert alone == 40


def test_the_likeness_of_neighbours_is_that_of_the_process() -> None:
    """Of an autoregression with a coefficient of 0.6, and of independent draws."""
    draws = np.random.default_rng(9).standard_normal(20_000)
    process = np.zeros(20_000)
    for n in range(1, 20_000):
        process[n] = 0.6 * process[n - 1] + draws[n]
    assert autocorrelation(process) == pytest.approx(0.6, abs=0.02)
    assert autocorrelation(draws) == pytest.approx(0.0, abs=0.03)
    assert autocorrelation(np.array([1.0, -1.0, 1.0, -1.0])) == pytest.approx(-0.75)
    assert math.isnan(autocorrelation(np.ones(5)))


def test_what_parameters_truly_do_is_not_taken_for_luck() -> None:
    """Half of the sets lose, as a fee would have them; of the others nothing is worth anything."""
    believed, right = 0, 0
    for seed in range(200):
        blocks = np.random.default_rng(seed).standard_normal((48, 20))
        blocks[:, 10:] -= 1.0
        found = deflated(blocks, int(np.argmax(sharpes(blocks))))
        assert found.probability < found.by_luck
        believed += found.by_luck > 0.95
        blocks[:, 3] += 1.0
        found = deflated(blocks, 3)
        right += found.by_luck > 0.95 > found.probability
    assert believed <= 10
    assert right >= 195


def test_what_never_varies_has_no_ratio() -> None:
    blocks = np.zeros((48, 3))
    blocks[:, 1] = 0.1
    assert np.isnan(sharpes(blocks)).all()
    found = deflated(blocks, 1)
    assert math.isnan(found.probability)
    assert found.expected == 0.0
    assert found.independent == 3

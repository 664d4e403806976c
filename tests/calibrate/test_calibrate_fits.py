"""The fits themselves: against a general optimiser, at their limits, and on exact curves."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from scipy.optimize import minimize

from mm.calibrate.blocks import BLOCKS, block_of, dispersion, jackknife
from mm.calibrate.depths import rates_of
from mm.calibrate.fits import NO_LINE, Bins, fit_likelihood, fit_line

Floats = npt.NDArray[np.float64]
X = np.arange(1.0, 41.0)


def drawn_counts(seed: int, k: float = 0.1) -> Floats:
    """Nested counts of 600 draws over X."""
    reach = 1 + np.random.default_rng(seed).exponential(1 / k, 600)
    return np.array([(reach >= x).sum() for x in X], np.float64)


def poisson_loss(theta: Floats, bins: Bins) -> float:
    """Minus the log-likelihood, written down anew."""
    rates = np.append(np.exp(theta[0] - theta[1] * X), 0.0)
    expected = bins.trials * bins.unit * (rates[:-1] - rates[1:])
    return float(np.sum(expected - bins.ended * np.log(expected)))


def bernoulli_loss(theta: Floats, bins: Bins) -> float:
    rates = np.append(np.exp(theta[0] - theta[1] * X), 0.0)
    missed = np.exp(-bins.unit * (rates[:-1] - rates[1:]))
    hits, misses = bins.ended, bins.trials - bins.ended
    return float(-np.sum(hits * np.log(1 - missed) + misses * np.log(missed)))


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("at_most_one", [False, True])
def test_scoring_finds_what_a_general_optimiser_finds(seed: int, at_most_one: bool) -> None:
    bins = Bins.of(drawn_counts(seed), 800.0, 0.5, at_most_one=at_most_one)
    ours = fit_likelihood(X, bins, NO_LINE)
    loss = bernoulli_loss if at_most_one else poisson_loss
    best = minimize(
        loss, (1.0, 0.2), (bins,), method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-8}
    )
    assert best.success  # to 1e-6 at best: losses of 1e3 know no finer
    assert ours.level == pytest.approx(best.x[0], abs=1e-4)
    assert ours.slope == pytest.approx(best.x[1], rel=1e-4)


@pytest.mark.parametrize("at_most_one", [False, True])
def test_the_start_does_not_matter(at_most_one: bool) -> None:
    bins = Bins.of(drawn_counts(4), 800.0, 0.5, at_most_one=at_most_one)
    lines = [
        fit_likelihood(X, bins, start)
        for start in (NO_LINE, fit_line(X, drawn_counts(4)), fit_line(X, np.exp(3 - 2 * X)))
    ]
    for line in lines[1:]:
        assert (line.level, line.slope) == pytest.approx((lines[0].level, lines[0].slope))


@pytest.mark.parametrize("at_most_one", [False, True])
def test_the_deviance_is_none_where_the_curve_gives_the_counts(at_most_one: bool) -> None:
    bins = Bins.of(drawn_counts(1), 800.0, 0.5, at_most_one=at_most_one)
    share = np.maximum(bins.ended, 1e-12) / bins.trials
    means = -np.log1p(-share) if at_most_one else share
    assert bins.deviance(means) == pytest.approx(0.0, abs=1e-6)
    assert bins.deviance(2 * means) > 1


@pytest.mark.parametrize("at_most_one", [False, True])
def test_a_power_law_is_the_same_fit_over_logarithms(at_most_one: bool) -> None:
    rates = 0.2 * X**-1.3
    expected = 1e7 * (-np.expm1(-rates * 0.5) if at_most_one else rates * 0.5)
    bins = Bins.of(expected, 1e7, 0.5, at_most_one=at_most_one)
    line = fit_likelihood(np.log(X), bins, NO_LINE)
    assert math.exp(line.level) == pytest.approx(0.2)
    assert line.slope == pytest.approx(1.3)


def test_the_line_through_an_exact_exponential_is_exact() -> None:
    line = fit_line(X, 0.7 * np.exp(-0.05 * X), weights=X)
    assert (math.exp(line.level), line.slope, line.fit) == pytest.approx((0.7, 0.05, 1.0))


def test_the_line_is_numpys() -> None:
    rates, weights = drawn_counts(7), np.sqrt(X)
    slope, level = np.polyfit(X, np.log(rates), 1, w=np.sqrt(weights))
    line = fit_line(X, rates, weights)
    assert (line.level, -line.slope) == pytest.approx((level, slope))


def test_depths_that_nobody_reached_are_left_out_of_a_line() -> None:
    rates = np.exp(1 - 0.1 * X)
    rates[30:] = np.nan
    assert fit_line(X, rates).slope == pytest.approx(0.1)


def test_two_depths_or_no_decay_give_no_fit() -> None:
    two = np.zeros(40)
    two[:2] = 90, 40
    flat = np.full(40, 50.0)
    for counts in (two, flat):
        bins = Bins.of(counts, 800.0, 0.5, at_most_one=False)
        assert math.isnan(fit_likelihood(X, bins, NO_LINE).slope)
    assert math.isnan(fit_line(X, np.where(two > 0, two, np.nan)).slope)
    assert math.isnan(fit_line(X, flat).slope)


def test_rates_of_penetration_undo_that_one_arrival_hides_the_next() -> None:
    counts = np.array([1000 * -math.expm1(-0.8 * 0.5), 0.0])
    rates = rates_of("penetration", counts, 1000.0, 0.5)
    assert rates[0] == pytest.approx(0.8)
    assert math.isnan(rates[1])
    assert np.isfinite(rates_of("penetration", np.array([1000.0]), 1000.0, 0.5)).all()


def test_the_jackknife_of_a_mean_is_the_textbooks_error() -> None:
    values = np.random.default_rng(0).normal(5, 2, 30)
    sums = np.column_stack([np.ones(30), values])
    (mean,), (error,) = jackknife(sums, lambda total: np.array([total[1] / total[0]]))
    assert mean == pytest.approx(values.mean())
    assert error == pytest.approx(values.std(ddof=1) / math.sqrt(30))


def test_blocks_are_equally_long_and_in_order() -> None:
    blocks = block_of(10 * BLOCKS + 3)
    assert (np.diff(blocks) >= 0).all()
    assert set(np.bincount(blocks).tolist()) == {10, 11}


def test_the_dispersion_of_poisson_counts_is_one() -> None:
    counts = np.random.default_rng(0).poisson(20, 100_000).astype(np.float64)
    assert dispersion(counts) == pytest.approx(1, abs=0.02)  # known to 0.5 %
    assert math.isnan(dispersion(np.zeros(3)))

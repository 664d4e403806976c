"""Means, deviations and their standard errors, on arrays whose answers are known."""

import math

import numpy as np
import pytest

from mm.simulate.statistics import (
    NAMES,
    Estimate,
    Outcomes,
    deviation,
    joined,
    mean,
    ratio,
    statistics,
    z_score,
)


def test_a_mean_has_the_standard_error_sd_over_root_n() -> None:
    """1, 2, 3, 4: variance 5/3."""
    found = mean(np.array([1.0, 2.0, 3.0, 4.0]))
    assert found.value == 2.5
    assert found.se == pytest.approx(math.sqrt(5.0 / 3.0 / 4.0), rel=1e-15)


def test_the_error_of_a_deviation_follows_the_kurtosis() -> None:
    """Three values at -1, 0, 1 with weights 1, 2, 1: kurtosis (1/2)/(1/4) = 2, sd² = 2/3."""
    found = deviation(np.array([-1.0, 0.0, 0.0, 1.0]))
    assert found.value == pytest.approx(math.sqrt(2.0 / 3.0), rel=1e-15)
    assert found.se == pytest.approx(found.value / 2.0 * math.sqrt(1.0 / 4.0), rel=1e-15)


def test_the_error_of_a_deviation_is_what_repetition_shows() -> None:
    """2000 samples of 400 Laplace numbers (kurtosis 6): within 10 %, where the normal law's
    sd/√(2n) is short by a third. The spread of 2000 has 1.6 % of error, the sample kurtosis'
    bias the rest."""
    samples = np.random.default_rng(5).laplace(size=(2000, 400))
    found = [deviation(sample) for sample in samples]
    seen = float(np.std([one.value for one in found]))
    assert np.mean([one.se for one in found]) == pytest.approx(seen, rel=0.1)


def test_a_constant_has_no_deviation_and_no_z() -> None:
    same = np.full(7, 1.49)
    assert deviation(same) == Estimate(0.0, 0.0)
    assert z_score(mean(same), 1.5) is None


def test_one_path_has_no_standard_error() -> None:
    assert math.isnan(mean(np.array([3.0])).se)
    assert z_score(mean(np.array([3.0])), 3.0) is None


def test_z_counts_standard_errors() -> None:
    assert z_score(Estimate(5.0, 0.5), 4.0) == 2.0


def test_a_ratio_weighs_each_decision_alike_and_a_constant_one_has_no_error() -> None:
    """10 / 20 and 30 / 20: 1 on average, with the error of a mean of 0.5 and 1.5."""
    found = ratio(np.array([10.0, 30.0]), np.array([20.0, 20.0]))
    assert found.value == 1.0
    assert found.se == pytest.approx(0.5, rel=1e-15)
    assert ratio(np.array([3.0, 6.0]), np.array([1.0, 2.0])) == Estimate(3.0, 0.0)
    assert math.isnan(ratio(np.zeros(2), np.zeros(2)).value)


def test_every_statistic_is_of_its_own_column() -> None:
    first = Outcomes(
        profit=np.array([1.0]), final_q=np.array([-2.0]),
        spread=np.array([50.0]), quoted=np.array([100.0]), fills=np.array([10.0]),
    )  # fmt: skip
    second = Outcomes(
        profit=np.array([3.0]), final_q=np.array([2.0]),
        spread=np.array([450.0]), quoted=np.array([300.0]), fills=np.array([20.0]),
    )  # fmt: skip
    found = statistics(joined([first, second]))
    assert tuple(found) == NAMES
    values = [found[name].value for name in NAMES]
    assert values == pytest.approx([2.0, math.sqrt(2.0), 0.0, math.sqrt(8.0), 1.25, 15.0])

"""The estimates recover what a market was made of, and their errors say how well.

Seeds are fixed. Where 3 standard errors are the tolerance, about one comparison in 300 would fail
for other seeds, a little more for errors that are themselves estimated from 36 blocks.
"""

import math
from decimal import Decimal

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.calibrate.market import Truth, events_of, sample_of

from mm.api import DataError, Instrument
from mm.calibrate.depths import METHODS, Method, choose_depths, count_reached
from mm.calibrate.estimate import Calibration, calibrate
from mm.calibrate.intensity import Intensity, estimate_intensity
from mm.calibrate.sample import Sample, Sampler
from mm.calibrate.volatility import estimate_sigma
from mm.testing import cut_stream

TRUTHS = {
    "plain": Truth(),
    "busy, every interval reached": Truth(A=(5, 4), k=20, sigma=0.01, tick=0.001, seconds=900),
    "slow": Truth(A=(0.15, 0.3), k=0.02, sigma=3.0, tick=0.1, seconds=7200),
}


def instrument(tick: float) -> Instrument:
    return Instrument(symbol="TEST", tick_size=Decimal(repr(tick)), lot_size=Decimal(1))


def of_events(truth: Truth, seed: int) -> Calibration:
    sampler = Sampler(instrument=0, steps_us=(500_000, 5_000_000), interval_us=500_000)
    for batch in cut_stream(events_of(truth, seed), 10_000):
        sampler.push(batch)
    return calibrate(sampler.finish(), instrument(truth.tick), sigma_us=500_000)


def one_side(sample: Sample, truth: Truth, method: Method, side: int = 0) -> Intensity:
    half_tick = truth.tick / 2
    depths = choose_depths(sample, half_tick, None)
    return estimate_intensity(count_reached(sample, method, (side,), depths, half_tick), "ask")


@pytest.mark.parametrize("name", TRUTHS)
def test_known_intensities_and_sigma_are_recovered_from_events(name: str) -> None:
    truth = TRUTHS[name]
    found = of_events(truth, seed=5)
    for row in found.volatilities:
        assert abs(row.sigma - truth.sigma) < 3 * row.sigma_se
    rates = {"ask": truth.A[0], "bid": truth.A[1], "both": sum(truth.A) / 2}
    for one in found.intensities:
        for curve in ("line", "exponential", "exponential_behind"):
            fit = one.fit(curve)
            assert abs(fit.A - rates[one.side]) < 3 * fit.A_se, (one.method, one.side, curve)
            assert abs(fit.k - truth.k) < 3 * fit.k_se, (one.method, one.side, curve)


@pytest.mark.parametrize("method", METHODS)
def test_the_errors_are_honest(method: Method) -> None:
    truth = Truth(seconds=1200)
    fits = [one_side(sample_of(truth, seed), truth, method) for seed in range(40)]
    for curve in ("line", "exponential", "exponential_behind"):
        found = [one.fit(curve) for one in fits]
        for value, error, true in (("A", "A_se", truth.A[0]), ("k", "k_se", truth.k)):
            z = [(getattr(fit, value) - true) / getattr(fit, error) for fit in found]
            # 40 draws know a standard deviation to 11 %; it is 1.03 for Student's t with 35 degrees
            # of freedom. The mean's bounds are three standard errors of a mean of 40.
            assert 0.75 < np.std(z) < 1.35, (curve, value)
            assert abs(np.mean(z)) < 0.5, (curve, value)


def test_the_errors_are_honest_for_orders_in_bursts() -> None:
    truth = Truth(seconds=1200)
    found = [
        one_side(sample_of(truth, seed, burst=5), truth, "counting") for seed in range(40)
    ]  # fmt: skip
    # Bursts of a geometric number with mean 5: the count varies 2 · 5 - 1 = 9 times as much.
    assert np.mean([one.dispersion for one in found]) == pytest.approx(9, rel=0.1)
    z = [(one.fit("line").A - truth.A[0]) / one.fit("line").A_se for one in found]
    assert 0.8 < np.std(z) < 1.25  # a Poisson error would give 3


def test_the_error_of_sigma_is_honest_for_fat_tails() -> None:
    # Student's t with five degrees of freedom, variance 5/3: of kurtosis 9.
    scores = []
    for seed in range(300):
        draw = np.random.default_rng(seed)
        changes = np.round(1000 * draw.standard_t(5, 2000)).astype(np.int64)
        found = estimate_sigma(1_000_000, changes, 0.001)
        scores.append((found.sigma - math.sqrt(5 / 3)) / found.sigma_se)
    # The bounds are the project's; an error for normal changes would give sqrt((9 - 1) / 2) = 2.
    assert 0.8 < np.std(scores) < 1.25


def test_a_power_law_is_told_from_an_exponential() -> None:
    truth = Truth()
    sample = sample_of(truth, seed=3)
    exponential = one_side(sample, truth, "counting")
    assert exponential.fit("exponential").aic < exponential.fit("power").aic
    # Depths of which the share beyond d is (d / 2)^-1.5, in half ticks.
    draw = np.random.default_rng(3)
    depths = np.floor(2 * draw.pareto(1.5, len(sample.order_depth)) + 2).astype(np.int64)
    power = one_side(attrs.evolve(sample, order_depth=depths), truth, "counting")
    assert power.fit("power_behind").aic < power.fit("exponential_behind").aic
    fit = power.fit("power_behind")
    assert abs(fit.k - 1.5) < 3 * fit.k_se


@settings(max_examples=10)
@given(factor=st.sampled_from([0.001, 0.1, 0.5, 3.0, 1000.0]), method=st.sampled_from(METHODS))
def test_prices_times_c_give_k_over_c(factor: float, method: Method) -> None:
    truth = Truth(seconds=600)
    sample = sample_of(truth, seed=8)
    before = one_side(sample, truth, method)
    after = one_side(sample, attrs.evolve(truth, tick=truth.tick * factor), method)
    for curve in ("line", "plain", "exponential"):
        one, other = before.fit(curve), after.fit(curve)
        assert pytest.approx(one.A, rel=1e-6) == other.A
        assert other.A_se == pytest.approx(one.A_se, rel=1e-4)
        assert other.k * factor == pytest.approx(one.k, rel=1e-6)
    sigmas = [estimate_sigma(500_000, sample.changes[0][2], h).sigma for h in (1.0, factor)]
    assert sigmas[1] == pytest.approx(sigmas[0] * factor)


@settings(max_examples=10)
@given(factor=st.sampled_from([2, 5, 60]), method=st.sampled_from(METHODS))
def test_time_times_c_gives_a_rate_over_c(factor: int, method: Method) -> None:
    truth = Truth(seconds=600)
    sample = sample_of(truth, seed=8)
    slow = attrs.evolve(
        sample, interval_us=sample.interval_us * factor, starts=sample.starts * factor
    )
    before, after = one_side(sample, truth, method), one_side(slow, truth, method)
    for curve in ("line", "plain", "exponential"):
        one, other = before.fit(curve), after.fit(curve)
        assert other.A * factor == pytest.approx(one.A, rel=1e-6)
        assert other.k == pytest.approx(one.k, rel=1e-6)
    changes = sample.changes[0][2]
    sigmas = [estimate_sigma(us, changes, 1.0).sigma for us in (500_000, 500_000 * factor)]
    assert sigmas[1] * math.sqrt(factor) == pytest.approx(sigmas[0])


def test_windows_say_what_each_part_of_the_data_says() -> None:
    truth = Truth(seconds=3600)
    sample, busier = (
        sample_of(one, seed=1) for one in (truth, attrs.evolve(truth, A=(2.4, 1.5), sigma=0.6))
    )
    half = len(sample.starts) // 2
    step, times, moves = sample.changes[0]
    mixed = attrs.evolve(
        sample,
        deepest=np.concatenate([sample.deepest[:half], busier.deepest[half:]]),
        changes=((step, times, np.concatenate([moves[:half], busier.changes[0][2][half:]])),),
    )
    windows = calibrate(mixed, instrument(truth.tick), sigma_us=500_000).windows
    minutes = [(window.start_us - windows[0].start_us) / 60e6 for window in windows]
    assert minutes == [0, 10, 20, 30, 40, 50]
    # In ten minutes A is known to about 6 %, sigma to 2 %.
    assert [window.A for window in windows] == pytest.approx([0.65] * 3 + [1.95] * 3, rel=0.25)
    assert [window.sigma for window in windows] == pytest.approx([0.3] * 3 + [0.6] * 3, rel=0.08)


def test_a_side_without_trades_is_marked_and_the_rest_estimated() -> None:
    truth = Truth(A=(0.8, 0.0))
    found = calibrate(sample_of(truth, seed=1), instrument(truth.tick), sigma_us=500_000)
    bid = found.intensities[1]
    assert not bid.enough
    assert all(math.isnan(fit.k) for fit in bid.fits)
    assert abs(found.chosen.A - 0.4) < 3 * found.chosen.A_se


def thin(**changes: object) -> None:
    sample = attrs.evolve(sample_of(Truth(), seed=1), **changes)  # type: ignore[arg-type] # by name
    calibrate(sample, instrument(0.01), sigma_us=500_000)


def test_too_few_intervals_are_an_error() -> None:
    text = r"TEST: whole intervals of 0.5 s with a bid and an ask: 10, expected at least 36"
    with pytest.raises(DataError, match=text):
        thin(starts=np.arange(10, dtype=np.int64), deepest=np.zeros((10, 2), np.int64))


def test_trades_that_go_nowhere_are_an_error() -> None:
    deepest = np.zeros((3600, 2), np.int64)
    deepest[:100] = 1
    with pytest.raises(
        DataError, match="too few trades go deep enough: 200 intervals were reached"
    ):
        thin(deepest=deepest)


def test_a_max_depth_of_too_few_ticks_is_an_error() -> None:
    with pytest.raises(DataError, match=r"--max-depth 0.02 leaves 2 depths of TEST, one a tick"):
        calibrate(
            sample_of(Truth(), seed=1), instrument(0.01), sigma_us=500_000, max_depth=0.02
        )  # fmt: skip


def test_a_mid_that_never_moves_is_an_error() -> None:
    changes = np.zeros(3600, np.int64)
    with pytest.raises(DataError, match="the mid never moved"):
        thin(changes=((500_000, changes, changes),))


def test_intensity_that_does_not_fall_is_an_error() -> None:
    deepest = np.zeros((3600, 2), np.int64)
    deepest[:100] = 200
    with pytest.raises(DataError, match="does not fall with the depth, or is too little"):
        thin(deepest=deepest)

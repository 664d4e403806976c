"""The papers' models: how they relate, what holds of all, and independent solutions of some."""

from decimal import Decimal, localcontext
from itertools import pairwise
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.linalg import expm
from tests.plugins.gueant import gueant_offsets

from mm.api import ConfigError, Floats, QuoteInputs
from mm_avellaneda.models import MODELS
from mm_avellaneda.models.avellaneda_stoikov import (
    frozen_reservation_offsets,
    infinite_reservation_offsets,
    reservation_price_offset,
)
from mm_avellaneda.models.lattice import Chain, finite_steps, ground_steps

MARKET = QuoteInputs(sigma=0.3, A=0.9, k=0.3, gamma=0.01, max_inventory=8)
LATTICE = ("glft", "gueant", "cartea_jaimungal")


def everywhere(inputs: QuoteInputs) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.arange(-inputs.max_inventory, inputs.max_inventory + 1)


def decades(low: int, high: int) -> st.SearchStrategy[float]:
    return st.floats(low, high).map(lambda exponent: 10.0**exponent)


markets = st.builds(
    QuoteInputs,
    sigma=decades(-6, 6),
    A=decades(-6, 6),
    k=decades(-6, 6),
    gamma=decades(-8, 6),
    delta=decades(-3, 3),
    xi=st.none() | st.just(0.0) | decades(-6, 6),
    impact=st.just(0.0) | decades(-4, 2),
    terminal=st.just(0.0) | decades(-4, 2),
    max_inventory=st.integers(1, 12),
)
times_left = st.none() | decades(-4, 4).map(lambda time: np.array([time]))


@settings(max_examples=80, deadline=None)
@given(inputs=markets, tau=times_left, name=st.sampled_from(LATTICE))
def test_quotes_are_numbers_mirror_each_other_and_rise_with_inventory(
    inputs: QuoteInputs, tau: Floats | None, name: str
) -> None:
    try:
        bid, ask = (side[0] for side in MODELS[name].quotes(inputs, everywhere(inputs), tau))
    except ConfigError:  # beyond the range of doubles, and said so
        return
    assert np.isnan(bid[-1])
    assert np.isnan(ask[0])
    # ln v is good to 1e-10 or so, and 1/k is what it is multiplied by.
    scale = 1e-9 * max(1.0 / inputs.k, float(np.abs(bid[:-1]).max()))
    np.testing.assert_allclose(bid[:-1], ask[:0:-1], rtol=0.0, atol=scale)
    assert (np.diff(bid[:-1]) >= -scale).all()


@pytest.mark.parametrize("name", LATTICE)
def test_quotes_run_into_the_stationary_ones_as_the_end_moves_away(name: str) -> None:
    inputs = attrs.evolve(MARKET, terminal=0.5, impact=0.2)
    q = everywhere(inputs)
    still = MODELS[name].quotes(inputs, q, None)
    moving = MODELS[name].quotes(inputs, q, np.array([10.0, 100.0, 1e3, 1e9]))
    for side in (0, 1):
        gaps = np.nanmax(np.abs(moving[side] - still[side]), axis=1)
        assert gaps[0] > gaps[1] > gaps[2]
        assert gaps[3] < 1e-12


@pytest.mark.parametrize("tau", [None, np.array([0.0, 3.0, 60.0])])
def test_gueants_model_b_is_cartea_and_jaimungals(tau: Floats | None) -> None:
    inputs = attrs.evolve(MARKET, xi=0.0, delta=2.5, terminal=0.1)
    q = everywhere(inputs)
    np.testing.assert_array_equal(
        MODELS["gueant"].quotes(inputs, q, tau), MODELS["cartea_jaimungal"].quotes(inputs, q, tau)
    )


def test_gueants_model_a_is_glfts_and_what_no_xi_means() -> None:
    q, tau = everywhere(MARKET), np.array([30.0])
    given = attrs.evolve(MARKET, xi=MARKET.gamma, impact=0.3, drift=0.01)
    expected = MODELS["glft"].quotes(given, q, tau)
    for inputs in (given, attrs.evolve(given, xi=None)):
        np.testing.assert_array_equal(MODELS["gueant"].quotes(inputs, q, tau), expected)


@pytest.mark.parametrize("form", ["quotes", "closed"])
def test_small_aversions_run_into_none(form: str) -> None:
    q = everywhere(MARKET)
    for change in ("xi", "gamma"):
        changes: list[dict[str, Any]] = [{change: 0.0}, {change: 1e-13}]
        none, little = (attrs.evolve(MARKET, **values) for values in changes)
        function = getattr(MODELS["gueant"], form)
        # gamma acts by its root in the closed form: sqrt(1e-13) is 3e-7
        np.testing.assert_allclose(
            function(none, q, None), function(little, q, None), rtol=0.0, atol=1e-5
        )


def test_without_aversion_everybody_quotes_one_over_k_far_from_the_bound() -> None:
    inputs = QuoteInputs(sigma=0.0, A=1.0, k=2.0, gamma=0.0, max_inventory=400)
    bid, ask = MODELS["glft"].quotes(inputs, np.array([0]), None)
    assert bid[0, 0] == pytest.approx(0.5, abs=1e-5)
    assert bid[0, 0] == pytest.approx(ask[0, 0], rel=1e-12)


positive = decades(-3, 3)


@given(sigma=positive, A=positive, k=positive, gamma=positive, delta=positive, xi=positive)
def test_the_closed_form_is_the_strategys(
    sigma: float, A: float, k: float, gamma: float, delta: float, xi: float
) -> None:
    inputs = QuoteInputs(sigma=sigma, A=A, k=k, gamma=gamma, delta=delta, xi=xi, max_inventory=5)
    q = np.array([-5, 0, 1, 3])
    bid, ask = MODELS["gueant"].closed(inputs, q, np.array([1.0, 2.0]))
    for column, lots in enumerate(q.tolist()):
        expected = gueant_offsets(
            lots * delta, sigma=sigma, A=A, k=k, gamma=gamma, delta=delta, xi=xi
        )
        scale = 1e-12 * (abs(expected[0]) + abs(expected[1]))
        assert bid[:, column] == pytest.approx(expected[0], rel=1e-12, abs=scale)
        assert ask[:, column] == pytest.approx(expected[1], rel=1e-12, abs=scale)


def test_the_closed_form_with_drift_and_impact_follows_the_paper() -> None:
    """GLFT section 5: brackets shifted by drift/(gamma sigma^2); half the impact, a wider slope."""
    inputs = attrs.evolve(MARKET, drift=0.001, impact=1.0)
    bid, ask = (side[0] for side in MODELS["glft"].closed(inputs, np.array([0, 4]), None))
    slope = 0.06786583253 * np.exp(0.3 / 4.0)
    shift = 0.001 / (0.01 * 0.09)
    markup = 3.278982282 + 0.5
    np.testing.assert_allclose(bid, markup + (np.array([0.5, 4.5]) - shift) * slope, rtol=1e-9)
    np.testing.assert_allclose(ask, markup - (np.array([-0.5, 3.5]) - shift) * slope, rtol=1e-9)


@pytest.mark.parametrize("tau", [None, np.array([4.0])])
def test_cartea_and_jaimungals_jump_moves_both_quotes_and_thins_out_arrivals(
    tau: Floats | None,
) -> None:
    jumping = attrs.evolve(MARKET, impact=0.7, terminal=0.2)
    thinned = attrs.evolve(jumping, impact=0.0, A=0.9 * np.exp(-0.3 * 0.7))
    q, model = everywhere(MARKET), MODELS["cartea_jaimungal"]
    for with_jump, without in (
        (model.quotes(jumping, q, tau), model.quotes(thinned, q, tau)),
        (model.closed(jumping, q, tau), model.closed(thinned, q, tau)),
    ):
        for side in (0, 1):
            np.testing.assert_allclose(with_jump[side], without[side] + 0.7, rtol=1e-12)


def test_the_exact_quotes_solve_the_papers_nonlinear_equation() -> None:
    """theta' from Guéant's (2017) Hamilton-Jacobi-Bellman equation, by another's integrator."""
    inputs = QuoteInputs(
        sigma=0.8, A=0.7, k=0.6, gamma=0.05, xi=0.2, delta=1.5, drift=0.02, terminal=0.03,
        max_inventory=5,
    )  # fmt: skip
    n = everywhere(inputs)
    amount, x = n * inputs.delta, 0.2 * 1.5 / 0.6
    height = inputs.A * 1.5 / 0.6 * (1.0 + x) ** -(1.0 / x + 1.0)

    def slope(_: float, theta: Floats) -> Floats:
        change = inputs.drift * amount - 0.5 * 0.05 * 0.8**2 * amount**2
        steps = np.diff(theta) / 1.5
        change[:-1] += height * np.exp(0.6 * steps)
        change[1:] += height * np.exp(-0.6 * steps)
        return np.asarray(change)

    solved = solve_ivp(
        slope, (0.0, 20.0), -0.03 * amount**2, method="DOP853", rtol=1e-12, atol=1e-12
    )
    expected = np.log1p(x) / (0.2 * 1.5) - np.diff(solved.y[:, -1]) / 1.5
    bid, ask = MODELS["gueant"].quotes(inputs, n, np.array([20.0]))
    np.testing.assert_allclose(bid[0, :-1], expected, rtol=1e-9)
    markups = 2.0 * np.log1p(x) / (0.2 * 1.5)
    np.testing.assert_allclose(ask[0, 1:], markups - expected, rtol=1e-9)


def test_a_librarys_exponential_agrees_where_nothing_underflows() -> None:
    diagonal = 0.05 * np.arange(-6, 7) ** 2 - 0.04 * np.arange(-6, 7)
    end = -0.1 * np.arange(-6, 7.0) ** 2
    matrix = np.diag(diagonal) - np.eye(13, k=1) - np.eye(13, k=-1)
    times = np.array([2.0, 0.5, 0.0, 7.25])
    found = finite_steps(Chain(diagonal, end), times)
    for steps, time in zip(found, times, strict=True):
        values = expm(-matrix * time) @ np.exp(end)
        np.testing.assert_allclose(steps, -np.diff(np.log(values)), rtol=1e-11, atol=1e-13)


def in_60_digits(diagonal: Floats, log_end: Floats, time: float) -> Floats:
    """The series of exp((c - M) time) on the end values, whose terms are all positive."""
    with localcontext(prec=60, Emin=-(10**9), Emax=10**9):
        d = [Decimal(value) for value in diagonal.tolist()]
        top, t = max(d), Decimal(time)
        term = [Decimal(value).exp() for value in log_end.tolist()]
        total = list(term)
        for count in range(1, int(4 * float(top + 2) * time) + 200):
            padded = [Decimal(0), *term, Decimal(0)]
            term = [
                ((top - d[i]) * padded[i + 1] + padded[i] + padded[i + 2]) * t / count
                for i in range(len(d))
            ]
            total = [a + b for a, b in zip(total, term, strict=True)]
        logs = [float(a.ln() - b.ln()) for a, b in pairwise(total)]
    return np.array(logs)


@pytest.mark.parametrize(
    ("lots", "aversion", "end", "time"),
    [
        (40, 0.5, 0.0, 0.05), (40, 0.5, 0.0, 0.6), (40, 3.0, 0.0, 0.02), (40, 0.1, 20.0, 0.5),
        (40, 0.01, 400.0, 0.3), (120, 3.0, 0.0, 0.002),
    ],
)  # fmt: skip
def test_tails_far_below_the_smallest_double_keep_their_digits(
    lots: int, aversion: float, end: float, time: float
) -> None:
    n = np.arange(-lots, lots + 1.0)
    chain = Chain(aversion * n * n, -end * n * n)
    found = finite_steps(chain, np.array([time]))[0]
    # Sums of logarithms around -900 lose 1e-13 each time they are made.
    np.testing.assert_allclose(
        found, in_60_digits(chain.diagonal, chain.log_end, time), rtol=1e-10, atol=2e-11
    )


def test_the_ground_state_keeps_its_digits_far_out() -> None:
    """Its ratios satisfy the eigenvalue equation at every site, with one eigenvalue."""
    n = np.arange(-60, 61.0)
    diagonal = 0.7 * n * n - 3.0 * n
    steps = ground_steps(Chain(diagonal, 0.0 * n))
    outer = np.concatenate([[0.0], np.exp(steps)]) + np.concatenate([np.exp(-steps), [0.0]])
    eigenvalues = diagonal - outer
    np.testing.assert_allclose(eigenvalues, eigenvalues[60], rtol=0.0, atol=1e-11)
    assert steps[-1] > 7.0  # each site a thousandth of the one before


def test_a_grid_of_times_gives_what_each_time_alone_does() -> None:
    inputs = attrs.evolve(MARKET, max_inventory=20)
    q, tau = everywhere(inputs), np.linspace(0.0, 600.0, 7)[::-1].copy()
    together = MODELS["glft"].quotes(inputs, q, tau)
    for row, time in enumerate(tau):
        alone = MODELS["glft"].quotes(inputs, q, np.array([time]))
        for side in (0, 1):
            np.testing.assert_allclose(together[side][row], alone[side][0], rtol=1e-12)


def test_avellaneda_and_stoikovs_prices_are_those_of_indifference() -> None:
    """Orders of any size: utility before and after buying or selling delta units is the same."""
    inputs = attrs.evolve(MARKET, delta=2.0, gamma=0.2)
    q, tau = np.array([-2, 0, 3]), np.array([5.0])

    def certainty(amount: Floats) -> Floats:
        return np.asarray(-0.5 * 0.2 * 0.09 * 5.0 * amount**2)

    below, above = frozen_reservation_offsets(inputs, q, tau)
    held = q * 2.0
    np.testing.assert_allclose(below[0] * 2.0, certainty(held + 2.0) - certainty(held))
    np.testing.assert_allclose(above[0] * 2.0, certainty(held) - certainty(held - 2.0))
    np.testing.assert_allclose(
        reservation_price_offset(inputs, q, tau), (below + above) / 2.0, atol=1e-15
    )


def test_avellaneda_and_stoikovs_prices_without_end_are_as_printed() -> None:
    inputs = attrs.evolve(MARKET, gamma=0.1, sigma=2.0, max_inventory=6)
    q = np.array([-5.0, 0.0, 2.0])
    omega = 0.5 * 0.01 * 4.0 * 49.0
    rest = 2.0 * omega - 0.01 * q**2 * 4.0
    below, above = infinite_reservation_offsets(inputs, q.astype(np.int64))
    np.testing.assert_allclose(above, np.log(1 + (1 - 2 * q) * 0.01 * 4.0 / rest) / 0.1)
    np.testing.assert_allclose(below, np.log(1 + (-1 - 2 * q) * 0.01 * 4.0 / rest) / 0.1)
    bid, ask = MODELS["avellaneda_stoikov"].quotes(inputs, np.array([-7, -6, 6, 7]), None)
    assert np.isnan(bid[0]).tolist() == [True, False, True, True]
    assert np.isnan(ask[0]).tolist() == [True, True, False, True]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"sigma": -1.0}, r"sigma is -1.0, expected a number >= 0 \[price/√s\]"),
        ({"A": 0.0}, r"A is 0.0, expected a number > 0 \[1/s\]"),
        ({"k": float("nan")}, r"k is nan, expected a number > 0 \[1/price\]"),
        ({"gamma": float("inf")}, r"gamma is inf, expected a number >= 0 \[1/\(price · model unit"),
        ({"xi": -2.0}, "xi is -2.0"),
        ({"drift": float("nan")}, r"drift is nan, expected a number \[price/s\]"),
        ({"horizon": 0.0}, "horizon is 0.0"),
        ({"max_inventory": 0}, r"max_inventory is 0, expected at least 1 \[lots\]"),
        ({"sigma": 1e200}, r"sigma 1e\+200 price/√s, .*beyond all numbers"),
        ({"impact": 1e300}, r"impact 1e\+300 price"),
    ],
)
def test_an_impossible_input_is_named_with_its_unit(changed: dict[str, float], words: str) -> None:
    inputs = attrs.evolve(MARKET, **changed)  # type: ignore[arg-type] # max_inventory is whole
    with pytest.raises(ConfigError, match=words):
        MODELS["glft"].quotes(inputs, np.array([0]), None)


def test_a_time_left_below_zero_is_refused() -> None:
    for model in MODELS.values():
        inputs = attrs.evolve(MARKET, horizon=1.0)
        with pytest.raises(ConfigError, match=r"tau is -1.0, expected a time left >= 0 \[s\]"):
            model.quotes(inputs, np.array([0]), np.array([1.0, -1.0]))


def test_what_a_model_needs_and_lacks_is_named() -> None:
    q = np.array([0])
    with pytest.raises(ConfigError, match="horizon is not given"):
        MODELS["symmetric"].quotes(MARKET, q, None)
    with pytest.raises(ConfigError, match="need an aversion > 0"):
        MODELS["avellaneda_stoikov"].quotes(attrs.evolve(MARKET, gamma=0.0), q, None)
    with pytest.raises(ConfigError, match="set no limit to what is worth holding"):
        MODELS["glft"].closed(attrs.evolve(MARKET, gamma=0.0, drift=1.0), q, None)
    with pytest.raises(ConfigError, match="more than the 500"):
        MODELS["glft"].quotes(attrs.evolve(MARKET, max_inventory=501), q, np.array([1.0]))

"""Guéant's closed form, against values computed elsewhere and against exact arithmetic."""

import math
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.plugins.gueant import gueant_offsets

from mm_avellaneda.model import spread_terms

positive = st.floats(1e-4, 1e4)


def agrees(value: float, printed: float) -> bool:
    """The same to 1e-12, or to half a unit of the 12th digit, which is all that is printed."""
    half_unit = 0.5 * 10.0 ** (math.floor(math.log10(abs(printed))) - 11)
    return abs(value - printed) <= 1.01 * half_unit + 1e-12 * abs(printed)


def exactly(
    q: float, sigma: float, A: float, k: float, gamma: float, delta: float, xi: float
) -> tuple[Decimal, Decimal]:
    """The formula as printed in the paper, in 50 digits."""
    with localcontext(prec=50):
        q_, s, a, k_, g, d, x = (Decimal(v) for v in (q, sigma, A, k, gamma, delta, xi))
        if x == 0:
            markup, power = 1 / k_, Decimal(1).exp()
        else:
            base = 1 + x * d / k_
            markup = base.ln() / (x * d)
            power = base ** (k_ / (x * d) + 1)
        slope = (g * s * s / (2 * a * d * k_) * power).sqrt()
        return markup + (2 * q_ + d) / 2 * slope, markup - (2 * q_ - d) / 2 * slope


def test_every_closed_form_value_of_gueant_2017_is_met(oracle: dict[str, Any]) -> None:
    for case in oracle["gueant_single"]:
        for lots, bid, ask in zip(case["lots"], case["bid_cf"], case["ask_cf"], strict=True):
            found = gueant_offsets(
                lots * case["D"], sigma=case["sigma"], A=case["A"], k=case["k"],
                gamma=case["gamma"], delta=case["D"], xi=case["xi"],
            )  # fmt: skip
            assert agrees(found[0], bid), (case["name"], case["model"], lots)
            assert agrees(found[1], ask), (case["name"], case["model"], lots)


def test_every_closed_form_value_of_glft_2013_is_met_with_xi_equal_to_gamma(
    oracle: dict[str, Any],
) -> None:
    plain = [case for case in oracle["glft"] if "mu" not in case and "im" not in case]
    assert len(plain) == 4
    for case in plain:
        for q, bid, ask in zip(case["q"], case["bid_cf"], case["ask_cf"], strict=True):
            found = gueant_offsets(
                q, sigma=case["sigma"], A=case["A"], k=case["k"], gamma=case["gamma"],
                delta=1.0, xi=case["gamma"],
            )  # fmt: skip
            assert agrees(found[0], bid), (case["name"], q)
            assert agrees(found[1], ask), (case["name"], q)


@pytest.mark.parametrize("xi", [0.0, 1e-6, 0.1, 10.0])
@pytest.mark.parametrize("q", [-1.0, 0.0, 0.6])
def test_the_formula_is_exact_to_twelve_digits_on_xbtusd_like_inputs(q: float, xi: float) -> None:
    values = {"sigma": 4.75, "A": 0.082, "k": 0.192, "gamma": 0.1, "delta": 0.2, "xi": xi}
    for found, exact in zip(gueant_offsets(q, **values), exactly(q, **values), strict=True):
        assert found == pytest.approx(float(exact), rel=1e-12)


def test_the_shipped_parameters_quote_about_eight_dollars_from_the_mid() -> None:
    bid, ask = gueant_offsets(0.0, sigma=4.75, A=0.082, k=0.192, gamma=0.1, delta=0.2, xi=0.1)
    assert bid == ask
    assert 8.0 < bid < 8.3


@given(q=st.floats(-1e3, 1e3), sigma=positive, A=positive, k=positive, gamma=positive)
def test_the_ask_at_q_is_the_bid_at_minus_q(
    q: float, sigma: float, A: float, k: float, gamma: float
) -> None:
    values = {"sigma": sigma, "A": A, "k": k, "gamma": gamma, "delta": 0.2, "xi": 0.1}
    assert gueant_offsets(q, **values)[1] == gueant_offsets(-q, **values)[0]


@given(sigma=positive, A=positive, k=positive, xi=st.floats(0.0, 1e-9))
def test_a_small_xi_runs_into_the_formula_for_none(
    sigma: float, A: float, k: float, xi: float
) -> None:
    near = spread_terms(sigma, A, k, 0.1, 0.2, xi * k)
    assert near == pytest.approx(spread_terms(sigma, A, k, 0.1, 0.2, 0.0), rel=1e-9)


@pytest.mark.parametrize(
    ("sigma", "A", "k"),
    [
        (math.nan, 1.0, 1.0), (1.0, math.nan, 1.0), (1.0, 1.0, math.nan), (1.0, 0.0, 1.0),
        (1.0, 1.0, 0.0), (1.0, 1.0, -0.5), (1.0, 1e-300, 1e-300),
    ],
)  # fmt: skip
def test_a_missing_or_impossible_input_gives_no_quote(sigma: float, A: float, k: float) -> None:
    assert all(math.isnan(term) for term in spread_terms(sigma, A, k, 0.1, 0.2, 0.1))


def test_no_input_overflows() -> None:
    for k in (1e-150, 1e150):
        assert all(math.isfinite(term) for term in spread_terms(1.0, 1.0, k, 0.1, 0.2, 1e100))

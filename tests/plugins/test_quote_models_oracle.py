"""The papers' models against numbers computed elsewhere: the reference file, and printed tables."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from mm.api import Floats, QuoteInputs
from mm_avellaneda.models import MODELS

HALF_UNIT = 5.1e-12  # of the 12th digit, which is all that the file prints, relative to a 1


def assert_printed(found: Floats, printed: list[float | None]) -> None:
    """The same to the digits printed; a side without a quote is null there and NaN here."""
    expected = np.array([np.nan if value is None else value for value in printed])
    np.testing.assert_allclose(found, expected, rtol=HALF_UNIT, atol=0.0)


def single_asset_cases(
    oracle: dict[str, Any],
) -> Iterator[tuple[str, QuoteInputs, dict[str, Any]]]:
    for case in oracle["glft"]:
        inputs = QuoteInputs(
            sigma=case["sigma"], A=case["A"], k=case["k"], gamma=case["gamma"],
            drift=case.get("mu", 0.0), impact=case.get("im", 0.0), horizon=case["T"],
            max_inventory=case["Q"],
        )  # fmt: skip
        yield "glft", inputs, case
    for case in oracle["gueant_single"]:
        inputs = QuoteInputs(
            sigma=case["sigma"], A=case["A"], k=case["k"], gamma=case["gamma"], xi=case["xi"],
            delta=case["D"], horizon=case["T"], max_inventory=case["Q_lots"],
        )  # fmt: skip
        yield "gueant", inputs, case


def test_every_quote_of_glft_and_gueant_in_the_reference_is_met(oracle: dict[str, Any]) -> None:
    cases = list(single_asset_cases(oracle))
    assert len(cases) == 10
    for name, inputs, case in cases:
        model = MODELS[name]
        bound = inputs.max_inventory
        q = np.arange(-bound, bound + 1)
        for function, tau, key in (
            (model.quotes, np.array([case["T"]]), "t0"),
            (model.quotes, None, "inf"),
            (model.closed, None, "cf"),
        ):
            bid, ask = function(inputs, q, tau)
            assert_printed(bid[0], case[f"bid_{key}"])
            assert_printed(ask[0], case[f"ask_{key}"])


def test_every_quote_of_cartea_and_jaimungal_in_the_reference_is_met(
    oracle: dict[str, Any],
) -> None:
    cases = oracle["cartea_jaimungal"]
    assert len(cases) == 8
    for case in cases:
        bid, ask = cartea_jaimungal(case["phi"], case["tau"], case["alpha"])
        assert_printed(bid, case["bid"])
        assert_printed(ask, case["ask"])


def cartea_jaimungal(phi: float, tau: float, alpha: float = 1e-4) -> tuple[Floats, Floats]:
    """The reference's market: lambda = 1, kappa = 100, at most 3 lots."""
    inputs = QuoteInputs(
        sigma=1.0, A=1.0, k=100.0, gamma=2.0 * phi, terminal=alpha, max_inventory=3
    )
    bid, ask = MODELS["cartea_jaimungal"].quotes(inputs, np.arange(-3, 4), np.array([tau]))
    return bid[0], ask[0]


# What follows is printed to 6 or 7 digits and runs everywhere.

FIGURES_1_TO_3 = QuoteInputs(sigma=0.3, A=0.9, k=0.3, gamma=0.01, horizon=600.0, max_inventory=30)
"""Of Guéant, Lehalle and Fernandez-Tapia (2013); Q is ours."""


@pytest.mark.parametrize(
    ("q", "at_start", "stationary", "closed"),
    [
        (-10, (2.632802, 3.992933), (2.632802, 3.992933), (2.634257, 3.991574)),
        (-5, (2.972522, 3.653479), (2.972522, 3.653480), (2.973586, 3.652244)),
        (-1, (3.244919, 3.381168), (3.244919, 3.381168), (3.245049, 3.380781)),
        (0, (3.313045, 3.313045), (3.313045, 3.313045), (3.312915, 3.312915)),
        (1, (3.381168, 3.244919), (3.381168, 3.244919), (3.380781, 3.245049)),
        (2, (3.449280, 3.176796), (3.449280, 3.176796), (3.448647, 3.177184)),
        (5, (3.653479, 2.972522), (3.653480, 2.972522), (3.652244, 2.973586)),
        (10, (3.992933, 2.632802), (3.992933, 2.632802), (3.991574, 2.634257)),
        (20, (4.665542, 1.959200), (4.665542, 1.959199), (4.670232, 1.955599)),
        (29, (6.130908, 1.133791), (6.130909, 1.133791), (5.281024, 1.344806)),
        (30, (np.nan, 0.427056), (np.nan, 0.427056), (5.348890, 1.276940)),
    ],
)
def test_the_market_of_glft_is_quoted_as_tabulated(
    q: int,
    at_start: tuple[float, float],
    stationary: tuple[float, float],
    closed: tuple[float, float],
) -> None:
    model, lots = MODELS["glft"], np.array([q])
    found = [
        model.quotes(FIGURES_1_TO_3, lots, np.array([600.0])),
        model.quotes(FIGURES_1_TO_3, lots, None),
        model.closed(FIGURES_1_TO_3, lots, None),
    ]
    for (bid, ask), expected in zip(found, (at_start, stationary, closed), strict=True):
        np.testing.assert_allclose([bid[0, 0], ask[0, 0]], expected, rtol=0.0, atol=5.1e-7)


def test_glft_quotes_move_with_the_time_left_and_the_bound_as_tabulated() -> None:
    bid, _ = MODELS["glft"].quotes(FIGURES_1_TO_3, np.array([0, 5]), np.array([0, 10, 60, 300.0]))
    expected = [[3.278982, 3.283456, 3.301451, 3.313021], [3.278982, 3.328194, 3.526127, np.nan]]
    np.testing.assert_allclose(bid[:, 0], expected[0], atol=5.1e-7)
    np.testing.assert_allclose(bid[:3, 1], expected[1][:3], atol=5.1e-7)
    at_zero = []
    for bound in (5, 10, 15, 20, 30, 60):
        inputs = QuoteInputs(sigma=0.3, A=0.9, k=0.3, gamma=0.01, max_inventory=bound)
        at_zero.append(MODELS["glft"].quotes(inputs, np.array([0]), np.array([600.0]))[0][0, 0])
    expected_bids = [3.397891, 3.323558, 3.313916, 3.313073, 3.313045, 3.313045]
    np.testing.assert_allclose(at_zero, expected_bids, atol=5.1e-7)


@pytest.mark.parametrize(
    ("changed", "q", "bid", "ask"),
    [
        ({"sigma": 1.0, "A": 0.2}, [0, 5, 10, 20], [3.525651, 5.918517, 8.022747, 11.245444],
         [3.525651, 1.100245, -1.072185, -4.414947]),
        ({"sigma": 0.6, "k": 0.9}, [0, 5], [1.144474, 1.536590], [1.144474, 0.751100]),
        ({"drift": 0.001}, [0], [3.237350], [3.388737]),
        ({"impact": 1.0}, [0], [3.815709], [3.815709]),
        ({"sigma": 2.0, "A": 140.0, "k": 1.5, "gamma": 0.1, "horizon": 1.0}, [0, 1, 5],
         [0.671628, 0.724070, 0.931780], [0.671628, 0.619143, 0.410452]),
    ],
    ids=["volatile", "figure 7", "drift", "impact", "Avellaneda-Stoikov's market"],
)  # fmt: skip
def test_other_markets_are_quoted_as_tabulated(
    changed: dict[str, float], q: list[int], bid: list[float], ask: list[float]
) -> None:
    values = {"sigma": 0.3, "A": 0.9, "k": 0.3, "gamma": 0.01, "horizon": 600.0} | changed
    inputs = QuoteInputs(**values, max_inventory=30)
    found = MODELS["glft"].quotes(inputs, np.array(q), np.array([values["horizon"]]))
    np.testing.assert_allclose(found[0][0], bid, atol=6e-7)
    np.testing.assert_allclose(found[1][0], ask, atol=6e-7)


IG = {"sigma": 5.83e-6, "A": 9.10e-4, "k": 1.79e4, "delta": 50e6}
HY = {"sigma": 2.15e-5, "A": 1.06e-3, "k": 5.47e3, "delta": 10e6}


@pytest.mark.parametrize(
    ("index", "xi", "form", "bids"),
    [
        (IG, 6e-5, "quotes",
         [-1.64389, -1.32725, -0.88767, -0.17522, 1.20821, 1.92066, 2.36024, 2.67687]),
        (IG, 6e-5, "closed",
         [-2.84274, -1.88296, -0.92318, 0.03660, 0.99638, 1.95617, 2.91595, 3.87573]),
        (IG, 0.0, "quotes",
         [-1.55833, -1.24239, -0.80472, -0.10033, 1.21765, 1.92204, 2.35971, 2.67565]),
        (IG | {"sigma": 5.83e-6 / 2}, 6e-5, "quotes",
         [-0.91516, -0.62629, -0.25791, 0.22850, 0.80449, 1.29090, 1.65928, 1.94815]),
        (HY, 6e-5, "quotes",
         [-4.68826, -3.66484, -2.26101, -0.06982, 3.53915, 5.73034, 7.13417, 8.15759]),
        (HY, 6e-5, "closed",
         [-7.42889, -4.81073, -2.19257, 0.42559, 3.04375, 5.66191, 8.28006, 10.89822]),
        (HY, 0.0, "quotes",
         [-4.50163, -3.48062, -2.08327, 0.08332, 3.57298, 5.73957, 7.13693, 8.15794]),
    ],
    ids=["IG A", "IG A closed", "IG B", "IG A calm", "HY A", "HY A closed", "HY B"],
)  # fmt: skip
def test_gueants_credit_indices_are_quoted_as_tabulated(
    index: dict[str, float], xi: float, form: str, bids: list[float]
) -> None:
    """In 1e-4 $, two hours before the end, at most 4 lots; the ask mirrors the bid."""
    inputs = QuoteInputs(**index, gamma=6e-5, xi=xi, max_inventory=4)
    quotes = getattr(MODELS["gueant"], form)
    q = np.arange(-4, 4)
    bid, _ = quotes(inputs, q, np.array([7200.0]))
    _, ask = quotes(inputs, -q, np.array([7200.0]))
    np.testing.assert_allclose(bid[0] * 1e4, bids, atol=5.1e-6)
    np.testing.assert_allclose(ask[0] * 1e4, bids, atol=5.1e-6)


def test_cartea_and_jaimungals_market_is_quoted_as_tabulated() -> None:
    for phi, tau, bids in (
        (1e-4, 30.0, [0.002873, 0.006542, 0.008917, 0.011083, 0.013458, 0.017127]),
        (1e-4, 1.0, [0.006651, 0.009082, 0.009770, 0.010230, 0.010918, 0.013349]),
        (1e-4, 0.0, [0.0095, 0.0097, 0.0099, 0.0101, 0.0103, 0.0105]),
        (1e-3, 30.0, [-0.003716, 0.001546, 0.007091, 0.012909, 0.018454, 0.023716]),
    ):
        np.testing.assert_allclose(cartea_jaimungal(phi, tau)[0][:-1], bids, atol=5.1e-7)


def test_avellaneda_and_stoikovs_market_is_quoted_by_their_formulas() -> None:
    """Spreads of tables 1 to 3, averaged over the session: 1.4908, 1.3489, 3.0217."""
    for gamma, average in ((0.1, 1.4908), (0.01, 1.3489), (1.0, 3.0217)):
        inputs = QuoteInputs(sigma=2.0, A=140.0, k=1.5, gamma=gamma, horizon=1.0, max_inventory=100)
        tau = np.linspace(0.0, 1.0, 5)
        bid, ask = MODELS["avellaneda_stoikov"].quotes(inputs, np.array([0, 1, 5]), tau)
        skew = gamma * 4.0 * tau
        np.testing.assert_allclose((bid - ask)[:, 1], 2.0 * skew, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose((bid - ask)[:, 2], 10.0 * skew, rtol=1e-12, atol=1e-15)
        assert (bid + ask)[:, 0].mean() == pytest.approx(average, abs=5.1e-5)
        bid, ask = MODELS["symmetric"].quotes(inputs, np.array([0, 1, 5]), tau)
        np.testing.assert_allclose(bid + ask, average, atol=5.1e-5)
        assert (bid == ask).all()
    bid, ask = (
        side[0]
        for side in MODELS["avellaneda_stoikov"].quotes(
            QuoteInputs(sigma=2.0, A=140.0, k=1.5, gamma=0.1, max_inventory=100),
            np.array([0, 1, 5]), np.array([1.0]),
        )
    )  # fmt: skip
    np.testing.assert_allclose(bid, [0.8454, 1.2454, 2.8454], atol=5.1e-5)
    np.testing.assert_allclose(ask, [0.8454, 0.4454, -1.1546], atol=5.1e-5)

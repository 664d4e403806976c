"""Several assets: the paper's credit indices, and what must hold of any."""

from typing import Any

import attrs
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from mm.api import ConfigError, Floats, QuoteInputs
from mm_avellaneda.models import MODELS
from mm_avellaneda.models.multi_asset import Assets, closed, exact, skew_matrix
from mm_avellaneda.models.runge_kutta import integrate

HOURS_2 = 7200.0


def correlated(rho: float) -> Floats:
    return np.array([[1.0, rho], [rho, 1.0]])


def indices(rho: float, *, xi: float | None = None) -> Assets:
    """CDX IG and HY, as in Guéant (2017)."""
    return Assets(
        sigma=np.array([5.83e-6, 2.15e-5]), A=np.array([9.10e-4, 1.06e-3]),
        k=np.array([1.79e4, 5.47e3]), delta=np.array([50e6, 10e6]),
        correlation=correlated(rho), gamma=6e-5, xi=xi,
    )  # fmt: skip


def test_both_grids_of_the_reference_are_met_for_every_correlation_and_model(
    oracle: dict[str, Any],
) -> None:
    cases = oracle["gueant_multi"]
    assert len(cases) == 8
    for case in cases:
        assets = indices(case["rho"], xi=None if case["model"] == "A" else 0.0)
        found = exact(assets, (4, 4), HOURS_2)
        for side, offsets in zip(("bid", "ask"), found, strict=True):
            for index, name in enumerate(("ig", "hy")):
                printed = np.array(case[f"{name}_{side}"], np.float64).reshape(9, 9)
                # 10 digits are printed, of which the last few are the other integrator's.
                np.testing.assert_allclose(offsets[..., index], printed, rtol=1e-9, atol=1e-13)
        np.testing.assert_allclose(
            skew_matrix(assets).ravel(), case["Gamma"], rtol=5e-12, atol=1e-21
        )


@pytest.mark.parametrize(
    ("rho", "bids"),
    [
        (0.9, [-2.5728, -1.8505, -0.8593, 0.6590, 3.2414, 5.0005, 6.0462, 6.7748, 7.3305]),
        (0.6, [-0.0006, 0.4942, 1.1357, 2.0368, 3.4600, 4.4973, 5.1287, 5.5835, 5.9402]),
        (0.3, [1.9701, 2.2057, 2.5025, 2.9040, 3.5232, 4.0486, 4.3779, 4.6200, 4.8126]),
        (0.0, [3.5392] * 9),
    ],
)
def test_one_index_leans_with_the_inventory_of_the_other_as_tabulated(
    rho: float, bids: list[float]
) -> None:
    """HY's bid with no HY held, by the lots of IG held [1e-4 $]."""
    bid, _ = exact(indices(rho), (4, 4), HOURS_2)
    np.testing.assert_allclose(bid[:, 4, 1] * 1e4, bids, atol=5.1e-5)


def test_the_closed_form_leans_as_tabulated() -> None:
    expected = [-4.6868, -2.8043, -0.9218, 0.9607, 2.8432, 4.7257, 6.6082, 8.4907, 10.3732]
    q = np.array([[lots, 0] for lots in range(-4, 5)])
    bid, ask = closed(indices(0.9), q)
    np.testing.assert_allclose(bid[:, 1] * 1e4, expected, atol=5.1e-5)
    np.testing.assert_allclose(ask[:, 1] * 1e4, expected[::-1], atol=5.1e-5)
    gamma = [[2.97121e-10, 6.87392e-10], [6.87392e-10, 4.04794e-9]]
    np.testing.assert_allclose(skew_matrix(indices(0.9)), gamma, rtol=2e-6)


@pytest.mark.parametrize("xi", [None, 0.0, 1e-5])
def test_uncorrelated_assets_are_quoted_as_if_alone(xi: float | None) -> None:
    assets = indices(0.0, xi=xi)
    grid = exact(assets, (3, 2), 1800.0)
    q = np.array([[lots, lots] for lots in (-2, 0, 1)])
    formula = closed(assets, q)
    for index, bound in ((0, 3), (1, 2)):
        alone = QuoteInputs(
            sigma=float(assets.sigma[index]), A=float(assets.A[index]), k=float(assets.k[index]),
            delta=float(assets.delta[index]), gamma=assets.gamma, xi=xi, max_inventory=bound,
        )  # fmt: skip
        lots = np.arange(-bound, bound + 1)
        expected = MODELS["gueant"].quotes(alone, lots, np.array([1800.0]))
        plain = MODELS["gueant"].closed(alone, q[:, index].copy(), None)
        for side in (0, 1):
            column = np.moveaxis(grid[side][..., index], index, 0)
            for other in range(column.shape[1]):
                np.testing.assert_allclose(
                    column[:, other], expected[side][0], rtol=1e-9, atol=1e-14
                )
            np.testing.assert_allclose(formula[side][:, index], plain[side][0], rtol=1e-12)


def test_the_ask_at_any_inventory_is_the_bid_at_its_opposite() -> None:
    bid, ask = exact(indices(0.7), (2, 3), 600.0)
    np.testing.assert_allclose(ask, bid[::-1, ::-1], rtol=1e-11)
    assert np.isnan(bid[-1, :, 0]).all()
    assert np.isnan(bid[:, -1, 1]).all()
    assert np.isnan(bid).sum() == 7 + 5


def test_two_halves_of_one_asset_lean_as_one() -> None:
    """Correlation 1 is a legal limit: what matters is the sum of what is held."""
    twin = attrs.evolve(indices(1.0), sigma=np.full(2, 1e-5), A=np.full(2, 1e-3),
                        k=np.full(2, 1e4), delta=np.full(2, 1e7))  # fmt: skip
    bid, _ = closed(twin, np.array([[2, 0], [0, 2], [1, 1]]))
    np.testing.assert_allclose(bid, bid[0, 0], rtol=1e-12)


@pytest.mark.parametrize(
    "correlation",
    [correlated(1.1), np.eye(3), np.array([[1.0, 0.5], [0.4, 1.0]]), correlated(np.nan),
     np.array([[0.9, 0.0], [0.0, 1.0]])],
)  # fmt: skip
def test_what_is_no_correlation_is_refused(correlation: Floats) -> None:
    assets = attrs.evolve(indices(0.0), correlation=correlation)
    with pytest.raises(ConfigError, match="expected a symmetric 2 x 2 matrix"):
        skew_matrix(assets)


def test_bounds_and_times_that_cannot_be_are_refused() -> None:
    for bounds in ((4,), (4, 0), (600, 600)):
        with pytest.raises(ConfigError, match="expected one >= 1 for each"):
            exact(indices(0.5), bounds, 1.0)
    with pytest.raises(ConfigError, match="expected a time left > 0"):
        exact(indices(0.5), (2, 2), 0.0)


def test_the_integrator_agrees_with_another_and_gives_up_on_stiff_equations() -> None:
    def pendulum(y: Floats) -> Floats:
        return np.array([y[1], -np.sin(y[0])])

    start = np.array([2.0, 0.1])
    found = integrate(pendulum, start, 10.0, 1e-12)
    other = solve_ivp(
        lambda _, y: pendulum(y), (0, 10.0), start, method="DOP853", rtol=1e-13, atol=1e-13
    )
    assert found is not None
    np.testing.assert_allclose(found, other.y[:, -1], atol=1e-9)
    assert integrate(lambda y: -1e9 * y, np.array([1.0]), 1.0, 1e-9) is None

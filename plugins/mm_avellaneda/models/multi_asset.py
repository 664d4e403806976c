"""Guéant's quotes on several assets at once: inventory in one leans the quotes of those like it.

The closed form for any number of assets, and the exact solution on the grid of their inventories,
which grows with the power of their number: good for two or three. Knows no drift and no impact.

Source: O. Guéant, "Optimal market making" (2017, arXiv 1605.01862), section 5. Where (5.17) leaves
the sign of the ask's cross terms open, it is the one that makes the ask at q the bid at -q.
"""

import math

import attrs
import numpy as np

from mm.api import ConfigError, Floats, Lots, QuoteInputs
from mm_avellaneda.models.gueant import gueant_terms
from mm_avellaneda.models.runge_kutta import integrate
from mm_avellaneda.models.single_asset import Terms

_TOLERANCE = 1e-12
"""Of each step, in logarithms: what offsets times k are then off by, far from the stiff."""

_MOST_POINTS = 1_000_000
"""Of a grid: eight megabytes a slope."""


@attrs.frozen(kw_only=True)
class Assets:
    """Several assets and one aversion to them all; arrays of shape (d,), units as QuoteInputs."""

    sigma: Floats
    A: Floats
    k: Floats
    delta: Floats
    correlation: Floats
    """Of the mids' changes, shape (d, d)."""
    gamma: float
    xi: float | None = None
    """None = as gamma (Model A); 0 = Model B."""

    @property
    def covariance(self) -> Floats:
        """Of the mids [price^2/s], shape (d, d)."""
        covariance: Floats = self.sigma[:, None] * self.correlation * self.sigma[None, :]
        return covariance


def skew_matrix(assets: Assets) -> Floats:
    """Give Gamma = D^-1/2 (D^1/2 Sigma D^1/2)^1/2 D^-1/2, shape (d, d).

    D holds H_i''(0) = A_i delta_i k_i C_i, and Sigma is the covariance. sqrt(gamma/2) Gamma is the
    distance [price] that a quote moves for each model unit held.

    Raises:
        ConfigError: an input is impossible, or the correlation is none.
    """
    root = np.sqrt(_curvatures(assets, _terms(assets)))
    values, vectors = np.linalg.eigh(root[:, None] * assets.covariance * root[None, :])
    # What rounding left of a zero eigenvalue may be negative.
    middle = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    answer: Floats = middle / root[:, None] / root[None, :]
    return answer


def closed(assets: Assets, q: Lots) -> tuple[Floats, Floats]:
    """Give the closed-form distances (bid, ask) from each mid [price], far from the end (5.16-17).

    markup_i + sqrt(gamma/2) (Gamma_ii delta_i/2 ± sum_j Gamma_ij q_j), the bid with +.

    Args:
        q: inventories [lots], shape (n, d).

    Returns:
        Two arrays of shape (n, d).

    Raises:
        ConfigError: an input is impossible, or the correlation is none.
    """
    markup, skew = lines(assets)
    middle = markup + 0.5 * np.diagonal(skew) * assets.delta
    lean = (q * assets.delta) @ skew
    return middle + lean, middle - lean


def lines(assets: Assets) -> tuple[Floats, Floats]:
    """Give the closed form's mark-ups [price], shape (d,), and slopes [price/model unit], (d, d).

    The slope ij is how far a model unit held of j moves the quotes on i.

    Raises:
        ConfigError: as ``closed``.
    """
    skew: Floats = math.sqrt(0.5 * assets.gamma) * skew_matrix(assets)
    return np.array([each.markup for each in _terms(assets)]), skew


def exact(assets: Assets, bounds: tuple[int, ...], tau: float) -> tuple[Floats, Floats]:
    """Give the exact distances (bid, ask) [price] at every inventory, ``tau`` [s] before the end.

    Solves (5.3) on the grid, with e^-kp for the intensity and nothing paid at the end.

    Args:
        bounds: largest inventory of each asset, long or short [lots].
        tau: time left [s], > 0.

    Returns:
        Two arrays of shape (2 bounds_1 + 1, ..., 2 bounds_d + 1, d); NaN where a side does not
        quote.

    Raises:
        ConfigError: an input is impossible, the grid too large or its equation stiff.
    """
    terms = _terms(assets)
    sides = [2 * bound + 1 for bound in bounds]
    if len(bounds) != len(terms) or min(sides) < 3 or math.prod(sides) > _MOST_POINTS:
        raise ConfigError(
            f"bounds are {bounds} lots for {len(terms)} assets, expected one >= 1 for each and at"
            f" most {_MOST_POINTS} inventories in all"
        )
    if not 0.0 < tau < math.inf:
        raise ConfigError(f"tau is {tau!r}, expected a time left > 0 [s]")
    theta = _worth(assets, terms, bounds, tau)
    bid, ask = (np.full((*sides, len(terms)), np.nan) for _ in range(2))
    for axis, each in enumerate(terms):
        steps = -np.diff(theta, axis=axis) / assets.delta[axis]
        lower, upper = _neighbours(axis, len(terms))
        bid[..., axis][lower] = each.markup + steps
        ask[..., axis][upper] = each.markup - steps
    return bid, ask


def _worth(assets: Assets, terms: list[Terms], bounds: tuple[int, ...], tau: float) -> Floats:
    """Integrate theta, the worth of an inventory beyond its price, from 0 at the end."""
    held = [np.arange(-b, b + 1) * delta for b, delta in zip(bounds, assets.delta, strict=True)]
    amounts = np.stack(np.meshgrid(*held, indexing="ij"), axis=-1)
    risk = np.einsum("...i,ij,...j->...", amounts, assets.covariance, amounts)
    penalty = 0.5 * assets.gamma * risk
    unit = float((assets.delta / assets.k).min())

    def slope(theta: Floats) -> Floats:
        change: Floats = -penalty
        for axis, each in enumerate(terms):
            delta, k = float(assets.delta[axis]), float(assets.k[axis])
            lower, upper = _neighbours(axis, len(terms))
            gain = np.exp(np.diff(theta, axis=axis) * (k / delta))
            change[lower] += each.coupling * delta / k * gain
            change[upper] += each.coupling * delta / k / gain
        return change

    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        theta = integrate(slope, np.zeros(risk.shape), tau, _TOLERANCE * unit)
    if theta is None:
        raise ConfigError(
            f"tau is {tau:g} s and bounds are {bounds} lots, more than can be followed with these"
            " inputs; use smaller ones, or the closed form"
        )
    return theta


def _neighbours(axis: int, count: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Index all points with an upper neighbour along the axis, and those neighbours."""
    before, after = (slice(None),) * axis, (slice(None),) * (count - axis - 1)
    return (*before, slice(None, -1), *after), (*before, slice(1, None), *after)


def _terms(assets: Assets) -> list[Terms]:
    """What each asset is by itself; also checks the inputs."""
    count = len(assets.sigma)
    correlation = assets.correlation
    valid = correlation.shape == (count, count) and bool(np.isfinite(correlation).all())
    valid = valid and bool((np.diagonal(correlation) == 1.0).all())
    valid = valid and bool((correlation == correlation.T).all())
    # Within the rounding of a matrix that is singular, as two assets with correlation 1 are.
    if not (valid and float(np.linalg.eigvalsh(correlation)[0]) >= -1e-12 * count):
        raise ConfigError(
            f"correlation is {correlation.tolist()}, expected a symmetric {count} x {count} matrix"
            f" with 1 on its diagonal that some {count} assets can have"
        )
    each = zip(assets.sigma, assets.A, assets.k, assets.delta, strict=True)
    return [gueant_terms(_alone(assets, *map(float, values))) for values in each]


def _alone(assets: Assets, sigma: float, A: float, k: float, delta: float) -> QuoteInputs:
    return QuoteInputs(
        sigma=sigma, A=A, k=k, delta=delta, gamma=assets.gamma, xi=assets.xi, max_inventory=1
    )


def _curvatures(assets: Assets, terms: list[Terms]) -> Floats:
    """H''(0) of each asset."""
    curvatures: Floats = assets.delta * assets.k * np.array([each.coupling for each in terms])
    return curvatures

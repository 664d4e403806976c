"""From the papers' parameters to quotes on one asset: what the exact models have in common.

Each model reduces to the same few numbers, ``Terms``; then the exact quotes come from a positive
chain (``lattice``) and the closed form from its Gaussian approximation. Knows no paper: which
terms are a model's is that model's module.

With n the inventory in orders of size delta, value theta and v = exp(k theta / delta)::

    d_n = k (gamma sigma^2 delta n^2 / 2 - drift n),  e = arrivals / 1 s,  ln v_n(T) = -end n^2
    bid(n) = markup + (1/k) ln(v_n / v_{n+1}),    ask(n) = markup + (1/k) ln(v_n / v_{n-1})

Source: O. Guéant (2017, arXiv 1605.01862), sections 2 to 4; drift and impact: Guéant, Lehalle,
Fernandez-Tapia (2013, arXiv 1105.3115), section 5, with both corners of the matrix as its algebra
gives them (k gamma sigma^2 Q^2 / 2 + k drift Q at -Q, where the paper prints a minus).
"""

import math

import attrs
import numpy as np

from mm.api import ConfigError, Floats, Lots, QuoteInputs
from mm_avellaneda.models.inputs import (
    INVENTORY_UNIT,
    check_answer,
    check_inputs,
    check_times,
    within_bound,
)
from mm_avellaneda.models.lattice import Chain, finite_steps, ground_steps

LARGEST_FINITE = 500
"""Lots with a horizon: time goes with the cube, and this takes some seconds."""
LARGEST_STATIONARY = 100_000
"""Lots without: time goes with it, and this takes a second."""

# Below this, (1/x) ln(1+x) and (1+x)^(1/x+1) equal their limits 1 and e to 1e-14 relative.
_XI_IS_ZERO = 1e-14


@attrs.frozen(kw_only=True)
class Terms:
    """What a model makes of its inputs."""

    markup: float
    """Distance from the mid of a quote that changes no inventory's worth [price]."""
    coupling: float
    """A C_xi, with the effect of impact: how fast inventories next to each other mix [1/s]."""
    slope: float
    """Closed form: distance per lot of inventory [price]."""
    end: float
    """-ln v(T) per lot squared; pure number."""


def make_terms(inputs: QuoteInputs, *, xi: float, shift: float = 0.0, end: float = 0.0) -> Terms:
    """Work out the terms with non-execution aversion xi, with x = xi delta / k::

        markup = (1/(xi delta)) ln(1+x) + shift                                (xi = 0: 1/k)
        C_xi   = (1+x)^-(1/x + 1)                                              (xi = 0: 1/e)
        slope  = delta sqrt( gamma sigma^2 / (2 A delta k C_xi) ) exp(k shift / 2)

    Args:
        inputs: checked here.
        xi: non-execution aversion [1/(price · model unit)], >= 0.
        shift: added to both distances for the mid's move against us [price]; orders that much
            further out are hit less, A exp(-k shift).
        end: added to the end values' curvature; pure number.

    Raises:
        ConfigError: an input is impossible, or together they leave the range of doubles.
    """
    check_inputs(inputs)
    delta, k = inputs.delta, inputs.k
    x = xi * delta / k
    if x < _XI_IS_ZERO:
        markup, log_power = 1.0 / k, 1.0
    else:
        markup = math.log1p(x) / (xi * delta) if x < math.inf else math.nan
        log_power = (1.0 / x + 1.0) * math.log1p(x)
    weight = 2.0 * inputs.A * delta * k
    spread = inputs.sigma * math.sqrt(inputs.gamma / weight) if weight > 0.0 else math.nan
    with np.errstate(over="ignore", under="ignore"):
        slope = float(delta * spread * np.exp(0.5 * (log_power + k * shift)))
        coupling = float(inputs.A * np.exp(-log_power - k * shift))
    terms = Terms(
        markup=markup + shift,
        coupling=coupling,
        slope=slope,
        end=k * delta * inputs.terminal + end,
    )
    # 1/coupling is the unit of time; a denormal one has no digits left.
    check_answer(inputs, np.array([*attrs.astuple(terms), 1.0 / max(coupling, 1e-320)]))
    return terms


def exact(inputs: QuoteInputs, terms: Terms, q: Lots, tau: Floats | None) -> tuple[Floats, Floats]:
    """Give the exact distances (bid, ask) [price]; see ``mm.api.QuoteFunction``.

    NaN at the bound on its side, and on both sides beyond it.

    Raises:
        ConfigError: too many lots, or an answer beyond the range of doubles.
    """
    most = LARGEST_STATIONARY if tau is None else LARGEST_FINITE
    if inputs.max_inventory > most:
        raise ConfigError(
            f"max_inventory is {inputs.max_inventory} lots, more than the {most} that an exact"
            f" solution {'without' if tau is None else 'with'} a horizon is worked out for;"
            " use larger lots, or the closed form"
        )
    chain = _chain(inputs, terms)
    if tau is None:
        steps = ground_steps(chain)[None, :]
    else:
        check_times(tau)
        with np.errstate(over="ignore"):
            times = tau * terms.coupling
            check_answer(inputs, times * (np.ptp(chain.diagonal) + 1.0))
        steps = finite_steps(chain, times)
    # One row more than steps at either end, for the side that does not quote there.
    edge = np.zeros((len(steps), 1))
    bids = terms.markup + np.concatenate([steps, edge], axis=1) / inputs.k
    asks = terms.markup - np.concatenate([edge, steps], axis=1) / inputs.k
    check_answer(inputs, bids, asks)
    inside = np.abs(q) <= inputs.max_inventory
    row = np.where(inside, q + inputs.max_inventory, 0)
    bid, ask = (np.where(inside, side[:, row], np.nan) for side in (bids, asks))
    return within_bound(inputs, q, bid, ask)


def closed(inputs: QuoteInputs, terms: Terms, q: Lots, tau: Floats | None) -> tuple[Floats, Floats]:
    """Give the closed-form distances (bid, ask) [price], far from the end and without a bound.

    markup + (n ± 1/2 - n*) slope, below with +, above mirrored; n* = drift / (gamma sigma^2 delta)
    is the inventory that the drift pays for holding.

    Raises:
        ConfigError: there is a drift but no aversion or no volatility to weigh it against.
    """
    lots = q.astype(np.float64) - _wanted(inputs)
    below = terms.markup + (lots + 0.5) * terms.slope
    above = terms.markup - (lots - 0.5) * terms.slope
    check_answer(inputs, below, above)
    rows = 1 if tau is None else len(tau)
    return np.tile(below, (rows, 1)), np.tile(above, (rows, 1))


def _wanted(inputs: QuoteInputs) -> float:
    """Inventory that the drift makes worth holding [lots]."""
    if inputs.drift == 0.0:
        return 0.0
    risk = inputs.gamma * inputs.sigma * inputs.sigma * inputs.delta
    if not risk > 0.0 or not math.isfinite(inputs.drift / risk):
        raise ConfigError(
            f"drift is {inputs.drift!r} price/s, but gamma {inputs.gamma!r} {INVENTORY_UNIT} and"
            f" sigma {inputs.sigma!r} price/√s set no limit to what is worth holding for it;"
            " the closed form needs both well above 0"
        )
    return inputs.drift / risk


def _chain(inputs: QuoteInputs, terms: Terms) -> Chain:
    n = np.arange(-inputs.max_inventory, inputs.max_inventory + 1, dtype=np.float64)
    risk = 0.5 * inputs.gamma * inputs.sigma * inputs.sigma * inputs.delta
    with np.errstate(over="ignore", invalid="ignore"):
        diagonal = inputs.k * (risk * n * n - inputs.drift * n) / terms.coupling
        log_end = -terms.end * n * n
    check_answer(inputs, diagonal, log_end)
    return Chain(diagonal, log_end)

"""Quoting models: given a market's parameters, how far from the mid to quote at each inventory.

What a quoting model is told and what it answers; the formulas are plugins'. A model here is a pure
function of numbers. It knows no instrument, tick or order; a strategy that quotes by it does.
"""

from collections.abc import Callable
from typing import TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Lots: TypeAlias = npt.NDArray[np.int64]


@attrs.frozen(kw_only=True)
class QuoteInputs:
    """What the papers' models take; each uses what it knows. The same symbols as in the papers."""

    sigma: float
    """Volatility of the mid [price/√s]."""
    A: float
    """Arrivals at the mid, one side [1/s]."""
    k: float
    """Their decay with distance [1/price]: intensity(d) = A exp(-k d)."""
    gamma: float
    """Aversion to inventory [1/(price · model unit)]."""
    delta: float = 1.0
    """Size of an order, one lot [model units]."""
    xi: float | None = None
    """Aversion to not being executed [1/(price · model unit)]; None = as gamma (one CARA utility);
    0 = only inventory matters."""
    drift: float = 0.0
    """Of the mid [price/s]."""
    impact: float = 0.0
    """Jump of the mid, against us, at each fill of ours [price]."""
    terminal: float = 0.0
    """Penalty on what is held at the end, by its square [price / model unit]."""
    horizon: float | None = None
    """Length of the trading session [s]; None = without end (the stationary quotes)."""
    max_inventory: int
    """Inventory, long or short, at which a side is no longer quoted [lots]."""


@attrs.frozen(kw_only=True)
class PriceProcess:
    """The market of Avellaneda and Stoikov (2008), section 3.3."""

    sigma: float
    """The mid moves by ± sigma √interval_s a step [price/√s]."""
    A: float
    """[1/s], one side."""
    k: float
    """[1/price]."""
    interval_s: float
    steps: int


@attrs.frozen(kw_only=True)
class QuotingRule:
    """How a strategy quotes, where that depends on time and inventory only."""

    model: str
    """Name of the quoting model."""
    closed: bool
    """By its closed form, without end."""
    inputs: QuoteInputs
    interval_ms: float
    """From one decision to the next."""
    size: float
    """Of each quote [contracts]."""


QuoteFunction: TypeAlias = Callable[[QuoteInputs, Lots, Floats | None], tuple[Floats, Floats]]
"""(inputs, q, tau) -> (bid, ask): distances of the quotes below and above the mid [price].

``q``: inventory [lots], int64, shape (n,), positive when long. ``tau``: time left [s], float64,
shape (m,), or None for the stationary quotes. Both answers: shape (m, n), (1, n) without tau; NaN
where that side does not quote. Raises ConfigError where the model has no answer to the inputs.
"""

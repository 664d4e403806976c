"""Guéant's quotes: aversion to inventory and to not being executed told apart, orders of any size.

``xi`` = gamma is his Model A (one utility of final wealth; delta = 1 makes it GLFT's), ``xi`` = 0
his Model B (expected profit less a running penalty; Cartea and Jaimungal's), and he allows any
other. Not given, it is gamma. Drift and impact are as in ``glft``, by the same algebra.

Source: O. Guéant, "Optimal market making" (2017, arXiv 1605.01862), (3.8) to (4.9).
"""

from mm.api import Floats, Lots, QuoteInputs
from mm_avellaneda.models.glft import impact_terms
from mm_avellaneda.models.single_asset import Terms, exact
from mm_avellaneda.models.single_asset import closed as closed_form


def quotes(inputs: QuoteInputs, q: Lots, tau: Floats | None) -> tuple[Floats, Floats]:
    """Give the exact quotes, or the stationary ones without ``tau``."""
    return exact(inputs, gueant_terms(inputs), q, tau)


def closed(inputs: QuoteInputs, q: Lots, tau: Floats | None) -> tuple[Floats, Floats]:
    """Give the closed form (4.3) to (4.9)."""
    return closed_form(inputs, gueant_terms(inputs), q, tau)


def gueant_terms(inputs: QuoteInputs) -> Terms:
    """Terms with the inputs' own xi."""
    return impact_terms(inputs, inputs.gamma if inputs.xi is None else inputs.xi)

"""Guéant, Lehalle and Fernandez-Tapia's quotes: Avellaneda and Stoikov's problem, solved.

One aversion for everything (Guéant's xi = gamma), a bound on inventory, and the paper's two
extensions: a drift of the mid, and an impact of our own fills on it. Knows no xi; ``delta`` other
than 1 is Guéant's (2017) generalisation.

Source: O. Guéant, C.-A. Lehalle, J. Fernandez-Tapia, "Dealing with the inventory risk" (2013,
arXiv 1105.3115). Their xi is our ``impact``: the mid jumps by it against us when we are filled.
"""

from mm.api import Floats, Lots, QuoteInputs
from mm_avellaneda.models.single_asset import Terms, exact, make_terms
from mm_avellaneda.models.single_asset import closed as closed_form


def quotes(inputs: QuoteInputs, q: Lots, tau: Floats | None) -> tuple[Floats, Floats]:
    """Give the exact quotes (theorem 1), or the stationary ones (theorem 2) without ``tau``."""
    return exact(inputs, glft_terms(inputs), q, tau)


def closed(inputs: QuoteInputs, q: Lots, tau: Floats | None) -> tuple[Floats, Floats]:
    """Give the closed-form approximation of the stationary quotes (section 4)."""
    return closed_form(inputs, glft_terms(inputs), q, tau)


def glft_terms(inputs: QuoteInputs) -> Terms:
    """Terms with xi = gamma; see ``impact_terms``."""
    return impact_terms(inputs, inputs.gamma)


def impact_terms(inputs: QuoteInputs, xi: float) -> Terms:
    """Terms with the mid jumping by ``impact`` against us at each fill of ours (section 5.2).

    Half of it goes into each distance, the other half into the worth of inventory: end values are
    exp(-k impact n^2 / 2), and A is exp(-k impact / 2) of itself.
    """
    return make_terms(inputs, xi=xi, shift=inputs.impact / 2.0, end=inputs.k * inputs.impact / 2.0)

"""Cartea and Jaimungal's quotes: expected profit less penalties on inventory, running and final.

Maximises E[cash + q S - alpha q_T^2 - phi int q^2 dt]. Of the inputs, phi = gamma sigma^2 / 2 and
alpha = ``terminal``; it knows no xi. With alpha = 0 it is Guéant's Model B.

``impact`` is their permanent jump: the mid moves by it at every market order, filled by us or not.
Moves without a fill cancel out between the sides, so the whole of it goes into each distance, A is
exp(-k impact) of itself, and the end is as without. (``glft`` has it at our own fills only.)

Source: Á. Cartea, S. Jaimungal, J. Penalva, "Algorithmic and High-Frequency Trading" (2015),
chapter 10; their lambda and kappa are A and k.
"""

from mm.api import Floats, Lots, QuoteInputs
from mm_avellaneda.models.single_asset import Terms, exact, make_terms
from mm_avellaneda.models.single_asset import closed as closed_form


def quotes(inputs: QuoteInputs, q: Lots, tau: Floats | None) -> tuple[Floats, Floats]:
    """Give the exact quotes, or the stationary ones, where alpha plays no part, without ``tau``."""
    return exact(inputs, cartea_jaimungal_terms(inputs), q, tau)


def closed(inputs: QuoteInputs, q: Lots, tau: Floats | None) -> tuple[Floats, Floats]:
    """Give the Gaussian closed form of the stationary quotes: Guéant's (2017) for xi = 0."""
    return closed_form(inputs, cartea_jaimungal_terms(inputs), q, tau)


def cartea_jaimungal_terms(inputs: QuoteInputs) -> Terms:
    """Terms with xi = 0 and the mid's jump at every market order."""
    return make_terms(inputs, xi=0.0, shift=inputs.impact)

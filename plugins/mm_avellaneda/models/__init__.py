"""The papers' quoting models: pure functions of numbers, vectorised over inventory and time.

    avellaneda_stoikov    reservation price and spread (2008), and the symmetric benchmark
    glft                  the exact solution of the same problem, with a bound on inventory (2013)
    gueant                two aversions, orders of any size (2017)
    cartea_jaimungal      running and terminal penalty (2015)
    single_asset          what the exact three have in common
    lattice               positive linear systems on a chain of inventories, which they come to
    multi_asset           several assets with correlation (2017)
    runge_kutta           the integrator that it needs
    inputs                bounds, units, and the errors that name both

All models are of the type ``mm.api.QuoteFunction``, but for those of several assets. None knows an
instrument, a tick or an order.
"""

from typing import Final

import attrs

from mm.api import QuoteFunction
from mm_avellaneda.models import avellaneda_stoikov, cartea_jaimungal, glft, gueant


@attrs.frozen
class Model:
    """A quoting model by its two answers."""

    quotes: QuoteFunction
    """Exact, where there is an exact answer."""
    closed: QuoteFunction
    """The closed-form approximation; the same function where the model is closed itself."""


MODELS: Final[dict[str, Model]] = {
    "gueant": Model(gueant.quotes, gueant.closed),
    "glft": Model(glft.quotes, glft.closed),
    "avellaneda_stoikov": Model(avellaneda_stoikov.quotes, avellaneda_stoikov.quotes),
    "symmetric": Model(avellaneda_stoikov.symmetric, avellaneda_stoikov.symmetric),
    "cartea_jaimungal": Model(cartea_jaimungal.quotes, cartea_jaimungal.closed),
}
"""By the name that ``mm quotes --model`` and the strategy know them by."""

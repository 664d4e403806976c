"""Joiner, a strategy for mm: offers it, and says what can be set in ``[strategy.joiner]``.

mm finds this module by its entry point (see pyproject.toml) and calls ``mm_strategies`` once. How
the strategy decides is in ``strategy``; nothing but ``mm.api`` is imported from mm.
"""

from typing import TYPE_CHECKING

import attrs
from mm.api import Context, StrategyOffer, hookimpl, option

if TYPE_CHECKING:
    from mm_example_strategy.strategy import Joiner

MM_API = (0, 1)
"""The version of mm's interface that this plugin was written for."""


@attrs.frozen(kw_only=True)
class JoinerConfig:
    """Table ``[strategy.joiner]``; mm checks types and bounds."""

    quote_size: float = option(
        help="Size of a quote; a whole number of lots.", unit="contracts", gt=0.0
    )
    max_position: float = option(
        help="Position, long or short, that fills must never take us beyond; whole lots.",
        unit="contracts",
        gt=0.0,
    )
    edge: float = option(
        0.0,
        help="Least distance from a quote to the fair price; 0 = always join the touch.",
        unit="price",
        ge=0.0,
    )


def build(config: JoinerConfig, context: Context) -> "Joiner":
    """Build the strategy of a run; only here is its module imported, so that listing is quick."""
    from mm_example_strategy.strategy import Joiner

    return Joiner(config, context)


@hookimpl
def mm_strategies() -> list[StrategyOffer]:
    """Offer the strategy; ``strategy.kind = "Joiner"`` chooses it."""
    return [
        StrategyOffer(
            name="Joiner",
            config=JoinerConfig,
            build=build,
            help="Joins the touch; steps back from a side that the book leans against.",
        )
    ]

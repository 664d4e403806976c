"""Avellaneda-Stoikov market making with Guéant's closed-form quotes.

Offers a transformer (volatility, arrival intensity, a grid of decision times) and a strategy
(quotes around the mid, skewed by inventory), both named ``Avellaneda`` and both configured by the
table ``[strategy.avellaneda]``. This module knows nothing of either: it imports them when a run
asks for them, so that listing plugins compiles nothing.

    events --transformer--> touch, mid, sigma, A, k --strategy--> orders and why
"""

from typing import TYPE_CHECKING

from mm.api import Context, StrategyOffer, TransformerOffer, hookimpl
from mm_avellaneda.config import AvellanedaConfig

if TYPE_CHECKING:
    from mm_avellaneda.strategy import AvellanedaStrategy
    from mm_avellaneda.transformer import AvellanedaTransformer

MM_API = (0, 1)


def build_transformer(config: AvellanedaConfig, context: Context) -> "AvellanedaTransformer":
    """Build the transformer of a run."""
    from mm_avellaneda.transformer import AvellanedaTransformer

    return AvellanedaTransformer(config, context)


def build_strategy(config: AvellanedaConfig, context: Context) -> "AvellanedaStrategy":
    """Build the strategy of a run."""
    from mm_avellaneda.strategy import AvellanedaStrategy

    return AvellanedaStrategy(config, context)


@hookimpl
def mm_transformers() -> list[TransformerOffer]:
    """Offer the transformer."""
    return [
        TransformerOffer(
            name="Avellaneda",
            config=AvellanedaConfig,
            build=build_transformer,
            help="Volatility and arrival intensity, estimated on fixed grids of time.",
        )
    ]


@hookimpl
def mm_strategies() -> list[StrategyOffer]:
    """Offer the strategy."""
    return [
        StrategyOffer(
            name="Avellaneda",
            config=AvellanedaConfig,
            build=build_strategy,
            help="One quote a side at Guéant's closed-form distance from the mid.",
        )
    ]

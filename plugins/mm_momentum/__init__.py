"""Momentum: follow the trend of trade prices, and the transformer that hands events through.

Offers the transformer ``NoDataTransform`` (a row for each quote and each trade) and the strategy
``Momentum`` (a cross of two moving averages). It is the second, simple path through the engine,
and the place to start reading for anyone writing a strategy. This module knows nothing of either:
it imports them when a run asks for them, so that listing plugins compiles nothing.
"""

from typing import TYPE_CHECKING

from mm.api import Context, NoConfig, StrategyOffer, TransformerOffer, hookimpl
from mm_momentum.config import MomentumConfig

if TYPE_CHECKING:
    from mm_momentum.passthrough import NoDataTransform
    from mm_momentum.strategy import MomentumStrategy

MM_API = (0, 1)


def build_transformer(_config: NoConfig, context: Context) -> "NoDataTransform":
    """Build the transformer of a run."""
    from mm_momentum.passthrough import NoDataTransform

    return NoDataTransform(context)


def build_strategy(config: MomentumConfig, context: Context) -> "MomentumStrategy":
    """Build the strategy of a run."""
    from mm_momentum.strategy import MomentumStrategy

    return MomentumStrategy(config, context)


@hookimpl
def mm_transformers() -> list[TransformerOffer]:
    """Offer the transformer."""
    return [
        TransformerOffer(
            name="NoDataTransform",
            config=NoConfig,
            build=build_transformer,
            own_times=True,
            help="A row for each quote and each trade: the touch and the last trade.",
        )
    ]


@hookimpl
def mm_strategies() -> list[StrategyOffer]:
    """Offer the strategy."""
    return [
        StrategyOffer(
            name="Momentum",
            config=MomentumConfig,
            build=build_strategy,
            preprocessing="NoDataTransform",
            help="Long when the fast average of trade prices is above the slow one, else short.",
        )
    ]

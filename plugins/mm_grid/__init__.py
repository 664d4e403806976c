"""Grid: several orders a side at fixed prices, skewed by inventory.

Offers a transformer (the touch and the mid on a grid of time) and a strategy, both named ``Grid``
and both configured by the table ``[strategy.grid]``. This module knows nothing of either: it
imports them when a run asks for them, so that listing plugins compiles nothing.

    config       what can be set
    transformer  the touch and the mid on a grid of time
    strategy     orders on a fixed grid of prices
    quoting, ladder    its kernel; one side's orders, brought to where they should stand
    records      the kernels' records
"""

from typing import TYPE_CHECKING

from mm.api import Context, StrategyOffer, TransformerOffer, hookimpl
from mm_grid.config import GridConfig

if TYPE_CHECKING:
    from mm_grid.strategy import GridStrategy
    from mm_grid.transformer import GridTransformer

MM_API = (0, 1)


def build_transformer(config: GridConfig, context: Context) -> "GridTransformer":
    """Build the transformer of a run."""
    from mm_grid.transformer import GridTransformer

    return GridTransformer(config, context)


def build_strategy(config: GridConfig, context: Context) -> "GridStrategy":
    """Build the strategy of a run."""
    from mm_grid.strategy import GridStrategy

    return GridStrategy(config, context)


@hookimpl
def mm_transformers() -> list[TransformerOffer]:
    """Offer the transformer."""
    return [
        TransformerOffer(
            name="Grid",
            config=GridConfig,
            build=build_transformer,
            help="The touch and the mid on a fixed grid of time; nothing is estimated.",
        )
    ]


@hookimpl
def mm_strategies() -> list[StrategyOffer]:
    """Offer the strategy."""
    return [
        StrategyOffer(
            name="Grid",
            config=GridConfig,
            build=build_strategy,
            help="Several orders a side at fixed prices around the mid, skewed by inventory.",
        )
    ]

"""CrossQuoter: quotes one market, leans on the touch of another, and may hedge there.

    strategy    the rule, row by row, compiled as it stands

This module only offers it.
"""

from typing import TYPE_CHECKING

import attrs

from mm.api import Context, StrategyOffer, hookimpl, option

if TYPE_CHECKING:
    from mm_cross.strategy import CrossQuoter

MM_API = (0, 1)


@attrs.frozen(kw_only=True)
class CrossConfig:
    """``[strategy.crossquoter]``: the first market of the run is quoted, by the second's mid"""

    quote_size: float = option(help="Of one order, on the first market.", unit="contracts", gt=0)
    max_position: float = option(
        help="Largest position on the first market, long or short.", unit="contracts", gt=0
    )
    half_spread: float = option(
        1e-4, help="Distance of a quote from the fair price.", unit="share of the price", ge=0, lt=1
    )
    skew: float = option(
        1e-4, help="How far a position of max_position moves the fair price against itself.",
        unit="share of the price", ge=0, lt=1,
    )  # fmt: skip
    basis_half_life_s: float = option(
        30.0, help="Half-life of the average of the first mid less the second.", unit="s", gt=0
    )
    max_age_s: float = option(
        5.0, help="Age of the second market's touch beyond which quotes are withdrawn.", unit="s",
        gt=0,
    )  # fmt: skip
    hedge_ratio: float = option(
        0.0,
        help="Contracts of the second market held against one of the first; 0 = no hedge.",
        unit="contracts per contract",
    )
    hedge_step: float = option(
        0.0, help="Smallest hedge, sent as a market order; 0 = one lot.", unit="contracts", ge=0
    )


def build_strategy(config: CrossConfig, context: Context) -> "CrossQuoter":
    """Build the strategy of a run."""
    from mm_cross.strategy import CrossQuoter

    return CrossQuoter(config, context)


@hookimpl
def mm_strategies() -> list[StrategyOffer]:
    """Offer the strategy."""
    return [
        StrategyOffer(
            name="CrossQuoter",
            config=CrossConfig,
            build=build_strategy,
            preprocessing="Touch",
            help="Quotes the first market around the second's mid and their usual difference.",
        )
    ]

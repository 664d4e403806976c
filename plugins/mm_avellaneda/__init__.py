"""Avellaneda-Stoikov market making, by the paper's quotes and those that came after.

Offers a transformer (volatility, arrival intensity, a grid of decision times) and a strategy
(quotes around the mid, skewed by inventory), both named ``Avellaneda`` and both configured by the
table ``[strategy.avellaneda]``; and the papers' quoting models, by name. This module knows nothing
of any: it imports them when they are asked for, so that listing plugins compiles nothing.

    events --transformer--> touch, mid, sigma, A, k --strategy--> orders and why

    config       what can be set in ``[strategy.avellaneda]``
    transformer, estimation, state    events to rows; sigma and depths, its one kernel; its records
    intensity    A and k from how deep trades reach
    strategy, quoting, inside    the strategy; its kernel; the kernel as the venue calls it
    model        Guéant's closed-form quotes
    linear       models whose quotes are a straight line in inventory
    table        models that are solved for every inventory at once
    several, correlation    several instruments at once; how their mids move together
    models       the papers' models: pure functions
"""

from typing import TYPE_CHECKING

from mm.api import (
    MICRO,
    Context,
    Floats,
    Lots,
    QuoteInputs,
    QuoteModelOffer,
    QuotingRule,
    StrategyOffer,
    TransformerOffer,
    hookimpl,
)
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


def intervals_us(config: AvellanedaConfig) -> tuple[int, int]:
    """Steps over which volatility and arrival intensity are estimated [µs]."""
    return round(config.vol.interval_s * MICRO), config.penetration.interval_ms * 1000


def fit_depths(config: AvellanedaConfig, deepest: Lots, interval_s: float) -> tuple[float, float]:
    """Fit A [1/s per side] and k [1/half tick] to the deepest trades [half ticks], shape (n, 2)."""
    import numpy as np

    from mm_avellaneda.intensity import fit_intensity

    most = 2 * config.penetration.num_bins  # as in estimation: deeper trades count as this deep
    histogram = np.bincount(np.minimum(deepest, most).ravel(), minlength=most + 1)
    return fit_intensity(histogram.astype(np.int64), deepest.size, interval_s)


def quoting_rule(config: AvellanedaConfig) -> QuotingRule | None:
    """Give what is quoted if all parameters are known beforehand.

    A model that is tabulated is quoted to 3e-5 of its range.
    """
    known = config.calibrated
    if config.model == "gueant_multi":
        return None  # of several inventories
    if known.sigma is None or known.A is None or known.k is None:
        return None
    return QuotingRule(
        model=config.model.removesuffix("_closed"),
        closed=config.model.endswith("_closed"),
        inputs=config.inputs(known.sigma, known.A, known.k),
        interval_ms=config.sequencer.interval_ms,
        size=config.quote_size,
    )


@hookimpl
def mm_transformers() -> list[TransformerOffer]:
    """Offer the transformer."""
    return [
        TransformerOffer(
            name="Avellaneda",
            config=AvellanedaConfig,
            build=build_transformer,
            intervals_us=intervals_us,
            intensity=fit_depths,
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
            rule=quoting_rule,
            help="One quote a side, as far from the mid as the chosen model says.",
        )
    ]


@hookimpl
def mm_quote_models() -> list[QuoteModelOffer]:
    """Offer the papers' models."""
    return [
        _model(
            "avellaneda_stoikov", "Reservation price and spread of Avellaneda and Stoikov 2008."
        ),
        _model("cartea_jaimungal", "Running and terminal penalty on inventory: Cartea, Jaimungal."),
        _model("glft", "Exact and closed form of Guéant, Lehalle, Fernandez-Tapia 2013."),
        _model("gueant", "Guéant 2017: orders of any size, aversion to not being executed."),
        _model("symmetric", "Their benchmark: the average of their spread, around the mid."),
    ]


def _model(name: str, about: str) -> QuoteModelOffer:
    def quotes(inputs: QuoteInputs, q: Lots, tau: Floats | None) -> tuple[Floats, Floats]:
        from mm_avellaneda.models import MODELS

        return MODELS[name].quotes(inputs, q, tau)

    def closed(inputs: QuoteInputs, q: Lots, tau: Floats | None) -> tuple[Floats, Floats]:
        from mm_avellaneda.models import MODELS

        return MODELS[name].closed(inputs, q, tau)

    return QuoteModelOffer(name=name, quotes=quotes, closed=closed, help=about)

"""The built-in fill models: how a resting order moves up its queue and fills.

    queue          first in, first out, risk-averse: only prints and a shrunken level help
    fifo           the same, by its other name
    prob_power     cancels fall before us with a probability by powers of the queue's parts
    prob_log       the same, by logarithms
    prob_power_2, prob_power_3, prob_log_2   their normalised forms
    probabilistic  a print at our price fills us with probability 1 - ahead / level
    pessimistic    only a print beyond our price fills us
    optimistic     any print at our price fills us, and so does the other side reaching it
    poisson        any print that reaches our price fills us whole; the chance is in the data

``poisson`` is for simulated data, such as the connector ``brownian`` makes: there each print
reaches as deep as the law of arrivals says, so a fill at distance d from the mid has the
probability min(1, A exp(-k d) dt) a side and step without any draw of the model's own.

``fills_when_crossed`` lets the other side's best price reaching ours fill us, as hftbacktest does.
"""

from collections.abc import Callable
from typing import Any

import attrs

from mm.api import Context, FillModel, FillModelOffer, NoConfig, hookimpl, option

MM_API = (0, 1)


@attrs.frozen(kw_only=True)
class QueueConfig:
    """``[execution.<model>]`` of models with nothing else to set."""

    fills_when_crossed: bool = option(
        False, help="Fill when the other side's best price reaches ours, by what stands there."
    )


@attrs.frozen(kw_only=True)
class PowerConfig:
    """``[execution.<model>]`` of models with an exponent."""

    n: float = option(
        3.0, help="Exponent; higher = more cancels behind us.", unit="pure number", gt=0.0, le=10.0
    )
    fills_when_crossed: bool = option(
        False, help="Fill when the other side's best price reaches ours, by what stands there."
    )


def _build(on_print: str, on_depth: str, **flags: Any) -> Callable[[Any, Context], FillModel]:
    """Name a model's rules, so that the module with them is imported only when one is built."""

    def build(config: Any, context: Context) -> FillModel:
        from mm_queue_models import rules

        asked = getattr(config, "fills_when_crossed", False)
        return FillModel(
            on_print=getattr(rules, on_print),
            on_depth=getattr(rules, on_depth),
            parameters=(getattr(config, "n", 0.0), 0.0),
            draws=flags.get("draws", False),
            fills_when_crossed=flags.get("fills_when_crossed", asked),
        )

    return build


_FIFO = "first_in_first_out"


_MODELS: list[tuple[str, type[Any], Callable[[Any, Context], FillModel], str]] = [
    (
        "queue",
        QueueConfig,
        _build(_FIFO, "no_more_than_level"),
        "first in, first out behind the size seen on arrival",
    ),
    ("fifo", QueueConfig, _build(_FIFO, "no_more_than_level"), "another name of queue"),
    (
        "prob_power",
        PowerConfig,
        _build(_FIFO, "power"),
        "a cancel is behind us with probability b^n / (b^n + f^n)",
    ),
    (
        "prob_power_2",
        PowerConfig,
        _build(_FIFO, "power_2"),
        "the same with b^n / (b + f)^n",
    ),
    (
        "prob_power_3",
        PowerConfig,
        _build(_FIFO, "power_3"),
        "the same with 1 - (f / (f + b))^n",
    ),
    (
        "prob_log",
        QueueConfig,
        _build(_FIFO, "logarithm"),
        "the same with ln(1 + b) / (ln(1 + b) + ln(1 + f))",
    ),
    (
        "prob_log_2",
        QueueConfig,
        _build(_FIFO, "logarithm_2"),
        "the same with ln(1 + b) / ln(1 + b + f)",
    ),
    (
        "probabilistic",
        QueueConfig,
        _build("chance_by_place", "no_more_than_level", draws=True),
        "a print at our price fills us with probability 1 - ahead / level",
    ),
    (
        "pessimistic",
        QueueConfig,
        _build("never", "no_help", fills_when_crossed=False),
        "only a print beyond our price fills us",
    ),
    (
        "optimistic",
        QueueConfig,
        _build("at_once", "all_before_us", fills_when_crossed=True),
        "any print at our price fills us, and so does the other side reaching it",
    ),
    (
        "poisson",
        NoConfig,
        _build("at_once", "no_help"),
        "a print that reaches our price fills us: for data whose prints follow a law of arrivals",
    ),
]
"""(name, class of its table, how to build it, what it says of itself)"""


@hookimpl
def mm_fill_models() -> list[FillModelOffer]:
    """Offer the models."""
    return [
        FillModelOffer(
            name=name, config=config, build=build, exponential=name == "poisson", help=text
        )
        for name, config, build, text in _MODELS
    ]

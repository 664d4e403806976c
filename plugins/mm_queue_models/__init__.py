"""The built-in fill models: how a resting order moves up its queue and fills.

queue          first in, first out, risk-averse: only prints and a shrunken level help
probabilistic  a print at our price fills us with probability 1 - ahead / level
"""

from mm.api import Context, FillModel, FillModelOffer, NoConfig, hookimpl

MM_API = (0, 1)


def _queue(config: NoConfig, context: Context) -> FillModel:
    from mm_queue_models import rules

    return FillModel(on_print=rules.first_in_first_out, on_depth=rules.no_more_than_level)


def _probabilistic(config: NoConfig, context: Context) -> FillModel:
    from mm_queue_models import rules

    return FillModel(on_print=rules.chance_by_place, on_depth=rules.no_more_than_level, draws=True)


@hookimpl
def mm_fill_models() -> list[FillModelOffer]:
    """Offer both models; neither has anything to configure."""
    return [
        FillModelOffer(
            name="queue",
            config=NoConfig,
            build=_queue,
            help="first in, first out behind the size seen on arrival",
        ),
        FillModelOffer(
            name="probabilistic",
            config=NoConfig,
            build=_probabilistic,
            help="a print at our price fills us with probability 1 - ahead / level",
        ),
    ]

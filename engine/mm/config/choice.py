"""The parts that a run file has chosen: who offers each, the offer, and its table.

Finding and checking them is ``load``'s task; a choice only knows how its part is built.
"""

from typing import Any, Final

import attrs

from mm.api import StrategyOffer
from mm.blame import blame
from mm.registry import Registry

TOUCH: Final = "Touch"
"""The transformer of strategies that ask for none, and have none of their own name."""


def transformer_for(strategy: StrategyOffer, registry: Registry) -> str:
    """Name the transformer of a strategy whose run file names none."""
    own = any(offer.name == strategy.name for offer in registry.offers("transformer"))
    return strategy.preprocessing or (strategy.name if own else TOUCH)


@attrs.frozen(kw_only=True)
class Choice:
    """A part that a run file has chosen."""

    owner: str
    """Who it is, for people: ``strategy 'Avellaneda' (mm-engine 0.1.0)``."""
    offer: Any
    """Of its kind: StrategyOffer …"""
    config: Any
    """Its own table, as an object of its offer's class."""

    def build(self, *context: Any) -> Any:
        """Build it, with what its offer says that it is given.

        Raises:
            MMError: as the part does; PluginError, with its owner, for anything else it raises.
        """
        with blame(self.owner):
            return self.offer.build(self.config, *context)


@attrs.frozen(kw_only=True)
class Parts:
    """The parts that a run file has chosen."""

    strategy: Choice
    transformer: Choice
    connector: Choice
    fill_model: Choice
    latency_model: Choice
    fee_model: Choice
    signals: tuple[Choice, ...]
    """In the order of ``strategy.signals``."""
    sinks: tuple[Choice, ...]
    """In the order of ``output.sinks``."""

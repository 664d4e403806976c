"""Scripted: submit the orders of a CSV file, each at its own time, and do nothing else.

For replaying one's own order log, the ``orders.csv`` of an earlier run included, and for comparing
simulators order by order. The transformer ``Scripted`` makes a row for each order time, and the
strategy ``Scripted`` answers it with the orders of that time. This module only offers the two.
"""

from typing import TYPE_CHECKING

from mm.api import Context, StrategyOffer, TransformerOffer, hookimpl
from mm_scripted.config import ScriptedConfig

if TYPE_CHECKING:
    from mm_scripted.strategy import ScriptedStrategy
    from mm_scripted.transformer import ScriptedTransformer

MM_API = (0, 1)


def build_transformer(config: ScriptedConfig, context: Context) -> "ScriptedTransformer":
    """Build the transformer of a run; reads the file."""
    from mm_scripted.script import read_script
    from mm_scripted.transformer import ScriptedTransformer

    script = read_script(config.path, context.instruments)
    return ScriptedTransformer(script, len(context.instruments))


def build_strategy(config: ScriptedConfig, context: Context) -> "ScriptedStrategy":
    """Build the strategy of a run; reads the file."""
    from mm_scripted.script import read_script
    from mm_scripted.strategy import ScriptedStrategy

    return ScriptedStrategy(read_script(config.path, context.instruments), context.instruments)


@hookimpl
def mm_transformers() -> list[TransformerOffer]:
    """Offer the transformer."""
    return [
        TransformerOffer(
            name="Scripted",
            config=ScriptedConfig,
            build=build_transformer,
            own_times=True,
            help="A row for each time at which the file of orders has some.",
        )
    ]


@hookimpl
def mm_strategies() -> list[StrategyOffer]:
    """Offer the strategy."""
    return [
        StrategyOffer(
            name="Scripted",
            config=ScriptedConfig,
            build=build_strategy,
            help="The orders of a CSV file, each at its own time.",
        )
    ]

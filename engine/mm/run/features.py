"""From a checked configuration to a strategy and the transformer of its rows.

chosen transformer ─► [moments] ─► [signals] ─► [depth] ─► rows
"""

from typing import Any

from mm.api import (
    DEPTH_FIELDS,
    TOUCH_FIELDS,
    ConfigError,
    Context,
    PluginError,
    Strategy,
    Transformer,
)
from mm.config import Choice, RunConfig
from mm.run.depth import DepthTransformer
from mm.run.moments import TimedTransformer
from mm.run.signals import CombinedTransformer, Signal


def build_strategy(config: RunConfig, context: Context) -> tuple[Transformer, Strategy]:
    """Build the strategy, and the transformer that makes its rows, with all that was asked for.

    Raises:
        ConfigError: the rows lack what the strategy needs.
    """
    table, chosen = config.strategy, config.parts
    transformer = _build_transformer(chosen.transformer, context)
    if table.when.by_market:
        transformer = TimedTransformer(transformer, chosen.transformer.owner, table.when, context)
    if table.signals:
        signals = [
            Signal(name, _build_transformer(one, context), one.config.weight, one.owner)
            for name, one in zip(table.signals, chosen.signals, strict=True)
        ]
        count = len(context.instruments)
        transformer = CombinedTransformer(table.preprocessing, transformer, signals, count)
    if table.depth:
        transformer = DepthTransformer(
            transformer, chosen.transformer.owner, table.depth, len(context.instruments)
        )
    strategy: Strategy = chosen.strategy.build(context)
    missing = sorted(strategy.requires - set(transformer.dtype.names or ()))
    if missing and set(missing) <= {name for name, _ in DEPTH_FIELDS}:
        raise ConfigError(
            f"strategy {table.kind!r} needs {', '.join(missing)}; set strategy.depth to the number"
            " of levels that its rows are to show"
        )
    if missing:
        raise ConfigError(
            f"strategy {table.kind!r} needs {', '.join(missing)}, which the transformer"
            f" {table.preprocessing!r} does not give; choose another strategy.preprocessing"
        )
    return transformer, strategy


def _build_transformer(chosen: Choice, context: Context) -> Transformer:
    transformer: Transformer = chosen.build(context)
    touch: list[Any] = [column for column, _ in TOUCH_FIELDS]
    if list(transformer.dtype.names or ())[: len(touch)] != touch:
        raise PluginError(f"{chosen.owner}: its dtype must start with {', '.join(touch)}")
    return transformer

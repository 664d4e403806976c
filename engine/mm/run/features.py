"""From a checked configuration to a strategy and the transformer of its rows.

chosen transformer ─► [moments] ─► [signals] ─► [depth] ─► [trades] ─► rows
"""

from decimal import Decimal
from typing import Any

from mm.api import (
    DEPTH_FIELDS,
    TOUCH_FIELDS,
    TRADED_FIELDS,
    ConfigError,
    Context,
    Instrument,
    PluginError,
    Strategy,
    Transformer,
)
from mm.config import Choice, RunConfig
from mm.run.market_columns import ShowingTransformer
from mm.run.moments import TimedTransformer
from mm.run.signals import CombinedTransformer, Signal


def build_strategy(config: RunConfig, context: Context) -> tuple[Transformer, Strategy]:
    """Build the strategy, and the transformer that makes its rows, with all that was asked for.

    Raises:
        ConfigError: the rows lack what the strategy needs.
    """
    transformer, strategy = _build_both(config, context)
    fault = _misfit(config, transformer, strategy)
    if fault is not None:
        raise fault
    return transformer, strategy


def check_strategy(config: RunConfig) -> None:
    """Find out whether the rows have what the strategy needs, without data.

    Both are built for instruments that are made up. What cannot be built for those is let pass:
    a run will say what is wrong with it.

    Raises:
        ConfigError: the rows lack what the strategy needs.
    """
    instruments = tuple(_made_up(market) for market in config.all_markets)
    context = Context(instruments=instruments, seed=config.engine.seed)
    try:
        transformer, strategy = _build_both(config, context)
    except Exception:  # of whatever kind: see above
        return
    fault = _misfit(config, transformer, strategy)
    if fault is not None:
        raise fault


def _made_up(config: RunConfig) -> Instrument:
    table = config.instrument
    tick = table.tick_size or getattr(config.parts.strategy.config, "tick_size", None) or "0.01"
    return Instrument(
        symbol=config.strategy.symbol,
        tick_size=Decimal(str(tick)),
        lot_size=table.lot_size or Decimal("0.001"),
        contract_type=config.position.contract_type,
    )


def _build_both(config: RunConfig, context: Context) -> tuple[Transformer, Strategy]:
    table, chosen = config.strategy, config.parts
    transformer = _build_transformer(chosen.transformer, context)
    if table.when.by_market:
        transformer = TimedTransformer(transformer, chosen.transformer.owner, table.when, context)
    if table.signals:
        signals = [
            Signal(name, _build_transformer(one, context), one.config.weight, one.owner)
            for name, one in zip(table.signals, chosen.signals, strict=True)
        ]
        transformer = CombinedTransformer(
            table.preprocessing, transformer, signals, len(context.instruments)
        )
    owner, count = chosen.transformer.owner, len(context.instruments)
    if table.depth:
        transformer = ShowingTransformer.of_depth(transformer, owner, table.depth, count)
    if table.trades:
        transformer = ShowingTransformer.of_trades(transformer, owner, count)
    return transformer, chosen.strategy.build(context)


def _misfit(config: RunConfig, transformer: Transformer, strategy: Strategy) -> ConfigError | None:
    """Say which columns the strategy misses; None = it has all."""
    table = config.strategy
    missing = sorted(strategy.requires - set(transformer.dtype.names or ()))
    if missing and set(missing) <= {name for name, _ in DEPTH_FIELDS}:
        return ConfigError(
            f"strategy {table.kind!r} needs {', '.join(missing)}; set strategy.depth to the number"
            " of levels that its rows are to show"
        )
    if missing and set(missing) <= {name for name, _ in TRADED_FIELDS}:
        return ConfigError(
            f"strategy {table.kind!r} needs {', '.join(missing)}; set strategy.trades to true, so"
            " that its rows show what was traded"
        )
    if missing:
        return ConfigError(
            f"strategy {table.kind!r} needs {', '.join(missing)}, which the transformer"
            f" {table.preprocessing!r} does not give; choose another strategy.preprocessing"
        )
    return None


def _build_transformer(chosen: Choice, context: Context) -> Transformer:
    transformer: Transformer = chosen.build(context)
    touch: list[Any] = [column for column, _ in TOUCH_FIELDS]
    if list(transformer.dtype.names or ())[: len(touch)] != touch:
        raise PluginError(f"{chosen.owner}: its dtype must start with {', '.join(touch)}")
    return transformer

"""From a checked configuration and a survey of the data to the parts of a run.

What the run trades is settled here: tick and lot size come from ``[instrument]``, else from the
data, else (the tick) from the strategy's table.
"""

from decimal import Decimal
from pathlib import Path

import attrs

from mm.api import ConfigError, Connector, Instrument, RowStrategy, Survey
from mm.blame import blame
from mm.config import Choice, RunConfig
from mm.core.bracket import Bracket, Shadow
from mm.core.candles import CandleBuilder
from mm.core.touch import BookQuotes
from mm.record.numbering import Numbering
from mm.registry import Registry
from mm.run.answers import RowAnswers
from mm.run.closed_loop import kernel_of
from mm.run.disk import Disk
from mm.run.features import build_strategy
from mm.run.network import Parts
from mm.run.position import Books
from mm.run.progress import Progress
from mm.run.terms import MINUTE_US, build_ledger, build_venue, make_context
from mm.run.ticks import find_step, given_tick, in_ticks, tick_periods


@attrs.frozen(kw_only=True)
class Options:
    """What the command line may ask of a run beside its configuration."""

    speed: float | None = None
    """Multiple of real time to replay at; None = as fast as it goes."""
    duration_s: float | None = None
    """End the reading after so long [s]; None = when there is no more."""
    verbose: bool = False
    """Print each fill."""
    record: Path | None = None
    """Folder to record live data to; None = do not."""
    debug_at: tuple[int, ...] = ()
    """Moments of the data [µs] at which to stop in the strategy's code."""
    raw: bool = False
    """Keep the connector's frames in the recording, too."""


def find_instruments(config: RunConfig, survey: Survey) -> tuple[tuple[Instrument, ...], list[str]]:
    """Settle what is traded.

    Returns:
        The instruments, and a sentence for each thing the user should know about them.

    Raises:
        DataError: if a tick or lot size is neither given nor to be found.
    """
    table, fallback = config.instrument, getattr(config.parts.strategy.config, "tick_size", None)
    instruments = []
    notes = []
    for symbol, (tick, lot) in zip(survey.symbols, survey.grid, strict=True):
        tick_size = find_step("tick_size", symbol, given_tick(table), tick, fallback)
        instrument = Instrument(
            symbol=symbol,
            tick_size=tick_size,
            lot_size=find_step("lot_size", symbol, table.lot_size, lot, None),
            tick_steps=in_ticks(tick_periods(table, survey, symbol), tick_size),
            contract_type=config.position.contract_type,
            multiplier=table.multiplier,
        )
        if fallback is not None and Decimal(str(fallback)) != instrument.tick_size:
            notes.append(
                f"{symbol}: the grid of {instrument.tick_size} is used,"
                f" not the strategy's tick_size = {fallback}"
            )
        instruments.append(instrument)
    return tuple(instruments), notes


def has_quotes(survey: Survey) -> bool:
    """Whether the data has quotes of its own; else they are taken from the book."""
    return _may_have(survey, "quotes")


def _may_have(survey: Survey, name: str) -> bool:
    """Whether a kind of source is there, or nobody says which are."""
    return not survey.sources or any(source.name == name for source in survey.sources)


def build_parts(
    config: RunConfig,
    registry: Registry,
    connector: Connector,
    survey: Survey,
    instruments: tuple[Instrument, ...],
) -> Parts:
    """Build everything but the connector, and check that it fits together.

    The sinks are left to be added: they write, and this must be safe to do in a dry run.
    """
    context = make_context(config, instruments)
    if config.strategy.depth and not _may_have(survey, "book"):
        raise ConfigError(
            f"strategy.depth is {config.strategy.depth}, expected 0: the data have no book"
        )
    if config.strategy.trades and not _may_have(survey, "trades"):
        raise ConfigError("strategy.trades is true, expected false: the data have no trades")
    transformer, strategy = build_strategy(config, context)
    names = {
        "connector": config.parts.connector.owner,
        "transformer": config.parts.transformer.owner,
        "strategy": config.parts.strategy.owner,
    }
    bracket = _build_bracket(config, registry, instruments)
    compiled = answers = None
    limited = any(market.risk.max_loss > 0 for market in config.all_markets)
    if config.engine.closed_loop and not limited and not bracket:
        # Inside the venue's kernel, which knows no money and follows no shadows.
        with blame(names["strategy"]):
            compiled = kernel_of(strategy, transformer.dtype)
        if compiled is None and isinstance(strategy, RowStrategy):
            ledger = build_ledger(config, instruments)
            answers = RowAnswers(strategy, names["strategy"], ledger)
    is_live = not config.markets and not config.data.from_csv
    return Parts(
        instruments=instruments,
        connector=connector,
        transformer=transformer,
        strategy=strategy,
        venue=build_venue(
            config,
            instruments,
            wakes=config.strategy.when.own_reports,
            depth=config.strategy.depth,
        ),
        apart=not config.engine.closed_loop,
        compiled=compiled,
        answers=answers,
        books=Books(build_ledger(config, instruments)),
        bracket=bracket,
        candles=CandleBuilder(config.output.candle_size_min * MINUTE_US),
        # Of several markets, each has been given its quotes where they come from.
        quotes=None if config.markets or has_quotes(survey) else BookQuotes(len(instruments)),
        sinks={},
        names=names,
        progress=Progress(total_rows=survey.total_rows),
        capacity=config.engine.channel_capacity,
        longest_block=config.strategy.max_block,
        speed=None,
        numbering=Numbering(names["connector"]) if is_live else None,
        # A market is withheld before it is recorded, and of several each is recorded by itself.
        disk=Disk() if is_live and len(instruments) == 1 else None,
    )


def _build_bracket(
    config: RunConfig, registry: Registry, instruments: tuple[Instrument, ...]
) -> Bracket | None:
    """Build the shadow venues, if they are asked for."""
    if not config.execution.bracket:
        return None
    shadows = []
    for name in ("pessimistic", "optimistic"):
        owner, offer = registry.owner("fill model", name), registry.fill_model(name)
        model = Choice(owner=owner, offer=offer, config=offer.config())
        venue = build_venue(config, instruments, model=model, alone=True)
        ledger = build_ledger(config, instruments)
        shadows.append(Shadow(name=name, venue=venue, ledger=ledger))
    return Bracket(shadows)

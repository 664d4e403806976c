"""What a run is about, found out before anything is built that costs time or writes.

Runs and whatever else reads a market (calibration, recording) begin here. Builds the connector and
no other part.
"""

import hashlib
from collections.abc import Sequence

import attrs

from mm.api import ConfigError, Connector, ConnectorOffer, Instrument, Survey
from mm.blame import blame, ungrouped
from mm.config import LoadedConfig, RunConfig
from mm.config.money import market_names
from mm.run.build import find_instruments, has_quotes
from mm.run.markets import MergedConnector, OneMarket
from mm.run.ticks import given_tick


@attrs.frozen(kw_only=True)
class Market:
    """What a run is about: where its events come from, and what they are of."""

    connector: Connector
    survey: Survey
    instruments: tuple[Instrument, ...]
    notes: tuple[str, ...]
    """A sentence for each thing the user should know."""


async def survey_market(loaded: LoadedConfig) -> Market:
    """Build the connector and have it look at its source.

    Raises:
        MMError: as the connector does; DataError if it does not tell the grid.
    """
    config = loaded.config
    if not config.markets:
        return await _survey_one(config)
    each = [await _survey_one(market, number) for number, market in enumerate(config.markets)]
    return _join(config.markets, each)


def _join(configs: Sequence[RunConfig], each: Sequence[Market]) -> Market:
    """Make one market of several.

    Raises:
        ConfigError: one of them has several instruments.
    """
    for config, market in zip(configs, each, strict=True):
        if len(market.instruments) != 1:
            raise ConfigError(
                f"the market {config.strategy.symbol!r} has {len(market.instruments)} instruments,"
                " expected one for each table [[market]]"
            )
    exchanges = [config.output.exchange for config in configs]
    names = market_names(exchanges, [market.instruments[0].symbol for market in each])
    connector = MergedConnector(
        [
            OneMarket(
                name=name,
                connector=market.connector,
                owner=config.parts.connector.owner,
                survey=market.survey,
                instrument=market.instruments[0],
                needs_quotes=not has_quotes(market.survey),
                is_live=not config.data.from_csv,
            )
            for name, config, market in zip(names, configs, each, strict=True)
        ]
    )
    survey = connector.joined
    own = [
        f"{name}: {note}"
        for name, market in zip(names, each, strict=True)
        for note in market.notes
        if note not in market.survey.notes
    ]
    return Market(
        connector=connector,
        survey=survey,
        instruments=tuple(
            attrs.evolve(market.instruments[0], symbol=name)
            for name, market in zip(names, each, strict=True)
        ),
        notes=(*own, *survey.notes),
    )


async def _survey_one(config: RunConfig, number: int = 0) -> Market:
    chosen = config.parts.connector
    with ungrouped(), blame(chosen.owner):
        given = seeds(chosen.offer, config.engine.seed, number)
        connector = chosen.build(config.strategy.symbol, *given)
        table = config.instrument
        expect_grid = getattr(connector, "expect_grid", None)
        grid_is_given = table.tick_size is not None and table.lot_size is not None
        if grid_is_given and expect_grid is not None:
            expect_grid()
        take_grid = getattr(connector, "take_grid", None)
        if take_grid is not None:
            take_grid(given_tick(table), table.lot_size)
        survey = await connector.survey()
    instruments, notes = find_instruments(config, survey)
    return Market(
        connector=connector,
        survey=survey,
        instruments=instruments,
        notes=(*notes, *_unmarked(config, survey), *survey.notes),
    )


def seeds(offer: ConnectorOffer, seed: int, number: int) -> tuple[int, ...]:
    """Give what a connector's ``build`` is given beside its symbol.

    Args:
        offer: the connector's.
        seed: of the run.
        number: of the market; that of the only one, 0, has the run's own seed.
    """
    if not offer.seeded:
        return ()
    if offer.numbered:
        return seed, number
    if number == 0:
        return (seed,)
    key = hashlib.sha256(f"seed {seed} market {number}".encode()).digest()
    return (int.from_bytes(key[:8], "big") >> 1,)


def _unmarked(config: RunConfig, survey: Survey) -> tuple[str, ...]:
    """Say that no file tells the mark price, if it is asked for."""
    kinds = {source.name for source in survey.sources}
    if config.position.mark != "mark_price" or not kinds or "derivative_ticker" in kinds:
        return ()
    return (
        "position.mark is mark_price, which only a derivative_ticker file tells; without one"
        " positions are valued at the mid",
    )

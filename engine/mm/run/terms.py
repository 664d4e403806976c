"""From the run file to what holds on each market: the venue's terms, limits, funding, books, rates.

A market is the run that it would be alone (``RunConfig.all_markets``); of several, each has one
instrument.
"""

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from mm.api import MICRO, MOST_UNITS, RATE_UNIT, ConfigError, Context, Instrument
from mm.config import Choice, RunConfig
from mm.config.money import Rate, rate_of
from mm.core.ledger import Ledger
from mm.core.position import Margin, MarketBooks
from mm.core.venue import FundingSchedule, Limits, SimulatedVenue, Terms

MINUTE_US: Final = 60_000_000


def make_context(config: RunConfig, instruments: tuple[Instrument, ...]) -> Context:
    """Collect what parts are told about the run, or those of one market about theirs."""
    maker, taker = config.position.fees
    return Context(
        instruments=instruments,
        seed=config.engine.seed,
        entry_us=config.execution.latency_ms * 1000,
        response_us=config.execution.response_latency_ms * 1000,
        maker_fee=maker,
        taker_fee=taker,
    )


def build_venue(
    config: RunConfig,
    instruments: tuple[Instrument, ...],
    *,
    model: Choice | None = None,
    alone: bool = False,
    wakes: bool = False,
    depth: int = 0,
) -> SimulatedVenue:
    """Build the venue; ``model`` in place of the fill models chosen, the rest as it takes them."""
    markets = []
    for market, context in _by_market(config, instruments):
        markets.append(
            Terms(
                instruments=context.instruments,
                fill_model=(model or market.parts.fill_model).build(context),
                latency=market.parts.latency_model.build(context),
                limits=_limits(market, context.instruments[0]),
                funding=_funding(market),
            )
        )
    rates = [(rate, -1 if of is None else of) for rate, of in _rates(config, instruments)]
    return SimulatedVenue(
        markets=markets,
        seed=config.engine.seed,
        rates=rates,
        alone=alone,
        wakes=wakes,
        depth=depth,
    )


def build_ledger(config: RunConfig, instruments: tuple[Instrument, ...]) -> Ledger:
    """Build the books."""
    books, rates, at = [], _rates(config, instruments), 0
    for market, context in _by_market(config, instruments):
        table = market.position
        rate, rate_of = rates[at]
        at += len(context.instruments)
        books.append(
            MarketBooks(
                instruments=context.instruments,
                fees=market.parts.fee_model.build(context),
                margin=Margin(
                    balance=table.balance,
                    initial=table.initial_margin,
                    maintenance=table.maintenance_margin,
                ),
                at_mark_price=table.mark == "mark_price",
                rounding=table.lot_rounding,
                rate=rate,
                rate_of=rate_of,
            )
        )
    return Ledger(books, sample_us=config.output.candle_size_min * MINUTE_US)


def _by_market(
    config: RunConfig, instruments: tuple[Instrument, ...]
) -> list[tuple[RunConfig, Context]]:
    if not config.markets:
        return [(config, make_context(config, instruments))]
    return [
        (market, make_context(market, (one,)))
        for market, one in zip(config.markets, instruments, strict=True)
    ]


def _rates(config: RunConfig, instruments: Sequence[Instrument]) -> list[Rate]:
    """Say what one of each instrument's settlement currency is worth."""
    if not config.markets:
        return [rate_of(config, config)] * len(instruments)
    return [rate_of(config, market) for market in config.markets]


def _limits(config: RunConfig, instrument: Instrument) -> Limits:
    table = config.risk
    return Limits(
        order_lots=_limit_lots("max_order_size", table.max_order_size, instrument),
        position_lots=_limit_lots("max_position", table.max_position, instrument),
        orders_per_s=table.max_orders_per_s,
        stale_us=max(round(table.max_silence_s * MICRO), int(table.max_silence_s > 0)),
        collar=table.price_collar,
        loss=table.max_loss,
    )


def _limit_lots(key: str, contracts: float, instrument: Instrument) -> int:
    """Turn a limit into lots, rounded down; 0 contracts mean that there is none."""
    lots = math.floor(Decimal(repr(contracts)) / instrument.lot_size)
    if contracts > 0 and not 1 <= lots <= MOST_UNITS:
        raise ConfigError(
            f"risk.{key} is {contracts:g} contracts, expected one to {MOST_UNITS:g} lots of"
            f" {instrument.symbol}, {instrument.lot_size} each; 0 = no limit"
        )
    return lots


def _funding(config: RunConfig) -> FundingSchedule | None:
    table = config.funding
    if table.rate is None:
        return None
    return FundingSchedule(
        rate=round(table.rate / RATE_UNIT),
        first_us=round(table.first_h * 3600 * MICRO),
        interval_us=round(table.interval_h * 3600 * MICRO),
    )

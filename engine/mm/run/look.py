"""What a run would find wrong with data, without a strategy: the venue meets them alone.

    connect ──MarketBatch──► route ──MarketBatch──► look

The survey sees one file at a time; what a book and its quotes hold against each other shows only
in the order in which a run would meet them. So the venue's own kernels are run, with no orders.
"""

import math
from decimal import Decimal
from functools import partial
from typing import Final

import numpy as np
import trio

from mm.api import (
    DECISION,
    ORDER,
    WORKING,
    Account,
    Connector,
    Context,
    DataError,
    Decisions,
    Defect,
    Instrument,
    LatencyModel,
    MarketBatch,
    OrderBlock,
    Survey,
)
from mm.blame import ungrouped
from mm.core.touch import BookQuotes
from mm.core.venue import SimulatedVenue, Terms
from mm.registry import Registry
from mm.run.build import has_quotes
from mm.run.channels import Inlet, open_channel
from mm.run.connector import connect
from mm.run.health import defects_of
from mm.run.progress import Progress
from mm.run.router import route

_FOREVER: Final = 1 << 62
"""µs. Nothing is ever decided, so the venue asks for batches until there are no more."""

_CAPACITY: Final = 4


async def look(connector: Connector, owner: str, registry: Registry) -> tuple[Defect, ...]:
    """Survey and read the data; give every defect that a run on them would report.

    Args:
        connector: of one instrument, not surveyed yet.
        owner: who it is, for the blame.
        registry: for a fill model, which without orders is never asked.

    Raises:
        DataError: the data cannot be used.
    """
    survey = await connector.survey()
    instruments = (_instrument(survey),)
    offer = registry.fill_model("pessimistic")
    model = offer.build(offer.config(), Context(instruments=instruments, seed=0))
    terms = Terms(instruments=instruments, fill_model=model, latency=LatencyModel())
    venue = SimulatedVenue(markets=[terms], seed=0, alone=True)
    progress = Progress(total_rows=survey.total_rows)
    quotes = None if has_quotes(survey) else BookQuotes(1)
    to_route, batches = open_channel(_CAPACITY, MarketBatch)
    to_venue, for_venue = open_channel(_CAPACITY, MarketBatch)
    with ungrouped():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(connect, connector, owner, instruments, to_route)
            nursery.start_soon(
                partial(
                    route,
                    batches,
                    (to_venue,),
                    quotes=quotes,
                    connector=owner,
                    instruments=1,
                    progress=progress,
                )
            )
            nursery.start_soon(_meet, for_venue, venue)
    return defects_of(survey, venue)


async def _meet(batches: Inlet[MarketBatch], venue: SimulatedVenue) -> None:
    """Let the venue take everything in. Owns its end."""
    venue.submit(_nothing())
    venue.advance()
    with batches:
        async for batch in batches:
            venue.load(batch)
            venue.advance()


def _nothing() -> OrderBlock:
    """Give a block without decisions that no stream comes to the end of."""
    account = Account(
        up_to=-1,
        position=(0,),
        average_price=(math.nan,),
        cost=(0.0,),
        cash=0.0,
        working=np.zeros(0, WORKING),
        next_client_id=1,
    )
    return OrderBlock(
        times=np.zeros(0, np.int64),
        decisions=Decisions(orders=np.zeros(0, ORDER), trace=np.zeros(0, DECISION)),
        horizon=_FOREVER,
        account=account,
    )


def _instrument(survey: Survey) -> Instrument:
    (tick, lot), symbol = survey.grid[0], survey.symbols[0]
    if tick is None or lot is None:
        what = "tick" if tick is None else "lot"
        raise DataError(f"{symbol}: the data does not tell the {what}_size, so it was not read")
    return Instrument(symbol=symbol, tick_size=Decimal(tick), lot_size=Decimal(lot))

"""From a run file to a sample of its market: the connector, read once, as a run would read it.

    connect ──MarketBatch──► route ──MarketBatch──► sampler

The channels are bounded, so what is in memory is a few batches and the sample. Knows nothing of
estimates; of the run file, only where the data are and at what intervals the transformer looks.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

import attrs
import trio

from mm.api import Defect, Instrument, MarketBatch
from mm.blame import ungrouped
from mm.calibrate.estimate import STEPS_US
from mm.calibrate.own import Definition
from mm.calibrate.sample import Sample, Sampler
from mm.config import LoadedConfig
from mm.core.touch import BookQuotes
from mm.run.build import has_quotes
from mm.run.channels import Inlet, open_channel
from mm.run.connector import connect
from mm.run.progress import Progress
from mm.run.router import route
from mm.run.survey import Market, survey_market

DEFAULT_US: Final = 500_000
"""Both intervals [µs], where the run file's transformer has none of its own."""


@attrs.frozen(kw_only=True)
class SampledMarket:
    """What was read."""

    instrument: Instrument
    sample: Sample
    notes: tuple[str, ...]
    sigma_us: int
    """The run file's interval for sigma."""
    own: Definition | None = None
    """How the run file's transformer estimates A and k; None = it does not, or does not tell."""
    defects: tuple[Defect, ...] = ()
    """What the survey found wrong with the data."""


async def read_market(
    loaded: LoadedConfig, watch: Callable[[Progress], None] = lambda progress: None
) -> SampledMarket:
    """Read the market that a run file names.

    Args:
        loaded: the run file.
        watch: given the progress before the reading starts.

    Raises:
        MMError: as the connector does.
    """
    config = loaded.config
    market = await survey_market(loaded)
    symbols, symbol = market.survey.symbols, config.strategy.symbol
    place = symbols.index(symbol) if symbol in symbols else 0  # simulated paths have other names
    chosen = config.parts.transformer
    sigma_us, interval_us = DEFAULT_US, DEFAULT_US
    if chosen.offer.intervals_us is not None:
        sigma_us, interval_us = chosen.offer.intervals_us(chosen.config)
    sampler = Sampler(instrument=place, steps_us=(*STEPS_US, sigma_us), interval_us=interval_us)
    progress = Progress(total_rows=market.survey.total_rows)
    watch(progress)
    with ungrouped():
        await _read(
            market, config.parts.connector.owner, sampler, progress, config.engine.channel_capacity
        )
    return SampledMarket(
        instrument=market.instruments[place],
        sample=sampler.finish(),
        notes=market.notes,
        sigma_us=sigma_us,
        own=None
        if chosen.offer.intensity is None
        else partial(chosen.offer.intensity, chosen.config),
        defects=market.survey.health,
    )


async def _read(
    market: Market, owner: str, sampler: Sampler, progress: Progress, capacity: int
) -> None:
    instruments = market.instruments
    quotes = None if has_quotes(market.survey) else BookQuotes(len(instruments))
    to_route, batches = open_channel(capacity, MarketBatch)
    to_sampler, for_sampler = open_channel(capacity, MarketBatch)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(connect, market.connector, owner, instruments, to_route)
        nursery.start_soon(
            partial(
                route,
                batches,
                (to_sampler,),
                quotes=quotes,
                connector=owner,
                instruments=len(instruments),
                progress=progress,
            )
        )
        nursery.start_soon(_sample, for_sampler, sampler)


async def _sample(batches: Inlet[MarketBatch], sampler: Sampler) -> None:
    """Feed the sampler. Owns its end."""
    with batches:
        async for batch in batches:
            sampler.push(batch)

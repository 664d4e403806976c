"""From a run file to a sample of its market: the connector, read once, as a run would read it.

    connector ──MarketBatch──► route ──MarketBatch──► sampler

The channels are bounded, so what is in memory is a few batches and the sample. Knows nothing of
estimates; of the run file, only where the data are and at what intervals the transformer looks.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import attrs
import trio

from mm.api import MICRO, Connector, Instrument, MarketBatch, Survey
from mm.calibrate.estimate import STEPS_US
from mm.calibrate.sample import Sample, Sampler
from mm.config import LoadedConfig
from mm.core.touch import BookQuotes
from mm.run.build import find_instruments
from mm.run.ends import Inlet, Outlet, blame, open_channel, root_cause
from mm.run.progress import Progress
from mm.run.route import route

DEFAULT_US: Final = 500_000
"""Both intervals, where the run file's transformer has none: those of the Avellaneda strategy."""


@attrs.frozen(kw_only=True)
class Market:
    """What was read."""

    instrument: Instrument
    survey: Survey
    sample: Sample
    notes: tuple[str, ...]
    sigma_us: int
    """The run file's interval for sigma."""


def intervals_us(transformer: Any) -> tuple[int, int]:
    """Give the transformer's intervals for sigma and for penetration [µs], from its table."""
    vol = getattr(getattr(transformer, "vol", None), "interval_s", DEFAULT_US / MICRO)
    penetration = getattr(getattr(transformer, "penetration", None), "interval_ms", None)
    return round(vol * MICRO), DEFAULT_US if penetration is None else penetration * 1000


async def read_market(
    loaded: LoadedConfig, watch: Callable[[Progress], None] = lambda progress: None
) -> Market:
    """Read the market that a run file names.

    Args:
        loaded: the run file.
        watch: given the progress before the reading starts.

    Raises:
        MMError: as the connector does.
    """
    try:
        return await _read(loaded, watch)
    except BaseExceptionGroup as group:
        raise root_cause(group) from None


async def _read(loaded: LoadedConfig, watch: Callable[[Progress], None]) -> Market:
    config = loaded.config
    name = config.data.connector
    owner = loaded.registry.owner("connector", name)
    with blame(owner):
        offer = loaded.registry.connector(name)
        connector = offer.build(config.parts.connector, config.strategy.symbol)
        survey = await connector.survey()
    instruments, notes = find_instruments(config, survey)
    place = survey.symbols.index(config.strategy.symbol)
    sigma_us, interval_us = intervals_us(config.parts.transformer)
    sampler = Sampler(instrument=place, steps_us=(*STEPS_US, sigma_us), interval_us=interval_us)
    progress = Progress(total_rows=survey.total_rows)
    watch(progress)
    has_quotes = not survey.sources or any(source.name == "quotes" for source in survey.sources)
    capacity = config.engine.channel_capacity
    to_route, batches = open_channel(capacity, MarketBatch)
    to_sampler, for_sampler = open_channel(capacity, MarketBatch)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_connect, connector, owner, instruments, to_route)
        nursery.start_soon(
            partial(
                route,
                batches,
                (to_sampler,),
                quotes=None if has_quotes else BookQuotes(len(instruments)),
                connector=owner,
                progress=progress,
            )
        )
        nursery.start_soon(_sample, for_sampler, sampler)
    return Market(
        instrument=instruments[place],
        survey=survey,
        sample=sampler.finish(),
        notes=(*notes, *survey.notes),
        sigma_us=sigma_us,
    )


async def _connect(
    connector: Connector, owner: str, instruments: tuple[Instrument, ...], out: Outlet[MarketBatch]
) -> None:
    with out, blame(owner):
        await connector.run(instruments, out)


async def _sample(batches: Inlet[MarketBatch], sampler: Sampler) -> None:
    """Feed the sampler. Owns its end."""
    with batches:
        async for batch in batches:
            sampler.push(batch)

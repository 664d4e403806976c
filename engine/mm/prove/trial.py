"""One trial: the configured run, varied, with its outputs in a directory of its own."""

from pathlib import Path
from typing import Any

import attrs
import trio

from mm.config import LoadedConfig
from mm.prove.recut import Recut
from mm.prove.variations import Variation
from mm.run.build import Options
from mm.run.network import Parts
from mm.run.session import Result, plan_run, run_plan
from mm.testing.schedules import schedule


@attrs.frozen(kw_only=True)
class Outcome:
    """What a trial came to."""

    digest: str
    directory: str
    error: str | None
    """What stopped the run; None = it was completed."""


def run_trial(loaded: LoadedConfig, variation: Variation) -> Outcome:
    """Run, blocking; errors of the run's own parts are part of the outcome.

    Raises:
        MMError: the run could not even be started.
    """
    if variation.schedule is None:
        result = trio.run(start_run, loaded, variation)
    else:
        with schedule(variation.schedule):
            result = trio.run(start_run, loaded, variation)
    error = None if result.error is None else str(result.error)
    digest: str = result.summary["digest"]
    return Outcome(digest=digest, directory=str(result.directory), error=error)


async def start_run(loaded: LoadedConfig, variation: Variation) -> Result:
    """Run inside Trio, varied in all that a running scheduler allows.

    Raises:
        MMError: the run could not even be started.
    """
    plan = await plan_run(loaded)
    plan = attrs.evolve(plan, parts=_varied(plan.parts, variation))
    return await run_plan(plan, Options(), trio.CancelScope())


def _varied(parts: Parts, variation: Variation) -> Parts:
    changes: dict[str, Any] = {}
    if variation.capacity is not None:
        changes["capacity"] = variation.capacity
    if variation.block is not None:
        changes["longest_block"] = variation.block
    if variation.apart:
        changes["apart"] = True
    if variation.cut is not None:
        changes["connector"] = Recut(parts.connector, variation.cut)
    return attrs.evolve(parts, **changes)


def quiet(loaded: LoadedConfig, output: Path) -> LoadedConfig:
    """Return the run with its files below ``output`` and without sinks that only talk."""
    config = loaded.config
    kept = tuple(sink for sink in config.parts.sinks if sink.offer.name != "console")
    names = [sink.offer.name for sink in kept]
    table = attrs.evolve(config.output, csv_path=str(output), sinks=names)
    parts = attrs.evolve(config.parts, sinks=kept)
    return attrs.evolve(loaded, config=attrs.evolve(config, output=table, parts=parts))

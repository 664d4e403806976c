"""A run from configuration to results: survey, build, run, write down.

Whatever happens to the network, the run directory ends valid: the sinks are closed, the summary
says how it ended, and the manifest, written last, seals it.
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import trio

from mm.api import MICRO, Defect, Health, MMError, Output, Sink, Status, Survey
from mm.blame import blame, root_cause
from mm.config import Choice, LoadedConfig
from mm.health import is_sick
from mm.run.build import Options, build_parts
from mm.run.debugging import DebuggedStrategy
from mm.run.health import defects_of, health_of
from mm.run.network import Parts, run_network
from mm.run.progress import Progress
from mm.run.recordings import recording
from mm.run.resume import Earlier, ResumedConnector, replay_of
from mm.run.rundir import config_digest, create_run_directory, hash_inputs, writing_to
from mm.run.safekeeping import kept_safe
from mm.run.seal import installed, opening, seal
from mm.run.survey import Market, survey_market
from mm.run.terms import make_context
from mm.run.unfinished import going_on


@attrs.frozen(kw_only=True)
class Plan:
    """A run that has been looked at and not started."""

    loaded: LoadedConfig
    survey: Survey
    parts: Parts
    """All but the sinks, which write."""
    notes: tuple[str, ...]
    part_inputs: list[dict[str, str]]
    """Key, path and sha256 of each file that the parts have read."""
    earlier: Earlier | None = None
    """The run that is taken up; None = a new one begins."""
    defects: tuple[Defect, ...] = ()
    """Of the data: what the survey found, and after the run all that was found."""
    started: float = attrs.field(factory=time.perf_counter)


@attrs.frozen(kw_only=True)
class Result:
    """How a run ended, and what it left behind."""

    status: Status
    directory: Path
    summary: Mapping[str, Any]
    error: BaseException | None = None
    health: Health | None = None
    """How the connector ended, with its last news; None = it does not say."""


async def plan_run(loaded: LoadedConfig, market: Market | None = None) -> Plan:
    """Survey the data, unless somebody has, and build the parts; writes nothing."""
    started = time.perf_counter()
    market = market or await survey_market(loaded)
    return Plan(
        loaded=loaded,
        survey=market.survey,
        parts=build_parts(
            loaded.config, loaded.registry, market.connector, market.survey, market.instruments
        ),
        notes=market.notes,
        part_inputs=hash_inputs(loaded.files),
        defects=market.survey.health,
        started=started,
    )


async def resume_plan(plan: Plan, earlier: Earlier, duration_s: float | None) -> Plan:
    """Put the recording of an earlier run in front of what a plan of its configuration listens to.

    Args:
        plan: from ``plan_run``; its live connector has looked at the exchange.
        earlier: the run.
        duration_s: how long to listen then [s]; None = until told to stop.

    Raises:
        DataError: the recording cannot be read, or the contract is another one now.
    """
    parts = plan.parts
    connector = ResumedConnector(
        earlier,
        await replay_of(earlier, parts.instruments),
        parts.connector,
        has_quotes=parts.quotes is None,
        duration_s=duration_s,
    )
    return attrs.evolve(plan, parts=attrs.evolve(parts, connector=connector), earlier=earlier)


async def run_plan(
    plan: Plan,
    options: Options,
    stop: trio.CancelScope,
    watch: Callable[[Progress], None] = lambda progress: None,
) -> Result:
    """Run to the end, and write everything down.

    Args:
        plan: from ``plan_run``.
        options: from the command line.
        stop: cancel it to end the reading; what was read is still worked off.
        watch: given the progress once the run is wired.

    Returns:
        The result; ``error`` is set if a part failed, and the outputs then say so.

    Raises:
        UsageError: if the results cannot be written.
    """
    earlier = plan.earlier
    directory = _make_directory(plan) if earlier is None else earlier.directory
    record = options.record if earlier is None else earlier.recording
    with going_on(directory, opening(plan, directory, record)):
        if earlier is not None:
            with writing_to(directory):  # it goes on, whatever it said at its end
                (directory / "manifest.json").unlink(missing_ok=True)
        return await _run_in(directory, plan, options, stop, watch)


async def _run_in(
    directory: Path,
    plan: Plan,
    options: Options,
    stop: trio.CancelScope,
    watch: Callable[[Progress], None],
) -> Result:
    said: tuple[str, ...] = ()
    sinks: dict[str, Sink] = {}
    parts = attrs.evolve(
        plan.parts, sinks=sinks, speed=options.speed, duration_s=options.duration_s
    )
    if options.debug_at:
        strategy = DebuggedStrategy(parts.strategy, options.debug_at)
        parts = attrs.evolve(parts, strategy=strategy, compiled=None, answers=None, longest_block=1)
    watch(parts.progress)
    error: BaseException | None = None
    started = time.perf_counter()
    try:
        _build_sinks(plan, directory, options, sinks)
        made = recording(parts, plan.loaded, plan.earlier, record=options.record, raw=options.raw)
        with made as recorder:
            parts = attrs.evolve(parts, recorder=recorder)
            config = plan.loaded.config
            folders = [*([] if recorder is None else recorder.folders), directory]
            every_s = 0.0 if config.data.from_csv else config.output.fsync_s
            async with kept_safe(folders, every_s, parts.disk):
                await run_network(parts, stop)
        said = _last_words(parts)
    except BaseException as raised:
        error = root_cause(raised)
        if not isinstance(error, Exception):
            raise
    engine_s = time.perf_counter() - started
    if parts.answers is not None:
        said += parts.answers.notes(engine_s)
    health = health_of(parts.connector, parts.disk)
    if health is not None:
        error = error or health.failure
    defects = defects_of(plan.survey, parts.venue, health)
    status = _status(error, stop, defects)
    ended = attrs.evolve(plan, notes=(*plan.notes, *said), defects=defects)
    return _finish(ended, parts, directory, status, error, engine_s, health)


def _status(
    error: BaseException | None, stop: trio.CancelScope, defects: tuple[Defect, ...]
) -> Status:
    if error:
        return "failed"
    if stop.cancel_called:
        return "interrupted"
    return "complete_with_defects" if is_sick(defects) else "complete"


def _last_words(parts: Parts) -> tuple[str, ...]:
    """Ask the strategy what it has to say about the run, if it is one that does."""
    with blame(parts.names["strategy"]):
        return tuple(getattr(parts.strategy, "notes", tuple)())


def _make_directory(plan: Plan) -> Path:
    output = plan.loaded.config.output
    date = output.date
    first_s = plan.survey.first_ts and plan.survey.first_ts // MICRO
    if first_s is None and not plan.loaded.config.data.from_csv:
        first_s = int(time.time())  # a name for people; the results know only the data's time
    if not date and first_s is not None:
        date = datetime.fromtimestamp(first_s, UTC).strftime("%d_%m_%Y")
    symbol = "_".join(instrument.symbol for instrument in plan.parts.instruments)
    stem = f"{output.exchange}_{symbol}_{date}".replace("/", "-").replace(":", "-")
    directory = create_run_directory(Path(output.csv_path), stem)
    with writing_to(directory):
        _write_config(plan, directory)
    return directory


def _write_config(plan: Plan, directory: Path) -> None:
    (directory / "config.toml").write_text(plan.loaded.text, encoding="utf-8")


def _build_sinks(plan: Plan, directory: Path, options: Options, sinks: dict[str, Sink]) -> None:
    """Add the sinks one by one, so that those built before a failure are closed, too."""
    config, registry = plan.loaded.config, plan.loaded.registry
    chosen = list(config.parts.sinks)
    if options.verbose and "console" not in config.output.sinks:
        console = registry.sink("console")
        owner = registry.owner("sink", "console")
        chosen.append(Choice(owner=owner, offer=console, config=console.config()))
    context = make_context(config, plan.parts.instruments)
    output = Output(
        directory=directory,
        metadata={
            "version": installed("mm-engine"),
            "config_digest": config_digest(plan.loaded.text),
        },
    )
    for sink in chosen:
        sinks[sink.owner] = sink.build(context, output)


def _finish(
    plan: Plan,
    parts: Parts,
    directory: Path,
    status: Status,
    error: BaseException | None,
    engine_s: float,
    health: Health | None,
) -> Result:
    for owner, sink in parts.sinks.items():
        try:
            with blame(owner):
                sink.close(status)
        except MMError as raised:
            status, error = "failed", error or raised
    with writing_to(directory):
        if not (directory / "config.toml").exists():  # the folder was removed, and made anew
            _write_config(plan, directory)
        summary = seal(plan, parts, directory, status, error, engine_s, health)
    return Result(status=status, directory=directory, summary=summary, error=error, health=health)

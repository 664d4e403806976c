"""``mm live``: the network of a backtest on an exchange's feed, with simulated execution.

Only the summary goes to stdout, or with ``--json`` only the JSON; all else goes to stderr.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import attrs
import trio

from mm.alerts.delivery import Line
from mm.alerts.rules import Rule
from mm.api import UsageError
from mm.cli.alerts import alert_lines, alerts_beside
from mm.cli.display import can_draw, printer
from mm.cli.live_log import LiveLog
from mm.cli.live_view import show_view
from mm.cli.run_file import check_listens, load_run_file
from mm.cli.running import finish, plan_and_run, warn_if_cold
from mm.cli.watch import Place, page_beside, place_of
from mm.config import LoadedConfig
from mm.config.overrides import parse_toml
from mm.config.tables import DataTable
from mm.run.build import Options
from mm.run.figures import Figures, follow_disk
from mm.run.health import Hearing
from mm.run.printed import telling
from mm.run.progress import Progress
from mm.run.resume import Earlier, take_up
from mm.run.session import Plan, Result, plan_run, resume_plan, run_plan
from mm.run.unfinished import claimed
from mm.run.warm import warm_up

_OWN: Final = (
    "config", "set", "symbol", "output", "url", "seed", "label", "record", "raw", "insecure"
)  # fmt: skip
"""Flags that say what a run that is taken up has said itself."""


def run(args: argparse.Namespace) -> int:
    """Carry out ``mm live``; return the exit code.

    Raises:
        MMError: what went wrong, after the outputs have been closed.
    """
    _check(args)
    if args.report:
        from mm.results.report import check_library  # late: only who wants a report waits for it

        check_library()
    place = place_of(args)
    with ExitStack() as claims:
        earlier = None
        if args.resume is not None:
            claims.enter_context(claimed(Path(args.resume)))
            earlier = take_up(Path(args.resume))
        loaded = load_run_file(args, live=True) if earlier is None else earlier.loaded
        alerts = alert_lines(loaded, os.environ)
        warn_if_cold(quiet=args.quiet)
        result = trio.run(_run, loaded, args, place, alerts, earlier)
    return finish(result, as_json=args.json, report=args.report)


def _check(args: argparse.Namespace) -> None:
    """Refuse flags that do not go together."""
    if args.resume is None:
        if args.config is None:
            raise UsageError("expected --config FILE, or --resume RUN for one that has begun")
        if args.raw and args.record is None:
            raise UsageError("--raw keeps frames in a recording, expected --record DIR beside it")
        return
    given = [f"--{name}" for name in _OWN if getattr(args, name) not in (None, False, [])]
    if given:
        raise UsageError(
            f"--resume goes on with the run's own settings and recording; leave {given[0]} out"
        )


async def _run(
    loaded: LoadedConfig,
    args: argparse.Namespace,
    place: Place | None,
    alerts: list[tuple[Rule, Line]],
    earlier: Earlier | None,
) -> Result | None:
    return await plan_and_run(
        lambda: _plan(loaded, args, earlier),
        lambda plan, reading: _trade(plan, args, reading, place, alerts),
    )


async def _plan(loaded: LoadedConfig, args: argparse.Namespace, earlier: Earlier | None) -> Plan:
    """Look at the exchange, and have everything compiled."""
    plan = await plan_run(loaded)
    check_listens(loaded, plan.survey)
    await warm_up(loaded, plan.survey, plan.parts.instruments)
    plan = attrs.evolve(plan, notes=(*plan.notes, *_unread_keys(loaded)))
    return plan if earlier is None else await resume_plan(plan, earlier, args.duration)


def _unread_keys(loaded: LoadedConfig) -> Iterator[str]:
    """Name the keys of ``[data]`` that other connectors than the chosen one would read."""
    name = loaded.config.data.connector
    classes = (DataTable, loaded.registry.connector(name).config)
    read = {field.name for cls in classes for field in attrs.fields(cls)}
    unread = [f"data.{key}" for key in parse_toml(loaded.text)["data"] if key not in read]
    if unread:
        yield f"{', '.join(unread)}: for other connectors, not read by {name!r}"


async def _trade(
    plan: Plan,
    args: argparse.Namespace,
    reading: trio.CancelScope,
    place: Place | None,
    alerts: list[tuple[Rule, Line]],
) -> Result:
    """Run the plan, and show or log meanwhile how it goes."""
    options = Options(
        duration_s=args.duration if plan.earlier is None else None,  # counts from the gap on
        record=None if args.record is None else Path(args.record),
        raw=args.raw,
    )
    log = LiveLog(sys.stderr, as_json=args.log_format == "json")
    draw = args.log_format is None and can_draw(sys.stderr)
    hearing = Hearing(plan.parts.connector, plan.parts.disk)
    hear = hearing.listener()
    figures = Figures(plan.parts, trio.current_time())
    page = page_beside(place, plan, hearing.listener(), figures)
    async with page as end, trio.open_nursery() as nursery:
        folders = [Path(plan.loaded.config.output.csv_path), *filter(None, [options.record])]
        nursery.start_soon(follow_disk, figures, folders)

        def watch(progress: Progress) -> None:
            if args.quiet:
                return
            if draw:
                nursery.start_soon(show_view, progress, plan, hear)
            else:
                nursery.start_soon(log.follow, progress, plan, hear)

        if not args.quiet and not draw:
            for note in plan.notes:
                log.note(note)
        tell = printer() if draw or args.quiet else log.printed
        async with alerts_beside(alerts, plan, hearing, figures):
            with telling(tell):
                result = await run_plan(plan, options, reading, watch)
        end(result.status)
        nursery.cancel_scope.cancel()
    for note in () if args.quiet else result.summary["notes"][len(plan.notes) :]:
        log.note(note)
    if result.health is not None and not args.quiet:
        log.news(result.health.news)
    return result

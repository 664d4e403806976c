"""``mm backtest``: run a configuration, show how far it is, print what it came to.

Only the summary goes to stdout, or with ``--json`` only the JSON; all else goes to stderr.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

import trio

from mm.cli.display import run_shown
from mm.cli.run_file import load_run_file
from mm.cli.running import compiling_beside, finish, plan_and_run, warn_if_cold
from mm.cli.watch import Place, place_of
from mm.config import LoadedConfig
from mm.health import EXIT_CODE as SICK
from mm.health import entries, is_sick, lines, verdict
from mm.run.build import Options
from mm.run.profile import RUN, SURVEY, Profile, as_table
from mm.run.session import Plan, Result, plan_run


def run(args: argparse.Namespace) -> int:
    """Carry out ``mm backtest``; return the exit code.

    Raises:
        MMError: what went wrong, after the outputs have been closed.
    """
    loaded = load_run_file(args)
    if args.report:
        from mm.results.report import check_library  # late: only who wants a report waits for it

        check_library()
    place = place_of(args)
    warn_if_cold(quiet=args.quiet)
    if args.dry_run:
        plan = trio.run(plan_run, loaded)
        _print_plan(plan, args.json)
        return SICK if is_sick(plan.defects) else 0
    profile = Profile() if args.profile else None
    with compiling_beside(args.config, args.set) as wait:
        watching = [profile] if profile else []
        result = trio.run(_run, loaded, args, wait, place, profile, instruments=watching)
    if profile is not None and result is not None:
        print(as_table(profile.lines(), result.summary), file=sys.stderr)
    return finish(result, as_json=args.json, report=args.report)


async def _run(
    loaded: LoadedConfig,
    args: argparse.Namespace,
    wait: Callable[[], object],
    place: Place | None,
    profile: Profile | None,
) -> Result | None:
    def begin(phase: str) -> None:
        if profile is not None:
            profile.begin(phase)

    async def plan() -> Plan:
        begin(SURVEY)
        made = await plan_run(loaded)
        await trio.to_thread.run_sync(wait, abandon_on_cancel=True)
        return made

    async def carry_out(plan: Plan, reading: trio.CancelScope) -> Result:
        def tell(notes: Sequence[str]) -> None:
            for note in () if args.quiet else notes:
                print(f"note: {note}", file=sys.stderr)

        tell(plan.notes)
        sick = verdict(entries(plan.defects))
        if sick is not None:  # before hours are spent on them, and again at the end
            tell([sick])
        options = Options(speed=args.speed, verbose=args.verbose, debug_at=tuple(args.debug_at))
        shown = not (args.quiet or args.debug_at)  # the terminal is the debugger's
        begin(RUN)
        result = await run_shown(plan, options, reading, shown=shown, place=place)
        tell(result.summary["notes"][len(plan.notes) :])
        return result

    return await plan_and_run(plan, carry_out)


def _print_plan(plan: Plan, as_json: bool) -> None:
    """Say what a run would do."""
    config = plan.loaded.config
    content: dict[str, Any] = {
        "config": str(plan.loaded.path),
        "connector": config.data.connector,
        "transformer": config.strategy.preprocessing,
        "signals": config.strategy.signals,
        "strategy": config.strategy.kind,
        "fill_model": config.execution.fill_model,
        "latency_ms": config.execution.latency_ms,
        "response_latency_ms": config.execution.response_latency_ms,
        "maker_fee": config.position.fees[0],
        "taker_fee": config.position.fees[1],
        "instruments": [
            f"{i.symbol}, {i.contract_type}, tick {i.tick_size}, lot {i.lot_size},"
            f" multiplier {i.multiplier:g}"
            for i in plan.parts.instruments
        ],
        "sources": [f"{s.name}: {s.path}, {s.rows} rows" for s in plan.survey.sources],
        "notes": list(plan.notes),
    }
    health = entries(plan.defects)
    if as_json:
        print(json.dumps({**content, "health": health}, indent=2))
        return
    for key, value in {**content, "health": lines(health)}.items():
        for text in value if isinstance(value, list) else [value]:
            print(f"{key:<20} {text}")

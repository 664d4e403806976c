"""``mm record``: write a live market down, without a strategy.

What was recorded goes to stdout; all else goes to stderr.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

import attrs
import trio

from mm.cli.run_file import check_listens, load_run_file
from mm.cli.running import never_began, plan_and_run
from mm.config import LoadedConfig
from mm.health import EXIT_CODE as SICK
from mm.health import entries, lines, verdict
from mm.record.recorder import Recorded
from mm.run.build import has_quotes
from mm.run.health import health_of
from mm.run.interrupt import EXIT_CODE
from mm.run.recording import log_frames, record_only, start_recording
from mm.run.survey import Market, survey_market
from mm.times import clock


def run(args: argparse.Namespace) -> int:
    """Carry out ``mm record``; return the exit code.

    Raises:
        MMError: what went wrong, after the files have been closed.
    """
    loaded = load_run_file(args, live=True)
    code = trio.run(plan_and_run, partial(survey_market, loaded), partial(_record, loaded, args))
    return never_began() if code is None else code


async def _record(
    loaded: LoadedConfig, args: argparse.Namespace, market: Market, reading: trio.CancelScope
) -> int:
    """Write down what the connector sends, and say what that was; return the exit code."""
    check_listens(loaded, market.survey)
    for note in market.notes:
        print(f"note: {note}", file=sys.stderr)
    recorder = start_recording(
        Path(args.directory),
        loaded.text,
        market.instruments,
        exchange=loaded.config.output.exchange,
        has_quotes=has_quotes(market.survey),
        raw=args.raw,
    )
    owner = loaded.config.parts.connector.owner
    with closing(recorder):
        log_frames(market.connector, owner, recorder)
        await record_only(
            market.connector, owner, market.instruments, recorder, reading, args.duration
        )
    done = recorder.recorded
    health = entries(getattr(health_of(market.connector), "defects", ()))
    sick = verdict(health)
    if sick is not None:
        print(sick, file=sys.stderr)
    content = {"directory": args.directory, **attrs.asdict(done), "health": health}
    if args.json:
        print(json.dumps(content, indent=2))
    else:
        print("\n".join([args.directory, *_lines(done), *(lines(health) if health else ())]))
    if reading.cancel_called:
        return EXIT_CODE
    return 0 if sick is None else SICK


def _lines(done: Recorded) -> Iterator[str]:
    """Say what was recorded, for people."""
    for name, rows in done.rows.items():
        yield f"{name:<40} {rows:>12,} {'frames' if name.startswith('raw_') else 'rows'}"
    if done.first_ts is None or done.last_ts is None:
        yield "no event came"
    else:
        length = timedelta(microseconds=done.last_ts - done.first_ts)
        yield f"{clock(done.first_ts)} – {clock(done.last_ts)} UTC ({length})"
    yield f"{done.gaps} {'gap' if done.gaps == 1 else 'gaps'}, in which the book was lost"

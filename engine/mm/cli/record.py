"""``mm record``: write a live market down, without a strategy.

What was recorded goes to stdout; all else goes to stderr.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import trio

from mm.api import MICRO, UsageError
from mm.cli.run_file import load_run_file
from mm.config import LoadedConfig
from mm.record.recorder import Recorded
from mm.record.session import log_frames, record_only, start_recording
from mm.run.build import has_quotes
from mm.run.ends import root_cause
from mm.run.interrupt import EXIT_CODE, graceful_interrupts
from mm.run.session import Market, survey_market


def run(args: argparse.Namespace) -> int:
    """Carry out ``mm record``; return the exit code.

    Raises:
        MMError: what went wrong, after the files have been closed.
    """
    loaded = load_run_file(args, live=True)
    done = Recorded()
    interrupted = trio.run(_run, loaded, args, done)
    if args.json:
        print(json.dumps({"directory": args.directory, **attrs.asdict(done)}, indent=2))
    else:
        print("\n".join([args.directory, *_lines(done)]))
    return EXIT_CODE if interrupted else 0


async def _run(loaded: LoadedConfig, args: argparse.Namespace, done: Recorded) -> bool:
    """Record until the end, the duration or Ctrl-C; say whether it was the last."""
    surveying, reading = trio.CancelScope(), trio.CancelScope()
    interrupted = False

    def stop() -> None:
        nonlocal interrupted
        interrupted = True
        surveying.cancel()
        reading.cancel()

    with graceful_interrupts(stop):
        market = None
        with surveying:
            market = await _survey(loaded)
        if market is not None:
            await _record(market, loaded, args, reading, done)
    return interrupted


async def _survey(loaded: LoadedConfig) -> Market:
    try:
        return await survey_market(loaded)
    except BaseExceptionGroup as group:
        raise root_cause(group) from None


async def _record(
    market: Market,
    loaded: LoadedConfig,
    args: argparse.Namespace,
    reading: trio.CancelScope,
    done: Recorded,
) -> None:
    """Write down what the connector sends; ``done`` is filled also if that fails."""
    name = loaded.config.data.connector
    if market.survey.total_rows is not None:
        raise UsageError(
            f"{args.config}: connector {name!r} reads files, expected one that listens to an"
            " exchange; set data.connector"
        )
    for note in market.notes:
        print(f"note: {note}", file=sys.stderr)
    recorder = start_recording(
        Path(args.directory),
        loaded.text,
        market.instruments,
        exchange=loaded.config.output.exchange,
        has_quotes=has_quotes(market.survey),
        raw=args.raw,
        recorded=done,
    )
    owner = loaded.registry.owner("connector", name)
    with closing(recorder):
        log_frames(market.connector, owner, recorder)
        await record_only(
            market.connector, owner, market.instruments, recorder, reading, args.duration
        )


def _lines(done: Recorded) -> Iterator[str]:
    """Say what was recorded, for people."""
    for name, rows in done.rows.items():
        yield f"{name:<40} {rows:>12,} {'frames' if name.startswith('raw_') else 'rows'}"
    if done.first_ts is None or done.last_ts is None:
        yield "no event came"
    else:
        length = timedelta(microseconds=done.last_ts - done.first_ts)
        yield f"{_clock(done.first_ts)} – {_clock(done.last_ts)} UTC ({length})"
    yield f"{done.gaps} gaps, in which the book was lost"


def _clock(ts: int) -> str:
    return datetime.fromtimestamp(ts // MICRO, UTC).strftime("%Y-%m-%d %H:%M:%S")

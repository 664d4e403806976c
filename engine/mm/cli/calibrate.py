"""``mm calibrate``: estimate sigma, A and k from the market of a run file.

Only the report goes to stdout, or with ``--json`` or ``--toml`` only that; all else to stderr.
"""

import argparse
import json
import shlex
import sys
from pathlib import Path
from typing import Any, Final

import trio

from mm.calibrate.content import as_content
from mm.calibrate.estimate import Calibration, calibrate
from mm.calibrate.paste import paste, read_target, write_over
from mm.calibrate.picture import draw
from mm.calibrate.read import SampledMarket, read_market
from mm.calibrate.report import as_text, as_toml
from mm.cli.run_file import load_run_file
from mm.config import LoadedConfig
from mm.config.validation import field_names
from mm.health import EXIT_CODE, entries, verdict
from mm.picture import check_place
from mm.run.progress import Progress

_LINE_EVERY_S: Final = 10.0
_REFRESH_S: Final = 0.5


def run(args: argparse.Namespace) -> int:
    """Carry out ``mm calibrate``; return the exit code.

    Raises:
        MMError: what went wrong; DataError where the data are too thin.
    """
    if args.plot:
        check_place(Path(args.plot))
    target = None if args.write is None else Path(args.write)
    before = "" if target is None else read_target(target)
    loaded = load_run_file(args)
    market = trio.run(_read, loaded, args.quiet)
    found = calibrate(
        market.sample,
        market.instrument,
        sigma_us=market.sigma_us,
        max_depth=args.max_depth,
        own=market.own,
    )
    if args.plot:
        draw(found, Path(args.plot))
    health = entries(market.defects)
    sick = verdict(health)
    if sick is not None:
        print(sick, file=sys.stderr)
    table = _table(loaded)
    print(_output(found, health, args, table))
    if target is not None:
        write_over(target, paste(before, as_toml(found, _command(args), table)))
        print(f"{target}: [{table}] was written", file=sys.stderr)
    return 0 if sick is None else EXIT_CODE


def _table(loaded: LoadedConfig) -> str:
    """Name the table that the estimates belong into: of the strategy, or of one that has such."""
    registry, kind = loaded.registry, loaded.config.strategy.kind
    for offer in (registry.strategy(kind), *registry.offers("strategy")):
        if "calibrated" in field_names(offer.config):
            return f"strategy.{offer.name.lower()}.calibrated"
    return f"strategy.{kind.lower()}.calibrated"


async def _read(loaded: LoadedConfig, quiet: bool) -> SampledMarket:
    async with trio.open_nursery() as nursery:

        def watch(progress: Progress) -> None:
            if not quiet:
                nursery.start_soon(_show, progress)

        market = await read_market(loaded, watch)
        nursery.cancel_scope.cancel()
    if not quiet:
        for note in market.notes:
            print(f"note: {note}", file=sys.stderr)
    return market


async def _show(progress: Progress) -> None:
    """Say how far the reading is, until cancelled: in place on a terminal, else every 10 s."""
    drawn = sys.stderr.isatty()
    start, end = ("\r", "") if drawn else ("", "\n")
    try:
        while True:
            await trio.sleep(_REFRESH_S if drawn else _LINE_EVERY_S)
            share = "" if progress.share is None else f" ({progress.share:.0%})"
            text = f"{start}reading: {progress.rows:,} rows{share}"
            print(text, end=end, file=sys.stderr, flush=True)
    finally:
        if drawn:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)  # clear the line


def _output(
    found: Calibration, health: list[dict[str, Any]], args: argparse.Namespace, table: str
) -> str:
    if args.json:
        return json.dumps({**as_content(found), "health": health}, indent=2, allow_nan=False)
    toml = as_toml(found, _command(args), table)
    return toml if args.toml else f"{as_text(found)}\n{toml}"


def _command(args: argparse.Namespace) -> str:
    """Write the command line anew, as far as it bears on the result."""
    words = ["mm", "calibrate", "--config", args.config]
    for flag in ("data", "symbol"):
        if getattr(args, flag) is not None:
            words += [f"--{flag}", getattr(args, flag)]
    for setting in args.set:
        words += ["--set", setting]
    if args.max_depth is not None:
        words += ["--max-depth", f"{args.max_depth:g}"]
    return shlex.join(words)

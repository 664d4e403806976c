"""``mm sweep``: every combination of some settings, over the same market.

Only the table goes to stdout, or with ``--json`` a line for each set; all else goes to stderr.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

import trio

from mm.api import UsageError
from mm.cli.running import counting, warn_if_cold
from mm.cli.texts import columns, number
from mm.registry import load_registry
from mm.run.interrupt import EXIT_CODE, graceful_interrupts
from mm.simulate.processes import cores
from mm.study import Rows, Study, carry_out, check_sets, parse_axis, sets_of

_FIGURES: Final = (
    ("fills", "fills"), ("equity", "equity"), ("drawdown", "max_drawdown"),
    ("spread", "spread_capture"), ("inventory", "inventory_pnl"),
)  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Carry out ``mm sweep``; return the exit code: 0 also where single sets failed.

    Raises:
        MMError: nothing was run; ConfigError has every fault of any set.
    """
    if args.words[:1] == ["report"]:
        from mm.cli.sweep_report import run as report

        return report(args)
    for name in ("by", "best", "walk"):
        if getattr(args, name):
            raise UsageError(f"--{name}: is for a report, such as mm sweep report studies/gamma")
    if args.words or not (args.config and args.vary and args.output):
        raise UsageError(
            "mm sweep: expected --config FILE, --vary KEY=A,B and --output FOLDER; or"
            " mm sweep report FOLDER"
        )
    axes = [parse_axis(text) for text in args.vary]
    sets = sets_of(axes)
    path = Path(args.config)
    loaded = check_sets(path, load_registry(), args.set, sets)
    if not all(one.config.data.from_csv for one in loaded):
        raise UsageError(f"{path}: data.from_csv is false, expected a run file for a replay")
    study = Study(
        config=path,
        overrides=tuple(args.set),
        sets=tuple(sets),
        loaded=tuple(loaded),
        processes=args.processes or cores(),
    )
    warn_if_cold(quiet=args.quiet)
    if not args.quiet:
        print(f"{len(sets)} sets, {study.processes} at a time", file=sys.stderr)
    with Rows(Path(args.output)) as rows:
        found = trio.run(_run, study, rows, args)
    if found is None:
        print("mm: interrupted; run the same command again to go on", file=sys.stderr)
        return EXIT_CODE
    if not args.json:
        print(_table(found))
        print(rows.path)
    return 0


async def _run(study: Study, rows: Rows, args: argparse.Namespace) -> list[dict[str, Any]] | None:
    known: dict[int, dict[str, Any]] = {}
    shown = 0
    with (
        trio.CancelScope() as scope,
        graceful_interrupts(scope.cancel),
        counting(len(study.sets), "sets", quiet=args.quiet) as count,
    ):

        def report(place: int, row: dict[str, Any]) -> None:
            nonlocal shown
            known[place] = row
            count(len(known))
            while args.json and shown in known:
                print(json.dumps(known[shown]), flush=True)
                shown += 1

        return await carry_out(study, rows, report)
    return None  # interrupted


def _table(rows: list[dict[str, Any]]) -> str:
    """A line for each set."""
    keys = list(rows[0]["set"])
    head = (*keys, "status", *(name for name, _ in _FIGURES), "markout 10 s", "digest")
    lines = [
        (
            *(str(row["set"][key]) for key in keys),
            row["status"],
            *(number(row["summary"].get(figure)) for _, figure in _FIGURES),
            number(_markout(row)),
            str(row["digest"] or row["error"])[:12],
        )
        for row in rows
    ]
    return columns([head, *lines])


def _markout(row: dict[str, Any]) -> float | None:
    if not row["metrics"]:
        return None
    value: float | None = row["metrics"]["markouts"]["all"]["10"]["value"]
    return value

"""``mm sweep``: every combination of some settings, over the same market.

Only the table goes to stdout, or with ``--json`` a line for each set; all else goes to stderr.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

import trio

from mm.cli.sweeping import carry_out_shown
from mm.cli.texts import columns, number
from mm.registry import load_registry
from mm.run.interrupt import EXIT_CODE
from mm.simulate.processes import cores
from mm.study import Rows, Study, check_sets, parse_axis, sets_of

_FIGURES: Final = (
    ("fills", "fills"), ("equity", "equity"), ("drawdown", "max_drawdown"),
    ("spread", "spread_capture"), ("inventory", "inventory_pnl"),
)  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Carry out ``mm sweep``; return the exit code: 0 also where single sets failed.

    Raises:
        MMError: nothing was run; ConfigError has every fault of any set.
    """
    sets = sets_of([parse_axis(text) for text in args.vary])
    path = Path(args.config)
    study = Study(
        config=path,
        overrides=tuple(args.set),
        sets=tuple(sets),
        loaded=tuple(check_sets(path, load_registry(), args.set, sets)),
        processes=args.processes or cores(),
    )
    if not args.quiet:
        print(f"{len(sets)} sets, {study.processes} at a time", file=sys.stderr)
    with Rows(Path(args.output)) as rows:
        tell = _InOrder() if args.json else _ignore
        found = trio.run(lambda: carry_out_shown(study, rows, tell, quiet=args.quiet))
    if len(found) < len(sets):
        print("mm: interrupted; run the same command again to go on", file=sys.stderr)
        return EXIT_CODE
    if not args.json:
        print(_table(found))
        print(rows.path)
    return 0


class _InOrder:
    """Prints rows as lines of JSON, each once all before it are printed."""

    def __init__(self) -> None:
        self._known: dict[int, dict[str, Any]] = {}
        self._shown = 0

    def __call__(self, place: int, row: dict[str, Any]) -> None:
        self._known[place] = row
        while self._shown in self._known:
            print(json.dumps(self._known.pop(self._shown)), flush=True)
            self._shown += 1


def _ignore(place: int, row: dict[str, Any]) -> None:
    pass


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

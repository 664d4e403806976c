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
from mm.cli.sweeping import carry_out_shown, shop_of
from mm.cli.texts import columns, number
from mm.registry import load_registry
from mm.run.interrupt import EXIT_CODE
from mm.study import Base, Design, Rows, Study, objectives_of, parse_axis, read_study
from mm.study.constraints import parse_constraint

_DESIGN: Final = (
    "config", "vary", "where", "sampler", "runs", "sampler_seed", "maximize", "minimize", "each",
    "prune",
)  # fmt: skip
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
    for name in ("by", "best", "walk", "split", "parquet"):
        if getattr(args, name):
            raise UsageError(f"--{name}: is for a report, such as mm sweep report studies/gamma")
    path, folder, design = _asked(args)
    base = Base(path, load_registry(), args.set)
    study = Study.of(base, design, folder, args.processes)
    tell = _InOrder() if args.json else _Count()
    with shop_of(base, args.dask, args.processes) as shop, Rows(folder) as rows:
        keys = trio.run(lambda: carry_out_shown(study, rows, shop, tell, quiet=args.quiet))
        if keys is not None and not args.json:
            print(_table([rows.row(key) for key in keys]))
            print(rows.path)
    if keys is None:
        print(
            f"mm: interrupted with {tell.known} of {study.source.total} sets done; run the same"
            " command again to go on",
            file=sys.stderr,
        )
        return EXIT_CODE
    return 0


def _asked(args: argparse.Namespace) -> tuple[Path, Path, Design]:
    """Read the study file, or the flags; give the run file, the study's folder and its design."""
    if args.words:
        if len(args.words) > 1:
            raise UsageError(f"mm sweep {' '.join(args.words)}: expected one study file")
        path = Path(args.words[0])
        for name in _DESIGN:
            if getattr(args, name) not in (None, [], False):
                flag = name.replace("_", "-")
                raise UsageError(f"--{flag}: is what the study file says, {path}; set it there")
        study = read_study(path)
        folder = args.output or study.output
        if folder is None:
            raise UsageError(f"{path}: output is absent, expected a folder; or use --output")
        return study.base, Path(folder), study.design
    for name in ("config", "vary", "output"):
        if not getattr(args, name):
            raise UsageError(f"--{name} is absent, expected it, or a study file")
    design = Design(
        axes=[parse_axis(text) for text in args.vary],
        sampler=args.sampler or "grid",
        runs=args.runs,
        seed=args.sampler_seed or 0,
        each=args.each,
        prune=args.prune,
        constraints=[parse_constraint(text, "--where") for text in args.where],
        objectives=objectives_of(args.maximize, args.minimize),
    )
    return Path(args.config), Path(args.output), design


class _Count:
    """Counts rows."""

    def __init__(self) -> None:
        self.known = 0

    def __call__(self, place: int, row: dict[str, Any]) -> None:
        self.known += 1


class _InOrder(_Count):
    """Prints rows as lines of JSON, each once all before it are printed."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: dict[int, str] = {}
        self._shown = 0

    def __call__(self, place: int, row: dict[str, Any]) -> None:
        super().__call__(place, row)
        self._waiting[place] = json.dumps(row)
        while self._shown in self._waiting:
            print(self._waiting.pop(self._shown), flush=True)
            self._shown += 1


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
            str(row["digest"] or row["error"] or "–")[:12],
        )
        for row in rows
    ]
    return columns([head, *lines])


def _markout(row: dict[str, Any]) -> float | None:
    if not row["metrics"]:
        return None
    value: float | None = row["metrics"]["markouts"]["all"]["10"]["value"]
    return value

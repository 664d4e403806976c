"""``mm runs``: the runs in a folder, a line each."""

import argparse
import json
from typing import Any, Final

from mm.api import UsageError
from mm.cli.texts import columns, number
from mm.results import Run, runs
from mm.results.measures import as_json
from mm.suggest import did_you_mean

_FIGURES: Final = ("fills", "position", "equity", "fees_paid", "max_drawdown")


def run(args: argparse.Namespace) -> int:
    """Print the list.

    Raises:
        UsageError: there is no such figure.
    """
    found = [one for one in runs(args.folder) if args.status in (None, one.status)]
    found = _sorted(found, args.sort)
    if args.json:
        print(json.dumps([_content(one) for one in found], indent=2))
        return 0
    labels = any(one.label for one in found)
    head = (
        "run",
        *(["label"] if labels else []),
        "status",
        "symbol",
        "strategy",
        *(name.replace("_", " ") for name in _FIGURES),
    )
    print(columns([head, *(_line(one, labels) for one in found)]))
    return 0


def _sorted(found: list[Run], key: str) -> list[Run]:
    if key == "name":
        return found
    known = {name for one in found for name, v in one.summary.items() if isinstance(v, int | float)}
    if found and key not in known:
        raise UsageError(
            f"--sort {key}: there is no such figure in summary.json{did_you_mean(key, known)}"
        )
    return sorted(found, key=lambda one: -float(one.summary.get(key) or 0))


def _line(one: Run, labels: bool) -> tuple[str, ...]:
    name = one.path.name if one.path is not None else ""
    strategy = str(one.config["strategy"]["kind"])
    figures = (number(one.summary[figure]) for figure in _FIGURES)
    called = [one.label] if labels else []
    return (name, *called, one.status, str(one.summary["symbol"]), strategy, *figures)


def _content(one: Run) -> dict[str, Any]:
    content: dict[str, Any] = as_json(
        {
            "path": str(one.path),
            "label": one.label,
            "status": one.status,
            "digest": one.digest,
            "symbol": one.summary["symbol"],
            "strategy": one.config["strategy"]["kind"],
            **{figure: one.summary[figure] for figure in _FIGURES},
        }
    )
    return content

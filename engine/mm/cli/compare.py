"""``mm compare``: runs side by side."""

import argparse
import json
from pathlib import Path
from typing import Any

import attrs

from mm.cli.texts import columns, number
from mm.results import open_run
from mm.results.comparison import Comparison, compare
from mm.results.measures import as_json


def run(args: argparse.Namespace) -> int:
    """Print the comparison, or write it as a page."""
    found = compare([open_run(path) for path in args.runs])
    if args.output is not None:
        from mm.results.report.compared import write_comparison

        write_comparison(found, Path(args.output))
        print(args.output)
        return 0
    print(json.dumps(_content(found), indent=2) if args.json else _text(found))
    return 0


def _content(found: Comparison) -> dict[str, Any]:
    content: dict[str, Any] = as_json(
        {
            "runs": [
                {
                    "path": str(run.path),
                    "label": run.label,
                    "status": run.status,
                    "digest": run.digest,
                }
                for run in found.runs
            ],
            "config": found.config,
            "figures": found.figures,
            "differences": [attrs.asdict(one) for one in found.differences],
            "same_data": found.same_data,
        }
    )
    return content


def _text(found: Comparison) -> str:
    numbers = [str(place + 1) for place in range(len(found.runs))]
    blocks = [
        "\n".join(
            f"{n}  {run.path} ({run.status}){run.label and '  '}{run.label}"
            for n, run in zip(numbers, found.runs, strict=True)
        )
    ]
    if not found.same_data:
        blocks.append("they did not read the same data, so differences are not paired")
    if found.config:
        rows = [(key, *map(_setting, values)) for key, values in found.config.items()]
        blocks.append(columns([("configuration", *numbers), *rows]))
    rows = [(name, *map(number, values)) for name, values in found.figures.items()]
    more = [number(one.equity) for one in found.differences]
    errors = [f"± {number(one.error)}" for one in found.differences]
    rows += [(f"more than {numbers[0]}", *more), ("", *errors)]
    blocks.append(columns([("figure", *numbers), *rows]))
    return "\n\n".join(blocks)


def _setting(value: Any) -> str:
    return "–" if value is None else str(value)

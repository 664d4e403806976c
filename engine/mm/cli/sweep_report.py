"""``mm sweep report``: a study judged, as one HTML page; its best sets as run files."""

import argparse
import json
from pathlib import Path
from typing import Any

from mm.api import UsageError
from mm.judge import Judgement, efficiency
from mm.results.measures import as_json
from mm.results.report import check_library, check_place
from mm.study import Sweep
from mm.study.report import Content, read_study, verdict, write_best, write_study
from mm.study.report.reading import of_last_study, read_rows
from mm.study.rows import FILE_NAME


def run(args: argparse.Namespace) -> int:
    """Write the page, and print where it lies; with ``--json`` print the judgement as well.

    Raises:
        UsageError: the folder is none of a study, or the page cannot be written.
    """
    given = [name for name in ("config", "vary", "set", "processes") if getattr(args, name)]
    if len(args.words) != 2 or given:
        more = f", and no --{given[0]}" if given else ""
        raise UsageError(
            f"mm sweep report: expected the folder of a study{more}, such as"
            " mm sweep report studies/gamma"
        )
    folder = Path(args.words[1])
    path = Path(args.output) if args.output else folder / "report.html"
    content = read_study(folder, args.by or "equity", args.split)
    check_library()
    check_place(path)
    found, _ = content.judgement(args.walk), content.folds  # what does not fit is told now
    best = write_best(content, args.best, path.parent) if args.best else []
    write_study(content, found, path)
    tables = _table(folder, Path(args.parquet)) if args.parquet else []
    if args.json:
        print(json.dumps(_summary(content, found), indent=2))
        return 0
    for _, text in verdict(content, found):
        print(text)
    for one in (path, *best, *tables):
        print(one)
    return 0


def _table(folder: Path, path: Path) -> list[Path]:
    """Write the rows of the study as a typed table."""
    rows = of_last_study(read_rows(folder / FILE_NAME))
    Sweep([json.dumps(row) for row in rows], len(rows)).to_parquet(path)
    return [path]


def _summary(content: Content, found: Judgement | None) -> Any:
    """Give the main figures of the judgement."""
    main: dict[str, Any] = {
        "sets": len(content.sets),
        "not_judged": len(content.others),
        "best": content.sets[0].values if content.sets else None,
        "verdict": [text for _, text in verdict(content, found)],
    }
    if content.folds:
        main["folds"] = [
            {"set": content.sets[one.chosen].values, "train": one.train, "test": one.test,
             "inside": one.inside, "outside": one.outside, "ratio": one.ratio,
             "average": one.average, "falls_away": one.falls_away}
            for one in content.folds
        ]  # fmt: skip
        main["efficiency"] = efficiency(content.folds)
    if found is not None:
        main |= {
            "distinct": found.distinct,
            "neighbours": len(found.neighbours),
            "neighbours_apart": len(found.apart),
            "within_one_error": found.alike,
            "deflated_sharpe": found.sharpe.probability,
            "deflated_sharpe_by_luck": found.sharpe.by_luck,
            "probabilistic_sharpe": found.sharpe.alone,
            "independent_trials": found.sharpe.independent,
            "overfitting": found.overfitting.probability,
            "walk_forward": [
                {"set": content.sets[one.chosen].values, "train": one.train, "test": one.test,
                 "earned": one.earned, "average": one.average, "best": one.most}
                for one in found.forward
            ],
            "effects": [
                {"key": one.key, "spread": one.spread, "error": one.spread_error,
                 "share": one.share}
                for one in found.effects
            ],
        }  # fmt: skip
    return as_json(main)

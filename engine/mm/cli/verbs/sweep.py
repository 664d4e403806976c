"""The arguments of ``mm sweep``."""

import argparse
from typing import Any

from mm.cli.arguments import flag, set_keys, verb, whole


def add(verbs: Any) -> None:
    """Add the verb."""
    parser = verb(
        verbs, "sweep", "mm.cli.sweep:run", "run every combination of some settings",
        (
            "mm sweep --config example/backtest.toml --vary strategy.avellaneda.gamma=0.05,0.1,0.2 "
            "--vary execution.latency_ms=0,5,20 --output studies/gamma",
            "mm sweep --config example/backtest.toml --vary 'execution.latency_ms=uniform(0,20)' "
            "--sampler random --runs 50 --output studies/latency",
            "mm sweep study.toml",
            "mm sweep report studies/gamma --best 2",
        ),
    )  # fmt: skip
    parser.add_argument(
        "words", metavar="STUDY | report FOLDER", nargs="*",
        help="study file (TOML), in place of flags; or judge the study in a folder, and write it"
        " down as one HTML page",
    )  # fmt: skip
    _design(parser)
    parser.add_argument(
        "--output", metavar="DIR",
        help="folder of the study; started again there, only what is missing is run; of a report,"
        " the file to write (default report.html in FOLDER)",
    )  # fmt: skip
    parser.add_argument(
        "--processes", metavar="N", type=whole, help="runs at a time (default: one a core)"
    )
    parser.add_argument(
        "--dask", metavar="ADDRESS",
        help="run on the Dask cluster whose scheduler is there, such as tcp://10.0.0.1:8786;"
        " local = one in this process",
    )  # fmt: skip
    _report(parser)
    set_keys(parser)
    flag(parser, "--json", "print each set's row as a line of JSON, in order, instead of a table")
    flag(parser, "--quiet", "show no progress")


def _design(parser: argparse.ArgumentParser) -> None:
    """Add what a study file says as well."""
    parser.add_argument("--config", metavar="FILE", help="run file (TOML)")
    parser.add_argument(
        "--vary", metavar="KEY=A,B,…", action="append", default=[],
        help="a key and its values, or linear(FROM,TO,COUNT) or log(…); with several, every"
        " combination is run; to draw from: uniform(FROM,TO), loguniform(…), integer(…)",
    )  # fmt: skip
    parser.add_argument(
        "--where", metavar="KEY<KEY", action="append", default=[],
        help="a comparison of two keys, or of a key and a number, that every set is to satisfy",
    )  # fmt: skip
    parser.add_argument(
        "--sampler", metavar="NAME",
        help="grid (default), random, sobol, latin; tpe and nsga2 learn from results",
    )  # fmt: skip
    parser.add_argument("--runs", metavar="N", type=whole, help="how many sets to draw")
    parser.add_argument(
        "--each", metavar="KEY",
        help="a varied key, such as data.book_csv, over whose every value each set drawn is run;"
        " tpe and nsga2 take the mean",
    )  # fmt: skip
    flag(
        parser, "--prune", "with tpe and --each, end a set early that is worse than the middle one"
    )
    parser.add_argument("--sampler-seed", metavar="N", type=int, help="seed of the draws")
    for name, what in (("--maximize", "high"), ("--minimize", "low")):
        parser.add_argument(
            name, metavar="FIGURE", action="append", default=[],
            help=f"what tpe and nsga2 are to make {what}: equity, metrics.ratios.sharpe …",
        )  # fmt: skip


def _report(parser: argparse.ArgumentParser) -> None:
    """Add what is of a report alone."""
    parser.add_argument(
        "--by", metavar="FIGURE",
        help="of a report, what sets are ranked by: a figure of the summary, or a path such as"
        " metrics.ratios.sharpe; --by=-max_drawdown is the smaller the better (default equity)",
    )  # fmt: skip
    parser.add_argument(
        "--walk", metavar="N,M", type=_walk,
        help="of a report, walk forward by choosing on N blocks and holding for M (default: half"
        " of the time, and an eighth)",
    )  # fmt: skip
    parser.add_argument(
        "--split", metavar="TRAIN,TEST[,STEP][,anchored]", type=_split,
        help="of a report, choose on TRAIN data sets (days, symbols; of one, its blocks), judge on"
        " the TEST after them, go on by STEP; anchored = look back to the first (default: the study"
        " file's)",
    )  # fmt: skip
    parser.add_argument(
        "--parquet", metavar="FILE", help="of a report, write the rows as a table of typed Parquet"
    )
    parser.add_argument(
        "--best", metavar="N", type=whole,
        help="of a report, write the N best sets as run files beside the page",
    )  # fmt: skip


def _walk(text: str) -> tuple[int, int]:
    """Read two positive whole numbers."""
    first, comma, second = text.partition(",")
    if not comma:
        raise argparse.ArgumentTypeError(f"{text!r} is not two whole numbers such as 24,6")
    return whole(first.strip()), whole(second.strip())


def _split(text: str) -> Any:
    """Read a split of data sets."""
    from mm.judge import Split  # numpy, which no help needs

    *numbers, last = text.split(",")
    anchored = last.strip() == "anchored"
    found = [whole(one.strip()) for one in (numbers if anchored else (*numbers, last))]
    if not 2 <= len(found) <= 3:
        raise argparse.ArgumentTypeError(f"{text!r} is not two or three whole numbers such as 3,1")
    return Split(
        train=found[0], test=found[1], step=found[2] if found[2:] else None, anchored=anchored
    )

"""The arguments of ``mm sweep``."""

from typing import Any

from mm.cli.arguments import flag, set_keys, verb, whole


def add(verbs: Any) -> None:
    """Add the verb."""
    parser = verb(
        verbs, "sweep", "mm.cli.sweep:run", "run every combination of some settings",
        (
            "mm sweep --config example/backtest.toml --vary strategy.avellaneda.gamma=0.05,0.1,0.2 "
            "--vary execution.latency_ms=0,5,20 --output studies/gamma",
            "mm sweep report studies/gamma --best 2",
        ),
    )  # fmt: skip
    parser.add_argument(
        "words", metavar="report FOLDER", nargs="*",
        help="judge the study in a folder, and write it down as one HTML page",
    )  # fmt: skip
    parser.add_argument("--config", metavar="FILE", help="run file (TOML)")
    parser.add_argument(
        "--vary", metavar="KEY=A,B,…", action="append", default=[],
        help="a key and its values; with several, every combination is run",
    )  # fmt: skip
    parser.add_argument(
        "--output", metavar="DIR",
        help="folder of the study; started again there, only what is missing is run; of a report,"
        " the file to write (default report.html in FOLDER)",
    )  # fmt: skip
    parser.add_argument(
        "--processes", metavar="N", type=whole, help="runs at a time (default: one a core)"
    )
    parser.add_argument(
        "--by", metavar="FIGURE", default="equity",
        help="of a report, what sets are ranked by: a figure of the summary, or a path in metrics"
        " such as ratios.sharpe; --by=-max_drawdown is the smaller the better (default equity)",
    )  # fmt: skip
    parser.add_argument(
        "--best", metavar="N", type=whole,
        help="of a report, write the N best sets as run files beside the page",
    )  # fmt: skip
    set_keys(parser)
    flag(parser, "--json", "print each set's row as a line of JSON, in order, instead of a table")
    flag(parser, "--quiet", "show no progress")

"""The arguments of ``mm calibrate``."""

from typing import Any

from mm.cli.arguments import flag, positive, run_file, verb


def add(verbs: Any) -> None:
    """Add the verb."""
    parser = verb(
        verbs, "calibrate", "mm.cli.calibrate:run", "estimate sigma, A and k from market data",
        (
            "mm calibrate --config example/backtest.toml",
            "mm calibrate --config my.toml --data ticks/ --max-depth 10 --plot fit.svg",
            "mm calibrate --config my.toml --write my.toml",
        ),
    )  # fmt: skip
    run_file(parser, "data", "symbol")
    argument = parser.add_argument
    argument("--max-depth", metavar="PRICE", type=positive, help="fit no deeper than this [price]")
    argument("--plot", metavar="FILE", help="draw the intensities and fits (.png or .svg)")
    argument("--write", metavar="FILE", help="put the table into this run file, comments kept")
    flag(parser, "--json", "print only JSON, everything in it")
    flag(parser, "--toml", "print only the table to paste: [strategy.avellaneda.calibrated]")
    flag(parser, "--quiet", "no progress on stderr")

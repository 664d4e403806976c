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
        ),
    )  # fmt: skip
    parser.add_argument("--config", metavar="FILE", required=True, help="run file (TOML)")
    parser.add_argument(
        "--vary", metavar="KEY=A,B,…", action="append", default=[], required=True,
        help="a key and its values; with several, every combination is run",
    )  # fmt: skip
    parser.add_argument(
        "--output", metavar="DIR", required=True,
        help="folder of the study; started again there, only what is missing is run",
    )  # fmt: skip
    parser.add_argument(
        "--processes", metavar="N", type=whole, help="runs at a time (default: one a core)"
    )
    set_keys(parser)
    flag(parser, "--json", "print each set's row as a line of JSON, in order, instead of a table")
    flag(parser, "--quiet", "show no progress")

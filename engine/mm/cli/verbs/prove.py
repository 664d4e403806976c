"""The arguments of ``mm prove``."""

from typing import Any

from mm.cli.arguments import flag, run_file, verb, whole


def add(verbs: Any) -> None:
    """Add the verb."""
    parser = verb(
        verbs, "prove", "mm.cli.prove:run", "show that a run comes out the same however it is run",
        (
            "mm prove --config example/backtest.toml",
            "mm prove --config my.toml --schedules 8 --json",
        ),
    )  # fmt: skip
    run_file(parser, "data", "symbol", "seed")
    argument = parser.add_argument
    argument("--schedules", metavar="N", type=whole, default=64, help="trials (default 64)")
    argument("--processes", metavar="N", type=whole, help="trials at a time; left out, one a core")
    flag(parser, "--json", "print JSON instead of text")

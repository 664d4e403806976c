"""The arguments of ``mm backtest``."""

from typing import Any

from mm.cli.arguments import flag, moment, positive, run_file, verb, web


def add(verbs: Any) -> None:
    """Add the verb."""
    parser = verb(
        verbs, "backtest", "mm.cli.backtest:run", "replay market data through a strategy",
        (
            "mm backtest --config example/backtest.toml",
            "mm backtest --config config/avellaneda.toml --data ticks/ --set data.book_csv=",
            "mm backtest --config example/backtest.toml --seed 7 --json | jq .digest",
        ),
    )  # fmt: skip
    run_file(parser, "data", "output", "symbol", "seed", "label")
    parser.add_argument(
        "--speed", metavar="X", type=positive, help="pace the replay at X times real time"
    )
    parser.add_argument(
        "--debug-at",
        metavar="TIME",
        type=moment,
        action="append",
        default=[],
        help="open the debugger in the strategy's code at the first decision from this data time on"
        " (2024-08-01T09:00:01.5 or µs); may be repeated",
    )
    flag(parser, "--strict", "refuse sick data before the run; short for --set data.strict=true")
    flag(parser, "--dry-run", "check the configuration and the data, then stop")
    web(parser)
    flag(parser, "--report", "write report.html into the run's folder, too; see mm report")
    flag(parser, "--profile", "print where the time went, by phase and task, on stderr")
    flag(parser, "--json", "print only summary.json on stdout")
    flag(parser, "--quiet", "no progress on stderr")
    flag(parser, "--verbose", "one line per fill on stderr")

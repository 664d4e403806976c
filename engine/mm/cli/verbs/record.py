"""The arguments of ``mm record``."""

from typing import Any

from mm.cli.arguments import duration, flag, run_file, verb


def add(verbs: Any) -> None:
    """Add the verb."""
    parser = verb(
        verbs, "record", "mm.cli.record:run", "write a live market down as Tardis CSV files",
        (
            "mm record --config example/live.toml recordings/today",
            "mm record --config example/live.toml --duration 60s --raw recordings/minute",
            "mm backtest --config recordings/minute/replay.toml",
        ),
    )  # fmt: skip
    parser.add_argument(
        "directory", metavar="DIR", help="folder to write to; it must hold no recording yet"
    )
    run_file(parser, "symbol", "url")
    parser.add_argument(
        "--duration", metavar="T", type=duration, help="stop after 90s, 5m, 2h …; else Ctrl-C"
    )
    flag(parser, "--insecure", "allow an unencrypted feed; short for --set data.insecure=true")
    flag(parser, "--raw", "keep every frame with its arrival time, too")
    flag(parser, "--json", "print JSON instead of text")

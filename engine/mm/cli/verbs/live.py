"""The arguments of ``mm live``."""

from typing import Any

from mm.cli.arguments import duration, flag, run_file, verb, web


def add(verbs: Any) -> None:
    """Add the verb."""
    parser = verb(
        verbs, "live", "mm.cli.live:run", "trade on paper on an exchange's live feed",
        (
            "mm live --config example/live.toml",
            "mm live --config example/live.toml --duration 60s --record recordings/minute",
            "mm live --config example/live.toml --url ws://127.0.0.1:8765/realtime --json",
            "mm live --resume example/run/live/bitmex_XBTUSD_28_11_2026_run1",
        ),
    )  # fmt: skip
    run_file(parser, "symbol", "output", "url", "seed", "label", required=False)
    add = parser.add_argument
    add("--record", metavar="DIR", help="write the market down as Tardis CSV files in DIR")
    add(
        "--resume", metavar="RUN",
        help="go on with a recorded run that ended or was killed, with its own settings",
    )  # fmt: skip
    add("--duration", metavar="T", type=duration, help="stop after 90s, 5m, 2h …; else Ctrl-C")
    add(
        "--log-format", choices=("text", "json"),
        help="log lines on stderr in this form (default: text, or a view on a terminal)",
    )  # fmt: skip
    flag(parser, "--raw", "with --record: keep every frame with its arrival time, too")
    flag(parser, "--insecure", "allow an unencrypted feed; short for --set data.insecure=true")
    web(parser)
    flag(parser, "--report", "write report.html into the run's folder, too; see mm report")
    flag(parser, "--json", "print only summary.json on stdout")
    flag(parser, "--quiet", "no view and no log on stderr")

"""The arguments of ``mm report``."""

from typing import Any

from mm.cli.arguments import verb


def add(verbs: Any) -> None:
    """Add the verb."""
    parser = verb(
        verbs, "report", "mm.cli.report:run", "write a run down as one HTML page",
        (
            "mm report example/run/bitmex_XBTUSD_01_08_2024_run1",
            "mm report example/run/bitmex_XBTUSD_01_08_2024_run1 --output gamma.html",
            "mm backtest --config example/backtest.toml --report",
        ),
    )  # fmt: skip
    parser.add_argument("directory", metavar="RUN_DIR", help="folder of a run, finished or not")
    parser.add_argument(
        "--output", metavar="FILE", help="where to write it (default report.html in RUN_DIR)"
    )

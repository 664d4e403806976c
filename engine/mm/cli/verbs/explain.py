"""The arguments of ``mm explain``."""

from typing import Any

from mm.cli.arguments import flag, verb


def add(verbs: Any) -> None:
    """Add the verb."""
    parser = verb(
        verbs, "explain", "mm.cli.explain:run", "tell the story of one fill",
        (
            "mm explain example/run/bitmex_XBTUSD_01_08_2024_run1 1",
            "mm explain example/run/bitmex_XBTUSD_01_08_2024_run1 order:17 --json",
        ),
    )  # fmt: skip
    parser.add_argument("directory", metavar="RUN_DIR", help="folder of a finished run")
    parser.add_argument(
        "fill", metavar="FILL",
        help="number of the fill in trades.csv (1 = first), or order:ID for an order's first",
    )  # fmt: skip
    flag(parser, "--json", "print JSON instead of text")

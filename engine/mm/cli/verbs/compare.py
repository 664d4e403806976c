"""The arguments of ``mm compare``."""

from typing import Any

from mm.cli.arguments import flag, verb


def add(verbs: Any) -> None:
    """Add the verb."""
    parser = verb(
        verbs, "compare", "mm.cli.compare:run", "hold runs against each other",
        (
            "mm compare example/run/bitmex_XBTUSD_01_08_2024_run1 "
            "example/run/bitmex_XBTUSD_01_08_2024_run2",
            "mm compare runs/* --json",
            "mm compare runs/* --output compared.html",
        ),
    )  # fmt: skip
    parser.add_argument(
        "runs", metavar="RUN_DIR", nargs="+", help="folder of a finished run; the first is the base"
    )
    parser.add_argument(
        "--output", metavar="FILE", help="write it as an HTML page with charts; see mm report"
    )
    flag(parser, "--json", "print JSON instead of text")

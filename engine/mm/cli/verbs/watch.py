"""The arguments of ``mm watch``."""

from typing import Any

from mm.cli.arguments import verb, web


def add(verbs: Any) -> None:
    """Add the verb."""
    parser = verb(
        verbs, "watch", "mm.cli.watch:run", "show a run in a browser, finished or going on",
        (
            "mm watch example/run/bitmex_XBTUSD_01_08_2024_run1",
            "mm watch example/run/bitmex_XBTUSD_01_08_2024_run1 --web 127.0.0.1:9000",
        ),
    )  # fmt: skip
    parser.add_argument("directory", metavar="RUN_DIR", help="folder of a run, finished or not")
    web(parser, default="127.0.0.1:8080")

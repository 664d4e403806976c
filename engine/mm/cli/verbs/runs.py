"""The arguments of ``mm runs``."""

from typing import Any

from mm.cli.arguments import flag, verb


def add(verbs: Any) -> None:
    """Add the verb."""
    parser = verb(
        verbs, "runs", "mm.cli.runs:run", "list the runs in a folder",
        ("mm runs", "mm runs example/run --sort equity", "mm runs runs/ --status failed --json"),
    )  # fmt: skip
    parser.add_argument(
        "folder",
        metavar="FOLDER",
        nargs="?",
        default="runs/",
        help="where runs lie (default runs/)",
    )
    parser.add_argument(
        "--sort", metavar="FIGURE", default="name",
        help="name, or a figure of summary.json, the largest first, such as equity or fills",
    )  # fmt: skip
    parser.add_argument("--status", metavar="S", help="only runs that ended so")
    flag(parser, "--json", "print JSON instead of text")

"""The arguments of ``mm plugins``."""

from typing import Any

from mm.cli.arguments import flag, verb


def add(verbs: Any) -> None:
    """Add the verb."""
    parser = verb(
        verbs, "plugins", "mm.cli.plugins:run", "list the installed parts and where they come from",
        ("mm plugins", "mm plugins --json", "MM_DISABLE_PLUGINS=momentum mm plugins"),
    )  # fmt: skip
    flag(parser, "--json", "print JSON instead of a table")

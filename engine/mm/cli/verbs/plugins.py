"""The arguments of ``mm plugins`` and its verbs."""

from typing import Any

from mm.cli.arguments import flag, group, set_keys, verb

_LISTS = ("mm plugins", "mm plugins list --json", "MM_DISABLE_PLUGINS=momentum mm plugins")


def add(verbs: Any) -> None:
    """Add the verb; alone, it lists."""
    plugins = verb(
        verbs, "plugins", "mm.cli.plugins:run", "list the installed parts, or check some",
        (*_LISTS, "mm plugins check my-plugin"),
    )  # fmt: skip
    flag(plugins, "--json", "print JSON instead of a table")
    inner = group(plugins, ("list", "check"), required=False)
    listing = verb(
        inner, "list", "mm.cli.plugins:run", "list the installed parts and where they come from",
        _LISTS, nested=True,
    )  # fmt: skip
    flag(listing, "--json", "print JSON instead of a table", nested=True)
    _check(inner)


def _check(inner: Any) -> None:
    check = verb(
        inner, "check", "mm.cli.plugins_check:run", "try every rule of the interface on a plugin",
        (
            "mm plugins check my-plugin",
            "mm plugins check mm-engine --json",
            "mm plugins check my-plugin --set strategy.mine.size=10",
        ),
        nested=True,
    )  # fmt: skip
    check.add_argument("name", metavar="NAME", help="a plugin, or a package with all its plugins")
    set_keys(check)
    flag(check, "--json", "print JSON instead of text", nested=True)
    flag(check, "--quiet", "no progress on stderr")

"""The arguments of ``mm plugins`` and its verbs."""

from typing import Any

from mm.cli.arguments import flag, group, set_keys, verb

_LISTS = ("mm plugins", "mm plugins list --json", "MM_DISABLE_PLUGINS=momentum mm plugins")
_KINDS = ("strategy", "transformer", "connector", "sink")


def add(verbs: Any) -> None:
    """Add the verb; alone, it lists."""
    plugins = verb(
        verbs, "plugins", "mm.cli.plugins:run", "list, show, check or start plugins",
        (*_LISTS, "mm plugins show Avellaneda", "mm plugins new strategy my-strategy my-strategy/"),
    )  # fmt: skip
    flag(plugins, "--json", "print JSON instead of a table")
    inner = group(plugins, ("list", "show", "check", "new"), required=False)
    listing = verb(
        inner, "list", "mm.cli.plugins:run", "list the installed parts and where they come from",
        _LISTS, nested=True,
    )  # fmt: skip
    flag(listing, "--json", "print JSON instead of a table", nested=True)
    show = verb(
        inner, "show", "mm.cli.plugins_show:run", "describe a part: its options and its origin",
        ("mm plugins show Avellaneda", "mm plugins show tardis --json"), nested=True,
    )  # fmt: skip
    show.add_argument("name", metavar="NAME", help="a part, or a plugin with all its parts")
    flag(show, "--json", "print JSON instead of text", nested=True)
    _check(inner)
    _new(inner)


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


def _new(inner: Any) -> None:
    new = verb(
        inner, "new", "mm.cli.plugins_new:run", "write a complete distribution to start from",
        (
            "mm plugins new strategy my-strategy ~/my-strategy",
            "mm plugins new connector my-exchange my-exchange/",
        ),
        nested=True,
    )  # fmt: skip
    new.add_argument("kind", metavar="KIND", choices=_KINDS, help=f"one of: {', '.join(_KINDS)}")
    new.add_argument("name", metavar="NAME", help="of the distribution, as in my-strategy")
    new.add_argument("directory", metavar="DIR", help="folder to write; empty, or not there yet")

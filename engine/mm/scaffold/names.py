"""What a new plugin and its parts are called, all of it from one name.

    my-strategy -> distribution and plugin my-strategy, package my_strategy, class MyStrategy

Names are refused that Python, an index or mm would stumble over later. Writes nothing.
"""

import importlib.util
import keyword
import re
import sys
from typing import Final

import attrs

import mm.api
from mm.api import UsageError
from mm.registry import Registry

KINDS: Final = ("strategy", "transformer", "connector", "sink")
"""Kinds of part that there are templates for."""

LONGEST: Final = 30
"""Most letters of a name; generated lines have room for that many."""

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
"""A distribution's name as indexes write it (PEP 503), which also makes a package's name."""


@attrs.frozen(kw_only=True)
class Names:
    """Everything that is named after the plugin."""

    kind: str
    dist: str
    """Distribution, and the plugin's name in mm: ``my-strategy``."""
    package: str
    """``my_strategy``."""
    cls: str
    """``MyStrategy``."""

    @property
    def offer(self) -> str:
        """What a run file calls the part: as a class, or where built-in ones do so, as a module."""
        return self.cls if self.kind in ("strategy", "transformer") else self.package


def choose_names(kind: str, name: str, registry: Registry) -> Names:
    """Make the names, or say why this one will not do.

    Args:
        kind: one of KINDS.
        name: as the user gave it.
        registry: what is installed, which the new part must not clash with.

    Raises:
        UsageError: the name is malformed, taken, or means something else already.
    """
    if not _NAME.fullmatch(name) or len(name) > LONGEST:
        near = _as_name(name)
        hint = f"; {near!r} would do" if near and near != name else ""
        raise UsageError(
            f"the name {name!r} does not make a distribution's, expected lower-case letters and"
            f" digits with single hyphens between them, at most {LONGEST}{hint}"
        )
    words = name.split("-")
    cls = "".join(word.capitalize() for word in words)
    names = Names(kind=kind, dist=name, package="_".join(words), cls=cls)
    _check_meaning(names)
    _check_taken(names, registry)
    return names


def _as_name(text: str) -> str:
    """Return what may have been meant; empty if that is no name either."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", text).lower()
    near = re.sub(r"[^a-z0-9]+", "-", words)[:LONGEST].strip("-")
    return near if _NAME.fullmatch(near) else ""


def _check_meaning(names: Names) -> None:
    """Refuse names that mean something to Python or to the generated code."""
    if keyword.iskeyword(names.package) or keyword.issoftkeyword(names.package):
        raise UsageError(f"{names.package!r} is a word of Python's; choose another name")
    if names.package in sys.stdlib_module_names or names.package == "tests":
        raise UsageError(f"Python has a module {names.package!r} already; choose another name")
    if names.cls in {*mm.api.__all__, "Any", "Path", "Decimal", "Iterator"}:
        raise UsageError(
            f"the class would be called {names.cls}, which its code already uses for something"
            f" else; choose another name, for instance 'my-{names.dist}'"
        )


def _check_taken(names: Names, registry: Registry) -> None:
    """Refuse names that something installed has."""
    plugin = next((p for p in registry.plugins if p.name == names.dist), None)
    if plugin is not None:
        raise UsageError(f"a plugin {plugin} is installed already; choose another name")
    for other, kind, offer in registry.parts():
        if offer.name.lower() == names.offer.lower() and _share_names(kind, names.kind):
            raise UsageError(f"{other} offers a {kind} {offer.name!r} already; choose another name")
    if importlib.util.find_spec(names.package) is not None:
        raise UsageError(f"a package {names.package!r} is installed already; choose another name")


def _share_names(one: str, other: str) -> bool:
    """Whether parts of two kinds must not have one name; two of these share their table."""
    return one == other or {one, other} == {"strategy", "transformer"}

"""Which plugins are installed: the entry points of our group, with who supplies each.

Reads metadata only; imports no plugin, and knows nothing of what one offers. A distribution whose
metadata cannot be read is told of, and hides no other.
"""

from collections.abc import Callable, Iterator
from importlib.metadata import Distribution, EntryPoint, distributions, entry_points
from typing import Any

import attrs

from mm.api import ENTRY_POINT_GROUP, PluginError


@attrs.frozen
class Found:
    """One entry point and the distribution that has it."""

    name: str
    module: str
    """As the entry point names it: ``package.module``, or ``package.module:attribute``."""
    package: str
    version: str
    load: Callable[[], Any]
    """Imports and returns what is named; raises whatever that raises."""


def find_plugins() -> list[Found]:
    """Find every entry point of ours, sorted by name, then distribution."""
    try:
        points = list(entry_points(group=ENTRY_POINT_GROUP))
    except Exception:  # one unreadable file is enough; so ask one by one
        found = [one for dist in _each_once() for one in _points_of(dist)]
    else:
        origins = {dist: _origin(dist) for dist in {point.dist for point in points}}
        found = [_found(point, *origins[point.dist]) for point in points]
    return sorted(found, key=lambda one: (one.name, one.package, one.version))


def _each_once() -> Iterator[Distribution]:
    """Give the distributions as ``entry_points`` does: of those with one name, the first."""
    seen: set[str] = set()
    for dist in distributions():
        name = _origin(dist)[0]
        if name not in seen:
            yield dist
        seen.add(name)


def _points_of(dist: Distribution) -> Iterator[Found]:
    """Find a distribution's entry points; if they cannot be read, one that says so when loaded."""
    try:
        points = list(dist.entry_points.select(group=ENTRY_POINT_GROUP))
    except Exception:
        package, version = _origin(dist)
        if ENTRY_POINT_GROUP in (dist.read_text("entry_points.txt") or ""):
            yield Found(package, "", package, version, _refuse("its entry_points.txt is malformed"))
        return
    for point in points:
        yield _found(point, *_origin(dist))


def _found(point: EntryPoint, package: str, version: str) -> Found:
    load = point.load
    if EntryPoint.pattern.match(point.value) is None:  # load() would speak of None's groups
        load = _refuse(f"its entry point {point.value!r} names no module")
    return Found(point.name, point.value, package, version, load)


def _origin(dist: Distribution | None) -> tuple[str, str]:
    """Give name and version. Parsing metadata takes a while, so once a distribution is enough."""
    unknown = ("unknown package", "?")
    try:
        metadata = dist.metadata if dist is not None else None
    except Exception:  # absent or unreadable: the plugin may be good all the same
        return unknown
    if metadata is None:
        return unknown
    given = {key: metadata[key] for key in ("Name", "Version") if key in metadata}
    return given.get("Name", unknown[0]), given.get("Version", unknown[1])


def _refuse(text: str) -> Callable[[], Any]:
    def load() -> Any:
        raise PluginError(text)

    return load

"""Which tables a run file may have, given the installed plugins, and which class describes each.

Knows names and classes; reads no file and no value.
"""

from typing import Any, Final

import attrs

from mm.config.scan import Keys
from mm.registry import Registry

TABLE_OF: Final = {
    "transformer": "strategy",
    "strategy": "strategy",
    "fill model": "execution",
    "latency model": "execution",
    "fee model": "execution",
    "sink": "output",
}
"""Kind of part -> the top-level table that its own table is in."""


def table_of(kind: str, name: str) -> Keys:
    """Give the table of a part: ``("strategy", "avellaneda")``."""
    table = TABLE_OF[kind]
    return (table, name.lower() if table == "strategy" else name)


@attrs.frozen(kw_only=True)
class PartTable:
    """A table that belongs to an installed part."""

    path: Keys
    cls: type[Any]
    owner: str
    """For people: the kind and name of the part."""


def part_tables(registry: Registry) -> dict[Keys, PartTable]:
    """Return the tables of all installed parts but connectors, in order of path.

    A strategy and a transformer of one name share a table; the registry has seen to their class.
    """
    offers = [
        (kind, table_of(kind, offer.name), offer)
        for kind in TABLE_OF
        for offer in registry.offers(kind)
    ]
    tables = {
        path: PartTable(path=path, cls=offer.config, owner=f"{kind} {offer.name}")
        for kind, path, offer in offers
    }
    return dict(sorted(tables.items()))


def names_below(tables: dict[Keys, PartTable], table: str) -> list[str]:
    """Return the names of the parts' tables in a top-level table."""
    return [path[1] for path in tables if path[0] == table]

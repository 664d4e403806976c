"""Which connector a run file means, and the flags of the command line that are short for its keys.

Connectors are offered by plugins, so what they are called and what keys they have is theirs to say.
"""

from collections.abc import Mapping
from typing import Any

import attrs

from mm.api import ConnectorOffer
from mm.config.document import Document
from mm.config.overrides import Override
from mm.config.tables import DataTable
from mm.registry import Registry


def choose_connector(document: Document, registry: Registry) -> None:
    """Have a file for live data that names no connector use the only one that listens."""
    data = document.get(("data",), {})
    if not isinstance(data, dict) or data.get("from_csv") is not False or "connector" in data:
        return
    live = [offer.name for offer in _connectors(registry) if offer.live]
    if len(live) == 1:
        document.imply(("data", "connector"), live[0])
    else:
        choice = f"one of: {', '.join(live)}" if live else "one that listens; none is on offer"
        document.fault(("data", "connector"), f"is absent, but data are live; name {choice}")


def apply_flags(document: Document, registry: Registry, flags: Mapping[str, Any]) -> None:
    """Set what the command line says in short, for any connector that has a flag of the name."""
    chosen = document.get(("data", "connector"), attrs.fields(DataTable).connector.default)
    offers = sorted(_connectors(registry), key=lambda offer: (offer.name != chosen, offer.name))
    for flag, value in flags.items():
        fields = (field for offer in offers for field in attrs.fields(offer.config))
        keys = [field.name for field in fields if field.metadata.get("flag") == flag]
        if value is not None and keys:
            document.set_default(Override(("data", keys[0]), value, f"--{flag}"))


def _connectors(registry: Registry) -> list[ConnectorOffer]:
    return [o for o in registry.offers("connector") if isinstance(o, ConnectorOffer)]

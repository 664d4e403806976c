"""Several markets in one run file: each ``[[market]]`` is checked as if it were alone in it.

    top tables ──┐
    [[market]] 0 ┴─► document of market 0 ─► Loader ─► RunConfig ─┐
    [[market]] 1 ──► document of market 1 ─► Loader ─► RunConfig ─┴─► the first, which knows all

A market's table says ``symbol``, may say ``exchange``, and holds what differs from the tables
above it: ``data``, ``instrument``, ``position``, ``execution``, ``risk``, ``funding``. Knows no key
of these. Markets are numbered from 0, as in ``--set market.0.symbol=…``.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from mm.config.connector import apply_flags, choose_connector
from mm.config.document import Document, holds
from mm.config.edit import key_text
from mm.config.loader import Loader
from mm.config.money import money_faults
from mm.config.scan import Keys
from mm.config.tables import OWN_TABLES, OutputTable, RunConfig
from mm.registry import Registry
from mm.suggest import did_you_mean

TABLE: Final = "market"

_OWN_KEYS: Final = ("symbol", "exchange")


@attrs.frozen
class Loaded:
    """A document that has passed every check."""

    config: RunConfig
    loaders: tuple[Loader, ...]
    """One for each market; one where there are no tables of markets."""

    def defaults(self) -> Iterator[tuple[Keys, Any]]:
        """Every key in force that no table holds, with its value."""
        told: set[Keys] = set()
        for loader, config in zip(self.loaders, self.config.all_markets, strict=True):
            for path, value in loader.defaults(config):
                if path not in told:
                    told.add(path)
                    yield path, value

    def files(self) -> Iterator[tuple[str, str]]:
        """Every key that names a file for a part to read, with its value."""
        for number, loader in enumerate(self.loaders):
            for key, value in loader.files():
                yield (f"{TABLE}.{number}.{key}" if len(self.loaders) > 1 else key), value


def load_markets(
    document: Document,
    registry: Registry,
    flags: Mapping[str, Any],
    made: dict[str, Any] | None = None,
) -> Loaded:
    """Check a document, market by market.

    Args:
        document: without, or with tables of markets.
        registry: the installed parts.
        flags: as ``apply_flags`` takes them.
        made: has the objects of tables that were found to be right.

    Raises:
        ConfigError, PluginError: with every fault.
    """
    if not document.holds((TABLE,)):
        loader = Loader(document, registry, made)
        return _with_money(loader.load(flags), (loader,))
    tables = _tables(document)
    if document.faulty:
        raise document.error()
    choose_connector(document, registry)
    apply_flags(document, registry, flags)
    _unheard(document, tables)
    loaders, configs = [], []
    for number in range(len(tables)):
        loader = Loader(document.of_market(number), registry, made)
        loaders.append(loader)
        config = loader.check({})
        if config is not None:
            configs.append(config)
    if document.faulty:
        raise document.error()
    return _with_money(attrs.evolve(configs[0], markets=tuple(configs)), tuple(loaders))


def _with_money(config: RunConfig, loaders: tuple[Loader, ...]) -> Loaded:
    """Check what the tables about money come to together.

    Raises:
        ConfigError: with every fault.
    """
    for market, key, text in money_faults(config):
        loaders[market].document.fault(key, text)
    if loaders[0].document.faulty:
        raise loaders[0].document.error()
    return Loaded(config, loaders)


def _unheard(document: Document, tables: list[dict[str, Any]]) -> None:
    """Find what the command line sets in vain, since every market says otherwise."""
    for path in document.overridden:
        if all(holds(table, path) for table in tables):
            text = (
                "has no effect: each [[market]] has this key; change it there, or set"
                f" {TABLE}.0.{key_text(path)} and so on"
            )
            document.fault(path, text)


def _tables(document: Document) -> list[dict[str, Any]]:
    """The tables of the markets; notes what is wrong with them as such."""
    tables = document.data[TABLE]
    if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        set_here = [path for path in document.overridden if path[0] == TABLE and len(path) > 1]
        for path in set_here:
            document.fault(path, "the file has no [[market]], of which this would be a key")
        if not set_here:
            document.fault((TABLE,), "expected tables, each below a line [[market]]")
        return []
    if not tables:
        document.fault((TABLE,), "is empty, expected at least one table [[market]]")
    if document.holds(("strategy", "symbol")):
        text = "leave it out: each [[market]] says its own symbol"
        document.fault(("strategy", "symbol"), text)
    seen: dict[tuple[str, str], int] = {}
    shared = document.get(("output", "exchange"), attrs.fields(OutputTable).exchange.default)
    for number, table in enumerate(tables):
        for key, value in table.items():
            _check(document, (TABLE, number, key), key, value)
        if "symbol" not in table:
            text = "symbol is missing, expected the instrument's name in the data"
            document.fault((TABLE, number), text)
            continue
        name = str(table.get("exchange", shared)), str(table["symbol"])
        if name in seen:
            text = (
                f"{table['symbol']!r} is a market of this run already, {TABLE}.{seen[name]};"
                " leave one out, or give it another exchange"
            )
            document.fault((TABLE, number, "symbol"), text)
        seen.setdefault(name, number)
    return tables


def _check(document: Document, path: tuple[str | int, ...], key: str, value: Any) -> None:
    if key in _OWN_KEYS:
        if not isinstance(value, str) or not value:
            document.fault(path, f"{value!r}, expected text")
    elif key not in OWN_TABLES:
        text = f"unknown key{did_you_mean(key, (*_OWN_KEYS, *OWN_TABLES))}"
        document.fault(path, text)
    elif not isinstance(value, dict):
        document.fault(path, f"expected a table, such as [market.{key}]")

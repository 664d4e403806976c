"""From one document to a RunConfig: its tables, one by one, against the parts that are installed.

Every fault is noted in the document before any is raised. Builds no part.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs
import cattrs

from mm.api import PluginError
from mm.config.alert import LISTS, AlertTable, same_names
from mm.config.choice import Choice, Parts, transformer_for
from mm.config.connector import apply_flags, choose_connector
from mm.config.document import Document
from mm.config.layout import names_below, part_tables, table_of
from mm.config.scan import Keys
from mm.config.scan import Path as Place
from mm.config.tables import TABLES, DataTable, RunConfig
from mm.config.validation import FaultsError, check_key, field_names, structure
from mm.registry import Registry
from mm.suggest import did_you_mean


class Loader:
    """Turns one document into a RunConfig, noting faults in the document."""

    def __init__(
        self, document: Document, registry: Registry, made: dict[str, Any] | None = None
    ) -> None:
        """Take a document; ``made`` has the objects of tables that were found to be right."""
        self.document = document
        self.registry = registry
        self.tables = part_tables(registry)
        self.chosen: dict[Keys, Any] = {}  # a chosen part's table -> its object
        self.made = {} if made is None else made

    def load(self, flags: Mapping[str, Any]) -> RunConfig:
        """Check everything.

        Args:
            flags: as ``apply_flags`` takes them.

        Raises:
            ConfigError, PluginError: with every fault.
        """
        config = self.check(flags)
        if config is None:
            raise self.document.error()
        return config

    def check(self, flags: Mapping[str, Any]) -> RunConfig | None:
        """Check everything, as ``load``; None = the document has faults."""
        choose_connector(self.document, self.registry)
        apply_flags(self.document, self.registry, flags)
        for name, value in self.document.data.items():
            if name not in (*TABLES, *LISTS):
                what = "unknown table" if isinstance(value, dict) else "unknown key"
                self.document.fault((name,), f"{what}{did_you_mean(name, (*TABLES, *LISTS))}")
        parts = self._parts()
        core = {name: self._core_table(name) for name in TABLES}
        alerts = self._alerts()
        self._other_tables()
        self._required()
        if self.document.faulty:
            return None
        name = parts.transformer.offer.name
        core["strategy"] = attrs.evolve(core["strategy"], preprocessing=name)
        return RunConfig(**core, parts=parts, alerts=tuple(alerts))

    def defaults(self, config: RunConfig) -> Iterator[tuple[Keys, Any]]:
        """Every key in force that the document does not hold, with its value."""
        for name in TABLES:
            yield from self._absent((name,), getattr(config, name))
        for path, made in self.chosen.items():
            yield from self._absent(path, made)

    def files(self) -> Iterator[tuple[str, str]]:
        """Every key of a chosen part that names a file for it to read, with its value."""
        for table, made in self.chosen.items():
            for field in attrs.fields(type(made)):
                if field.metadata.get("file") and getattr(made, field.name):
                    yield ".".join((*table, field.name)), getattr(made, field.name)

    def _absent(self, table: Keys, made: Any) -> Iterator[tuple[Keys, Any]]:
        for name in field_names(type(made)):
            value = getattr(made, name)
            if attrs.has(type(value)):
                yield from self._absent((*table, name), value)
            elif not self.document.holds((*table, name)):
                yield (*table, name), cattrs.unstructure(value)

    def _parts(self) -> Parts:
        part, choose = self._part_of, self._choose
        strategy = choose("strategy", "kind", "strategy")
        return Parts(
            connector=self._connector(),
            strategy=part("strategy", strategy),
            transformer=part("transformer", self._transformer(strategy)),
            fill_model=part("fill model", choose("execution", "fill_model", "fill model")),
            latency_model=part(
                "latency model", choose("execution", "latency_model", "latency model")
            ),
            fee_model=part("fee model", choose("execution", "fee_model", "fee model")),
            signals=self._signals(),
            sinks=tuple(
                part("sink", offer) for _, offer in self._several(("output", "sinks"), "sink")
            ),
        )

    def _transformer(self, strategy: Any) -> Any:
        """Return the offer that ``preprocessing`` names, or that the strategy asks for."""
        key = ("strategy", "preprocessing")
        name = self.document.get(key, "") or (strategy and transformer_for(strategy, self.registry))
        offer = self._offered(key, "transformer", name) if isinstance(name, str) else None
        when = self.document.get(("strategy", "when"), {})
        if offer is not None and offer.own_times and isinstance(when, dict) and any(when.values()):
            text = f"the transformer {name!r} has times of its own; leave [strategy.when] out"
            self.document.fault(("strategy", "when"), text)
        return offer

    def _signals(self) -> tuple[Any, ...]:
        parts = []
        for number, offer in self._several(("strategy", "signals"), "transformer"):
            if "weight" in field_names(offer.config):
                parts.append(self._part_of("transformer", offer))
                continue
            offers = self.registry.offers("transformer")
            signals = [one.name for one in offers if "weight" in field_names(one.config)]
            text = f"transformer {offer.name!r} gives no signal; on offer: {', '.join(signals)}"
            self.document.fault(("strategy", "signals", number), text)
        return tuple(parts)

    def _several(self, path: Keys, kind: str) -> Iterator[tuple[int, Any]]:
        """Give the offers that a list names, each with its place there."""
        names = self._names(path)
        for number, name in enumerate(names):
            if name in names[:number]:
                self.document.fault((*path, number), f"{name!r} stands here twice")
            offer = self._offered((*path, number), kind, name)
            if offer is not None:
                yield number, offer

    def _choose(self, table: str, key: str, kind: str) -> Any:
        """Return the offer a key names, from the document or by default."""
        default = getattr(attrs.fields(TABLES[table]), key).default
        name = self.document.get((table, key), default)
        return self._offered((table, key), kind, name) if isinstance(name, str) else None

    def _offered(self, path: tuple[str | int, ...], kind: str, name: str) -> Any:
        try:
            return self.registry.offer(kind, name)
        except PluginError as exc:
            self.document.plugin_fault(path, exc)
            self.document.excuse((str(path[0]), name.lower() if path[0] == "strategy" else name))
            return None

    def _part_of(self, kind: str, offer: Any) -> Any:
        """Choose an offer with its table; None = nothing was on offer."""
        if offer is None:
            return None
        config = self._part(table_of(kind, offer.name))
        return Choice(owner=self.registry.owner(kind, offer.name), offer=offer, config=config)

    def _part(self, path: Keys) -> Any:
        if path not in self.chosen:
            self.chosen[path] = self._make(path, self.tables[path].cls, self.document.get(path, {}))
        return self.chosen[path]

    def _make(self, path: Place, cls: type[Any], table: Any, known: Iterable[str] = ()) -> Any:
        key = f"{cls.__module__}.{cls.__qualname__} {table!r}"
        if key not in self.made:
            try:
                self.made[key] = structure(cls, table, known)
            except FaultsError as exc:
                for below, text in exc.faults:
                    self.document.fault((*path, *below), text)
                return None
        return self.made[key]

    def _connector(self) -> Any:
        """Structure the keys of ``[data]`` that the chosen connector knows."""
        offer = self._choose("data", "connector", "connector")
        data = self.document.get(("data",), {})
        if offer is None or not isinstance(data, dict):
            return None
        own = {key: data[key] for key in field_names(offer.config) if key in data}
        self.chosen["data",] = self._make(("data",), offer.config, own)
        owner = self.registry.owner("connector", offer.name)
        return Choice(owner=owner, offer=offer, config=self.chosen["data",])

    def _core_table(self, name: str) -> Any:
        """Structure a table of the host's, leaving out what belongs to parts."""
        table = self.document.get((name,), {})
        if not isinstance(table, dict):
            return self._make((name,), TABLES[name], table)
        known = names_below(self.tables, name)
        if name == "data":
            known += self._connector_keys(table)
        own = field_names(TABLES[name])
        rest = {k: v for k, v in table.items() if k in own or not self._is_part(name, k, known)}
        return self._make((name,), TABLES[name], rest, known)

    def _alerts(self) -> Iterator[AlertTable]:
        """Structure the tables ``[[alert]]``; no result depends on them."""
        tables = self.document.get(("alert",), [])
        if not isinstance(tables, list):
            self.document.fault(("alert",), "expected [[alert]], in double brackets")
            return iter(())
        made = [self._make(("alert", n), AlertTable, table) for n, table in enumerate(tables)]
        for number, text in same_names(made):
            self.document.fault(("alert", number), text)
        return iter(made)

    def _is_part(self, table: str, key: str, known: Iterable[str]) -> bool:
        return key in known or self.document.excused((table, key))

    def _connector_keys(self, data: dict[str, Any]) -> list[str]:
        """Return the keys of all connectors; check those that the chosen one does not read."""
        offers = self.registry.offers("connector")
        chosen = self.document.get(("data", "connector"), attrs.fields(DataTable).connector.default)
        classes = sorted(offers, key=lambda offer: (offer.name != chosen, offer.name))
        owners: dict[str, type[Any]] = {}
        for offer in classes:
            owners |= {key: offer.config for key in field_names(offer.config) if key not in owners}
        if all(offer.name != chosen for offer in offers):
            return [*owners, *data]  # the faulty choice is the fault, not its keys
        read = field_names(classes[0].config)
        for key in data:
            if key in owners and key not in read and key not in field_names(DataTable):
                self._check_key(owners[key], key, data[key])
        return list(owners)

    def _check_key(self, cls: type[Any], key: str, value: Any) -> None:
        try:
            check_key(cls, key, value)
        except FaultsError as exc:
            for below, text in exc.faults:
                self.document.fault(("data", key, *below), text)

    def _other_tables(self) -> None:
        """Check the tables of parts that are installed but not chosen, as far as present."""
        for path in self.tables:
            if path not in self.chosen and self.document.holds(path):
                self._make(path, self.tables[path].cls, self.document.get(path, {}))

    def _names(self, path: Keys) -> list[str]:
        """Return a list of names; if it is malformed, ``structure`` says so."""
        default = getattr(attrs.fields(TABLES[path[0]]), path[1]).default.factory()
        names = self.document.get(path, default)
        return [n for n in names if isinstance(n, str)] if isinstance(names, list) else []

    def _required(self) -> None:
        for number, name in enumerate(self._names(("plugins", "require"))):
            try:
                self.registry.require(name)
            except PluginError as exc:
                self.document.plugin_fault(("plugins", "require", number), exc)

"""The parts that installed plugins offer: found through entry points, checked, kept by name.

Loading is tolerant, choosing is strict: a plugin that fails is recorded and stops no other; only
a run that asks for a part nobody offers gets a PluginError, which says why. Nothing here knows
what a part does, builds one, or reads a configuration.

    entry points -> read_plugin (each in its own pluggy manager) -> Registry (kind, name -> offer)
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, Final, TypeAlias, TypeVar

import attrs

from mm.api import (
    ConnectorOffer,
    FeeModelOffer,
    FillModelOffer,
    LatencyModelOffer,
    PluginError,
    QuoteModelOffer,
    SinkOffer,
    StrategyOffer,
    TransformerOffer,
)
from mm.discovery import Found, find_plugins
from mm.plugin_check import KINDS, Offer, read_plugin
from mm.suggest import closest

DISABLE_VARIABLE: Final = "MM_DISABLE_PLUGINS"
"""Environment variable: plugins to leave out, by name, separated by commas."""


_CLASSES: Final[dict[str, type[Any]]] = dict(KINDS.values())

OfferT = TypeVar("OfferT", bound=Offer)


@attrs.frozen
class Plugin:
    """One entry point and what came of it."""

    name: str
    package: str
    version: str
    offers: tuple[tuple[str, Offer], ...] = ()
    """(kind, offer) in the order of the hooks, then the plugin's own."""
    error: Exception | None = None
    module: str = ""
    """What its entry point names."""

    def __str__(self) -> str:
        return f"{self.name} ({self.package} {self.version})"


@attrs.frozen
class Failure:
    """Why a plugin, or one of its offers, cannot be chosen."""

    plugin: str
    package: str
    version: str
    reason: str
    error: Exception | None = None

    def __str__(self) -> str:
        return f"{self.plugin} ({self.package} {self.version}): {self.reason}"


@attrs.frozen
class Listed:
    """One offer, as ``mm plugins`` shows it."""

    kind: str
    name: str
    package: str
    version: str
    plugin: str
    help: str


@attrs.frozen
class Registry:
    """Every offer that can be chosen, and every failure."""

    plugins: tuple[Plugin, ...]
    """Sorted by name, then distribution; disabled ones are not here."""
    disabled: tuple[str, ...]
    failures: tuple[Failure, ...]
    _chosen: Mapping[tuple[str, str], tuple[Plugin, Offer]]

    def connector(self, name: str) -> ConnectorOffer:
        """Return the connector of this name, or raise PluginError."""
        return self._choose("connector", name, ConnectorOffer)

    def transformer(self, name: str) -> TransformerOffer:
        """Return the transformer of this name, or raise PluginError."""
        return self._choose("transformer", name, TransformerOffer)

    def strategy(self, name: str) -> StrategyOffer:
        """Return the strategy of this name, or raise PluginError."""
        return self._choose("strategy", name, StrategyOffer)

    def fill_model(self, name: str) -> FillModelOffer:
        """Return the fill model of this name, or raise PluginError."""
        return self._choose("fill model", name, FillModelOffer)

    def latency_model(self, name: str) -> LatencyModelOffer:
        """Return the latency model of this name, or raise PluginError."""
        return self._choose("latency model", name, LatencyModelOffer)

    def fee_model(self, name: str) -> FeeModelOffer:
        """Return the fee model of this name, or raise PluginError."""
        return self._choose("fee model", name, FeeModelOffer)

    def quote_model(self, name: str) -> QuoteModelOffer:
        """Return the quoting model of this name, or raise PluginError."""
        return self._choose("quote model", name, QuoteModelOffer)

    def sink(self, name: str) -> SinkOffer:
        """Return the sink of this name, or raise PluginError."""
        return self._choose("sink", name, SinkOffer)

    def offers(self, kind: str) -> list[Offer]:
        """Every offer of a kind (``"fill model"`` …), sorted by name."""
        return [offer for (what, _), (_, offer) in self._chosen.items() if what == kind]

    def parts(self) -> Iterator[tuple[Plugin, str, Offer]]:
        """Every (plugin, kind, offer) that can be chosen, sorted by kind and name."""
        return ((plugin, kind, offer) for (kind, _), (plugin, offer) in self._chosen.items())

    def listing(self) -> list[Listed]:
        """Every offer with where it comes from, sorted by kind and name."""
        return [
            Listed(kind, offer.name, plugin.package, plugin.version, plugin.name, offer.help)
            for plugin, kind, offer in self.parts()
        ]

    def owner(self, kind: str, name: str) -> str:
        """Name a part, and who supplies it if it is on offer: ``sink 'csv' (mm-engine 0.1.0)``."""
        plugin, _ = self._chosen.get((kind, name), (None, None))
        if plugin is None:
            return f"{kind} {name!r}"
        supplier = f"{plugin.package} {plugin.version}".rstrip()  # a script has no version
        return f"{kind} {name!r} ({supplier})"

    def require(self, name: str) -> None:
        """Raise PluginError unless the plugin of this name is loaded without a fault."""
        plugin = next((p for p in self.plugins if p.name == name), None)
        failure = next((f for f in self.failures if f.plugin == name), None)
        if failure is not None:
            raise PluginError(f"cannot use plugin {failure}") from failure.error
        if plugin is None:
            loaded = [p.name for p in self.plugins if p.error is None]
            raise PluginError(self._absent("plugin", name, loaded, "loaded"))

    def without(self, names: Iterable[str]) -> "Registry":
        """Return the registry as if these plugins were not installed."""
        left_out = set(names)
        kept = [plugin for plugin in self.plugins if plugin.name not in left_out]
        return build_registry(kept, sorted({*self.disabled, *left_out}))

    def offer(self, kind: str, name: str) -> Offer:
        """Return the offer of this kind (``"fill model"`` …) and name, or raise PluginError."""
        found: Offer = self._choose(kind, name, _CLASSES[kind])
        return found

    def _choose(self, kind: str, name: str, cls: type[OfferT]) -> OfferT:
        if (kind, name) in self._chosen:
            offer = self._chosen[kind, name][1]
            assert isinstance(offer, cls)  # read_plugin has made sure
            return offer
        on_offer = [offer.name for offer in self.offers(kind)]
        causes = [f.error for f in self.failures if f.error is not None]
        cause = causes[0] if len(causes) == 1 else None
        raise PluginError(self._absent(kind, name, on_offer, "on offer")) from cause

    def _absent(self, kind: str, name: str, known: list[str], how: str) -> str:
        near = closest(name, known)
        text = f"no {kind} named {name!r}; "
        text += f"did you mean {near!r}? " if near is not None else ""
        text += f"{how}: {', '.join(known) or 'none'}"
        text += f"; not loaded: {'; '.join(map(str, self.failures))}" if self.failures else ""
        return text + (f"; disabled: {', '.join(self.disabled)}" if self.disabled else "")


def load_registry(disabled: Iterable[str] = ()) -> Registry:
    """Load the installed plugins, but for those named here or in MM_DISABLE_PLUGINS.

    A disabled plugin is not imported.
    """
    from_environment = os.environ.get(DISABLE_VARIABLE, "").split(",")
    left_out = sorted({*disabled, *(name.strip() for name in from_environment)} - {""})
    return build_registry(
        map(_load, (f for f in find_plugins() if f.name not in left_out)), left_out
    )


def _load(found: Found) -> Plugin:
    offers: tuple[tuple[str, Offer], ...] = ()
    error: Exception | None = None
    try:
        offers = read_plugin(found.name, found.load())
    except Exception as exc:  # whatever a stranger's module raises
        error = exc
    except SystemExit:
        error = PluginError("it called sys.exit")
    return Plugin(found.name, found.package, found.version, offers, error, found.module)


def build_registry(plugins: Iterable[Plugin], disabled: Iterable[str] = ()) -> Registry:
    """Drop what clashes, and index the rest by kind and name."""
    plugins = tuple(plugins)
    failures = [_failure(p, _reason(p.error), p.error) for p in plugins if p.error is not None]
    twice = _namesakes(plugins)
    failures += [_failure(plugin, reason) for plugin, reason in twice]
    usable = [p for p in plugins if all(p is not q for q, _ in twice)]
    offered = [(kind, offer, p) for p in usable for kind, offer in p.offers]
    clashes = _same_name(offered) + _unlike_tables(offered)
    failures += [_failure(plugin, reason) for _, plugin, reason in clashes]
    dropped = {id(offer) for offer, _, _ in clashes}
    chosen = {(k, o.name): (p, o) for k, o, p in offered if id(o) not in dropped}
    return Registry(
        plugins, tuple(disabled), tuple(failures), dict(sorted(chosen.items(), key=_key))
    )


def _key(item: tuple[tuple[str, str], Any]) -> tuple[str, str]:
    return item[0]


def _failure(plugin: Plugin, reason: str, error: Exception | None = None) -> Failure:
    return Failure(plugin.name, plugin.package, plugin.version, reason, error)


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _namesakes(plugins: Iterable[Plugin]) -> list[tuple[Plugin, str]]:
    """Plugins that share a name: none of them is used, as nobody can say which was meant."""
    found = []
    for name, group in groupby(plugins, key=lambda plugin: plugin.name):
        same = list(group)
        packages = " and ".join(f"{p.package} {p.version}" for p in same)
        text = f"distributions {packages} both call their plugin {name!r}; remove one"
        found += [(plugin, text) for plugin in same if len(same) > 1]
    return found


Offered: TypeAlias = tuple[str, Offer, Plugin]


def _same_name(offered: list[Offered]) -> list[tuple[Offer, Plugin, str]]:
    """Offers of one kind whose names are the same, or differ only in case: none is used."""
    by_name: dict[tuple[str, str], list[tuple[Offer, Plugin]]] = {}
    for kind, offer, plugin in offered:
        by_name.setdefault((kind, offer.name.lower()), []).append((offer, plugin))
    found = []
    for (kind, _), same in by_name.items():
        for offer, plugin in same if len(same) > 1 else ():
            makers = " and ".join(str(p) for _, p in same)
            text = f"{kind} {offer.name!r} is offered by {makers}; disable or remove one"
            found.append((offer, plugin, text))
    return found


def _unlike_tables(offered: list[Offered]) -> list[tuple[Offer, Plugin, str]]:
    """A transformer must share its table's class with a strategy of the same name."""
    classes = {o.name.lower(): (o.config, p) for k, o, p in offered if k == "strategy"}
    found = []
    for kind, offer, plugin in offered:
        table = offer.name.lower()
        if kind == "transformer" and table in classes and classes[table][0] is not offer.config:
            text = (
                f"transformer {offer.name!r} and the strategy of that name by {classes[table][1]} "
                f"read [strategy.{table}] with different classes; give both the same"
            )
            found.append((offer, plugin, text))
    return found

"""A whole plugin: is it loaded, what does it import, and does each part keep its rules?

The only module of the kit that knows the registry. What a part is tried with is found here: its
configuration, and for a strategy the transformer that feeds it.
"""

from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import entry_points
from typing import Any, Final

import attrs

from mm.api import ENTRY_POINT_GROUP, ConfigError, Context, PluginError
from mm.config.layout import TABLE_OF
from mm.config.overrides import Document
from mm.plugin_check import Offer
from mm.registry import Plugin, Registry
from mm.suggest import closest
from mm.testing.kit.commands import check_command
from mm.testing.kit.connectors import check_connector
from mm.testing.kit.findings import Finding
from mm.testing.kit.fresh import fresh_processes
from mm.testing.kit.models import (
    check_fee_model,
    check_fill_model,
    check_latency_model,
    check_quote_model,
)
from mm.testing.kit.network import trial_context
from mm.testing.kit.options import guess_config
from mm.testing.kit.sinks import check_sink
from mm.testing.kit.source import check_imports
from mm.testing.kit.strategies import check_strategy
from mm.testing.kit.transformers import check_transformer
from mm.testing.markets import random_market

_CHECKS: Final[Mapping[str, Callable[..., list[Finding]]]] = {
    "connector": check_connector,
    "transformer": check_transformer,
    "strategy": check_strategy,
    "fill model": check_fill_model,
    "latency model": check_latency_model,
    "fee model": check_fee_model,
    "quote model": check_quote_model,
    "sink": check_sink,
    "command": check_command,
}


@attrs.frozen(kw_only=True)
class PartReport:
    """What was found about one part; kind and name are empty for the plugin as a whole."""

    kind: str
    name: str
    tried_with: str
    """The configuration, as far as it was guessed, and the transformer; for people."""
    findings: tuple[Finding, ...]


@attrs.frozen(kw_only=True)
class PluginReport:
    """What was found about a plugin."""

    plugin: str
    package: str
    version: str
    parts: tuple[PartReport, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding."""
        return tuple(finding for part in self.parts for finding in part.findings)


def find_plugins(registry: Registry, name: str) -> list[Plugin]:
    """Find the plugin of this name, or all plugins of the distribution of this name.

    Raises:
        PluginError: there is neither.
    """
    found = [plugin for plugin in registry.plugins if plugin.name == name]
    found = found or [p for p in registry.plugins if _normal(p.package) == _normal(name)]
    if not found:
        known = sorted({text for p in registry.plugins for text in (p.name, p.package)})
        near = closest(name, known)
        hint = f"did you mean {near!r}? " if near else ""
        raise PluginError(
            f"no plugin or package named {name!r}; {hint}installed: {', '.join(known) or 'none'}"
        )
    return found


def _normal(package: str) -> str:
    """Spell a distribution's name as indexes compare them (PEP 503, but for runs of dots)."""
    return package.lower().replace("_", "-").replace(".", "-")


def check_plugins(
    plugins: list[Plugin],
    registry: Registry,
    given: Document,
    watch: Callable[[str], None] = lambda text: None,
) -> Iterator[PluginReport]:
    """Check plugins one by one.

    Args:
        plugins: from ``find_plugins``.
        registry: what else is installed, for parts that need another beside them.
        given: tables of a run file, for parts that need a configuration.
        watch: told what is being checked.

    Raises:
        ConfigError: ``given`` has a value that a part's class does not take.
    """
    with fresh_processes():
        for plugin in plugins:
            yield PluginReport(
                plugin=plugin.name,
                package=plugin.package,
                version=plugin.version,
                parts=tuple(_parts(plugin, registry, given, watch)),
            )


def _parts(
    plugin: Plugin, registry: Registry, given: Document, watch: Callable[[str], None]
) -> Iterator[PartReport]:
    watch(f"plugin {plugin.name}")
    yield PartReport(
        kind="", name="", tried_with="", findings=tuple(_whole(plugin, registry))
    )  # fmt: skip
    for kind, offer in plugin.offers:
        watch(f"{kind} {offer.name}")
        yield check_offer(kind, offer, registry, given)


def _whole(plugin: Plugin, registry: Registry) -> Iterator[Finding]:
    """What holds for the plugin as a whole."""
    reasons = [f.reason for f in registry.failures if f.plugin == plugin.name]
    yield Finding(
        rule="loading",
        ok=not reasons,
        message="; ".join(reasons) or f"offers {len(plugin.offers)} parts",
        change="see plugins/README.md: MM_API, hooks, offers" if reasons else "",
    )
    for point in entry_points(group=ENTRY_POINT_GROUP, name=plugin.name):
        if point.dist is None or point.dist.name == plugin.package:
            yield check_imports(point.module)


def check_offer(kind: str, offer: Offer, registry: Registry, given: Document) -> PartReport:
    """Try every rule on one part, with a configuration from ``given``, defaults and guesses."""
    guess = guess_config(offer.config, _table(kind, offer, given))
    notes = [f"guessed {guess}"] if guess.guessed else []
    settings: dict[str, Any] = {}
    if kind == "strategy":
        two = _needs_two(offer, guess.config)
        context = trial_context(1 + two)
        settings = _transformer(offer, guess.config, registry, given, context)
        if settings:
            notes.append(f"transformer {settings['transformer'].name}")
        if two:
            settings |= {"context": context, "market": random_market(0, instruments=2, wild=False)}
            notes.append("two instruments")
    if kind == "connector":
        settings["symbol"] = str(given.get("strategy", {}).get("symbol", "TEST"))
    return PartReport(
        kind=kind,
        name=offer.name,
        tried_with="; ".join(notes),
        findings=tuple(_CHECKS[kind](offer, guess.config, **settings)),
    )


def _table(kind: str, offer: Offer, given: Document) -> Document:
    """Pick what is given for a part: the table that a run file has for it."""
    if kind == "connector":
        names = [field.name for field in attrs.fields(offer.config)]
        return {key: value for key, value in given.get("data", {}).items() if key in names}
    name = offer.name.lower() if TABLE_OF.get(kind) == "strategy" else offer.name
    table: Document = given.get(TABLE_OF.get(kind, ""), {}).get(name, {})
    return table


def _needs_two(offer: Any, config: Any) -> bool:
    """Whether a strategy says that one instrument is too few, and takes two."""
    try:
        offer.build(config, trial_context())
    except ConfigError:
        try:
            offer.build(config, trial_context(2))
        except Exception:  # the rule of building says so
            return False
        return True
    except Exception:  # likewise
        return False
    return False


def _transformer(
    offer: Any, config: Any, registry: Registry, given: Document, context: Context
) -> dict[str, Any]:
    """Find what feeds a strategy: its namesake, or the first that has the columns."""
    on_offer = registry.offers("transformer")
    for other in on_offer:
        if other.name.lower() == offer.name.lower():
            return {"transformer": other, "transformer_config": config}
    try:
        required = offer.build(config, context).requires
    except Exception:  # the rule of building says so
        return {}
    for other in on_offer if required else ():
        settings = _feeds(other, required, _table("transformer", other, given))
        if settings:
            return settings
    return {}


def _feeds(other: Any, required: frozenset[str], table: Document) -> dict[str, Any]:
    """Say how to use a transformer, if it can be built and has the columns."""
    try:
        config = guess_config(other.config, table).config
        columns = other.build(config, trial_context()).dtype.names
    except Exception:  # not usable here, for whatever reason: not the strategy's fault
        return {}
    return {"transformer": other, "transformer_config": config} if required <= set(columns) else {}

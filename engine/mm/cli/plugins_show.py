"""``mm plugins show``: what a part does, how to choose it, its options, and where it comes from."""

import argparse
import json
from collections.abc import Iterator
from typing import Final

import attrs

from mm.api import PluginError
from mm.config import Option, options
from mm.plugin_check import Offer
from mm.registry import Plugin, Registry, load_registry
from mm.suggest import closest

_CHOSEN_BY: Final = {
    "connector": 'data.connector = "{}"',
    "transformer": 'strategy.preprocessing = "{}"',
    "strategy": 'strategy.kind = "{}"',
    "fill model": 'execution.fill_model = "{}"',
    "latency model": 'execution.latency_model = "{}"',
    "fee model": 'execution.fee_model = "{}"',
    "quote model": "mm quotes --model {}",
    "sink": 'output.sinks = ["{}"]',
}
"""Kind of part -> how a user asks for it by name."""

_SIGNAL: Final = 'strategy.signals = ["{}"]'

_TABLE: Final = {
    "connector": "data",
    "transformer": "strategy.{lower}",
    "strategy": "strategy.{lower}",
    "fill model": "execution.{name}",
    "latency model": "execution.{name}",
    "fee model": "execution.{name}",
    "sink": "output.{name}",
}
"""Kind of part -> its table in a run file."""


@attrs.frozen(kw_only=True)
class Description:
    """All there is to say about one part."""

    kind: str
    name: str
    help: str
    package: str
    version: str
    plugin: str
    module: str
    chosen_by: str
    table: str
    """Empty: a run file has none for it."""
    options: tuple[Option, ...]


def run(args: argparse.Namespace) -> int:
    """Describe every part that the name stands for."""
    found = list(describe(load_registry(), args.name))
    if args.json:
        print(json.dumps([attrs.asdict(one) for one in found], indent=2, ensure_ascii=False))
    else:
        print("\n\n".join(as_text(one) for one in found))
    return 0


def describe(registry: Registry, name: str) -> Iterator[Description]:
    """Describe the parts of this name, of any kind; else all parts of the plugin of this name.

    Raises:
        PluginError: nothing usable is called so.
    """
    every = list(registry.parts())
    found = [part for part in every if part[2].name == name]
    found = found or [part for part in every if part[0].name == name]
    if not found:
        registry.require(name) if _is_plugin(registry, name) else _refuse(registry, name)
    for plugin, kind, offer in found:
        yield _description(plugin, kind, offer)


def _is_plugin(registry: Registry, name: str) -> bool:
    return any(plugin.name == name for plugin in registry.plugins)


def _refuse(registry: Registry, name: str) -> None:
    known = {text for plugin, _, offer in registry.parts() for text in (offer.name, plugin.name)}
    near = closest(name, known)
    hint = f"did you mean {near!r}?" if near else "see mm plugins for what there is"
    lost = "; ".join(map(str, registry.failures))
    raise PluginError(
        f"no part or plugin named {name!r}; {hint}"
        + (f"; not loaded: {lost}" if lost else "")
        + (f"; disabled: {', '.join(registry.disabled)}" if registry.disabled else "")
    )


def _description(plugin: Plugin, kind: str, offer: Offer) -> Description:
    found = tuple(options(offer.config))
    signal = kind == "transformer" and any(option.key == "weight" for option in found)
    chosen_by = _SIGNAL if signal else _CHOSEN_BY[kind]
    return Description(
        kind=kind,
        name=offer.name,
        help=offer.help,
        package=plugin.package,
        version=plugin.version,
        plugin=plugin.name,
        module=plugin.module,
        chosen_by=chosen_by.format(offer.name),
        table=_TABLE.get(kind, "").format(name=offer.name, lower=offer.name.lower()),
        options=found,
    )


def as_text(one: Description) -> str:
    """Lay a description out for a person."""
    lines = [f"{one.kind} {one.name}"]
    lines += [f"  {one.help}"] if one.help else []
    lines += [
        f"  from       {one.package} {one.version}, plugin {one.plugin}, module {one.module}",
        f"  chosen by  {one.chosen_by}",
        f"  [{one.table}]" if one.options else "  nothing to configure",
    ]
    return "\n".join([*lines, *_option_lines(one.options)])


def _option_lines(found: tuple[Option, ...]) -> Iterator[str]:
    """Give two lines an option: key, default, unit and type in columns; below, what it means."""
    rows = [(o.key, o.default_text, o.unit, o.type.replace("`", "")) for o in found]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for option, row in zip(found, rows, strict=True):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"    {'  '.join(cells).rstrip()}"
        yield f"        {option.help}"

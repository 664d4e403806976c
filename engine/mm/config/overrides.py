"""Settings from the command line: ``--set a.b.c=value`` and the flags that are short for it.

Knows nothing of which keys exist, only how a setting is written and whether it fits the document.
"""

import tomllib
from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal
from typing import Any, Final, TypeAlias

import attrs

from mm.config.scan import Keys, split_key

SHORTCUTS: Final[dict[str, Keys]] = {
    "output": ("output", "csv_path"),
    "symbol": ("strategy", "symbol"),
    "seed": ("engine", "seed"),
    "label": ("output", "label"),
}
"""Flag of the command line, without its dashes -> the key of the host's that it sets."""

CONNECTOR_FLAGS: Final = ("data", "url", "strict", "insecure")
"""Flags for keys of ``[data]`` that connectors declare with ``option(flag=…)``."""

Document: TypeAlias = dict[str, Any]


@attrs.frozen
class Override:
    """One key set from the command line."""

    path: Keys
    value: Any
    label: str
    """How the user said it, for messages."""


def parse_toml(text: str) -> Document:
    """Read TOML, keeping the exact decimal text of every number with a point or exponent."""
    return tomllib.loads(text, parse_float=Decimal)


def parse_override(text: str) -> Iterator[Override]:
    """Read ``a.b.c=value``: a TOML value, or else a bare string.

    A table as the value sets each key in it.

    Raises:
        ValueError: it is not of that form; the text is for the user.
    """
    key, equals, value = text.partition("=")
    path = split_key(key.strip())
    if not equals or path is None:
        raise ValueError(f"--set {text}: expected KEY=VALUE, such as strategy.symbol=XBTUSD")
    yield from _leaves(path, _value(value.strip()))


def shortcut(flag: str, value: Any) -> Override:
    """Return what a flag such as ``--seed 7`` sets."""
    return Override(SHORTCUTS[flag], value, f"--{flag}")


def apply_override(document: Document, override: Override) -> None:
    """Set the key in the document.

    Raises:
        ValueError: a table is where the value should go, or a value where a table should be, or
            the value is no text that a file can hold.
    """
    if isinstance(override.value, str) and not _is_unicode(override.value):
        raise ValueError(f"{override.label}: the value {override.value!r} is not UTF-8 text")
    table = document
    for depth, key in enumerate(override.path[:-1], 1):
        table = table.setdefault(key, {})
        if not isinstance(table, dict):
            raise ValueError(f"{override.label}: {'.'.join(override.path[:depth])} is not a table")
    old, name = table.get(override.path[-1]), ".".join(override.path)
    if isinstance(old, list) and any(isinstance(item, dict) for item in old):
        raise ValueError(f"{override.label}: the file has [[{name}]]; change it there")
    if isinstance(old, dict):
        raise ValueError(f"{override.label}: {name} is a table; set its keys one by one")
    table[override.path[-1]] = override.value


def _is_unicode(text: str) -> bool:
    """Whether the terminal handed over text, and not bytes smuggled in as surrogates."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _value(text: str) -> Any:
    try:
        document = parse_toml(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    # No key takes a date, and 2024-08-01 may be meant for output.date; a line end in the text
    # could have smuggled in a second key.
    if len(document) > 1 or isinstance(document["value"], date | time):
        return text
    return document["value"]


def _leaves(path: Keys, value: Any) -> Iterator[Override]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves((*path, key), inner)
    else:
        yield Override(path, value, f"--set {'.'.join(path)}")

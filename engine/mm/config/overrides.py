"""Settings from the command line: ``--set a.b.c=value`` and the flags that are short for it.

Knows nothing of which keys exist, only how a setting is written and whether it fits the document.
"""

import tomllib
from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal
from typing import Any, Final, TypeAlias

import attrs

from mm.config.scan import Keys, Path, split_key

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


def apply_override(document: Document, override: Override) -> Path:
    """Set the key in the document; return its path, in which a table of several has its number.

    Raises:
        ValueError: a table is where the value should go, or a value where a table should be, or
            there is no table with that number, or the value is no text that a file can hold.
    """
    if isinstance(override.value, str) and not _is_unicode(override.value):
        raise ValueError(f"{override.label}: the value {override.value!r} is not UTF-8 text")
    table: Any = document
    path: Path = ()
    for key in override.path[:-1]:
        table, path = _below(table, path, key, override.label)
    last = override.path[-1]
    if isinstance(table, list):
        number = _number(table, path, last, override.label)
        raise ValueError(
            f"{override.label}: {_text((*path, number))} is a table; set its keys one by one"
        )
    old, path = table.get(last), (*path, last)
    if is_tables(old):
        raise ValueError(
            f"{override.label}: the file has [[{_text(path)}]]; set a key of one of them, such as"
            f" {_text(path)}.0.{next(iter(old[0]), 'key')}"
        )
    if isinstance(old, dict):
        raise ValueError(f"{override.label}: {_text(path)} is a table; set its keys one by one")
    table[last] = override.value
    return path


def is_tables(value: Any) -> bool:
    """Whether it is what ``[[name]]`` makes."""
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def _below(table: Any, path: Path, key: str, label: str) -> tuple[Any, Path]:
    """Go into a table, made if it is not there, or into one of several by its number."""
    if isinstance(table, list):
        number = _number(table, path, key, label)
        found, path = table[number], (*path, number)
    else:
        found, path = table.setdefault(key, {}), (*path, key)
    if not isinstance(found, dict) and not is_tables(found):
        raise ValueError(f"{label}: {_text(path)} is not a table")
    return found, path


def _number(tables: list[Any], path: Path, key: str, label: str) -> int:
    name, last = _text(path), len(tables) - 1
    if key.isascii() and key.isdigit() and int(key) <= last:
        return int(key)
    which = f"{name}.0" if last == 0 else f"{name}.0 to {name}.{last}"
    raise ValueError(
        f"{label}: the file has no {name}.{key}; its [[{name}]] tables are numbered from 0, as"
        f" {which}"
    )


def _text(path: Path) -> str:
    return ".".join(str(one) for one in path)


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

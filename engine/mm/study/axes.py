"""Axes: keys of the run file with the values that each is to take, and the sets that they make.

``--vary strategy.avellaneda.gamma=0.1,0.2`` is an axis of two values; several axes make every
combination, the last axis moving fastest. Every set is checked before anything runs.
"""

import itertools
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs

from mm.api import ConfigError, UsageError
from mm.config import LoadedConfig, load_config
from mm.config.edit import toml_text
from mm.config.overrides import parse_override
from mm.registry import Registry


@attrs.frozen
class Axis:
    """A key and its values."""

    key: str
    values: tuple[Any, ...]


@attrs.frozen
class Set:
    """One combination: key -> value, in the order of the axes."""

    values: dict[str, Any]

    @property
    def overrides(self) -> list[str]:
        """As after ``--set``."""
        return [f"{key}={toml_text(value)}" for key, value in self.values.items()]

    @property
    def plain(self) -> dict[str, Any]:
        """The same with decimals as floats, as JSON has them."""
        return {k: float(v) if isinstance(v, Decimal) else v for k, v in self.values.items()}


def parse_axis(text: str) -> Axis:
    """Read ``KEY=a,b,c``: TOML values, or else bare strings; a list in brackets is one value.

    Raises:
        UsageError: it is not of that form, or a value stands there twice.
    """
    key, equals, rest = text.partition("=")
    pieces = _split(rest)
    if not equals or not key.strip() or not all(pieces):
        raise UsageError(
            f"--vary {text}: expected KEY=VALUE,VALUE…, such as strategy.avellaneda.gamma=0.1,0.2"
        )
    try:
        found = [list(parse_override(f"{key}={piece}")) for piece in pieces]
    except ValueError as error:
        raise UsageError(f"--vary {text}: {str(error).removeprefix('--set ')}") from error
    if any(len(one) != 1 for one in found):
        raise UsageError(f"--vary {text}: a table is no value; name each of its keys on its own")
    values = tuple(one[0].value for one in found)
    twice = [value for place, value in enumerate(values) if value in values[:place]]
    if twice:
        raise UsageError(f"--vary {text}: {twice[0]} stands there twice")
    return Axis(key.strip(), values)


def _split(text: str) -> list[str]:
    """Split at commas, but not within quotes or brackets."""
    pieces, depth, quote = [""], 0, ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter in "[{":
            depth += 1
        elif letter in "]}":
            depth -= 1
        elif letter == "," and depth == 0:
            pieces.append("")
            continue
        pieces[-1] += letter
    return [piece.strip() for piece in pieces]


def sets_of(axes: Sequence[Axis]) -> list[Set]:
    """Make every combination.

    Raises:
        UsageError: two axes vary one key.
    """
    keys = [axis.key for axis in axes]
    for place, key in enumerate(keys):
        if key in keys[:place]:
            raise UsageError(f"--vary {key}: is varied twice; give all its values at once")
    values = itertools.product(*(axis.values for axis in axes))
    return [Set(dict(zip(keys, combination, strict=True))) for combination in values]


def check_sets(
    path: Path, registry: Registry | None, overrides: Sequence[str], sets: Sequence[Set]
) -> list[LoadedConfig]:
    """Load the run file with each set in it.

    Raises:
        ConfigError: with every fault of any set, once.
        PluginError: as ``load_config`` does.
    """
    faults: dict[str, None] = {}
    loaded = []
    for one in sets:
        try:
            loaded.append(load_config(path, registry, [*overrides, *one.overrides]))
        except ConfigError as error:
            faults |= dict.fromkeys(str(error).split("\n"))
    if faults:
        raise ConfigError(*faults)
    return loaded

"""Axes: keys of the run file with the values that each is to take, and the sets that they make.

``--vary strategy.avellaneda.gamma=0.1,0.2`` is an axis of two values; several axes make every
combination, the last axis moving fastest. Every set is checked before anything runs.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs

from mm.api import ConfigError, UsageError
from mm.config import LoadedConfig, load_config
from mm.config.edit import toml_text
from mm.config.overrides import Override, parse_override
from mm.config.scan import split_key
from mm.registry import Registry


@attrs.frozen
class Axis:
    """A key and its values."""

    key: str
    values: tuple[Any, ...]
    where: str = attrs.field(default="--vary", eq=False)
    """How the user said it, for messages."""


@attrs.frozen
class Set:
    """One combination: key -> value, in the order of the axes."""

    values: dict[str, Any]
    where: dict[str, str] = attrs.field(factory=dict, eq=False)
    """Key -> how the user said it, for messages."""

    @property
    def overrides(self) -> list[Override]:
        """What it changes in the run file."""
        return [
            Override(split_key(key) or (key,), value, f"{self.where.get(key, '--vary')} {key}")
            for key, value in self.values.items()
        ]

    @property
    def texts(self) -> list[str]:
        """The same, as after ``--set``."""
        return [f"{key}={toml_text(value)}" for key, value in self.values.items()]

    @property
    def plain(self) -> dict[str, Any]:
        """The values with decimals as floats, as JSON has them."""
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
    refuse_twice(f"--vary {text}", values)
    return Axis(key.strip(), values)


def axes_of(vary: Mapping[str, Iterable[Any]]) -> list[Axis]:
    """Make axes of ``{"strategy.avellaneda.gamma": [0.1, 0.2]}``.

    Raises:
        UsageError: that is not what it is.
    """
    axes = []
    for key, values in vary.items():
        place = f"vary {key}"
        if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
            raise UsageError(f"{place}: {values!r}, expected a list of values, such as [0.1, 0.2]")
        # numpy's numbers write themselves otherwise than Python's
        values = [value.item() if hasattr(value, "item") else value for value in values]
        if not values:
            raise UsageError(f"{place}: no values, expected at least one")
        if split_key(key) is None:
            raise UsageError(f"{place}: expected a key, such as strategy.avellaneda.gamma")
        if any(isinstance(value, Mapping) for value in values):
            raise UsageError(f"{place}: a table is no value; name each of its keys on its own")
        refuse_twice(place, values)
        axes.append(Axis(key, tuple(values), "vary"))
    return axes


def refuse_twice(place: str, values: Sequence[Any]) -> None:
    """Refuse a value that an axis has twice.

    Raises:
        UsageError: there is one; ``place`` says where.
    """
    twice = [value for place, value in enumerate(values) if value in values[:place]]
    if twice:
        raise UsageError(f"{place}: {twice[0]} stands there twice")


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
    for place, axis in enumerate(axes):
        if axis.key in keys[:place]:
            raise UsageError(
                f"{axis.where} {axis.key}: is varied twice; give all its values at once"
            )
    where = {axis.key: axis.where for axis in axes}
    values = itertools.product(*(axis.values for axis in axes))
    return [Set(dict(zip(keys, combination, strict=True)), where) for combination in values]


def check_sets(
    path: Path,
    registry: Registry | None,
    overrides: Sequence[str],
    sets: Sequence[Set],
    text: str | None = None,
) -> list[LoadedConfig]:
    """Load the run file with each set in it.

    Args:
        path: of the run file.
        registry: as for ``load_config``.
        overrides: of every set.
        sets: what differs.
        text: what the file holds, if it is not to be read.

    Raises:
        ConfigError: with every fault of any set, once; or one is not for a replay.
        PluginError: as ``load_config`` does.
    """
    faults: dict[str, None] = {}
    loaded = []
    for one in sets:
        try:
            loaded.append(load_config(path, registry, [*overrides, *one.overrides], text=text))
        except ConfigError as error:
            faults |= dict.fromkeys(str(error).split("\n"))
    if faults:
        raise ConfigError(*faults)
    if not all(one.config.data.from_csv for one in loaded):
        raise UsageError(f"{path}: data.from_csv is false, expected a run file for a replay")
    return loaded

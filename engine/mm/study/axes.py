"""Axes: keys of the run file with what each is to be, and the sets that they make.

``--vary strategy.avellaneda.gamma=0.1,0.2`` is an axis of two values, ``…=loguniform(0.1,1)`` one
to draw from. Knows no sampler, and not which keys exist.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import attrs

from mm.api import UsageError
from mm.config.edit import key_text, leaves, toml_text
from mm.config.overrides import Override, parse_override
from mm.config.scan import split_key
from mm.study.spans import SHAPES, Span, spread

_SHAPED: Final = re.compile(r"\s*([a-z]+)\(([^()]*)\)\s*")


@attrs.frozen
class Axis:
    """A key with its values or the span to draw from; or a name for tables of keys."""

    key: str
    values: tuple[Any, ...]
    """Of tables, the labels; none of a span."""
    where: str = attrs.field(default="--vary", eq=False)
    """How the user said it, for messages."""
    span: Span | None = None
    tables: tuple[Mapping[str, Any], ...] | None = None
    """For each label, the keys that it sets."""

    def pick(self, share: float) -> Any:
        """Give the value at a share, 0 <= share < 1, of the axis."""
        if self.span is not None:
            return self.span.at(share)
        return self.values[int(share * len(self.values))]

    def overrides(self, value: Any) -> list[Override]:
        """What a value changes in the run file."""
        if self.tables is None:
            return [Override(split_key(self.key) or (self.key,), value, f"{self.where} {self.key}")]
        table = self.tables[self.values.index(value)]
        said = f"{self.where} {self.key} = {value}:"
        return [
            Override(path, one, f"{said} {key_text(path)}") for path, one in _paths(table, said)
        ]


@attrs.frozen
class Set:
    """One combination."""

    values: dict[str, Any]
    """Key, or name of tables, -> value or label, in the order of the axes."""
    overrides: tuple[Override, ...]
    """What it changes in the run file."""

    @property
    def texts(self) -> list[str]:
        """The overrides, as after ``--set``."""
        return [f"{key_text(one.path)}={toml_text(one.value)}" for one in self.overrides]

    @property
    def plain(self) -> dict[str, Any]:
        """The values with decimals as floats, as JSON has them."""
        return {k: float(v) if isinstance(v, Decimal) else v for k, v in self.values.items()}


def set_of(axes: Sequence[Axis], values: Sequence[Any]) -> Set:
    """Make a set of a value for each axis."""
    overrides = [
        one for axis, value in zip(axes, values, strict=True) for one in axis.overrides(value)
    ]
    return Set({a.key: v for a, v in zip(axes, values, strict=True)}, tuple(overrides))


def with_value(one: Set, axis: Axis, value: Any) -> Set:
    """Put a value of one more axis into a set."""
    return Set({**one.values, axis.key: value}, (*one.overrides, *axis.overrides(value)))


def refuse_two_axes(axes: Sequence[Axis]) -> None:
    """Refuse a key that two axes vary.

    Raises:
        UsageError: there is one.
    """
    seen: set[object] = set()
    for axis in axes:
        values = axis.values[:1] if axis.span is None else (axis.span.low,)
        keys = {one.path for value in values for one in axis.overrides(value)} | {axis.key}
        if keys & seen:
            raise UsageError(
                f"{axis.where} {axis.key}: is varied twice; give all its values at once"
            )
        seen |= keys


def parse_axis(text: str) -> Axis:
    """Read ``KEY=a,b,c``: TOML values, or else bare strings; a list in brackets is one value.

    Or ``KEY=linear(FROM,TO,COUNT)`` or ``log(…)``, as many values; or ``uniform(FROM,TO)``,
    ``loguniform(…)`` or ``integer(…)``, to draw from.

    Raises:
        UsageError: it is not of that form, or a value stands there twice.
    """
    key, equals, rest = text.partition("=")
    pieces = _split(rest)
    if not equals or split_key(key.strip()) is None or not all(pieces):
        raise UsageError(
            f"--vary {text}: expected KEY=VALUE,VALUE…, such as strategy.avellaneda.gamma=0.1,0.2"
        )
    key = key.strip()
    shaped = _SHAPED.fullmatch(rest)
    if shaped is not None and shaped[1] in SHAPES:
        return shaped_axis(key, shaped[1], shaped[2].split(","), "--vary", f"--vary {text}")
    found = [list(parse_override(f"{key}={piece}")) for piece in pieces]
    if any(len(one) != 1 for one in found):
        raise UsageError(f"--vary {text}: a table is no value; name each of its keys on its own")
    values = tuple(one[0].value for one in found)
    refuse_twice(f"--vary {text}", values)
    return Axis(key, values)


def shaped_axis(key: str, shape: str, numbers: Sequence[str], where: str, place: str) -> Axis:
    """Make an axis of ``log(0.1, 10, 5)`` and the like; ``place`` says where a fault is.

    Raises:
        UsageError: the numbers are not what the shape takes.
    """
    try:
        if shape in ("linear", "log"):
            return Axis(key, spread(shape, *numbers), where)
        return Axis(key, (), where, Span.of(shape, *numbers))
    except (TypeError, ValueError) as error:
        what = str(error) if isinstance(error, ValueError) else "not as many numbers"
        raise UsageError(f"{place}: {what}; expected {SHAPES[shape]}") from None


def axes_of(vary: Mapping[str, Iterable[Any] | str]) -> list[Axis]:
    """Make axes of ``{"strategy.avellaneda.gamma": [0.1, 0.2]}``.

    A text such as ``"loguniform(0.1, 1)"`` is one to draw from, see ``parse_axis``; a dict of
    dicts has tables of keys by their labels.

    Raises:
        UsageError: that is not what it is.
    """
    axes = []
    for key, values in vary.items():
        place = f"vary {key}"
        if split_key(key) is None:
            raise UsageError(f"{place}: expected a key, such as strategy.avellaneda.gamma")
        shaped = _SHAPED.fullmatch(values) if isinstance(values, str) else None
        if shaped is not None and shaped[1] in SHAPES:
            axes.append(shaped_axis(key, shaped[1], shaped[2].split(","), "vary", place))
        elif isinstance(values, Mapping) and all(isinstance(v, Mapping) for v in values.values()):
            axes.append(tables_axis(key, values, "vary", place))
        else:
            axes.append(Axis(key, tuple(_listed(place, values)), "vary"))
    return axes


def tables_axis(name: str, tables: Mapping[str, Any], where: str, place: str) -> Axis:
    """Make an axis of tables of keys by their labels; ``place`` says where a fault is.

    Raises:
        UsageError: they do not set the same keys, or there are none.
    """
    keys = [{path for path, _ in _paths(table, place)} for table in tables.values()]
    if not keys or not keys[0] or any(one != keys[0] for one in keys):
        raise UsageError(f"{place}: expected tables that all set the same keys")
    return Axis(name, tuple(tables), where, None, tuple(tables.values()))


def refuse_twice(place: str, values: Sequence[Any]) -> None:
    """Refuse a value that an axis has twice.

    Raises:
        UsageError: there is one; ``place`` says where.
    """
    twice = [value for number, value in enumerate(values) if value in values[:number]]
    if twice:
        raise UsageError(f"{place}: {twice[0]} stands there twice")


def _listed(place: str, values: Any) -> list[Any]:
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise UsageError(f"{place}: {values!r}, expected a list of values, such as [0.1, 0.2]")
    # numpy's numbers write themselves otherwise than Python's
    found = [value.item() if hasattr(value, "item") else value for value in values]
    if not found:
        raise UsageError(f"{place}: no values, expected at least one")
    if any(isinstance(value, Mapping) for value in found):
        raise UsageError(f"{place}: a table is no value; name each of its keys on its own")
    refuse_twice(place, found)
    return found


def _paths(table: Mapping[str, Any], place: str) -> list[tuple[tuple[str, ...], Any]]:
    """Each key of a table, whose keys may be dotted."""
    found = []
    for path, value in leaves(table):
        parts = [split_key(key) if "." in key else (key,) for key in path]
        if None in parts:
            raise UsageError(f"{place}: {'.'.join(path)} is no key")
        found.append((tuple(name for part in parts if part for name in part), value))
    return found


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

"""Configuration classes: is every option explained, and what could a usable configuration be?

Speaks of attrs classes and of values, as the host's own reader does; builds no part.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, Literal, get_args, get_origin

import attrs

from mm.api import ConfigError
from mm.config.overrides import Document
from mm.config.validation import FaultsError, check_key, optional_type, structure
from mm.testing.kit.findings import Verdict, broken, held

_BOUNDS: Final = ("gt", "ge", "lt", "le")
_NEAR: Final = 1e-9
"""How far inside an open bound a value is tried."""


@attrs.frozen
class Guess:
    """A configuration to try a part with."""

    config: Any
    guessed: Mapping[str, Any]
    """Required keys that nobody gave, and what was put there."""

    def __str__(self) -> str:
        return ", ".join(f"{key} = {value!r}" for key, value in self.guessed.items())


def guess_config(cls: type[Any], given: Document | None = None) -> Guess:
    """Make a configuration from defaults, what is given, and guesses at what is required.

    Args:
        cls: attrs class of the part's table.
        given: keys of the table that are set, as ``parse_toml`` gives them.

    Raises:
        ConfigError: a given key is unknown or has a wrong value.
    """
    table = dict(given or {})
    fields = attrs.fields(attrs.resolve_types(cls))
    guessed = {
        field.name: _guess(field)
        for field in fields
        if field.init and field.default is attrs.NOTHING and field.name not in table
    }
    try:
        return Guess(structure(cls, table | guessed), guessed)
    except FaultsError as error:
        faults = [f"{'.'.join(map(str, path))}: {text}" for path, text in error.faults]
        raise ConfigError(*faults) from error


def _guess(field: "attrs.Attribute[Any]") -> Any:
    """Guess a value: the first choice, or the number nearest to 1 within the bounds."""
    annotation: Any = optional_type(field.type) or field.type
    if "choices" in field.metadata:
        return field.metadata["choices"][0]
    if get_origin(annotation) is Literal:
        return get_args(annotation)[0]
    if get_origin(annotation) in (list, tuple):
        return [0.0 if get_args(annotation)[0] in (float, Decimal) else 0]
    if attrs.has(annotation):
        return {f.name: _guess(f) for f in attrs.fields(annotation) if f.default is attrs.NOTHING}
    if annotation is bool:
        return False
    if annotation in (int, float, Decimal):
        return _number(annotation, field.metadata)
    return "guessed"


def _number(kind: type[Any], bounds: Mapping[str, Any]) -> Any:
    low = bounds.get("ge", bounds.get("gt"))
    high = bounds.get("le", bounds.get("lt"))
    value = kind(1)
    if high is not None and not (value < high or ("le" in bounds and value == high)):
        value = kind(high) if "le" in bounds else (kind(low) + kind(high)) / 2 if low else kind(0)
    if low is not None and not (value > low or ("ge" in bounds and value == low)):
        value = kind(low) if "ge" in bounds else kind(low) + kind(1)
    return value


def explained(cls: type[Any]) -> Verdict:
    """Check that each option has its help, its unit, and a default that its own bounds allow."""
    faults = list(_faults("", cls))
    count = sum(1 for _ in _options("", cls))
    if not faults:
        return held(f"{count} options, each explained" if count else "nothing to configure")
    texts, changes = zip(*faults, strict=True)
    return broken("; ".join(texts), "; ".join(dict.fromkeys(changes)))


def _options(prefix: str, cls: type[Any]) -> Iterator[tuple[str, "attrs.Attribute[Any]"]]:
    """Every option with its name, those of nested tables after their table's."""
    for field in attrs.fields(attrs.resolve_types(cls)):
        if not field.init:
            continue
        yield prefix + field.name, field
        inner: Any = optional_type(field.type) or field.type
        if attrs.has(inner):
            yield from _options(f"{prefix}{field.name}.", inner)


def _faults(prefix: str, cls: type[Any]) -> Iterator[tuple[str, str]]:
    """(what is wrong, what to change)"""
    for name, field in _options(prefix, cls):
        if not field.metadata.get("help"):
            yield f"{name} has no help", "declare it with option(help=..., unit=...)"
        if _holds_floats(field.type) and not field.metadata.get("unit"):
            yield (
                f"{name} is a float without a unit",
                'say option(unit=...), such as "s", "price", "contracts"; "pure number" if it'
                " has none",
            )
    for field in attrs.fields(attrs.resolve_types(cls)):
        fault = _default_fault(cls, field)
        if fault:
            yield f"{prefix}{field.name}: its default {fault}", "give a default within its bounds"


def _holds_floats(annotation: Any) -> bool:
    inner = optional_type(annotation) or annotation
    arguments = get_args(inner)
    return inner is float or (get_origin(inner) in (list, tuple) and float in arguments)


def _default_fault(cls: type[Any], field: "attrs.Attribute[Any]") -> str | None:
    default: Any = field.default
    if not field.init or default is attrs.NOTHING or default is None:
        return None
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        default = default.factory()
    if attrs.has(type(default)):
        return next((text for text, _ in _faults("", type(default)) if "default" in text), None)
    try:
        check_key(cls, field.name, list(default) if isinstance(default, tuple) else default)
    except FaultsError as error:
        return error.faults[0][1]
    return None


def extremes(config: Any) -> Iterator[tuple[str, Any, Any]]:
    """Give (option, value, configuration) with one number at a time at a bound of its own."""
    for field in attrs.fields(attrs.resolve_types(type(config))):
        value = getattr(config, field.name)
        if attrs.has(type(value)):
            for name, bound, inner in extremes(value):
                yield f"{field.name}.{name}", bound, attrs.evolve(config, **{field.alias: inner})
            continue
        kind = optional_type(field.type) or field.type
        for bound in _at_bounds(kind, field.metadata) if kind in (int, float) else ():
            yield field.name, bound, attrs.evolve(config, **{field.alias: bound})


def _at_bounds(kind: type[Any], bounds: Mapping[str, Any]) -> list[Any]:
    """Values that are just allowed."""
    step = 1 if kind is int else _NEAR
    inward = {"gt": step, "ge": 0, "lt": -step, "le": 0}
    return [kind(bounds[name] + inward[name]) for name in _BOUNDS if name in bounds]

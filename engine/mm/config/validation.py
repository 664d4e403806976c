"""From parsed TOML to attrs classes, strictly, with every fault found.

cattrs says which rule goes with which type; the rules here are its own replaced, since those turn
"3" into 3, 2.9 into 2, 3 into "3", True into 1 and "abc" into ["a", "b", "c"] without a word.
Knows nothing of files, lines, or which tables exist.
"""

import math
import operator
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal, TypeAlias, TypeVar, Union, get_args, get_origin

import attrs
import cattrs

from mm.api import ConfigError
from mm.config.scan import Path
from mm.suggest import did_you_mean

T = TypeVar("T")
Fault: TypeAlias = tuple[Path, str]
"""Where, below the table asked about; and what."""

_INT64: Final = 2**63  # TOML's integers have 64 bits
_BOUNDS: Final[dict[str, tuple[str, Callable[[Any, Any], bool]]]] = {
    "gt": (">", operator.gt),
    "ge": (">=", operator.ge),
    "lt": ("<", operator.lt),
    "le": ("<=", operator.le),
}


class FaultsError(Exception):
    """Everything wrong with one value."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(*faults)
        self.faults = faults


def structure(cls: type[T], table: Any, also_known: Iterable[str] = ()) -> T:
    """Make an object of an attrs class from a table.

    Args:
        cls: every key of the table must be one of its fields, of exactly its type.
        table: as ``parse_toml`` gives it.
        also_known: names that a misspelt key may have meant beside the fields.

    Raises:
        FaultsError: all that are found.
    """
    made: T = _table(cls, table, also_known)
    return made


def check_key(cls: type[Any], key: str, value: Any) -> None:
    """Check one key's value as ``structure`` would.

    Raises:
        FaultsError: all that are found, below the key.
    """
    _field(getattr(attrs.fields(attrs.resolve_types(cls)), key), value)


def field_names(cls: type[Any]) -> list[str]:
    """Return the keys of an attrs class, in order."""
    return [field.name for field in attrs.fields(cls) if field.init]


def optional_type(annotation: Any) -> Any:
    """Return X for ``X | None``, else None."""
    arguments = get_args(annotation)
    if get_origin(annotation) not in (Union, types.UnionType) or type(None) not in arguments:
        return None
    return Union[tuple(a for a in arguments if a is not type(None))]  # noqa: UP007 - at run time


def _table(cls: type[Any], table: Any, also_known: Iterable[str] = ()) -> Any:
    if not isinstance(table, dict):
        raise _wrong("a table", table)
    fields = {field.name: field for field in attrs.fields(attrs.resolve_types(cls)) if field.init}
    known = [*fields, *also_known]
    faults: list[Fault] = [
        ((key,), f"unknown key{did_you_mean(key, known)}") for key in table if key not in fields
    ]
    values = {}
    for name, field in fields.items():
        if name in table:
            values[field.alias] = _collect(faults, name, _field, field, table[name])
        elif field.default is attrs.NOTHING:
            faults.append(((name,), f"required key is missing{_meaning(field)}"))
    if faults:
        raise FaultsError(*faults)
    try:
        return cls(**values)
    except (ValueError, ConfigError) as exc:  # a rule of the class about several of its fields
        raise FaultsError(((), str(exc))) from exc


def _meaning(field: "attrs.Attribute[Any]") -> str:
    return f" ({field.metadata['help']})" if field.metadata.get("help") else ""


def _collect(faults: list[Fault], name: str | int, rule: Any, *arguments: Any) -> Any:
    """Apply a rule; note its faults under ``name``."""
    try:
        return rule(*arguments)
    except FaultsError as exc:
        faults += [((name, *path), text) for path, text in exc.faults]


def _field(field: "attrs.Attribute[Any]", value: Any) -> Any:
    """Structure one field's value, and hold it to the field's constraints."""
    permitted = _permitted(field)
    try:
        made = _typed(value, field.type)
    except FaultsError as exc:
        hint = f"; it {permitted}" if permitted else ""
        faults = [(path, text if path else text + hint) for path, text in exc.faults]
        raise FaultsError(*faults) from exc
    constraints = field.metadata
    for name, (_, holds) in _BOUNDS.items():
        if name in constraints and made is not None and not holds(made, constraints[name]):
            raise FaultsError(((), f"{permitted}, was {made}"))
    if "choices" in constraints and made is not None:
        _choice(constraints["choices"], made)
    if "one_line" in constraints:
        _one_line(constraints["one_line"], made)
    return made


def _permitted(field: "attrs.Attribute[Any]") -> str:
    """Say what a number may be and in which unit: "must be >= 1 and <= 3600 s"; "" if anything.

    A unit that is no plain word stands in brackets: "must be > 0 [1/price]".
    """
    known = field.metadata
    bounds = [f"{sign} {known[name]}" for name, (sign, _) in _BOUNDS.items() if name in known]
    unit = known.get("unit", "")
    if unit and not unit.replace(" ", "").isalpha():
        unit = f"[{unit}]"
    if not bounds:
        return f"must be in {unit}" if unit else ""
    return " ".join(filter(None, ("must be", " and ".join(bounds), unit)))


def _typed(value: Any, annotation: Any) -> Any:
    try:
        return _CONVERTER.structure(value, annotation)
    except FaultsError:
        raise
    except Exception as exc:  # a type that only cattrs knows, so its message is all there is
        raise FaultsError(((), f"expected {annotation}, was {describe(value)} ({exc})")) from exc


def _choice(choices: Sequence[Any], value: Any) -> Any:
    if any(value == choice and type(value) is type(choice) for choice in choices):
        return value
    near = did_you_mean(value, map(str, choices)) if isinstance(value, str) else ""
    text = f"must be one of {', '.join(map(repr, choices))}, was {describe(value)}{near}"
    raise FaultsError(((), text))


def _one_line(longest: int, value: str) -> None:
    """Hold a text to what a cell of a table can show."""
    if len(value) > longest or not value.isprintable():
        was = f"{len(value)} characters" if value.isprintable() else ascii(value[:longest])
        text = f"must be one line of at most {longest} characters, none of control; was {was}"
        raise FaultsError(((), text))


def describe(value: Any) -> str:
    """Say what a TOML value is, for an error message."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return f"the integer {value}"
        case Decimal() | float():
            return f"the number {value}"
        case str():
            return f"the string {value!r}"
        case list():
            return "a list"
        case dict():
            return "a table"
    return f"the date or time {value}"


def _wrong(expected: str, value: Any) -> FaultsError:
    return FaultsError(((), f"expected {expected}, was {describe(value)}"))


def _integer(value: Any, _: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong("an integer", value)
    if not -_INT64 <= value < _INT64:
        raise _wrong("an integer of 64 bits", value)
    return value


def _float(value: Any, _: Any) -> float:
    if not isinstance(value, int | float | Decimal) or isinstance(value, bool):
        raise _wrong("a number", value)
    number = float(_integer(value, int) if isinstance(value, int) else value)
    if not math.isfinite(number):
        raise _wrong("a finite number", value)
    return number


def _decimal(value: Any, _: Any) -> Decimal:
    if not isinstance(value, int | Decimal | str) or isinstance(value, bool):
        raise _wrong("a decimal number", value)
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise _wrong("a decimal number", value) from None
    if not number.is_finite():
        raise _wrong("a finite decimal number", value)
    return number


def _string(value: Any, _: Any) -> str:
    if not isinstance(value, str):
        raise _wrong("a string", value)
    return value


def _boolean(value: Any, _: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong("true or false", value)
    return value


def _optional(annotation: Any) -> Callable[[Any, Any], Any]:
    inner = optional_type(annotation)
    return lambda value, _: None if value in (None, "") else _CONVERTER.structure(value, inner)


def _literal(annotation: Any) -> Callable[[Any, Any], Any]:
    return lambda value, _: _choice(get_args(annotation), value)


def _sequence(annotation: Any) -> Callable[[Any, Any], Any]:
    """Lists, and tuples of one type (``tuple[X, ...]``)."""
    item, *_ = get_args(annotation)
    make: Callable[[Iterable[Any]], Any] = tuple if get_origin(annotation) is tuple else list

    def hook(value: Any, _: Any) -> Any:
        if not isinstance(value, list):
            raise _wrong("a list", value)
        faults: list[Fault] = []
        made = [_collect(faults, n, _CONVERTER.structure, v, item) for n, v in enumerate(value)]
        if faults:
            raise FaultsError(*faults)
        return make(made)

    return hook


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(detailed_validation=False)
    rules: Mapping[type[Any], Callable[[Any, Any], Any]] = {
        int: _integer, float: _float, Decimal: _decimal, str: _string, bool: _boolean,
    }  # fmt: skip
    for cls, rule in rules.items():
        converter.register_structure_hook(cls, rule)
    factories: Sequence[tuple[Callable[[Any], bool], Callable[[Any], Any]]] = (
        (lambda a: get_origin(a) in (list, tuple, Sequence), _sequence),
        (lambda a: get_origin(a) is Literal, _literal),
        (lambda a: optional_type(a) is not None, _optional),
        (attrs.has, lambda cls: lambda value, _: _table(cls, value)),
    )
    for applies, factory in factories:
        converter.register_structure_hook_factory(applies, factory)
    return converter


_CONVERTER: Final = _converter()

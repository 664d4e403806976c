"""What a run file may hold, for editors (JSON Schema) and for people (a Markdown table).

Both are read off the same attrs classes that files are checked against, those of the installed
plugins included, so that they cannot say anything else.
"""

import types
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Literal, Union, get_args, get_origin

import attrs
import cattrs

from mm.alerts.quantities import QUANTITIES
from mm.config.alert import LISTS
from mm.config.edit import toml_text
from mm.config.layout import part_tables
from mm.config.tables import OWN_TABLES, TABLES, MarketTable
from mm.config.validation import optional_type
from mm.registry import Registry

_TYPES: Final[dict[Any, dict[str, Any]]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    Decimal: {"type": ["number", "string"]},
    str: {"type": "string"},
}
_BOUNDS: Final = {
    "gt": "exclusiveMinimum",
    "ge": "minimum",
    "lt": "exclusiveMaximum",
    "le": "maximum",
}
_HEAD: Final = ("| key | type | default | unit | meaning |", "|---|---|---|---|---|")
_MARKETS: Final = f"""\
## `[[market]]`

One of several markets of a run: its keys are below, and what differs from the tables above stands
in tables of its own, any of {", ".join(f"`[market.{name}]`" for name in OWN_TABLES)}.
A key there prevails over the same key above; the other tables are of the run. Markets are numbered
from 0, in messages too: `--set market.0.position.maker_fee=0`, or `--vary`, sets a key of the
first. With `[[market]]`, `strategy.symbol` is left out; `account.currency` names the currency in
which money is summed."""
_WORDS: Final = {bool: "boolean", int: "integer", float: "number", Decimal: "decimal", str: "text"}


@attrs.frozen(kw_only=True)
class Option:
    """One key that a table may hold."""

    key: str
    """Dotted after its table, for a table within it."""
    type: str
    """In words, with its bounds."""
    bounds: Mapping[str, Any]
    """Of gt, ge, lt, le: those there are."""
    required: bool
    default: Any
    """Plain data; None = none, or the option may be empty."""
    unit: str
    help: str

    @property
    def default_text(self) -> str:
        """The default as it would stand in a file."""
        return "required" if self.required else toml_text(self.default)


def json_schema(registry: Registry) -> dict[str, Any]:
    """Describe run files as JSON Schema, draft 2020-12."""
    tables = {name: _object(cls) for name, cls in TABLES.items()}
    for offer in registry.offers("connector"):
        for name, schema in _object(offer.config)["properties"].items():
            tables["data"]["properties"].setdefault(name, schema)
    for path, table in part_tables(registry).items():
        tables[path[0]]["properties"][path[1]] = _object(table.cls)
    for name, cls in LISTS.items():
        tables[name] = {"type": "array", "items": _object(cls)}
    tables["strategy"]["required"].remove("symbol")  # each market has its own, if there are tables
    tables["market"] = {"type": "array", "minItems": 1, "items": _market()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "mm run file",
        "type": "object",
        "properties": tables,
        "required": [name for name, table in tables.items() if "required" in table],
        "if": {"required": ["market"]},
        "else": {"properties": {"strategy": {"required": ["symbol"]}}},
        "additionalProperties": False,
    }


def _market() -> dict[str, Any]:
    """One of several markets: keys of its own, and tables that prevail over those of the run."""
    schema = _object(MarketTable)
    schema["properties"] |= {name: {"$ref": f"#/properties/{name}"} for name in OWN_TABLES}
    return schema


def reference_markdown(registry: Registry) -> str:
    """List every key of a run file: a Markdown table for each section, no key twice."""
    lines: list[str] = []
    for name, cls in TABLES.items():
        lines += [f"## `[{name}]`", "", *_HEAD, *_rows(name, cls)]
        for offer in registry.offers("connector") if name == "data" else ():
            lines += _rows(name, offer.config, f"{offer.name}: ")
        for path, table in part_tables(registry).items():
            lines += _rows(".".join(path), table.cls) if path[0] == name else []
        lines.append("")
    lines += [_MARKETS, "", *_HEAD, *_rows("market", MarketTable), ""]
    for name, cls in LISTS.items():
        lines += [f"## `[[{name}]]`", "", *_HEAD, *_rows(name, cls), ""]
    return "\n".join([*lines, *_quantities()])


def _quantities() -> Iterator[str]:
    """List what ``alert.when`` may ask about."""
    yield from ("| quantity | unit | meaning |", "|---|---|---|")
    for name, found in QUANTITIES.items():
        yield f"| `{name}` | {found.unit} | {found.help} |"
    yield ""


def _fields(cls: type[Any]) -> Iterator["attrs.Attribute[Any]"]:
    return (field for field in attrs.fields(attrs.resolve_types(cls)) if field.init)


def _object(cls: type[Any]) -> dict[str, Any]:
    required = [field.name for field in _fields(cls) if field.default is attrs.NOTHING]
    return {
        "type": "object",
        "properties": {field.name: _property(field) for field in _fields(cls)},
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }


def _property(field: "attrs.Attribute[Any]") -> dict[str, Any]:
    schema = _type_schema(field.type)
    schema |= {_BOUNDS[k]: bound for k, bound in field.metadata.items() if k in _BOUNDS}
    if "choices" in field.metadata:
        schema["enum"] = list(field.metadata["choices"])
    if optional_type(field.type) is not None:
        schema = _or_empty(schema)
    unit = f" [{field.metadata['unit']}]" if field.metadata.get("unit") else ""
    schema["description"] = f"{field.metadata.get('help', '')}{unit}"
    if not _has_table(field.type) and field.default is not attrs.NOTHING:
        default = _default(field)
        schema["default"] = "" if default is None else default
    return schema


def _type_schema(annotation: Any) -> dict[str, Any]:
    inner = optional_type(annotation) or annotation
    if attrs.has(inner):
        return _object(inner)
    if get_origin(inner) is Literal:
        return {"enum": list(get_args(inner))}
    if get_origin(inner) in (list, tuple, Sequence):
        return {"type": "array", "items": _type_schema(get_args(inner)[0])}
    return dict(_TYPES.get(inner, {}))


def _or_empty(schema: dict[str, Any]) -> dict[str, Any]:
    """Let an optional key also be the empty string, which means: not given."""
    return schema if schema == {"type": "string"} else {"anyOf": [schema, {"const": ""}]}


def _has_table(annotation: Any) -> bool:
    return attrs.has(optional_type(annotation) or annotation)


def _default(field: "attrs.Attribute[Any]") -> Any:
    """Return a field's default as plain data; a decimal as a string, which keeps it exact."""
    default: Any = field.default
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        default = default.factory()
    plain = cattrs.unstructure(default)
    return str(plain) if isinstance(plain, Decimal) else plain


def options(cls: type[Any], prefix: str = "") -> Iterator[Option]:
    """Describe every key of a table's class, those of tables within it by dotted names."""
    for field in _fields(cls):
        inner: Any = optional_type(field.type) or field.type
        if attrs.has(inner):
            yield from options(inner, f"{prefix}{field.name}.")
            continue
        meta, required = field.metadata, field.default is attrs.NOTHING
        yield Option(
            key=prefix + field.name,
            type=_type_text(field),
            bounds={name: meta[name] for name in _BOUNDS if name in meta},
            required=required,
            default=None if required else _default(field),
            unit=meta.get("unit", ""),
            help=meta.get("help", ""),
        )


def _rows(table: str, cls: type[Any], owner: str = "") -> Iterator[str]:
    for one in options(cls, f"{table}."):
        default = "required" if one.required else f"`{one.default_text}`"
        cells = (f"`{one.key}`", one.type, default, one.unit, owner + one.help)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _type_text(field: "attrs.Attribute[Any]") -> str:
    """Name a type in words, with its bounds."""
    inner = optional_type(field.type) or field.type
    signs = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
    bounds = [f"{sign} {field.metadata[k]}" for k, sign in signs.items() if k in field.metadata]
    choices = field.metadata.get("choices") or (
        get_args(inner) if get_origin(inner) is Literal else ()
    )
    if choices:
        return " or ".join(f'`"{choice}"`' for choice in choices)
    words = _word(inner)
    words += " or empty" if optional_type(field.type) is not None else ""
    return ", ".join([words, *bounds])


def _word(annotation: Any) -> str:
    if get_origin(annotation) in (list, tuple, Sequence):
        return f"list of {_word(get_args(annotation)[0])}"
    if get_origin(annotation) in (Union, types.UnionType):
        return " or ".join(_word(argument) for argument in get_args(annotation))
    return _WORDS.get(annotation, str(annotation))

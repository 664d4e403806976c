"""Put values into a TOML text and leave everything else in it as it was, byte for byte.

tomlkit's own tables are not used for this: with dotted keys, tables out of order, or a comment
above the next header, adding a key through them moves comments or changes the document's meaning
(tomlkit 0.15; a test shows it). It does write the strings. Knows nothing of what the keys mean.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import attrs
import tomlkit

from mm.config.scan import Keys, Path, Scan, scan

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


@attrs.frozen(order=True)
class _Edit:
    """Replace ``text[start:end]``; at one place, keys come before new tables."""

    start: int
    new_table: bool
    number: int
    end: int = attrs.field(order=False)
    text: str = attrs.field(order=False)


def set_values(text: str, values: Mapping[Any, Any], comment: str = "") -> str:
    """Return ``text`` with each key set to its value, replaced in place or added to its table.

    Args:
        text: valid TOML with ``\\n`` line ends.
        values: by path; no path runs through a key that holds a plain value or an array.
        comment: put behind each added line; there is no room for one in an inline table.
    """
    places = scan(text)
    remark = f"  # {comment}" if comment else ""
    edits = []
    new_tables: dict[Path, list[str]] = {}
    for number, (path, value) in enumerate(values.items()):
        edit = _in_place(places, number, path, toml_text(value), remark)
        if edit is not None:
            edits.append(edit)
        else:
            line = f"{key_text(path[-1:])} = {toml_text(value)}{remark}\n"
            new_tables.setdefault(path[:-1], []).append(line)
    for number, (table, lines) in enumerate(new_tables.items()):
        edits.append(_new_table(places, number, table, lines))
    return _apply(text, edits)


def toml_text(value: Any) -> str:
    """Write a value as TOML; None becomes the empty string, which optional keys read as None."""
    match value:
        case None:
            return '""'
        case bool():
            return "true" if value else "false"
        case Decimal():
            text = str(value).lower()  # stays a float of TOML's, though 1.50e2 prints as 150
            return f"{text}.0" if text.lstrip("-").isdigit() else text.replace("inity", "")
        case int() | float():
            return repr(value)
        case list() | tuple():
            return f"[{', '.join(toml_text(item) for item in value)}]"
        case Mapping():
            pairs = [f"{key_text((k,))} = {toml_text(v)}" for k, v in value.items()]
            return "{" + ", ".join(pairs) + "}"
    return tomlkit.string(str(value)).as_string()


def run_file_text(content: Mapping[str, Any]) -> str:
    """Write nested tables, whose keys may be dotted, as a run file."""
    dotted = {tuple(".".join(path).split(".")): value for path, value in leaves(content)}
    return set_values("", dotted)


def key_text(path: Iterable[str | int]) -> str:
    """Write a dotted key, with quotes where TOML wants them."""
    parts = (str(part) for part in path)
    return ".".join(p if _BARE.fullmatch(p) else tomlkit.string(p).as_string() for p in parts)


def leaves(
    table: Mapping[str, Any], path: Keys = (), *, numbered: bool = False
) -> Iterator[tuple[Keys, Any]]:
    """Every key of nested tables that holds no table, with its path.

    ``numbered``: of tables in a list, too, as ``--set`` names them: by their numbers from 0.
    """
    for key, value in table.items():
        if numbered and isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
            tables = {str(number): one for number, one in enumerate(value)}
            yield from leaves(tables, (*path, key), numbered=True)
        elif isinstance(value, Mapping):
            yield from leaves(value, (*path, key), numbered=numbered)
        else:
            yield (*path, key), value


def _in_place(places: Scan, number: int, path: Path, value: str, remark: str) -> _Edit | None:
    """Find the place for a key: its present value, or the table it belongs to."""
    if path in places.values:
        old = places.values[path]
        return _Edit(old.start, False, number, old.end, value)
    for depth in range(len(path) - 1, 0, -1):  # inline tables are closed: nothing goes around
        around = places.values.get(path[:depth])
        if around is not None:
            comma = "" if around.empty else ", "
            around.empty = False
            text = f"{comma}{key_text(path[depth:])} = {value}"
            return _Edit(around.last, False, number, around.last, text)
    table = path[:-1]
    for section in places.sections:
        if section.path == table or table in section.dotted:
            line = f"{key_text(path[len(section.path) :])} = {value}{remark}"
            text = f"\n{line}" if section.end else f"{line}\n"
            at = section.end and places.line_end(section.end)
            return _Edit(at, False, number, at, text)
    return None


def _new_table(places: Scan, number: int, table: Path, lines: list[str]) -> _Edit:
    """Put a new table behind the last section of its family, or at the end.

    The family of one of several tables are its own sections: a header is of the newest above it.
    """
    depth = max((n for n, key in enumerate(table, 1) if isinstance(key, int)), default=1)
    family = [s for s in places.sections if s.path and s.path[:depth] == table[:depth]]
    last = (family or places.sections)[-1]
    at = places.line_end(last.end) if family else len(places.text)
    header = key_text(key for key in table if isinstance(key, str))
    body = f"[{header}]\n{''.join(lines)}"
    return _Edit(at, True, number, at, f"\n\n{body.rstrip()}" if family else f"\n{body}")


def _apply(text: str, edits: list[_Edit]) -> str:
    out = []
    at = 0
    for edit in sorted(edits):
        out += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join([*out, text[at:]])

"""Finding and changing values in TOML texts of every shape."""

import tomllib
from decimal import Decimal
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from mm.config.edit import key_text, set_values, toml_text
from mm.config.scan import scan

KEYS = st.sampled_from(["a", "b-c", "d_1", "7", "e f", "g.h", 'q"', "é", ""])
SCALARS = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
)
LEAVES = SCALARS | st.lists(SCALARS, max_size=3)
TABLES = st.recursive(
    st.dictionaries(KEYS, LEAVES, max_size=3),
    lambda inner: st.dictionaries(KEYS, inner | LEAVES, max_size=3),
    max_leaves=8,
)


class Writer:
    """Writes a document in every style TOML has, noting the line of each key."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.lines: list[str] = []
        self.places: dict[tuple[str | int, ...], int] = {}

    def document(self, table: dict[str, Any]) -> str:
        self.entries((), (), table)
        end: str = self.draw(st.sampled_from(["", "\n", "\n# end"]))
        return "\n".join(self.lines) + end

    def entries(self, section: tuple[str, ...], path: tuple[str, ...], table: Any) -> None:
        """Write what can stand in lines of this section; then the tables with headers."""
        own_headers = []
        for key, value in table.items():
            here = (*path, key)
            style = self.draw(st.sampled_from(["inline", "dotted", "header"]))
            if isinstance(value, dict) and style == "dotted" and value:
                self.dotted(section, here, value)
            elif isinstance(value, dict) and style == "header":
                own_headers.append((here, value))
            else:
                self.line(here, f"{key_text(here[len(section) :])} = {self.value(value)}")
        for here, value in own_headers:
            self.line(here, f"[ {key_text(here)} ]")
            self.entries(here, here, value)

    def dotted(self, section: tuple[str, ...], path: tuple[str, ...], table: Any) -> None:
        for key, value in table.items():
            here = (*path, key)
            if isinstance(value, dict) and value:
                self.dotted(section, here, value)
            else:
                self.line(here, f"{key_text(here[len(section) :])} = {self.value(value)}")

    def value(self, value: Any) -> str:
        if isinstance(value, str) and '"""' not in value and self.draw(st.booleans()):
            body = toml_text(value)[1:-1].replace("\\n", "\n")
            return f'"""\n{body}"""'
        if isinstance(value, list) and value and self.draw(st.booleans()):
            return "[\n  " + ", # ]\n  ".join(map(toml_text, value)) + ",\n]"
        return toml_text(value)

    def line(self, path: tuple[str, ...], text: str) -> None:
        if self.draw(st.booleans()):
            self.lines += ["", "# a remark = [1"]
        number = sum(line.count("\n") + 1 for line in self.lines) + 1
        for length in range(1, len(path) + 1):
            self.places.setdefault(path[:length], number)
        self.lines.append(text + self.draw(st.sampled_from(["", " # why", "\t"])))


def leaves(table: dict[str, Any], path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    out: dict[tuple[str, ...], Any] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            out |= leaves(value, (*path, key))
        else:
            out[*path, key] = value
    return out


@given(st.data(), TABLES)
def test_the_line_of_every_key_is_found(data: st.DataObject, table: dict[str, Any]) -> None:
    writer = Writer(data.draw)
    text = writer.document(table)
    assert tomllib.loads(text) == table
    found = scan(text).lines
    assert {path: found[path] for path in writer.places} == writer.places


@given(st.data(), TABLES, TABLES)
def test_setting_values_changes_them_and_nothing_else(
    data: st.DataObject, table: dict[str, Any], wanted: dict[str, Any]
) -> None:
    text = Writer(data.draw).document(table)
    values = {path: value for path, value in leaves(wanted).items() if fits(table, path)}
    for path, value in values.items():
        put(table, path, value)
    assert tomllib.loads(set_values(text, values, "new")) == table


def fits(table: Any, path: tuple[str, ...]) -> bool:
    """Whether a value can go here: no table in its place, no plain value on the way."""
    for key in path[:-1]:
        table = table.get(key, {})
        if not isinstance(table, dict):
            return False
    return not isinstance(table.get(path[-1]), dict)


def put(table: Any, path: tuple[str, ...], value: Any) -> None:
    for key in path[:-1]:
        table = table.setdefault(key, {})
    table[path[-1]] = value


def test_items_of_arrays_and_of_arrays_of_tables_have_lines() -> None:
    found = scan("a = [\n  1,\n  {b = 2},\n]\n[[t]]\nx = 1\n[t.u]\ny = 1\n[[t]]\nx = 2\n").lines
    assert found["a", 0] == 2
    assert found["a", 1, "b"] == 3
    assert found["t", 0, "u", "y"] == 8
    assert found["t", 1, "x"] == 10


def test_a_time_with_a_space_in_it_is_one_value() -> None:
    assert scan("a = 2024-08-01 00:00:00Z\nb = 1\n").lines["b",] == 2


def test_comments_and_blank_lines_stay_where_they_were() -> None:
    text = "# top\n[a]\nb = 1  # why\n\n# about c\n[c]\nd = 2\n"
    values: dict[tuple[str, ...], Any] = {("a", "b"): 5, ("a", "e"): None, ("f", "g"): "x"}
    assert set_values(text, values, "default") == (
        '# top\n[a]\nb = 5  # why\ne = ""  # default\n\n# about c\n[c]\nd = 2\n'
        '\n[f]\ng = "x"  # default\n'
    )


def test_keys_are_added_to_inline_tables_and_beside_dotted_keys() -> None:
    text = "a.b = 1\nc = {}\n"
    values = {("a", "d"): 2, ("c", "e"): 3, ("c", "f", "g"): 4}
    assert set_values(text, values) == "a.b = 1\nc = {e = 3, f.g = 4}\na.d = 2\n"


def test_a_decimal_is_written_as_a_number_with_a_point_or_exponent() -> None:
    assert toml_text(Decimal("1.50e2")) == "150.0"
    assert toml_text(Decimal("0.10")) == "0.10"
    assert toml_text(Decimal("1e30")) == "1e+30"


TABLES_WITH_REMARKS = "[a]\nx = 1\n\n# about b\n[b]\ny = 2\n"


def test_a_key_is_added_above_the_remark_on_the_next_table() -> None:
    added = set_values(TABLES_WITH_REMARKS, {("a", "z"): 3})
    assert added == "[a]\nx = 1\nz = 3\n\n# about b\n[b]\ny = 2\n"


@pytest.mark.xfail(strict=True, reason="tomlkit 0.15 takes the remark for a part of [a]")
def test_tomlkit_would_add_it_there_too() -> None:
    """Why ``mm.config.edit`` is not left to tomlkit; once this passes, it can be."""
    document = tomlkit.parse(TABLES_WITH_REMARKS)
    document["a"]["z"] = 3
    assert tomlkit.dumps(document) == set_values(TABLES_WITH_REMARKS, {("a", "z"): 3})

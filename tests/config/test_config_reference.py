"""The schema and the reference table say what the checks do."""

from mm.config import json_schema, reference_markdown
from mm.registry import Registry


def test_the_schema_describes_types_bounds_choices_and_defaults(registry: Registry) -> None:
    strategy = json_schema(registry)["properties"]["strategy"]
    assert strategy["properties"]["symbol"]["type"] == "string"
    assert strategy["properties"]["max_block"] == {
        "type": "integer",
        "minimum": 1,
        "description": "Most decisions taken in one go; changes speed only, 1 = one by one. "
        "[decisions]",
        "default": 256,
    }
    quoter = strategy["properties"]["avellaneda"]["properties"]
    assert quoter["gamma"] == {
        "type": "number",
        "exclusiveMinimum": 0,
        "description": "Aversion. [1/price]",
    }
    assert quoter["style"]["enum"] == ["calm", "Keen"]
    assert quoter["mode"]["enum"] == ["a", "b"]
    assert quoter["step"]["type"] == ["number", "string"]
    assert quoter["levels"]["items"] == {"type": "number"}
    assert quoter["levels"]["default"] == [1.0, 2.5]
    assert quoter["vol"]["properties"]["window_len"]["minimum"] == 1


def test_an_optional_key_may_be_the_empty_string_in_the_schema(registry: Registry) -> None:
    tables = json_schema(registry)["properties"]
    assert tables["position"]["properties"]["maker_fee"]["anyOf"][1] == {"const": ""}
    assert tables["data"]["properties"]["book_csv"]["type"] == "string"


def test_a_symbol_is_of_the_strategy_or_of_each_market(registry: Registry) -> None:
    schema = json_schema(registry)
    assert schema["if"] == {"required": ["market"]}
    assert schema["else"]["properties"]["strategy"]["required"] == ["symbol"]
    assert schema["properties"]["strategy"]["required"] == []
    market = schema["properties"]["market"]["items"]
    assert market["required"] == ["symbol"]
    assert market["properties"]["execution"] == {"$ref": "#/properties/execution"}
    assert "strategy" not in market["properties"]


def test_the_schema_has_the_tables_of_all_installed_parts(registry: Registry) -> None:
    schema = json_schema(registry)
    tables = dict(schema["properties"])
    tables.pop("market")
    assert {"avellaneda", "other", "plain"} <= set(tables["strategy"]["properties"])
    assert {"queue", "pair"} <= set(tables["execution"]["properties"])
    assert {"csv", "pair"} <= set(tables["output"]["properties"])
    assert {"tardis_root", "port"} <= set(tables["data"]["properties"])
    assert schema["required"] == ["strategy"]
    objects = [table.get("items", table) for table in tables.values()]
    assert not any(table["additionalProperties"] for table in objects)
    assert tables["alert"]["type"] == "array"


def test_the_reference_has_one_row_for_each_key(registry: Registry) -> None:
    text, quantities = reference_markdown(registry).split("| quantity |")
    assert "| `silence_s` | s | Time since the latest market data came. |" in quantities
    lines = text.splitlines()
    keys = [line.split("`")[1] for line in lines if line.startswith("| `")]
    assert len(keys) == len(set(keys))
    assert {"strategy.avellaneda.vol.window_len", "data.port", "output.pair.high"} <= set(keys)
    assert "| `strategy.symbol` | text | required |  | Instrument, as it is called" in "\n".join(
        lines
    )
    assert '| `strategy.avellaneda.style` | `"calm"` or `"Keen"` | `"calm"` |  | Manner. |' in lines
    assert '| `strategy.avellaneda.step` | decimal, > 0 | `"0.10"` |  | Step. |' in lines
    assert "| `execution.latency_ms` | number, ≥ 0, ≤ 60000 | `0.0` | ms | From our" in "\n".join(
        lines
    )

"""BitMEX's message forms, against what was captured of the real ones."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm_bitmex.mock.contract import contract_of, next_funding
from mm_bitmex.mock.ground_truth import Level
from mm_bitmex.mock.wire import Wire, error, iso, java_number, script_number, unrecognized

OLD, NEW = Wire("2021"), Wire("2026")
LEVEL: Level = (8793540000, "Sell", 100, 64600.0, 0)
XBTUSD = contract_of("XBTUSD", ["64600"], [100])


@pytest.mark.parametrize(
    ("value", "java", "script"),
    [
        (32000.0, "32000.0", "32000"),
        (64600.1, "64600.1", "64600.1"),
        (0.0001, "1.0E-4", "0.0001"),
        (3.0000000000000003e-4, "3.0000000000000003E-4", "0.00030000000000000003"),
        (9.9999999e-4, "9.9999999E-4", "0.00099999999"),
        (12345678.0, "1.2345678E7", "12345678"),
        (-1e-5, "-1.0E-5", "-1e-05"),
        (0.0, "0.0", "0"),
    ],
)
def test_numbers_are_printed_as_the_year_did(value: float, java: str, script: str) -> None:
    assert (java_number(value), script_number(value)) == (java, script)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_printed_number_reads_back_as_itself(value: float) -> None:
    assert json.loads(java_number(value)) == value
    assert json.loads(script_number(value)) == value


@pytest.mark.parametrize(
    ("action", "old", "new"),
    [
        ("insert", "symbol id side size price", "symbol id side size price"),
        ("update", "symbol id side size", "symbol id side size price"),
        ("delete", "symbol id side", "symbol id side price"),
    ],
)
def test_a_level_has_the_columns_of_its_year(action: str, old: str, new: str) -> None:
    stamps = "timestamp transactTime pool"
    row = json.loads(OLD.level("XBTUSD", action, LEVEL, "s", "c"))
    assert list(row) == old.split()
    row = json.loads(NEW.level("XBTUSD", action, LEVEL, "s", "c"))
    assert list(row) == f"{new} {stamps}".split()
    assert (row["timestamp"], row["transactTime"], row["pool"]) == ("s", "c", "Aggregated")


def test_ids_of_2021_follow_from_the_price() -> None:
    assert XBTUSD.derived_id(64600.5) == 8_800_000_000 - 100 * 64600.5


def test_an_inverse_trade_is_worth_what_captured_rows_say() -> None:
    assert XBTUSD.gross_value(100, 64600.0) == round(1e10 / 64600)


@pytest.mark.parametrize(
    ("wire", "has", "lacks"),
    [(OLD, {"limit"}, {"appName"}), (NEW, {"appName", "heartbeatEnabled"}, {"limit"})],
    ids=["2021", "2026"],
)
def test_the_welcome_has_the_keys_of_its_year(wire: Wire, has: set[str], lacks: set[str]) -> None:
    welcome = json.loads(wire.welcome(1_722_470_400_150_999, 39))
    assert welcome["timestamp"] == "2024-08-01T00:00:00.150Z"
    assert {"info", "version", "docs"} | has <= set(welcome)
    assert not lacks & set(welcome)


def test_an_acknowledgement_echoes_the_whole_request() -> None:
    request = {"op": "subscribe", "args": ["trade:XBTUSD", "quote:XBTUSD"]}
    expected: dict[str, Any] = {"success": True, "subscribe": "trade:XBTUSD", "request": request}
    assert json.loads(OLD.ack("subscribe", "trade:XBTUSD", request)) == expected
    expected["pool"] = "Aggregated"
    assert json.loads(NEW.ack("subscribe", "trade:XBTUSD", request)) == expected


def test_a_partial_says_keys_types_and_filter() -> None:
    old = json.loads(OLD.partial("orderBookL2", "XBTUSD", []))
    new = json.loads(NEW.partial("orderBookL2", "XBTUSD", []))
    assert old["keys"] == new["keys"] == ["symbol", "id", "side"]
    assert old["filter"] == {"symbol": "XBTUSD"}
    assert new["filter"] == {"pool": "Aggregated", "symbol": "XBTUSD"}
    assert {"foreignKeys", "attributes"} <= set(old)
    assert not {"foreignKeys", "attributes"} & set(new)
    assert {"timestamp", "transactTime", "pool"} <= set(new["types"])
    assert json.loads(NEW.partial("instrument", "", []))["filter"] == {}


def test_errors_have_status_text_meta_and_request() -> None:
    found = json.loads(error(429, "slow down", {"op": "x"}, retryAfter=1))
    assert found == {
        "status": 429, "error": "slow down", "meta": {"retryAfter": 1}, "request": {"op": "x"},
    }  # fmt: skip
    assert json.loads(unrecognized())["request"] == {}


def test_funding_is_paid_at_four_twelve_and_twenty() -> None:
    day = 1_722_470_400_000_000
    hours = [iso(next_funding(day + h * 3_600_000_000))[11:13] for h in (0, 4, 11, 12, 20)]
    assert hours == ["04", "12", "12", "20", "04"]

"""The exchange's listing: tick, lot and worth of a contract, or a sentence why not."""

from decimal import Decimal
from typing import Any

import pytest

from mm.api import ConfigError, DataError, MMError
from mm_bitmex.instrument import find_listing

XBTUSD = {
    "symbol": "XBTUSD", "state": "Open", "tickSize": 0.1, "lotSize": 100, "isInverse": True,
    "isQuanto": False, "multiplier": -100000000, "settlCurrency": "XBt",
}  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "contract_type", "multiplier"),
    [
        ({}, "Inverse", 1.0),
        ({"isInverse": False, "isQuanto": True, "multiplier": 100}, "Quanto", 1e-6),
        ({"isInverse": False, "multiplier": 1, "settlCurrency": "USDt"}, "Linear", 1e-6),
        ({"isInverse": False, "multiplier": 100000, "settlCurrency": "USDt"}, "Linear", 0.1),
        ({"settlCurrency": "DOGe"}, "Inverse", None),
    ],
    ids=["XBTUSD", "ETHUSD", "XBTUSDT", "TRXUSDT", "unknown currency"],
)
def test_a_contract_is_worth_its_multiplier_in_whole_units_of_what_settles_it(
    columns: dict[str, Any], contract_type: str, multiplier: float | None
) -> None:
    found = find_listing([XBTUSD | columns], "XBTUSD")
    assert (found.contract_type, found.multiplier) == (contract_type, multiplier)


def test_steps_are_exact_decimals() -> None:
    found = find_listing([XBTUSD | {"tickSize": 1.0e-5, "lotSize": 1000.0}], "XBTUSD")
    assert (str(found.tick_size), str(found.lot_size)) == ("0.00001", "1000")
    assert found.tick_size == Decimal("0.00001")


@pytest.mark.parametrize(
    ("answer", "error", "part"),
    [
        ([], ConfigError, "'XBTUSD', which the exchange does not list"),
        ([XBTUSD | {"state": "Settled"}], ConfigError, "which is settled at the exchange"),
        ([XBTUSD | {"tickSize": None}], DataError, "tickSize is 'None', expected a number"),
        ([XBTUSD | {"lotSize": True}], DataError, "set [instrument] lot_size"),
        ([XBTUSD | {"tickSize": 0}], DataError, "expected a number above zero"),
        ([XBTUSD | {"tickSize": float("nan")}], DataError, "expected a number above zero"),
        ({"error": {"message": "Not Found", "name": "HTTPError"}}, DataError, "'Not Found'"),
        ("<html>", DataError, "expected a list of rows"),
        ([1], DataError, "check data.rest_url, or set [instrument] tick_size"),
    ],
)
def test_an_answer_without_the_instrument_says_what_to_do(
    answer: Any, error: type[MMError], part: str
) -> None:
    with pytest.raises(error) as caught:
        find_listing(answer, "XBTUSD")
    assert part in str(caught.value)

"""What a contract is, from the exchange's own listing (GET /api/v1/instrument).

A pure function of the parsed JSON; fetching it is somebody else's. Null columns are left out by the
exchange since 2023, so any may be absent.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import attrs

from mm.api import ConfigError, ContractType, DataError
from mm_bitmex.frames import shown

_MINOR_UNITS: Final = {"XBt": 10**8, "USDt": 10**6, "gwei": 10**9}
"""Settlement currency to its minor units in one: satoshi, 1e-6 USDT, 1e-9 ETH."""

OVER: Final = ("Settled", "Expired", "Unlisted", "Delisted", "Cleared")
"""States after which nothing is traded any more."""


@attrs.frozen(kw_only=True)
class Listing:
    """One contract as the exchange lists it."""

    symbol: str
    tick_size: Decimal
    """Price of one tick [quote currency]."""
    lot_size: Decimal
    """Contracts in one lot."""
    contract_type: ContractType
    multiplier: float | None
    """Worth of one contract, in the units of ``Instrument.multiplier``; None = cannot tell."""
    state: str
    """``Open``, ``Closed`` …; empty = not told."""


def find_listing(answer: Any, symbol: str) -> Listing:
    """Find an instrument in the exchange's answer.

    Args:
        answer: the parsed JSON: a list of rows.
        symbol: whose row to take.

    Raises:
        ConfigError: the exchange does not list it, or it is over.
        DataError: the answer is an error, or lacks what is needed.
    """
    if isinstance(answer, dict) and "error" in answer:
        error = answer["error"]
        text = error.get("message", error) if isinstance(error, dict) else error
        raise DataError(f"the exchange's list of instruments is an error: {shown(text)}; try later")
    if not isinstance(answer, list) or not all(isinstance(row, dict) for row in answer):
        raise DataError(
            f"the exchange's list of instruments is {shown(answer)}, expected a list of rows; "
            "check data.rest_url, or set [instrument] tick_size and lot_size"
        )
    for row in answer:
        if row.get("symbol") == symbol:
            return _listing(row, symbol)
    raise ConfigError(
        f"strategy.symbol is {symbol!r}, which the exchange does not list; choose one that it does"
    )


def _listing(row: Mapping[str, Any], symbol: str) -> Listing:
    state = str(row.get("state") or "")
    if state in OVER:
        raise ConfigError(
            f"strategy.symbol is {symbol!r}, which is {state.lower()} at the exchange; choose one "
            "that trades"
        )
    return Listing(
        symbol=symbol,
        tick_size=_step(row, "tickSize", "tick_size", symbol),
        lot_size=_step(row, "lotSize", "lot_size", symbol),
        contract_type=_contract_type(row),
        multiplier=_multiplier(row),
        state=state,
    )


def _step(row: Mapping[str, Any], column: str, key: str, symbol: str) -> Decimal:
    told = row.get(column)
    step = _decimal(told)
    if step is None or not 0 < step < 10**9:
        raise DataError(
            f"{symbol}: the exchange's {column} is {shown(told)}, expected a number above zero; "
            f"set [instrument] {key}"
        )
    return step


def _contract_type(row: Mapping[str, Any]) -> ContractType:
    if row.get("isInverse") is True:
        return "Inverse"
    return "Quanto" if row.get("isQuanto") is True else "Linear"


def _multiplier(row: Mapping[str, Any]) -> float | None:
    """Turn minor units of the settlement currency into whole ones.

    An inverse contract is worth |multiplier| / price of them, any other |multiplier| * price, so
    the quotient is what ``Instrument.multiplier`` asks for in each case (BitMEX, contract guides).
    """
    told = _decimal(row.get("multiplier"))
    units = _MINOR_UNITS.get(str(row.get("settlCurrency")))
    return float(abs(told) / units) if told and units else None


def _decimal(value: Any) -> Decimal | None:
    """Read a JSON number by its digits; None if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    try:
        number = Decimal(str(value))
    except (InvalidOperation, ValueError):
        return None
    if not number.is_finite():
        return None
    # 0.10 and 1E+2 as 0.1 and 100, as everywhere else.
    return Decimal(f"{number.normalize():f}")

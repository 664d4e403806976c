"""BitMEX's message forms, as text, in the row layouts of two years.

    2021   no timestamps in the book, no prices in its updates and deletes, ids that follow from
           the price, ``foreignKeys`` and ``attributes`` in partials, ``limit`` in the welcome
    2026   price, timestamp, transactTime and pool on every row, ids in no order, numbers as Java
           prints doubles

The forms are BitMEX's, as captured and documented; the wording of the rarer errors is a guess.
Knows how things are said, never when or to whom.
"""

import json
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias

import attrs

from mm_bitmex.mock.ground_truth import DELETE, UPDATE, Level

Year: TypeAlias = Literal["2021", "2026"]
Json: TypeAlias = dict[str, Any]

DOCS: Final = "https://www.bitmex.com/app/wsAPI"
POOL: Final = "Aggregated"  # what an unauthenticated client of 2026 is served from

_L2: Final = {
    "symbol": "symbol", "id": "long", "side": "symbol", "size": "long", "price": "float",
}  # fmt: skip
_STAMPS: Final = {"timestamp": "timestamp", "transactTime": "timestamp"}
_TYPES: Final[dict[str, dict[str, str]]] = {
    "orderBookL2": _L2,
    "orderBookL2_25": _L2,
    "orderBook10": {"symbol": "symbol", "bids": "", "asks": "", "timestamp": "timestamp"},
    "quote": {
        "timestamp": "timestamp", "symbol": "symbol", "bidSize": "long", "bidPrice": "float",
        "askPrice": "float", "askSize": "long",
    },
    "trade": {
        "timestamp": "timestamp", "symbol": "symbol", "side": "symbol", "size": "long",
        "price": "float", "tickDirection": "symbol", "trdMatchID": "guid", "grossValue": "long",
        "homeNotional": "float", "foreignNotional": "float",
    },
    "instrument": {
        "symbol": "symbol", "state": "symbol", "typ": "symbol", "tickSize": "float",
        "lotSize": "long", "markPrice": "float", "fundingRate": "float",
        "fundingTimestamp": "timestamp", "timestamp": "timestamp",
    },
    "funding": {
        "timestamp": "timestamp", "symbol": "symbol", "fundingInterval": "timespan",
        "fundingRate": "float", "fundingRateDaily": "float",
    },
    "liquidation": {
        "orderID": "guid", "symbol": "symbol", "side": "symbol", "price": "float",
        "leavesQty": "long",
    },
}  # fmt: skip
_KEYS: Final[dict[str, list[str]]] = {
    "orderBookL2": ["symbol", "id", "side"],
    "orderBookL2_25": ["symbol", "id", "side"],
    "orderBook10": ["symbol"],
    "quote": [],
    "trade": [],
    "instrument": ["symbol"],
    "funding": ["timestamp", "symbol"],
    "liquidation": ["orderID"],
}
TABLES: Final = tuple(_TYPES)
"""The public tables that are served."""
_POOLED: Final = ("orderBookL2", "orderBookL2_25", "orderBook10", "quote", "trade")
PRIVATE: Final = ("affiliate", "execution", "margin", "order", "position", "transact", "wallet")


@lru_cache(maxsize=256)
def _second(second: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def iso(time_us: int) -> str:
    """Microseconds since 1970 as BitMEX writes times: UTC, to the millisecond, rounded down."""
    second, rest_us = divmod(time_us, 1_000_000)
    return f"{_second(second)}.{rest_us // 1000:03d}Z"


def script_number(value: float) -> str:
    """A number as JavaScript prints it: a whole one has no point."""
    return str(int(value)) if value == int(value) and abs(value) < 1e21 else repr(value)


def java_number(value: float) -> str:
    """A number as Java's Double.toString prints it: 32000.0, 1.0E-4, 1.2E7."""
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(float(value))
    decimal = Decimal(repr(float(value)))
    sign, digits, _ = decimal.normalize().as_tuple()
    first, *rest = map(str, digits)
    return f"{'-' * sign}{first}.{''.join(rest) or '0'}E{decimal.adjusted()}"


@attrs.frozen
class Wire:
    """One year's way of saying things."""

    year: Year

    @property
    def is_2021(self) -> bool:
        """True for the old row layout."""
        return self.year == "2021"

    def number(self, value: float) -> str:
        """A float column's value."""
        return _number(value, self.is_2021)

    def level(self, symbol: str, action: str, level: Level, stamp: str, changed: str) -> str:
        """One row of ``orderBookL2``; ``stamp`` of the message, ``changed`` of the level."""
        number, side, size, price, _ = level
        row = f'{{"symbol":"{symbol}","id":{number},"side":"{side}"'
        if action != DELETE:
            row += f',"size":{size}'
        if self.is_2021:
            return f'{row},"price":{self.number(price)}}}' if _full(action) else row + "}"
        return (
            f'{row},"price":{self.number(price)},"timestamp":"{stamp}"'
            f',"transactTime":"{changed}","pool":"{POOL}"}}'
        )

    def row(self, columns: Json, *, pool: bool = False) -> str:
        """Any other row. Floats are prices, rates and notionals; ints are longs."""
        cells = [f'"{name}":{self._cell(value)}' for name, value in columns.items()]
        if pool and not self.is_2021:
            cells.append(f'"pool":"{POOL}"')
        return f"{{{','.join(cells)}}}"

    def table(self, table: str, action: str, rows: Iterable[str]) -> str:
        """A message of one action."""
        return f'{{"table":"{table}","action":"{action}","data":[{",".join(rows)}]}}'

    def partial(self, table: str, symbol: str, rows: Iterable[str]) -> str:
        """A partial; ``symbol`` as in the topic, "" if it was subscribed without one."""
        types, pooled = dict(_TYPES[table]), table in _POOLED and not self.is_2021
        condition = {"symbol": symbol} if symbol else {}
        if pooled:
            types |= _STAMPS if table.startswith("orderBookL2") else {}
            types["pool"] = "symbol"
            condition = {"pool": POOL, **condition}
        head: Json = {"table": table, "action": "partial", "keys": _KEYS[table], "types": types}
        if self.is_2021:
            head["foreignKeys"] = {"symbol": "instrument"}
            head["attributes"] = dict.fromkeys(_KEYS[table] or ["timestamp"], "sorted")
        head["filter"] = condition
        return f'{_dump(head)[:-1]},"data":[{",".join(rows)}]}}'

    def welcome(self, now_us: int, remaining: int) -> str:
        """The first frame; ``remaining``: connections left in this hour's allowance."""
        info = "Welcome to the BitMEX Realtime API."
        if self.is_2021:
            limit = {"remaining": remaining}
            version = "2021-07-14T01:26:29.000Z"
            return _dump(
                {"info": info, "version": version, "timestamp": iso(now_us), "docs": DOCS,
                 "limit": limit}
            )  # fmt: skip
        return _dump(
            {"info": info, "version": "2.0.0", "timestamp": iso(now_us), "docs": DOCS,
             "heartbeatEnabled": False, "appName": "ws-feedhandler-look-alike"}
        )  # fmt: skip

    def ack(self, op: str, topic: str, request: Json) -> str:
        """The answer to one topic of a request, which it echoes whole."""
        answer: Json = {"success": True, op: topic, "request": request}
        if op == "subscribe" and not self.is_2021:
            answer["pool"] = POOL
        return _dump(answer)

    def _cell(self, value: object) -> str:
        if isinstance(value, float):
            return self.number(value)
        if isinstance(value, list):
            return f"[{','.join(self._cell(part) for part in value)}]"
        return _dump(value)


def error(status: int | str, text: str, request: object, **meta: object) -> str:
    """An in-band failure; ``status`` 419 comes as a string from the real one."""
    return _dump({"status": status, "error": text, "meta": meta, "request": request})


def unrecognized() -> str:
    """The answer to a frame that is no request; it echoes nothing."""
    text = "Unrecognized request. See the docs or send 'help' for more details."
    return error(400, text, {})


def refusal(status: int, topic: str, request: Json) -> str:
    """How a subscription is refused that is itself right.

    Args:
        status: 403, 419, 429 or 503.
        topic: for the text.
        request: echoed.
    """
    if status == 429:
        return error(429, "Rate limit exceeded, retry in 1 seconds.", request, retryAfter=1)
    if status == 419:
        return error("419", f"Access Token expired for subscription: {topic}", request)
    text = {
        403: "This key is disabled.",
        503: "Max Pending subscription limit reached, please try again later.",
    }[status]
    return error(status, text, request)


def help_text() -> str:
    """The answer to ``help``, and to GET /api/v1/schema/websocketHelp."""
    return _dump(
        {
            "info": f"Look-alike of the BitMEX realtime API; the real one's pages: {DOCS}",
            "usage": 'send {"op": string, "args": [string, ...]}',
            "ops": ["subscribe", "unsubscribe"],
            "subscribe": 'send {"op": "subscribe", "args": [topic, ...]}; topic: table[:symbol]',
            "subscriptionSubjects": {
                "authenticationRequired": list(PRIVATE),
                "public": sorted(TABLES),
            },
        }
    )


def http_error(message: str, name: str = "HTTPError") -> str:
    """The body of a failed REST request."""
    return _dump({"error": {"message": message, "name": name}})


@lru_cache(maxsize=1 << 16)
def _number(value: float, script: bool) -> str:
    return script_number(value) if script else java_number(value)


def _full(action: str) -> bool:
    return action not in (UPDATE, DELETE)


def _dump(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))

"""One line of the file of orders: text by column in, a checked order or what is wrong with it out.

Knows the words and the grids; knows no file and no other line. What an action does not need may be
empty, and is not looked at if the action has no use for it.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

import attrs

from mm.api import (
    BUY,
    CANCEL,
    CANCEL_ALL,
    FOK,
    GTC,
    IOC,
    LIMIT,
    MARKET,
    NEW,
    REPLACE,
    SELL,
    Instrument,
)

_SIDES: Final = {"buy": BUY, "sell": SELL}
_TYPES: Final = {"limit": LIMIT, "market": MARKET, "post_only": LIMIT}
_TIFS: Final = {"GTC": GTC, "IOC": IOC, "FOK": FOK}
_ACTIONS: Final = {
    "new": NEW, "amend": REPLACE, "replace": REPLACE, "cancel": CANCEL, "cancel_all": CANCEL_ALL,
}  # fmt: skip
_FLAGS: Final = {"0": 0, "1": 1}

_DECIMAL: Final = re.compile(r"[0-9]{1,18}(\.[0-9]{1,18})?(e-[0-9]{1,2})?")
"""As many digits as market data may have; a run's own ``orders.csv`` has 1e-8 for 0.00000001."""

_MAX: Final = 2**53
"""Largest ticks and lots: up to here a float, which models count in, holds every integer."""

_LAST_TS: Final = 2**62
"""µs; some 146 000 years: room for latencies on top."""


@attrs.frozen
class Line:
    """A line of the file."""

    number: int
    """The header's is 1, unless blank lines stand before it."""
    fields: dict[str, str]


@attrs.frozen(kw_only=True)
class Parsed:
    """An order as its line says it; all that it does not need is zero."""

    line: int
    ts: int
    client_id: str
    price: int = 0
    size: int = 0
    instrument: int = 0
    action: int
    side: int = 0
    type: int = LIMIT
    tif: int = GTC
    post_only: int = 0
    reduce_only: int = 0


def parse_line(line: Line, instruments: Sequence[Instrument]) -> tuple[Parsed | None, list[str]]:
    """Check a line.

    Returns:
        The order and no faults, or None and every fault of the line.
    """
    reading = _Reading(line.fields)
    instrument = reading.instrument(instruments)
    action = reading.word("action", _ACTIONS)
    order = {
        "line": line.number,
        "ts": reading.time(),
        "client_id": line.fields["client_id"],
        "instrument": instrument,
        "action": action,
    }
    if action != CANCEL_ALL and not line.fields["client_id"]:
        reading.faults.append("client_id is empty, expected any text")
    if action != CANCEL_ALL:
        order["side"] = reading.word("side", _SIDES, None if action == NEW else "")
    if action in (NEW, REPLACE):
        order |= reading.terms(action, instruments[instrument])
    if reading.faults:
        return None, reading.faults
    return Parsed(**order), []  # type: ignore[arg-type]  # each key's value is of its field's type


class _Reading:
    """Reads fields by name, and notes what is wrong with them."""

    def __init__(self, fields: dict[str, str]) -> None:
        self._fields = fields
        self.faults: list[str] = []

    def terms(self, action: int, instrument: Instrument) -> dict[str, int]:
        """Read what a new order and a replace have, and cancels don't."""
        type_ = self.word("type", _TYPES, "limit")
        if action == REPLACE and type_ == MARKET:
            self.faults.append("type is 'market', expected limit or post_only to replace an order")
        resting = self._fields["type"] == "post_only"
        terms = {
            "type": type_,
            "tif": self.word("tif", _TIFS, "GTC"),
            "post_only": int(resting) | self.word("post_only", _FLAGS, "0"),
            "reduce_only": self.word("reduce_only", _FLAGS, "0"),
            "size": self.steps("size", instrument.lot_size, "lot size"),
        }
        if type_ == LIMIT:
            terms["price"] = self.steps("price", instrument.tick_size, "tick size")
        return terms

    def word(self, name: str, words: dict[str, int], default: str | None = None) -> int:
        """Look a word up; ``default`` stands for an empty or absent field, ``""`` for none: 0."""
        text = self._fields.get(name, "") or (default or "")
        if text == "" and default == "":
            return 0
        if text not in words:
            self._expected(name, text, " or ".join([", ".join(list(words)[:-1]), list(words)[-1]]))
            return -1
        return words[text]

    def instrument(self, instruments: Sequence[Instrument]) -> int:
        """Find the line's instrument by its symbol; without one, the first."""
        symbols = {one.symbol: index for index, one in enumerate(instruments)}
        text = self._fields.get("symbol", "")
        if text and text not in symbols:
            self._expected("symbol", text, f"what the run trades: {', '.join(symbols)}")
        return symbols.get(text, 0)

    def time(self) -> int:
        """Read ``ts_decided`` [µs]."""
        text = self._fields["ts_decided"]
        if not (text.isascii() and text.isdigit() and int(text[:20]) <= _LAST_TS):
            self._expected("ts_decided", text, "whole microseconds since 1970")
            return 0
        return int(text)

    def steps(self, name: str, step: Decimal, what: str) -> int:
        """Turn a decimal into a whole number of steps of the grid, at least one."""
        text = self._fields[name]
        if _DECIMAL.fullmatch(text):
            count = Fraction(text) / Fraction(step)
            if count.denominator == 1 and 0 < count <= _MAX:
                return int(count)
        self._expected(name, text, f"a positive multiple of the {what} {step}")
        return 0

    def _expected(self, name: str, text: str, what: str) -> None:
        shown = repr(text if len(text) <= 40 else text[:40] + "…") if text else "empty"
        self.faults.append(f"{name} is {shown}, expected {what}")

"""One text frame: which kind of message it is, or why it is none.

Kinds are told apart by the keys present, in BitMEX's own order of precedence. Nothing that can
arrive raises here: what cannot be read is a FAULT with a sentence. Knows the forms, not what they
ask of us, and looks at rows only to see that they are rows.

The standard library's json reads some 500 000 book rows a second even one a frame, which is
twenty-five times what is needed; no faster parser is worth a dependency.
"""

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, NoReturn

PONG: Final = "pong"
TABLE: Final = "table"
WELCOME: Final = "welcome"
ERROR: Final = "error"
ACK: Final = "ack"
REPLY: Final = "reply"
OTHER: Final = "other"
FAULT: Final = "fault"

ACTIONS: Final = ("partial", "insert", "update", "delete")

_SHOWN: Final = 120
"""Characters of a strange frame that are worth showing."""


class Frame(NamedTuple):
    """A frame and its kind."""

    kind: str
    body: Mapping[str, Any]
    """The message; for TABLE: ``table`` a text, ``action`` one of ACTIONS, ``data`` a list of
    objects. Empty for PONG and FAULT."""
    fault: str = ""
    """For FAULT: what is wrong, a sentence."""
    table: str = ""
    """For FAULT: the table it is about, as far as can be told."""


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON number")


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse)
_PONG: Final = Frame(PONG, {})


def classify(text: str | bytes) -> Frame:
    """Tell what a frame is. Never raises."""
    if text == "pong":
        return _PONG
    if not isinstance(text, str):
        return Frame(FAULT, {}, f"a binary frame of {len(text)} bytes came, expected text")
    try:
        body = _DECODER.decode(text)
    except (ValueError, RecursionError) as exc:
        reason = "it is nested too deeply" if isinstance(exc, RecursionError) else str(exc)
        return Frame(FAULT, {}, f"a frame is no JSON ({reason[:_SHOWN]!r}): {shown(text)}")
    if type(body) is not dict:
        return Frame(FAULT, {}, f"a frame is no JSON object: {shown(text)}")
    if "table" in body or "action" in body or "data" in body:
        return _table(body, text)
    return Frame(_kind(body), body)


def shown(text: object) -> str:
    """Quote the beginning of something strange, in one safe line."""
    text = str(text)
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def _kind(body: Mapping[str, Any]) -> str:
    if "info" in body:
        return WELCOME
    if "error" in body or "status" in body:
        return ERROR
    if "subscribe" in body or "unsubscribe" in body:
        return ACK
    if "request" in body or "cancelTime" in body:
        return REPLY
    return OTHER


def _table(body: Mapping[str, Any], text: str) -> Frame:
    table, rows = body.get("table"), body.get("data")
    if type(table) is not str:
        return Frame(FAULT, {}, f"a frame has rows but names no table: {shown(text)}")
    if body.get("action") not in ACTIONS:
        fault = f"{table!r}: a frame's action is {shown(body.get('action'))}"
    elif type(rows) is not list or not all(type(row) is dict for row in rows):
        fault = f"{table!r}: a frame's data is no list of rows: {shown(text)}"
    else:
        return Frame(TABLE, body)
    return Frame(FAULT, {}, fault, table)

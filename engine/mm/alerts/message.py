"""An alert as a sentence for people, and as JSON for whoever is told: the same for all of them."""

import json
import math
from typing import Final

from mm.alerts.quantities import QUANTITIES
from mm.alerts.rules import Event

_WORDS: Final = {
    "firing": "fires",
    "resolved": "is over",
    "ended": "was firing when the run ended",
    "test": "is tested",
}


def sentence(event: Event, symbol: str) -> str:
    """Say it in one line: ``XBTUSD: silence_s > 30 fires: it is 31.5 s, for 1 s now``."""
    condition = event.rule.condition
    named = "" if event.rule.name == str(condition) else f"{event.rule.name}: "
    text = f"{symbol}: {named}{condition} {_WORDS[event.kind]}"
    if math.isnan(event.value):
        return text
    unit = QUANTITIES[condition.quantity].unit
    lasted = f", {'after' if event.kind == 'resolved' else 'for'} {event.lasted_s:.0f} s"
    return f"{text}: it is {event.value:.6g} {unit}{lasted}"


def message(event: Event, symbol: str, at: str, more: int = 0) -> bytes:
    """Write it as a JSON object of one line.

    Args:
        event: what happened.
        symbol: of the instrument.
        at: when, UTC, ISO 8601.
        more: alerts of the rule before this one that were never told, since a later one came.
    """
    condition = event.rule.condition
    content = {
        "text": sentence(event, symbol),  # the key that chat services show
        "alert": event.rule.name,
        "state": event.kind,
        "when": str(condition),
        "quantity": condition.quantity,
        "value": None if math.isnan(event.value) else event.value,
        "unit": QUANTITIES[condition.quantity].unit,
        "lasted_s": round(event.lasted_s, 3),
        "symbol": symbol,
        "at": at,
        "left_out": more,
    }
    return json.dumps(content, ensure_ascii=False, allow_nan=False).encode()

"""What each error status asks of us, in band and at the opening of a connection.

Says only which reaction; carrying it out is the protocol's. Texts are matched by how they begin,
since the exchange changes how they end.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

IGNORE: Final = "ignore"  # harmless, or about something that a time-out will settle
SUBSCRIBED: Final = "subscribed"  # the topic is subscribed already
NO_SYMBOL: Final = "no_symbol"  # the exchange does not know the symbol: final
NO_TABLE: Final = "no_table"  # the exchange does not know the table: final for the topic
REFUSED: Final = "refused"  # not without a key, or not with this address: final
WAIT: Final = "wait"  # ask again after a while
RECONNECT: Final = "reconnect"

_RETRY: Final = re.compile(r"retry in (\d{1,5}) second", re.ASCII | re.IGNORECASE)
_LONGEST_S: Final = 3600.0
"""The limiter refills within the hour; a longer wait would be a mistake of the sender's."""

# At the opening: temporary although below 500. 408 and 425 ask for the same again (RFC 9110, 8470).
_TEMPORARY: Final = (408, 425, 429)


class Reaction(NamedTuple):
    """What to do about an error."""

    kind: str
    wait_s: float = 0.0
    """For WAIT: at least so long [s]; 0 = the exchange did not say."""


def to_error(body: Mapping[str, Any]) -> Reaction:
    """React to an error message on the open connection."""
    status, text = status_of(body), str(body.get("error", "")).lower()
    if status in (401, 403):
        return Reaction(REFUSED)
    if status == 419:
        return Reaction(RECONNECT)
    if status in (429, 503):
        return Reaction(WAIT, _wait_of(body))
    if text.startswith("you are already subscribed"):
        return Reaction(SUBSCRIBED)
    if text.startswith(("unknown or expired symbol", "unknown symbol")):
        return Reaction(NO_SYMBOL)
    if text.startswith("unknown table"):
        return Reaction(NO_TABLE)
    return Reaction(IGNORE)


def to_refusal(status: int, retry_after: str | None) -> Reaction:
    """React to an HTTP answer other than 101 to the opening of a connection."""
    if 200 <= status < 500 and status not in _TEMPORARY:
        return Reaction(REFUSED)
    return Reaction(WAIT, _seconds(retry_after))


def status_of(body: Mapping[str, Any]) -> int:
    """Give the status, which may come as text; 400 if there is none that HTTP knows."""
    status = body.get("status")
    if type(status) is str and status.isascii() and status.isdigit():
        status = int(status[:5])
    return status if type(status) is int and 100 <= status < 1000 else 400


def _wait_of(body: Mapping[str, Any]) -> float:
    meta = body.get("meta")
    told = meta.get("retryAfter") if type(meta) is dict else None
    if type(told) in (int, float, str):
        return _seconds(str(told)[:20])
    found = _RETRY.search(str(body.get("error", "")))
    return _seconds(found.group(1)) if found else 0.0


def _seconds(text: str | None) -> float:
    """Read a number of seconds; 0 if it is none (Retry-After may be a date, RFC 9110 10.2.3)."""
    try:
        seconds = float(text or 0)
    except ValueError:
        return 0.0
    return min(seconds, _LONGEST_S) if seconds > 0 else 0.0

"""Which faults a link is to have: one table of names, and the reading of ``--faults``.

    drop=0.01,late_partial=2,clock_skew=-3,for=30

Knows names and numbers; what a fault does is ``link``'s part and ``server``'s.
"""

import difflib
from typing import Final

import attrs

from mm.api import UsageError

NAMES: Final = {
    "drop": "share of messages that are lost",
    "duplicate": "share of messages that come twice",
    "reorder": "share of messages that come after the next one",
    "delay": "share of messages that the link stalls before, for delay_s",
    "unknown_id": "share of book changes whose first row has an id never seen",
    "missing_delete": "share of the book's deletes that are lost",
    "junk": "share of messages that a frame of nonsense precedes",
    "huge": "share of messages that a frame of 17 MiB precedes",
    "split": "share of messages that come as three WebSocket fragments, delay_s between them",
    "disconnect": "share of messages after which TCP ends without a close frame (1006)",
    "close_1011": "share of messages after which the socket is closed with 1011",
    "close_1012": "share of messages after which the socket is closed with 1012",
    "half_open": "share of messages after which nothing comes or is heard, TCP open",
    "slow_loris": "share of messages from which on bytes dribble, 20 a second",
    "empty_partial": "share of book partials that come without rows",
    "duplicate_partial": "share of partials that come again, delay_s later",
    "cut_partial": "share of partials in whose middle TCP ends",
    "delta_before_partial": "share of partials that changes overtake",
    "http_429": "share of HTTP requests and upgrades that are answered 429",
    "http_503": "share of HTTP requests and upgrades that are answered 503",
    "refuse_403": "share of topics whose subscription is refused with 403",
    "refuse_419": "share of topics whose subscription is refused with 419",
    "refuse_429": "share of topics whose subscription is refused with 429",
    "refuse_503": "share of topics whose subscription is refused with 503",
}
"""Faults by chance: each is a share from 0 to 1; its name alone means always."""

SETTINGS: Final = {
    "late_partial": "s from acknowledgement to partial (2 by name alone)",
    "clock_skew": "s that the exchange's clock is ahead of the true time",
    "delay_s": "s that delays last (0.5)",
    "for": "s after the first connection in which faults happen (always)",
    "count": "faults by chance that happen at most (any number)",
}
"""The others: a number each."""

_ALONE: Final = {"late_partial": 2.0}
LATE_S: Final = 2.0  # seen in 2021 between acknowledgements and partials


@attrs.frozen(kw_only=True)
class Faults:
    """What goes wrong, and how often. The defaults are a healthy link."""

    shares: dict[str, float] = attrs.field(factory=dict)
    """Name -> share, of ``NAMES``."""
    late_partial: float = 0.0
    """s"""
    clock_skew: float = 0.0
    """s"""
    delay_s: float = 0.5
    """s"""
    for_s: float | None = None
    """s; None = always."""
    count: int | None = None
    """None = any number."""

    def share(self, name: str) -> float:
        """How often a fault happens, 0 to 1."""
        return self.shares.get(name, 0.0)

    @property
    def late_s(self) -> float:
        """How late partials are [s]; what changes overtake is late."""
        return self.late_partial or (LATE_S if self.share("delta_before_partial") else 0.0)


def parse_faults(spec: str) -> Faults:
    """Read a list of faults.

    Args:
        spec: ``name=number``, separated by commas; a name alone is a share of 1.

    Raises:
        UsageError: an unknown or repeated name, or a number that does not fit.
    """
    shares: dict[str, float] = {}
    settings: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in spec.split(","))):
        name, equals, text = (word.strip() for word in part.partition("="))
        if name in shares or name in settings:
            raise UsageError(f"fault {name!r} is given twice, expected once; remove one")
        if name in NAMES:
            shares[name] = _number(name, text, 0.0, 1.0) if equals else 1.0
        elif name in SETTINGS:
            if not equals and name not in _ALONE:
                raise UsageError(f"fault {name!r} has no number; write {name}=N: {SETTINGS[name]}")
            low = float("-inf") if name == "clock_skew" else 0.0
            settings[name] = _number(name, text, low, float("inf")) if equals else _ALONE[name]
        else:
            known = (*NAMES, *SETTINGS)
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"expected one of: {', '.join(known)}"
            raise UsageError(f"unknown fault {name!r}, {hint}")
    return Faults(
        shares=shares,
        late_partial=settings.get("late_partial", 0.0),
        clock_skew=settings.get("clock_skew", 0.0),
        delay_s=settings.get("delay_s", 0.5),
        for_s=settings.get("for"),
        count=int(settings["count"]) if "count" in settings else None,
    )


def fault_list() -> str:
    """All names and what their numbers mean, a line each."""
    return "\n".join(f"{name:<21} {text}" for name, text in (NAMES | SETTINGS).items())


def _number(name: str, text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high or value in (float("inf"), float("-inf")):
        meaning = NAMES.get(name) or SETTINGS[name]
        raise UsageError(f"fault {name!r} is {text!r}, expected a number: {meaning}")
    return value

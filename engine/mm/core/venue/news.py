"""Reports on their way to us: let out when they are known, and who is woken by them then.

News are what changes the account. Of those that a decision has not heard, the first to be known
wakes the strategy, where it is to be woken at all (``state.wakes``).
"""

from typing import Any, Final

from mm.api import ACCEPTED, REPLACED
from mm.api.jit import inner
from mm.core.venue.state import Venue

NEVER: Final = 1 << 62
"""µs: later than any time."""


@inner
def _is_news(venue: Venue, report: Any) -> bool:
    """Whether a report changes the account, and no decision has heard of it."""
    known = report["ts_known"] <= venue.state[0]["decided"]
    return bool(report["kind"] not in (ACCEPTED, REPLACED) and not known)


@inner
def next_wake(venue: Venue) -> int:
    """When the next news are known that wake the strategy; NEVER where none are on their way."""
    state = venue.state[0]
    if state["wakes"] == 1:
        for i in range(state["released"], state["reports"]):
            report = venue.reports[i]
            if _is_news(venue, report):
                return int(report["ts_known"])
    return NEVER


@inner
def note_woken(venue: Venue, limit: int) -> None:
    """Note the instruments of which there are news by ``limit``."""
    state = venue.state[0]
    state["woken"] = 1
    for i in range(state["released"], state["reports"]):
        report = venue.reports[i]
        if report["ts_known"] <= limit and _is_news(venue, report):
            venue.standing[report["instrument"]]["woken"] = 1


@inner
def release(venue: Venue, limit: int) -> None:
    """Let the reports known by ``limit`` out; note whether any of them changes the account."""
    state = venue.state[0]
    while state["released"] < state["reports"]:
        report = venue.reports[state["released"]]
        if report["ts_known"] > limit:
            return
        if report["kind"] not in (ACCEPTED, REPLACED):
            state["changed"] = 1
        state["released"] += 1

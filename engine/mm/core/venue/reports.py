"""How news are written down: each is one row of REPORT, in the order in which they become known.

The one place that fills such rows. A report carries the touch and the mark of its moment, and when
we learn of it: the venue's news travel to us, those of our own risk gate do not.
"""

from typing import Any

import numpy as np

from mm.api import CANCELLED, EXPIRED, FILLED, NO_REASON, NO_RULE, REJECTED
from mm.api.jit import inner
from mm.core.venue.latency import RESPONSE, latency_us
from mm.core.venue.state import Rules, Venue


@inner
def new_report(
    venue: Venue, rules: Rules, instrument: int, kind: int, reason: int, known: int
) -> Any:
    """Add a report of no order, with the touch and the mark of its moment; return it.

    Args:
        venue: the report is its newest, but for those that other markets tell us later.
        rules: say which market it is of.
        instrument: what it is about.
        kind: FILLED, REJECTED …
        reason: NO_REASON or why.
        known: when we learn of it [µs]; later if that of an earlier report of its market is later.
    """
    state = venue.state[0]
    connection = venue.connections[rules.terms[instrument]["market"]]
    connection["last_known"] = max(known, connection["last_known"])
    at = state["reports"]
    state["reports"] += 1
    while at > state["released"] and venue.reports[at - 1]["ts_known"] > connection["last_known"]:
        venue.reports[at] = venue.reports[at - 1]
        at -= 1
    report = venue.reports[at]
    touch = venue.levels.touch[instrument]
    report["ts_known"] = connection["last_known"]
    report["ts_venue"] = 0
    report["ts_decided"] = 0
    report["ts_arrived"] = 0
    report["order_id"] = 0
    report["client_id"] = 0
    report["price"] = 0
    report["size"] = 0
    report["leaves"] = 0
    report["ahead_entry"] = -1
    report["ahead"] = -1
    report["source_row"] = 0
    report["bid"] = touch["bid"]
    report["ask"] = touch["ask"]
    report["mark"] = venue.standing[instrument]["mark"]
    report["draw"] = np.nan
    report["limit"] = np.nan
    report["value"] = np.nan
    report["instrument"] = instrument
    report["kind"] = kind
    report["reason"] = reason
    report["rule"] = NO_RULE
    report["side"] = 0
    return report


@inner
def _known_at(rules: Rules, event: Any, ts_venue: int, key: int) -> int:
    """When we learn of what happened at ``ts_venue`` and was told with ``event``."""
    terms = rules.terms[event["instrument"]]
    table = terms["response"]
    travel = latency_us(
        rules.latencies[table[0] : table[1]],
        terms["response_multiple"],
        terms["jitter"],
        event["ts_local"] - event["ts_exchange"],
        ts_venue,
        rules.seed,
        int(RESPONSE),
        key,
    )
    return int(max(event["ts_local"], ts_venue + travel))


@inner
def news_of(
    venue: Venue, rules: Rules, event: Any, instrument: int, kind: int, reason: int, key: int
) -> Any:
    """Append a report that the venue sends when it gets ``event``, and that travels to us.

    ``key`` is what the draw of its latency is of.
    """
    ts_venue = event["ts_exchange"]
    known = _known_at(rules, event, ts_venue, 8 * key + kind)
    report = new_report(venue, rules, instrument, kind, reason, known)
    report["ts_venue"] = ts_venue
    return report


@inner
def report_order(venue: Venue, rules: Rules, event: Any, kind: int, reason: int, order: Any) -> Any:
    """Append a report about ``order`` and return it, for a fill to complete."""
    return report_order_at(venue, rules, event, event["ts_exchange"], kind, reason, order)


@inner
def report_order_at(
    venue: Venue, rules: Rules, event: Any, ts_venue: int, kind: int, reason: int, order: Any
) -> Any:
    """Append a report of what happened to ``order`` at ``ts_venue``, told with ``event``."""
    known = _known_at(rules, event, ts_venue, 8 * order["order_id"] + kind)
    report = new_report(venue, rules, order["instrument"], kind, reason, known)
    report["ts_venue"] = ts_venue
    report["ts_decided"] = order["decided"]
    report["ts_arrived"] = order["reached"]
    report["order_id"] = order["order_id"]
    report["client_id"] = order["client_id"]
    report["price"] = order["price"]
    report["size"] = order["size"]
    over = kind in (REJECTED, CANCELLED, EXPIRED)
    report["leaves"] = 0 if over else order["size"] - order["filled"]
    report["ahead_entry"] = order["ahead_entry"]
    report["ahead"] = int(order["ahead"])
    report["side"] = order["side"]
    return report


@inner
def fill(
    venue: Venue, rules: Rules, event: Any, order: Any, price: int, size: int, rule: int
) -> Any:
    """Fill ``size`` lots of ``order`` at ``price``. The caller removes it if that was all."""
    order["filled"] += size
    venue.standing[order["instrument"]]["position"] += size * int(order["side"])
    report = report_order(venue, rules, event, int(FILLED), int(NO_REASON), order)
    report["price"] = price
    report["size"] = size
    report["rule"] = rule
    return report


@inner
def command_refused(venue: Venue, rules: Rules, event: Any, command: Any, reason: int) -> None:
    """Reject a command that has arrived."""
    number, instrument = command["order_id"], command["instrument"]
    report = news_of(venue, rules, event, instrument, int(REJECTED), reason, number)
    report["ts_decided"] = command["ts"]
    report["ts_arrived"] = command["arrival"]
    report["order_id"] = number
    report["client_id"] = command["client_id"]
    report["price"] = command["price"]
    report["size"] = command["size"]
    report["side"] = command["side"]

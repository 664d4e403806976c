"""The risk gate: our own limits, checked at each decision before an order leaves us.

What it knows is what we know: the account as it was when the block was sent (it has not changed
since, or the block would have stopped), our own sends, and the touch. A refusal is a report like a
rejection, known at once, with the limit and the value that broke it. Two things stop all quoting
and cancel what works: a loss beyond the limit, for the rest of the run, and a feed that has been
silent for too long, until it speaks again. Cancels are never refused.
"""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from mm.api import (
    CANCEL,
    CANCEL_ALL,
    LIMIT,
    MICRO,
    NEW,
    NO_REASON,
    REJECTED,
    REPLACE,
    RISK_COLLAR,
    RISK_LOSS,
    RISK_ORDER_RATE,
    RISK_ORDER_SIZE,
    RISK_POSITION,
    RISK_STALE,
    Rows,
)
from mm.api.jit import inner
from mm.core.venue.reports import new_report
from mm.core.venue.state import Venue

LIMITS: Final = np.dtype(
    [
        ("order_lots", "i8"),  # largest order; 0 = any
        ("position_lots", "i8"),  # largest position, working orders counted; 0 = any
        ("orders_per_s", "i8"),  # new orders and replaces in any second; 0 = any
        ("stale_us", "i8"),  # longest silence of the feed; 0 = any
        ("collar", "f8"),  # furthest price from the mid, as a share of it; 0 = any
        ("loss", "f8"),  # largest loss [settlement currency]; 0 = any
    ],
    align=True,
)

KNOWN: Final = np.dtype(
    [
        ("lots", "i8"),  # position as known
        ("tick", "f8"),  # [price]
        ("scale", "f8"),  # P&L of one lot when v rises by one; see ``mm.core.position``
        ("cost", "f8"),  # scale * basis [settlement currency]
        ("inverse", "i1"),
    ],
    align=True,
)

GATE: Final = np.dtype(
    [
        ("cash", "f8"),  # settlement currency, as known
        ("killed_ts", "i8"),  # µs: when the loss limit was broken; 0 = it was not
        ("stale", "i1"),  # 1: quoting is stopped until the feed speaks
        ("working", "i8"),  # rows of ``working``
        ("sent", "i8"),  # orders sent so far, for the ring of their times
        ("refused", "i8"),  # orders refused so far
    ],
    align=True,
)


class Gate(NamedTuple):
    """The gate's arrays, as kernels take them."""

    limits: Rows
    """dtype LIMITS, one row."""
    known: Rows
    """dtype KNOWN, one row an instrument."""
    working: Rows
    """dtype WORKING; the first ``state.working`` rows: open orders as known, with our sends."""
    order_ids: npt.NDArray[np.int64]
    """What the venue calls each row of ``working``; 0 where nobody asks."""
    sends: npt.NDArray[np.int64]
    """int64, shape (orders_per_s or 1,): a ring of the latest send times, µs."""
    state: Rows
    """dtype GATE, one row."""


@inner
def watch(gate: Gate, venue: Venue, ts: int) -> int:
    """Look at loss and silence at a decision time; return why all must be cancelled now, or 0."""
    state, limits = gate.state[0], gate.limits[0]
    if limits["loss"] > 0.0 and state["killed_ts"] == 0 and -_equity(gate, venue) > limits["loss"]:
        state["killed_ts"] = ts
        return RISK_LOSS
    silent = limits["stale_us"] > 0 and ts - venue.state[0]["last_event"] > limits["stale_us"]
    newly = silent and state["stale"] == 0
    state["stale"] = 1 if silent else 0
    return RISK_STALE if newly else NO_REASON


@inner
def _mid(gate: Gate, venue: Venue, instrument: int) -> float:
    """Mid [price]; NaN where a side is missing."""
    touch = venue.levels.touch[instrument]
    if touch["bid"] == 0 or touch["ask"] == 0:
        return np.nan
    return float((touch["bid"] + touch["ask"]) * 0.5 * gate.known[instrument]["tick"])


@inner
def _equity(gate: Gate, venue: Venue) -> float:
    """Cash and what the positions would bring at the mids; at cost where there is no mid."""
    total = gate.state[0]["cash"]
    for i in range(len(gate.known)):
        known = gate.known[i]
        mid = _mid(gate, venue, i)
        if known["lots"] != 0 and not np.isnan(mid):
            value = 1.0 / mid if known["inverse"] == 1 else mid
            total += known["scale"] * known["lots"] * value - known["cost"]
    return float(total)


@inner
def check(gate: Gate, venue: Venue, order: Any) -> tuple[int, float, float]:
    """Judge one order: (reason, limit, value); the reason is NO_REASON if it may go."""
    state, limits = gate.state[0], gate.limits[0]
    action = order["action"]
    if action in (CANCEL, CANCEL_ALL):
        return NO_REASON, np.nan, np.nan
    if state["killed_ts"] != 0:
        return RISK_LOSS, limits["loss"], -_equity(gate, venue)
    if state["stale"] == 1:
        silence = order["ts"] - venue.state[0]["last_event"]
        return RISK_STALE, limits["stale_us"] / MICRO, silence / MICRO
    if limits["order_lots"] > 0 and order["size"] > limits["order_lots"]:
        return RISK_ORDER_SIZE, float(limits["order_lots"]), float(order["size"])
    if limits["position_lots"] > 0:
        reach = _reach(gate, order)
        if reach > limits["position_lots"]:
            return RISK_POSITION, float(limits["position_lots"]), reach
    if limits["collar"] > 0.0 and (order["type"] == LIMIT or action == REPLACE):
        mid = _mid(gate, venue, order["instrument"])
        away = abs(order["price"] * gate.known[order["instrument"]]["tick"] - mid) / mid
        if not away <= limits["collar"]:
            return RISK_COLLAR, limits["collar"], away
    if limits["orders_per_s"] > 0 and state["sent"] >= limits["orders_per_s"]:
        oldest = gate.sends[state["sent"] % limits["orders_per_s"]]
        if order["ts"] - oldest < MICRO:
            return RISK_ORDER_RATE, float(limits["orders_per_s"]), limits["orders_per_s"] + 1.0
    return NO_REASON, np.nan, np.nan


@inner
def _named(gate: Gate, order: Any) -> int:
    """Find the working order that ``order`` is about; -1 = none."""
    for i in range(gate.state[0]["working"]):
        row = gate.working[i]
        same = row["instrument"] == order["instrument"]
        if same and row["client_id"] == order["client_id"]:
            return int(i)
    return -1


@inner
def _reach(gate: Gate, order: Any) -> float:
    """Position if everything on the order's side filled, the order as it would then be included.

    A float, exact as far as limits go (MOST_UNITS): nothing bounds the sum of all that works.
    """
    side = order["side"]
    lots = float(order["size"])
    old = _named(gate, order) if order["action"] == REPLACE else -1
    if old >= 0:
        side = gate.working[old]["side"]
        lots -= gate.working[old]["filled"]
    for i in range(gate.state[0]["working"]):
        row = gate.working[i]
        if row["instrument"] == order["instrument"] and row["side"] == side and i != old:
            lots += row["size"] - row["filled"]
    return float(lots + side * gate.known[order["instrument"]]["lots"])


@inner
def note_sent(gate: Gate, order: Any) -> None:
    """Count an order that went out, as the account will have it."""
    state, limits = gate.state[0], gate.limits[0]
    if order["action"] in (NEW, REPLACE):
        if limits["orders_per_s"] > 0:
            gate.sends[state["sent"] % limits["orders_per_s"]] = order["ts"]
        state["sent"] += 1
    if order["action"] == NEW:
        row = gate.working[state["working"]]
        row["client_id"] = order["client_id"]
        row["price"] = order["price"]
        row["size"] = order["size"]
        row["filled"] = 0
        row["instrument"] = order["instrument"]
        row["side"] = order["side"]
        row["cancelling"] = 0
        gate.order_ids[state["working"]] = order["order_id"]
        state["working"] += 1
        return
    for i in range(state["working"]):
        row = gate.working[i]
        if row["instrument"] != order["instrument"]:
            continue
        named = row["client_id"] == order["client_id"]
        if order["action"] == CANCEL_ALL or (order["action"] == CANCEL and named):
            row["cancelling"] = 1
        elif named and order["action"] == REPLACE:
            row["price"] = order["price"]
            row["size"] = order["size"]


@inner
def refuse(venue: Venue, gate: Gate, order: Any, reason: int, limit: float, value: float) -> None:
    """Report an order that does not leave us; known at once."""
    gate.state[0]["refused"] += 1
    report = new_report(venue, order["instrument"], int(REJECTED), reason, order["ts"])
    report["ts_venue"] = order["ts"]
    report["ts_decided"] = order["ts"]
    report["order_id"] = order["order_id"]
    report["client_id"] = order["client_id"]
    report["price"] = order["price"]
    report["size"] = order["size"]
    report["limit"] = limit
    report["value"] = value
    report["side"] = order["side"]

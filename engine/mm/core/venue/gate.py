"""The risk gate: our own limits, checked at each decision before an order leaves us.

What it knows is what we know: the account as it was when the block was sent (it has not changed
since, or the block would have stopped), our own sends, and the touch. A refusal is a report like a
rejection, known at once, with the limit and the value that broke it. Two things stop all quoting
and cancel what works: a loss beyond the limit, for the rest of the run, and a feed that has been
silent for too long, on its market, until it speaks again. Cancels are never refused.

Sizes, positions and the collar are each instrument's; silence and orders a second are those of
the connection to a market; the loss is of all together, in the reporting currency.
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
from mm.core.venue.state import Rules, Venue

LIMITS: Final = np.dtype(
    [
        ("order_lots", "i8"),  # largest order; 0 = any
        ("position_lots", "i8"),  # largest position, working orders counted; 0 = any
        ("collar", "f8"),  # furthest price from the mid, as a share of it; 0 = any
    ],
    align=True,
)

LINE: Final = np.dtype(
    [
        ("orders_per_s", "i8"),  # new orders and replaces in any second; 0 = any
        ("stale_us", "i8"),  # longest silence of the feed; 0 = any
        ("silent", "i8"),  # 1: quoting is stopped until the feed speaks
        ("sent", "i8"),  # orders sent so far, for the ring of their times
        ("withdraw", "i8"),  # 1: all that works there must be cancelled now
    ],
    align=True,
)
"""Of each market: the limits that its connection has, and where it stands."""

KNOWN: Final = np.dtype(
    [
        ("lots", "i8"),  # position as known
        ("tick", "f8"),  # [price]
        ("scale", "f8"),  # P&L of one lot when v rises by one; see ``mm.core.position``
        ("cost", "f8"),  # scale * basis [settlement currency]
        ("rate", "f8"),  # of the settlement currency in the reporting currency
        ("rate_of", "i8"),  # the instrument whose mid is that rate; -1 = ``rate`` itself
        ("inverse", "i1"),
    ],
    align=True,
)

GATE: Final = np.dtype(
    [
        ("cash", "f8"),  # reporting currency, as known
        ("loss", "f8"),  # largest loss of all markets [reporting currency]; 0 = any
        ("killed_ts", "i8"),  # µs: when the loss limit was broken; 0 = it was not
        ("working", "i8"),  # rows of ``working``
        ("refused", "i8"),  # orders refused so far
    ],
    align=True,
)


class Gate(NamedTuple):
    """The gate's arrays, as kernels take them."""

    limits: Rows
    """dtype LIMITS, one row an instrument."""
    lines: Rows
    """dtype LINE, one row a market."""
    known: Rows
    """dtype KNOWN, one row an instrument."""
    working: Rows
    """dtype WORKING; the first ``state.working`` rows: open orders as known, with our sends."""
    order_ids: npt.NDArray[np.int64]
    """What the venue calls each row of ``working``; 0 where nobody asks."""
    sends: npt.NDArray[np.int64]
    """int64, shape (markets, most orders_per_s or 1): rings of the latest send times, µs."""
    state: Rows
    """dtype GATE, one row."""


@inner
def watch(gate: Gate, venue: Venue, ts: int) -> int:
    """Look at loss and silence at a decision time: why orders must be cancelled now, or 0.

    On which markets, ``lines`` says.
    """
    state, reason = gate.state[0], NO_REASON
    if state["loss"] > 0.0 and state["killed_ts"] == 0 and -_equity(gate, venue) > state["loss"]:
        state["killed_ts"] = ts
        reason = RISK_LOSS
    for market in range(len(gate.lines)):
        line = gate.lines[market]
        if reason == RISK_LOSS:
            line["withdraw"] = 1
            continue
        silence = ts - venue.connections[market]["last_event"]
        silent = line["stale_us"] > 0 and silence > line["stale_us"]
        line["withdraw"] = 1 if silent and line["silent"] == 0 else 0
        line["silent"] = 1 if silent else 0
        if line["withdraw"] == 1:
            reason = RISK_STALE
    return reason


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
            worth = known["scale"] * known["lots"] * value - known["cost"]
            total += worth * _rate(gate, venue, i)
    return float(total)


@inner
def _rate(gate: Gate, venue: Venue, instrument: int) -> float:
    """Reporting currency for one of an instrument's settlement currency."""
    known = gate.known[instrument]
    if known["rate_of"] >= 0:
        mid = _mid(gate, venue, known["rate_of"])
        if not np.isnan(mid):
            known["rate"] = mid
    return float(known["rate"])


@inner
def check(gate: Gate, venue: Venue, rules: Rules, order: Any) -> tuple[int, float, float]:
    """Judge one order: (reason, limit, value); the reason is NO_REASON if it may go."""
    state, limits = gate.state[0], gate.limits[order["instrument"]]
    market = rules.terms[order["instrument"]]["market"]
    line = gate.lines[market]
    action = order["action"]
    if action in (CANCEL, CANCEL_ALL):
        return NO_REASON, np.nan, np.nan
    if state["killed_ts"] != 0:
        return RISK_LOSS, state["loss"], -_equity(gate, venue)
    if line["silent"] == 1:
        silence = order["ts"] - venue.connections[market]["last_event"]
        return RISK_STALE, line["stale_us"] / MICRO, silence / MICRO
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
    if line["orders_per_s"] > 0 and line["sent"] >= line["orders_per_s"]:
        oldest = gate.sends[market, line["sent"] % line["orders_per_s"]]
        if order["ts"] - oldest < MICRO:
            return RISK_ORDER_RATE, float(line["orders_per_s"]), line["orders_per_s"] + 1.0
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
def note_sent(gate: Gate, rules: Rules, order: Any) -> None:
    """Count an order that went out, as the account will have it."""
    state, market = gate.state[0], rules.terms[order["instrument"]]["market"]
    line = gate.lines[market]
    if order["action"] in (NEW, REPLACE):
        if line["orders_per_s"] > 0:
            gate.sends[market, line["sent"] % line["orders_per_s"]] = order["ts"]
        line["sent"] += 1
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
def refuse(
    venue: Venue, rules: Rules, gate: Gate, order: Any, reason: int, limit: float, value: float
) -> None:
    """Report an order that does not leave us; known at once."""
    gate.state[0]["refused"] += 1
    report = new_report(venue, rules, order["instrument"], int(REJECTED), reason, order["ts"])
    report["ts_venue"] = order["ts"]
    report["ts_decided"] = order["ts"]
    report["order_id"] = order["order_id"]
    report["client_id"] = order["client_id"]
    report["price"] = order["price"]
    report["size"] = order["size"]
    report["limit"] = limit
    report["value"] = value
    report["side"] = order["side"]

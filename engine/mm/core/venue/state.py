"""What the venue holds, as the compiled loops take it, and how an order's news is written down.

Module header of the loops' data: fixed dtypes in preallocated arrays, which
``mm.core.venue.simulated`` owns and grows between calls. Every change of an order is reported
through ``report_order``.
"""

from typing import Any, Final, NamedTuple

import numpy as np

from mm.api import CANCELLED, EXPIRED, FILLED, NO_REASON, NO_RULE, REJECTED, Rows
from mm.api.jit import kernel
from mm.core.book import Levels

OPEN: Final = np.dtype(
    [
        ("order_id", "i8"),
        ("client_id", "i8"),
        ("price", "i8"),  # ticks
        ("size", "i8"),  # lots in total
        ("filled", "i8"),
        ("arrived", "i8"),  # µs, exchange: only later events touch it
        ("decided", "i8"),  # µs, local
        ("ahead_entry", "i8"),
        ("level", "i8"),  # lots displayed at our price, as last seen
        ("credit_ts", "i8"),  # µs, exchange: prints up to here are in the level already
        ("offered", "i8"),  # the last print that was offered to it, by its number in ``prints``
        ("ahead", "f8"),  # lots before us; -1 = not known
        ("credit", "f8"),  # lots that the level's last change took off ``ahead``
        ("printed", "f8"),  # lots printed at our price since the level's last change
        ("instrument", "i2"),
        ("side", "i1"),
    ],
    align=True,
)

STATE: Final = np.dtype(
    [
        ("next_event", "i8"),  # index into the batch
        ("next_command", "i8"),  # index into the commands
        ("commands", "i8"),  # commands in the array
        ("open", "i8"),  # open orders
        ("reports", "i8"),  # reports in the array
        ("released", "i8"),  # the first so many of them are known by now
        ("last_known", "i8"),  # µs: the latest ts_known given out
        ("last_arrival", "i8"),  # µs: the latest arrival given out
        ("order_ids", "i8"),  # order ids given out
        ("decision", "i8"),  # decisions of the block that took effect
        ("block_order", "i8"),  # orders of the block that took effect
        ("changed", "i8"),  # 1: the account changed since the block was decided
        ("mid_message", "i8"),  # 1: the next event continues a message
        ("prints", "i8"),  # prints seen
        ("low", "i8"),  # ticks: our open orders lie in [low, high]
        ("high", "i8"),
        ("crossed", "i8"),  # messages that left a book locked or crossed
        ("unsided", "i8"),  # prints without a side that no quote could tell
    ],
    align=True,
)

COMMAND: Final = np.dtype(
    [
        ("arrival", "i8"),  # µs, exchange
        ("ts", "i8"),
        ("client_id", "i8"),
        ("price", "i8"),
        ("size", "i8"),
        ("order_id", "i8"),
        ("instrument", "i2"),
        ("action", "i1"),
        ("side", "i1"),
        ("type", "i1"),
        ("tif", "i1"),
        ("post_only", "i1"),
    ],
    align=True,
)


class Venue(NamedTuple):
    """The arrays of the venue, as kernels take them."""

    levels: Levels
    orders: Rows
    """dtype OPEN; the first ``open`` rows, in order of place: whoever came first stands first."""
    commands: Rows
    """dtype COMMAND, in order of arrival."""
    reports: Rows
    """dtype REPORT, in the order in which they become known."""
    state: Rows
    """dtype STATE, one row."""


class Rules(NamedTuple):
    """What does not change during a run."""

    seed: int
    entry: int
    """µs from the decision to the venue."""
    response: int
    """µs from the venue to us."""
    draws: int
    """1: the fill model uses its draw."""
    p0: float
    p1: float


@kernel
def report_order(venue: Venue, rules: Rules, event: Any, kind: int, reason: int, order: Any) -> Any:
    """Append a report about ``order`` and return it, for a fill to complete."""
    state = venue.state[0]
    report = venue.reports[state["reports"]]
    state["reports"] += 1
    known = max(event["ts_local"], event["ts_exchange"] + rules.response, state["last_known"])
    state["last_known"] = known
    touch = venue.levels.touch[order["instrument"]]
    report["ts_known"] = known
    report["ts_venue"] = event["ts_exchange"]
    report["ts_decided"] = order["decided"]
    report["order_id"] = order["order_id"]
    report["client_id"] = order["client_id"]
    report["price"] = order["price"]
    report["size"] = order["size"]
    over = kind in (REJECTED, CANCELLED, EXPIRED)
    report["leaves"] = 0 if over else order["size"] - order["filled"]
    report["ahead_entry"] = order["ahead_entry"]
    report["ahead"] = int(order["ahead"])
    report["source_row"] = 0
    report["bid"] = touch["bid"]
    report["ask"] = touch["ask"]
    report["draw"] = np.nan
    report["instrument"] = order["instrument"]
    report["kind"] = kind
    report["reason"] = reason
    report["rule"] = NO_RULE
    report["side"] = order["side"]
    return report


@kernel
def remember(order: Any, command: Any) -> None:
    """Make ``order`` (an unused row) the order that ``command`` asks for."""
    order["order_id"] = command["order_id"]
    order["client_id"] = command["client_id"]
    order["price"] = command["price"]
    order["size"] = command["size"]
    order["filled"] = 0
    order["arrived"] = command["arrival"]
    order["decided"] = command["ts"]
    order["ahead_entry"] = -1
    order["level"] = 0
    order["credit_ts"] = 0
    order["offered"] = 0
    order["ahead"] = -1.0
    order["credit"] = 0.0
    order["printed"] = 0.0
    order["instrument"] = command["instrument"]
    order["side"] = command["side"]


@kernel
def remove(venue: Venue, at: int) -> None:
    """Take an order out, keeping the others in order of place."""
    state = venue.state[0]
    for i in range(at, state["open"] - 1):
        venue.orders[i] = venue.orders[i + 1]
    state["open"] -= 1
    find_bounds(venue)


@kernel
def find_bounds(venue: Venue) -> None:
    """Recompute the price range of our orders; most level changes lie outside it."""
    state = venue.state[0]
    state["low"] = 1
    state["high"] = 0
    for i in range(state["open"]):
        price = venue.orders[i]["price"]
        if i == 0 or price < state["low"]:
            state["low"] = price
        if i == 0 or price > state["high"]:
            state["high"] = price


@kernel
def fill(
    venue: Venue, rules: Rules, event: Any, order: Any, price: int, size: int, rule: int
) -> Any:
    """Fill ``size`` lots of ``order`` at ``price``. The caller removes it if that was all."""
    order["filled"] += size
    report = report_order(venue, rules, event, FILLED, NO_REASON, order)
    report["price"] = price
    report["size"] = size
    report["rule"] = rule
    return report

"""What the venue holds, as the compiled loops take it.

Module header of the loops' data: fixed dtypes in preallocated arrays, which
``mm.core.venue.simulated`` owns and grows between calls. Every change of an order is reported
(``reports``).

Constants go to kernels as ``int(NAME)``: numba compiles a function anew for every literal that it
is called with.
"""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from mm.api import BUY, Rows
from mm.api.jit import inner
from mm.core.book import Levels

CREDITS: Final = 4
"""Changes of a level that may await their prints; on two recorded markets, 4 do as well as 200."""

OPEN: Final = np.dtype(
    [
        ("order_id", "i8"),
        ("client_id", "i8"),
        ("price", "i8"),  # ticks
        ("size", "i8"),  # lots in total
        ("filled", "i8"),
        ("arrived", "i8"),  # µs, exchange: only later events touch it
        ("decided", "i8"),  # µs, local: of the last command about it
        ("reached", "i8"),  # µs, exchange: when that command arrived
        ("ahead_entry", "i8"),
        ("level", "i8"),  # lots displayed at our price, as last seen
        ("moved_ts", "i8"),  # µs, exchange: of the level's last change; prints up to here are in it
        ("offered", "i8"),  # the last round of matching it was offered something in, see ``rounds``
        ("ahead", "f8"),  # lots before us; -1 = not known
        ("printed", "f8"),  # lots printed at our price since the level's last change
        # Of the level's latest changes, last one last: when [µs, exchange], and the lots that each
        # took off ``ahead`` and no print has explained yet.
        ("credit_ts", "i8", (CREDITS,)),
        ("credit", "f8", (CREDITS,)),
        ("instrument", "i2"),
        ("side", "i1"),
        ("post_only", "i1"),
        ("reduce_only", "i1"),
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
        ("order_ids", "i8"),  # order ids given out
        ("decision", "i8"),  # decisions of the block that took effect
        ("block_order", "i8"),  # orders of the block that took effect
        ("block_orders", "i8"),  # orders of the block
        ("marks", "i8"),  # distinct decision times marked, of this report
        ("changed", "i8"),  # 1: the account changed since the block was decided
        ("mid_message", "i8"),  # 1: the next event continues a message
        ("prints", "i8"),  # prints seen, of all instruments; the number of a draw
        ("rounds", "i8"),  # prints and crossings matched, each of which meets an order once
        ("recheck", "i8"),  # 1: this message took levels away, perhaps at our prices
        ("unsided", "i8"),  # prints without a side that no quote could tell
        ("wakes", "i8"),  # 1: news of our own wake the strategy
        ("woken", "i8"),  # 1: they have, of the instruments that ``standing`` names
        ("decided", "i8"),  # µs: the latest decision that took effect
        ("up_to", "i8"),  # µs: what the last block was carried out up to
    ],
    align=True,
)

CONNECTION: Final = np.dtype(
    [
        ("last_known", "i8"),  # µs: the latest ts_known given out
        ("last_arrival", "i8"),  # µs: the latest arrival given out
        ("waiting", "i8"),  # commands on their way
        ("feed", "i8"),  # µs: latest feed latency
        ("newest", "i8"),  # µs, exchange: when the message that measured it was made
        ("overtaken", "i8"),  # messages made before that one, see ``latency``
        ("stale", "i8"),  # messages stamped by a wrong clock, see ``latency``
        ("last_event", "i8"),  # µs, local: of the latest event
        ("due", "i8"),  # µs, exchange: the next funding of its instruments; 0 = none is known
    ],
    align=True,
)
"""Of each market: its messages have one clock, and none overtakes another."""

TERMS: Final = np.dtype(
    [
        ("market", "i8"),  # index of the connection
        ("entry", "i8", (2,)),  # rows of ``Rules.latencies``: from, to
        ("response", "i8", (2,)),
        ("entry_multiple", "f8"),
        ("response_multiple", "f8"),
        ("jitter", "f8"),
        ("p0", "f8"),  # of the fill model
        ("p1", "f8"),
        ("draws", "i8"),  # 1: the fill model uses its draw
        ("crosses", "i8"),  # 1: the other side's best price reaching ours fills us
    ],
    align=True,
)
"""What holds for each instrument during a whole run."""

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
        ("reduce_only", "i1"),
        ("reason", "i1"),  # of a cancel that we did not ask for ourselves
        ("done", "i1"),  # 1: it has taken effect
    ],
    align=True,
)

STANDING: Final = np.dtype(
    [
        ("position", "i8"),  # lots, as the venue has it
        ("mark", "i8"),  # 1e-6 ticks; 0 = none
        ("rate", "i8"),  # 1e-12, of the next funding
        ("funding_ts", "i8"),  # µs, exchange: the next funding; 0 = not known
        ("paid_ts", "i8"),  # µs, exchange: the last funding paid
        ("later_rate", "i8"),  # 1e-12, of the funding after the next
        ("later_ts", "i8"),  # µs, exchange: when that is; 0 = not known
        ("settled", "i8"),  # 1: the contract is over
        ("interval", "i8"),  # µs between fundings of a schedule; 0 = the ticker tells
        ("taken_bid", "i8"),  # ticks and lots: the touch that crossed orders were last matched with
        ("taken_bid_size", "i8"),
        ("taken_ask", "i8"),
        ("taken_ask_size", "i8"),
        ("quoted_bid", "i8"),  # ticks and lots: the last quote, as a row of features shows it
        ("quoted_bid_size", "i8"),
        ("quoted_ask", "i8"),
        ("quoted_ask_size", "i8"),
        ("woken", "i8"),  # 1: news of it wake the strategy
        ("low", "i8"),  # ticks: our open orders lie in [low, high]
        ("high", "i8"),
    ],
    align=True,
)


class Venue(NamedTuple):
    """The arrays of the venue, as kernels take them."""

    levels: Levels
    orders: Rows
    """dtype OPEN; the first ``open`` rows, in order of place: whoever came first stands first."""
    commands: Rows
    """dtype COMMAND; those for one market in order of arrival."""
    reports: Rows
    """dtype REPORT, in the order in which they become known."""
    standing: Rows
    """dtype STANDING, one row an instrument."""
    connections: Rows
    """dtype CONNECTION, one row a market."""
    state: Rows
    """dtype STATE, one row."""


class Rules(NamedTuple):
    """What does not change during a run."""

    seed: int
    terms: Rows
    """dtype TERMS, one row an instrument."""
    latencies: npt.NDArray[np.float64]
    """Latency tables, one behind the other; see ``latency``."""
    on_print: npt.NDArray[Any]
    """The fill model's rules, an ``Address`` an instrument."""
    on_depth: npt.NDArray[Any]
    steps: npt.NDArray[np.int64]
    """shape (n, 3): from when on which tick holds; see ``ticks``."""


@inner
def remember(order: Any, command: Any) -> None:
    """Make ``order`` (an unused row) the order that ``command`` asks for."""
    order["order_id"] = command["order_id"]
    order["client_id"] = command["client_id"]
    order["price"] = command["price"]
    order["size"] = command["size"]
    order["filled"] = 0
    order["arrived"] = command["arrival"]
    order["decided"] = command["ts"]
    order["reached"] = command["arrival"]
    order["ahead_entry"] = -1
    order["level"] = 0
    order["offered"] = 0
    order["ahead"] = -1.0
    start_queue(order)
    order["instrument"] = command["instrument"]
    order["side"] = command["side"]
    order["post_only"] = command["post_only"]
    order["reduce_only"] = command["reduce_only"]


@inner
def start_queue(order: Any) -> None:
    """Forget what moved ``order`` up its last queue."""
    order["moved_ts"] = 0
    order["printed"] = 0.0
    for i in range(CREDITS):
        order["credit_ts"][i] = 0
        order["credit"][i] = 0.0


@inner
def remove(venue: Venue, at: int) -> None:
    """Take an order out, keeping the others in order of place."""
    state, instrument = venue.state[0], venue.orders[at]["instrument"]
    for i in range(at, state["open"] - 1):
        venue.orders[i] = venue.orders[i + 1]
    state["open"] -= 1
    find_bounds(venue, instrument)


@inner
def to_the_back(venue: Venue, at: int) -> int:
    """Put the order at ``at`` behind all others; return where it is now."""
    last = venue.state[0]["open"] - 1
    venue.orders[last + 1] = venue.orders[at]
    for i in range(at, last + 1):
        venue.orders[i] = venue.orders[i + 1]
    return int(last)


@inner
def find_bounds(venue: Venue, instrument: int) -> None:
    """Recompute the price range of our orders; most level changes lie outside it."""
    standing = venue.standing[instrument]
    standing["low"] = 1
    standing["high"] = 0
    for i in range(venue.state[0]["open"]):
        if venue.orders[i]["instrument"] != instrument:
            continue
        price = venue.orders[i]["price"]
        none = standing["high"] < standing["low"]
        if none or price < standing["low"]:
            standing["low"] = price
        if none or price > standing["high"]:
            standing["high"] = price


@inner
def note_matched(venue: Venue, instrument: int, side: int) -> None:
    """Remember that what the touch shows to ``side`` was matched: see ``match_crossed``."""
    touch = venue.levels.touch[instrument]
    seen = venue.standing[instrument]
    if side == BUY:
        seen["taken_ask"] = touch["ask"]
        seen["taken_ask_size"] = touch["ask_size"]
    else:
        seen["taken_bid"] = touch["bid"]
        seen["taken_bid_size"] = touch["bid_size"]

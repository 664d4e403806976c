"""Orders, what becomes of them, and what a strategy wanted.

Columns again: a strategy answers with arrays, and the venue reports in arrays. An ``ORDER`` row is
a command (new, replace, cancel); a ``REPORT`` row is a change of an order's state; a ``DECISION``
row is what the strategy saw and wanted at one decision time, for people to read later.

Life of an order: submitted -> accepted | rejected(reason) -> filled* -> done, or
cancelled(reason), or expired. Each report carries its times: the command behind it decided
(ours) and arrived (exchange clock), the event at the venue (exchange clock), and known (ours).
"""

from typing import Final

import attrs
import numpy as np

from mm.api.account import Account
from mm.api.features import NOBODY
from mm.api.market import Rows

ORDER: Final = np.dtype(
    [
        ("ts", "i8"),  # µs, decision time
        ("decision", "i8"),  # which row of the block decided it, ascending
        ("client_id", "i8"),  # the strategy's name for it; unique among open orders
        ("price", "i8"),  # ticks; limit orders
        ("size", "i8"),  # lots, in total: what a replaced order has filled already counts
        ("order_id", "i8"),  # the venue's name; 0 until it is given one
        ("instrument", "i2"),
        ("action", "i1"),  # NEW, REPLACE, CANCEL or CANCEL_ALL
        ("side", "i1"),  # BUY or SELL
        ("type", "i1"),  # LIMIT or MARKET
        ("tif", "i1"),  # GTC, IOC or FOK
        ("post_only", "i1"),  # 1: rejected rather than taking
        ("reduce_only", "i1"),  # 1: cut to what closes the position, at arrival and after
        ("refused", "i1"),  # 1: set by the host: our risk gate kept it back
    ],
    align=True,
)

NEW: Final = 0
REPLACE: Final = 1  # new price or total size; a smaller size at the same price keeps its place
CANCEL: Final = 2
CANCEL_ALL: Final = 3
ACTION_NAMES: Final = ("new", "replace", "cancel", "cancel_all")

LIMIT: Final = 0
MARKET: Final = 1
TYPE_NAMES: Final = ("limit", "market")

GTC: Final = 0
IOC: Final = 1
FOK: Final = 2
TIF_NAMES: Final = ("GTC", "IOC", "FOK")

REPORT: Final = np.dtype(
    [
        ("ts_known", "i8"),  # µs, local: when the strategy may know
        ("ts_venue", "i8"),  # µs, exchange: when it happened there
        ("ts_decided", "i8"),  # µs, local: when the command behind it was decided
        ("ts_arrived", "i8"),  # µs, exchange: when that command reached the venue; 0 = it never did
        ("order_id", "i8"),
        ("client_id", "i8"),
        ("price", "i8"),  # ticks; a fill's price, else the order's
        ("size", "i8"),  # lots; a fill's size, else the order's total
        ("leaves", "i8"),  # lots still open afterwards
        ("ahead_entry", "i8"),  # lots ahead when it joined the queue; -1 = not known
        ("ahead", "i8"),  # lots ahead just before this fill; -1 = not known
        ("source_row", "i8"),  # row of the print that filled it; 0 = none
        ("bid", "i8"),  # ticks, the venue's touch at that moment; 0 = none
        ("ask", "i8"),
        ("mark", "i8"),  # 1e-6 ticks, the latest mark price; 0 = none
        ("limit", "f8"),  # a risk limit that refused it, and the value that broke it; else NaN
        ("value", "f8"),
        ("draw", "f8"),  # the random number used, in [0, 1); NaN = none
        ("instrument", "i2"),
        ("kind", "i1"),
        ("reason", "i1"),
        ("rule", "i1"),
        ("side", "i1"),
    ],
    align=True,
)

ACCEPTED: Final = 0
REJECTED: Final = 1
REPLACED: Final = 2
FILLED: Final = 3  # a fill, partial while leaves > 0
CANCELLED: Final = 4
EXPIRED: Final = 5  # the unfilled rest of IOC, FOK and market orders
FUNDING: Final = 6  # not an order's: price = mark [1e-6 ticks], size = rate [1e-12]
SETTLED: Final = 7  # not an order's: the contract is over; price [1e-6 ticks], size = lots closed
REPORT_NAMES: Final = (
    "accepted",
    "rejected",
    "replaced",
    "filled",
    "cancelled",
    "expired",
    "funding",
    "settled",
)

NO_REASON: Final = 0
REQUESTED: Final = 1
WOULD_TAKE: Final = 2
UNKNOWN_ORDER: Final = 3
DUPLICATE_ID: Final = 4
BAD_ORDER: Final = 5
NO_LIQUIDITY: Final = 6
RISK_ORDER_SIZE: Final = 7  # from here on: refused by our own risk gate, never sent
RISK_POSITION: Final = 8
RISK_ORDER_RATE: Final = 9
RISK_COLLAR: Final = 10
RISK_LOSS: Final = 11  # the kill switch; also the reason of the cancels that it sends
RISK_STALE: Final = 12
REDUCE_ONLY: Final = 13  # there is nothing (left) to reduce
OFF_TICK: Final = 14  # the price is no multiple of the tick size in force
CONTRACT_OVER: Final = 15  # it has been settled
REASON_NAMES: Final = (
    "", "requested", "post_only_would_take", "unknown_order", "duplicate_client_id",
    "invalid_order", "no_liquidity", "risk_order_size", "risk_max_position", "risk_order_rate",
    "risk_price_collar", "risk_max_loss", "risk_stale_market", "reduce_only",
    "off_tick", "contract_over",
)  # fmt: skip

NO_RULE: Final = 0
TAKER: Final = 1  # took displayed size on arrival
QUEUE_REACHED: Final = 2  # a print at our price used up what stood ahead
TRADED_THROUGH: Final = 3  # a print beyond our price
MODEL_DRAW: Final = 4  # the fill model's random draw
BOOK_CROSSED: Final = 5  # the other side's best price reached ours
RULE_NAMES: Final = (
    "", "taker", "queue_reached", "traded_through", "model_draw", "book_crossed",
)  # fmt: skip

DECISION: Final = np.dtype(
    [
        ("ts", "i8"),  # µs, decision time
        ("bid", "i8"),  # ticks, the touch as seen; 0 = none
        ("ask", "i8"),
        ("position", "i8"),  # lots, as known
        ("mid", "f8"),  # [price]; this and what follows: NaN = none
        ("sigma", "f8"),  # [price/√s]
        ("A", "f8"),  # [1/s]
        ("k", "f8"),  # [1/price]
        ("reservation", "f8"),  # [price]
        ("raw_bid", "f8"),  # [price], before rounding and limits
        ("raw_ask", "f8"),
        ("quote_bid", "i8"),  # ticks, as wanted; 0 = no quote
        ("quote_ask", "i8"),
        ("instrument", "i2"),
        ("bid_clamp", "i1"),  # why quote_bid is not raw_bid rounded
        ("ask_clamp", "i1"),
    ],
    align=True,
)

MODELLED: Final = ("mid", "sigma", "A", "k", "reservation", "raw_bid", "raw_ask")
"""Columns of DECISION with what a model had and said; NaN where there is none. A ``RowStrategy``
takes them from its rows, where these have them."""

NO_CLAMP: Final = 0
PASSIVE: Final = 1  # would have crossed the touch
MAX_POSITION: Final = 2
NO_MODEL: Final = 3  # an input is missing or the fit has no k > 0
ONE_SIDED: Final = 4  # the touch has no other side to judge by
BELOW_ZERO: Final = 5  # the price came out at or below zero
CLAMP_NAMES: Final = ("", "passive", "max_position", "no_model", "one_sided", "below_zero")


@attrs.frozen(kw_only=True)
class Decisions:
    """A strategy's answer for its first n rows: the orders, and a trace row each."""

    orders: Rows
    """dtype ORDER, shape (m,), in order of ``decision``."""
    trace: Rows
    """dtype DECISION, shape (n,)."""


@attrs.frozen(kw_only=True)
class OrderBlock:
    """All orders a strategy gives before ``horizon``, for one or more decision times.

    The decisions assume that the account stays as it is. Execution stops at the first decision
    time by which it changed, and the strategy decides the rest again.
    """

    times: np.ndarray[tuple[int], np.dtype[np.int64]]
    """µs, shape (n,), non-decreasing: the decision times; n = 0 only moves the horizon."""
    decisions: Decisions
    horizon: int
    """µs: nothing more will be decided before this time."""
    account: Account
    """What the decisions were made on."""


@attrs.frozen(kw_only=True)
class ExecutionReport:
    """What the venue did up to ``up_to``, in the order in which we learn of it."""

    up_to: int
    """µs: everything known at or before this time has been reported."""
    committed: int
    """How many decisions of the block took effect; the others must be decided again."""
    orders: Rows
    """dtype ORDER, shape (m,): the commands that took effect, with their order ids."""
    trace: Rows
    """dtype DECISION, shape (committed,)."""
    marks: Rows
    """dtype MARK, shape ((n + 1) * instruments,): the touch at each of n decision times, one mark
    for decisions of one time, and at ``up_to``."""
    reports: Rows
    """dtype REPORT, shape (r,)."""
    woken: Rows = NOBODY
    """dtype TOUCH_FIELDS, and DEPTH_FIELDS where rows have depth. Where news of our own wake the
    strategy: a row for each instrument that news known at ``up_to`` are of, and no decision of that
    time has heard."""


MARK: Final = np.dtype(
    [
        ("ts", "i8"),  # µs, local
        ("bid", "i8"),  # ticks; 0 = none
        ("ask", "i8"),
        ("mark", "i8"),  # 1e-6 ticks, the latest mark price; 0 = none
        ("instrument", "i2"),
    ],
    align=True,
)
"""The venue's touch at a decision time."""

"""The strategy's kernel: decision rows and an account in, orders and reasons out.

Prices and sizes become ticks and lots here. Walks the rows of a block in order and keeps track of
what it sends itself, so deciding rows together or one by one gives the same orders.

One order a side. An order is left alone while its price stands and it can do no harm, since its
place in the queue is worth money. Sizes are totals, which makes the position limit safe against
fills that we have not heard of yet: an order replaced to ``filled + wanted`` has, after u more lots
were filled unseen, ``wanted - u`` left, while the position is u lots nearer the limit. Position
plus leaves comes to ``position + wanted`` either way, and ``wanted`` is cut to stay within. After
a cancel nothing is sent on that side until its end is known, for the same reason.

Where to quote stands in the row, as a line in inventory (mark-up and slope) or beside it as a table
by inventory. Knows nothing of how either came about.
"""

import math
from typing import Any, Final

import numpy as np

from mm.api import (
    BELOW_ZERO,
    BUY,
    CANCEL,
    GTC,
    LIMIT,
    MAX_POSITION,
    NEW,
    NO_CLAMP,
    NO_MODEL,
    ONE_SIDED,
    PASSIVE,
    REPLACE,
    SELL,
    Rows,
)
from mm.api.jit import kernel
from mm_avellaneda.model import offsets
from mm_avellaneda.table import between

QUOTING: Final = np.dtype(
    [
        ("ts", "i8"),  # µs
        ("bid", "i8"),  # ticks
        ("bid_size", "i8"),  # lots
        ("ask", "i8"),
        ("ask_size", "i8"),
        ("instrument", "i8"),
        ("mid", "f8"),  # [price]
        ("fair", "f8"),  # [price]: what is quoted around; the mid where there are no signals
        ("sigma", "f8"),  # [price/√s]
        ("A", "f8"),  # [1/s per side]
        ("k", "f8"),  # [1/price]
        ("markup", "f8"),  # [price]; NaN = no quotes
        ("slope", "f8"),  # [price/model unit]
    ],
    align=True,
)
"""A row to decide on."""

LIMITS: Final = np.dtype(
    [
        ("ticks_per_price", "f8"),  # numerator and denominator of 1/tick, both whole where the
        ("price_per_ticks", "f8"),  # tick is a decimal: 10 and 1 for 0.1
        ("delta", "f8"),  # model units that quote_lots are
        ("quote_lots", "i8"),
        ("max_lots", "i8"),
        ("post_only", "i8"),
    ],
    align=True,
)
"""What is set, an instrument each."""

SLOT: Final = np.dtype(
    [
        ("client_id", "i8"),
        ("price", "i8"),  # ticks
        ("leaves", "i8"),  # lots, as far as known
        ("filled", "i8"),  # lots, as far as known
        ("status", "i8"),
    ],
    align=True,
)
"""What works on one side of one instrument; kept in an array of shape (instruments, 2)."""

_EMPTY = 0
_WORKING = 1
_CANCELLING = 2

_FARTHEST = 4e18  # ticks; beyond this no int64 holds a price


@kernel(allocates=False)
def outward(ticks: float, side: int) -> int:
    """Round away from the mid: a bid down, an ask up; a price on the grid stays where it is.

    On the grid means within 1e-9 ticks and a few roundings of a double, which a price that was
    computed in floats can be off by.
    """
    nearest = math.floor(ticks + 0.5)
    if abs(ticks - nearest) <= 1e-9 + 1e-15 * abs(ticks):
        return nearest
    return math.floor(ticks) if side == BUY else math.ceil(ticks)


@kernel(allocates=False)
def quote_price(row: Any, limit: Any, raw: float, side: int) -> tuple[int, int]:
    """Turn a raw price into (ticks, clamp); 0 ticks = no quote, and the clamp says why."""
    if row["bid_size"] <= 0 or row["ask_size"] <= 0:
        return 0, ONE_SIDED
    ticks = raw * limit["ticks_per_price"] / limit["price_per_ticks"]
    if not abs(ticks) < _FARTHEST:
        return 0, NO_MODEL
    price, clamp = outward(ticks, side), NO_CLAMP
    if side == BUY and price >= row["ask"]:
        price, clamp = min(price, row["bid"]), PASSIVE
    elif side == SELL and price <= row["bid"]:
        price, clamp = max(price, row["ask"]), PASSIVE
    if price <= 0:
        return 0, BELOW_ZERO
    return price, clamp


@kernel(allocates=False)
def fill_slots(working: Rows, slots: Rows) -> None:
    """Find what works on each side; a live order goes before one that is being cancelled."""
    for i in range(len(working)):
        order = working[i]
        slot = slots[order["instrument"], 0 if order["side"] == BUY else 1]
        if order["cancelling"] and slot["status"] != _EMPTY:
            continue
        slot["client_id"] = order["client_id"]
        slot["price"] = order["price"]
        slot["leaves"] = order["size"] - order["filled"]
        slot["filled"] = order["filled"]
        slot["status"] = _CANCELLING if order["cancelling"] else _WORKING


@kernel(allocates=False)
def choose_action(slot: Any, price: int, wanted: int) -> int:
    """Say what takes the slot to ``wanted`` lots at ``price`` (0 = no quote); -1 = nothing."""
    if slot["status"] == _CANCELLING:
        return -1
    if slot["status"] == _EMPTY:
        return NEW if price > 0 else -1
    if price == 0:
        return CANCEL
    # Partly filled, it keeps its place: fewer lots than wanted do no harm, more would.
    if slot["price"] == price and slot["leaves"] <= wanted:
        return -1
    return REPLACE


@kernel(allocates=False)
def send(slot: Any, order: Any, action: int, price: int, wanted: int, next_id: int) -> int:
    """Write the order and remember it in the slot; return the next free client id."""
    if action == NEW:
        slot["client_id"] = next_id
        slot["filled"] = 0
        slot["status"] = _WORKING
        next_id += 1
    if action == CANCEL:
        slot["status"] = _CANCELLING
    else:
        slot["price"] = price
        slot["leaves"] = wanted
    order["action"] = action
    order["client_id"] = slot["client_id"]
    order["price"] = slot["price"]
    order["size"] = slot["filled"] + slot["leaves"]
    return next_id


@kernel(allocates=False)
def find_offsets(row: Any, bids: Any, asks: Any, position: int, limit: Any) -> tuple[float, float]:
    """Give the distances (bid, ask) from the mid [price]: by tables if there are any."""
    quotes_held = position / limit["quote_lots"]
    if len(bids) > 0:
        return between(bids, quotes_held), between(asks, quotes_held)
    return offsets(quotes_held * limit["delta"], limit["delta"], row["markup"], row["slope"])


@kernel(allocates=False)
def see(row: Any, position: int, bid_offset: float, ask_offset: float, seen: Any) -> None:
    """Write down what was seen, and the raw prices."""
    seen["ts"] = row["ts"]
    seen["instrument"] = row["instrument"]
    seen["bid"] = row["bid"] if row["bid_size"] > 0 else 0
    seen["ask"] = row["ask"] if row["ask_size"] > 0 else 0
    seen["position"] = position
    seen["mid"] = row["mid"]
    seen["sigma"] = row["sigma"]
    seen["A"] = row["A"]
    seen["k"] = row["k"]
    seen["reservation"] = row["fair"] + (ask_offset - bid_offset) / 2.0
    seen["raw_bid"] = row["fair"] - bid_offset
    seen["raw_ask"] = row["fair"] + ask_offset


@kernel(allocates=False)
def decide_rows(
    rows: Rows,
    positions: Any,
    working: Rows,
    next_id: int,
    limits: Rows,
    slots: Rows,
    orders: Rows,
    trace: Rows,
    bids: Any,
    asks: Any,
) -> int:
    """Decide every row, in order.

    Over 40 lines with what its arguments are: what a row sends is where the next one begins.

    Args:
        rows: dtype QUOTING, shape (n,).
        positions: int64, lots by instrument.
        working: dtype WORKING.
        next_id: the account's ``next_client_id``.
        limits: dtype LIMITS, by instrument.
        slots: dtype SLOT, shape (instruments, 2), zeros.
        orders: dtype ORDER, shape (2n,), zeros; written from the start.
        trace: dtype DECISION, shape (n,), zeros; written.
        bids: float64, shape (n, 2Q + 1): distance from the mid [price] at -Q..Q times quote_lots;
            shape (n, 0) = by each row's mark-up and slope.
        asks: the same.

    Returns:
        The number of orders.
    """
    fill_slots(working, slots)
    sent = 0
    for i in range(len(rows)):
        row, seen = rows[i], trace[i]
        instrument = row["instrument"]
        limit, position = limits[instrument], positions[instrument]
        bid_offset, ask_offset = find_offsets(row, bids[i], asks[i], position, limit)
        see(row, position, bid_offset, ask_offset, seen)
        for column in range(2):
            side = BUY if column == 0 else SELL
            raw = seen["raw_bid"] if side == BUY else seen["raw_ask"]
            price, clamp = quote_price(row, limit, raw, side)
            wanted = min(limit["quote_lots"], limit["max_lots"] - side * position)
            if price > 0 and wanted <= 0:
                price, clamp = 0, MAX_POSITION
            if side == BUY:
                seen["quote_bid"] = price
                seen["bid_clamp"] = clamp
            else:
                seen["quote_ask"] = price
                seen["ask_clamp"] = clamp
            slot = slots[instrument, column]
            action = choose_action(slot, price, wanted)
            if action < 0:
                continue
            order = orders[sent]
            sent += 1
            order["ts"] = row["ts"]
            order["decision"] = i
            order["instrument"] = instrument
            order["side"] = side
            order["type"] = LIMIT
            order["tif"] = GTC
            order["post_only"] = limit["post_only"]
            next_id = send(slot, order, action, price, wanted, next_id)
    return sent

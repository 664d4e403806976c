"""The strategy's kernel: decision rows and an account in, orders on a grid and reasons out.

The levels of a side are ``first − i · interval`` (a bid's; an ask's the other way), i from 0. The
first is the raw price rounded outward to a multiple of the interval, so it stays where it is while
the raw price moves within one step of the grid. What that means for the orders is in ``ladder``.

Walks the rows of a block in order and keeps track of what it sends itself, so deciding rows
together or one by one gives the same orders.
"""

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mm.api import (
    BELOW_ZERO,
    BUY,
    DECISION,
    MAX_POSITION,
    NO_CLAMP,
    NO_MODEL,
    ONE_SIDED,
    ORDER,
    PASSIVE,
    QUESTION,
    SELL,
    WORKING,
    Rows,
)
from mm.api.addresses import rows_at
from mm.api.jit import kernel
from mm_grid.ladder import decide_side
from mm_grid.records import CURSOR, GRID, SEEN

ORDERS_PER_LEVEL: Final = 6

_FARTHEST = 4e18  # ticks; beyond this no int64 holds a price


@kernel(allocates=False)
def outward(ticks: float, step: int, side: int) -> int:
    """Round away from the mid to a multiple of ``step``: a bid down, an ask up.

    A price within 1e-9 ticks and a few roundings of a double of a whole tick is taken to be it.
    """
    nearest = math.floor(ticks + 0.5)
    if abs(ticks - nearest) > 1e-9 + 1e-15 * abs(ticks):
        nearest = math.floor(ticks) if side == BUY else math.ceil(ticks)
    return nearest // step * step if side == BUY else -(-nearest // step) * step


@kernel(allocates=False)
def first_price(row: Any, grid: Any, raw: float, side: int) -> tuple[int, int]:
    """Turn a raw price into (ticks of the first level, clamp); 0 = no quotes, for that reason."""
    if row["bid_size"] <= 0 or row["ask_size"] <= 0:
        return 0, ONE_SIDED
    ticks = raw * grid["ticks_per_price"] / grid["price_per_ticks"]
    if not abs(ticks) < _FARTHEST:
        return 0, NO_MODEL
    price, clamp = outward(ticks, grid["interval"], side), NO_CLAMP
    if side == BUY and price >= row["ask"]:
        price, clamp = outward(float(row["bid"]), grid["interval"], side), PASSIVE
    elif side == SELL and price <= row["bid"]:
        price, clamp = outward(float(row["ask"]), grid["interval"], side), PASSIVE
    if price <= 0:
        return 0, BELOW_ZERO
    return price, clamp


@kernel(allocates=False)
def see(row: Any, position: int, grid: Any, seen: Any) -> None:
    """Write down what was seen, and the raw prices."""
    seen["ts"] = row["ts"]
    seen["instrument"] = row["instrument"]
    seen["bid"] = row["bid"] if row["bid_size"] > 0 else 0
    seen["ask"] = row["ask"] if row["ask_size"] > 0 else 0
    seen["position"] = position
    seen["mid"] = row["mid"]
    seen["sigma"] = math.nan
    seen["A"] = math.nan
    seen["k"] = math.nan
    seen["reservation"] = row["fair"] - grid["skew"] * position
    seen["raw_bid"] = seen["reservation"] - grid["half_spread"]
    seen["raw_ask"] = seen["reservation"] + grid["half_spread"]


@kernel(allocates=False)
def decide_rows(
    rows: Rows,
    positions: npt.NDArray[np.int64],
    working: Rows,
    grids: Rows,
    standing: npt.NDArray[np.int64],
    cursor: Rows,
    orders: Rows,
    trace: Rows,
) -> int:
    """Decide every row, in order.

    Args:
        rows: dtype SEEN, shape (n,).
        positions: lots by instrument.
        working: dtype WORKING; the account's, then room for new ones; changed.
        grids: dtype GRID, by instrument.
        standing: shape (levels,), for the walk's own use.
        cursor: dtype CURSOR, one record with ``open`` and ``next_id`` as the account has them.
        orders: dtype ORDER, zeros; written from the start.
        trace: dtype DECISION, shape (n,), zeros; written.

    Returns:
        The number of orders.
    """
    at = cursor[0]
    for i in range(len(rows)):
        row, seen = rows[i], trace[i]
        instrument = row["instrument"]
        grid, position = grids[instrument], positions[instrument]
        see(row, position, grid, seen)
        at["ts"] = row["ts"]
        at["decision"] = i
        at["instrument"] = instrument
        for side in (BUY, SELL):
            raw = seen["raw_bid"] if side == BUY else seen["raw_ask"]
            price, clamp = first_price(row, grid, raw, side)
            at["side"] = side
            at["first"] = price
            first = decide_side(working, position, at, grid, standing, orders)
            if price > 0 and first == 0:
                clamp = MAX_POSITION
            if side == BUY:
                seen["quote_bid"] = first
                seen["bid_clamp"] = clamp
            else:
                seen["quote_ask"] = first
                seen["ask_clamp"] = clamp
    return int(at["sent"])


def decide_at(question: int) -> int:
    """Call ``decide_rows`` on what stands at these addresses; see ``mm.api.DecisionKernel``."""
    asked = rows_at(question, 1, QUESTION)[0]
    grids = rows_at(asked["settings"], asked["instruments"], GRID)
    levels = grids[0]["levels"]
    most = asked["open_orders"] + 4 * levels * asked["count"]
    own_orders, own_working = np.zeros(most, ORDER), np.zeros(most, WORKING)
    own_working[: asked["open_orders"]] = rows_at(asked["working"], asked["open_orders"], WORKING)
    cursor = np.zeros(1, CURSOR)
    cursor[0]["open"] = asked["open_orders"]
    cursor[0]["next_id"] = asked["next_id"]
    given = decide_rows(
        rows_at(asked["rows"], asked["count"], SEEN),
        rows_at(asked["positions"], asked["instruments"], np.int64),
        own_working,
        grids,
        np.zeros(levels, np.int64),
        cursor,
        own_orders,
        rows_at(asked["trace"], asked["count"], DECISION),
    )
    # What stands is at most a grid, so its cancels and four orders a level and row fit; if they do
    # not, the host refuses to go on, as it does with any answer that is out of bounds.
    room = ORDERS_PER_LEVEL * levels * asked["count"]
    rows_at(asked["orders"], room, ORDER)[: min(given, room)] = own_orders[: min(given, room)]
    return given

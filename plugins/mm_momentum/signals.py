"""Momentum's kernels: averages of trade prices, and the one order they can call for at a time.

Both averages are exponential over trades, not time: each new price weighs 2/(span + 1), the usual
equivalent of a plain average of ``span`` prices. They start at the first price and count as known
after ``lookback`` trades. Knows nothing of configuration.
"""

import math
from typing import Any, Final

import numpy as np

from mm.api import (
    BUY,
    DECISION,
    IOC,
    LIMIT,
    NEW,
    NO_MODEL,
    ONE_SIDED,
    ORDER,
    QUESTION,
    SELL,
    WORKING,
    Rows,
)
from mm.api.addresses import rows_at
from mm.api.jit import kernel

AVERAGED: Final = np.dtype(
    [
        ("ts", "i8"),  # µs
        ("bid", "i8"),  # ticks
        ("bid_size", "i8"),  # lots
        ("ask", "i8"),
        ("ask_size", "i8"),
        ("instrument", "i8"),
        ("trade_price", "f8"),  # [price]
        ("is_trade", "i8"),
        ("fast", "f8"),  # [price]; NaN until known
        ("slow", "f8"),
    ],
    align=True,
)
"""A row to decide on."""

AVERAGES: Final = np.dtype(
    [("fast", "f8"), ("slow", "f8"), ("trades", "i8")],  # [price], [price], seen
    align=True,
)
"""What the averages remember, an instrument each."""

SETTINGS: Final = np.dtype(
    [("lots", "i8"), ("half_ticks", "f8"), ("threshold", "f8")],  # to hold; [price]; see below
    align=True,
)
"""What is set, an instrument each."""


_FAST_SHARE = 0.25  # of the slow span; ours: trades are noisy, so wider apart than MACD's 12 to 26


@kernel(allocates=False)
def average(rows: Rows, lookback: int, averages: Rows) -> None:
    """Go through rows (dtype AVERAGED) and fill in ``fast`` and ``slow``."""
    slow_weight = 2.0 / (lookback + 1.0)
    fast_weight = 2.0 / (lookback * _FAST_SHARE + 1.0)
    for i in range(len(rows)):
        row = rows[i]
        memory = averages[row["instrument"]]
        if row["is_trade"]:
            price = row["trade_price"]
            if memory["trades"] == 0:
                memory["fast"] = price
                memory["slow"] = price
            memory["fast"] += fast_weight * (price - memory["fast"])
            memory["slow"] += slow_weight * (price - memory["slow"])
            memory["trades"] += 1
        known = memory["trades"] >= lookback
        row["fast"] = memory["fast"] if known else math.nan
        row["slow"] = memory["slow"] if known else math.nan


@kernel(allocates=False)
def wanted_side(row: Any, threshold: float) -> int:
    """Say which way to be: BUY, SELL, or 0 to stay as we are."""
    if row["fast"] > row["slow"] * (1.0 + threshold):
        return BUY
    if row["fast"] < row["slow"] * (1.0 - threshold):
        return SELL
    return 0


@kernel(allocates=False)
def decide_rows(
    rows: Rows,
    positions: Any,
    busy: Any,
    next_id: int,
    fixed: Rows,
    orders: Rows,
    trace: Rows,
) -> int:
    """Decide every row, in order; an order sent makes its instrument busy for the rest.

    Over 40 lines with what its arguments are: one walk, whose state stays in registers.

    Args:
        rows: dtype AVERAGED, shape (n,).
        positions: int64, lots by instrument.
        busy: int64 by instrument: 1 = an order works, wait for its end; written.
        next_id: the account's ``next_client_id``.
        fixed: dtype SETTINGS, by instrument.
        orders: dtype ORDER, shape (n,), zeros; written from the start.
        trace: dtype DECISION, shape (n,), zeros; written.

    Returns:
        The number of orders.
    """
    sent = 0
    for i in range(len(rows)):
        row, seen = rows[i], trace[i]
        instrument = row["instrument"]
        has_bid, has_ask = row["bid_size"] > 0, row["ask_size"] > 0
        seen["ts"] = row["ts"]
        seen["instrument"] = instrument
        seen["bid"] = row["bid"] if has_bid else 0
        seen["ask"] = row["ask"] if has_ask else 0
        seen["position"] = positions[instrument]
        seen["mid"] = math.nan
        if has_bid and has_ask:
            seen["mid"] = (row["bid"] + row["ask"]) * fixed[instrument]["half_ticks"]
        seen["sigma"] = math.nan
        seen["A"] = math.nan
        seen["k"] = math.nan
        seen["reservation"] = math.nan
        seen["raw_bid"] = math.nan
        seen["raw_ask"] = math.nan
        if math.isnan(row["slow"]):
            seen["bid_clamp"] = NO_MODEL
            seen["ask_clamp"] = NO_MODEL
            continue
        side = wanted_side(row, fixed[instrument]["threshold"])
        missing = side * fixed[instrument]["lots"] - positions[instrument]
        if side == 0 or missing * side <= 0:
            continue
        if side == BUY and not has_ask:
            seen["bid_clamp"] = ONE_SIDED
            continue
        if side == SELL and not has_bid:
            seen["ask_clamp"] = ONE_SIDED
            continue
        price = row["ask"] if side == BUY else row["bid"]
        if side == BUY:
            seen["quote_bid"] = price
        else:
            seen["quote_ask"] = price
        if busy[instrument]:
            continue
        busy[instrument] = 1
        order = orders[sent]
        sent += 1
        order["ts"] = row["ts"]
        order["decision"] = i
        order["client_id"] = next_id
        order["price"] = price
        order["size"] = abs(missing)
        order["instrument"] = instrument
        order["action"] = NEW
        order["side"] = side
        order["type"] = LIMIT
        order["tif"] = IOC
        next_id += 1
    return sent


def decide_at(question: int) -> int:
    """Call ``decide_rows`` on what stands at these addresses; see ``mm.api.DecisionKernel``."""
    asked = rows_at(question, 1, QUESTION)[0]
    fixed = rows_at(asked["settings"], asked["instruments"], SETTINGS)
    open_rows = rows_at(asked["working"], asked["open_orders"], WORKING)
    busy = np.zeros(asked["instruments"], np.int64)
    for i in range(asked["open_orders"]):
        busy[open_rows[i]["instrument"]] = 1
    return decide_rows(
        rows_at(asked["rows"], asked["count"], AVERAGED),
        rows_at(asked["positions"], asked["instruments"], np.int64),
        busy,
        asked["next_id"],
        fixed,
        rows_at(asked["orders"], asked["count"], ORDER),
        rows_at(asked["trace"], asked["count"], DECISION),
    )

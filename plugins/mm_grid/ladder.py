"""One side's orders, brought to the levels where they should stand.

While the first level stays where it is, all orders stand, and keep their places in their queues.
When it moves on by a step of the grid, the order that is no longer wanted at one end is moved to
the level that is missing at the other; what is left over is cancelled.

The position limit holds against fills that we have not heard of yet. A side's open lots count
until their end is known, also those of orders being cancelled, and an order is never made smaller,
only moved or made larger. A fill moves lots from open to held, so position plus open lots grows by
our own sends alone, and these are cut to the room that is left. Where that does not do for all
levels, the first ones come first: the outermost order is moved inward.

Knows nothing of how the first level came about.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from mm.api import CANCEL, GTC, LIMIT, NEW, REPLACE, Rows
from mm.api.jit import kernel


@kernel(allocates=False)
def level_of(order: Any, at: Any, grid: Any) -> int:
    """Say on which level an order of the side at hand stands; -1 = none."""
    distance = at["side"] * (at["first"] - order["price"])
    if at["first"] <= 0 or distance < 0 or distance % grid["interval"] != 0:
        return -1
    level = distance // grid["interval"]
    return int(level) if level < grid["levels"] else -1


@kernel(allocates=False)
def is_live(order: Any, at: Any) -> bool:
    """Say whether an order belongs to the side at hand and is not being cancelled."""
    return bool(
        order["instrument"] == at["instrument"]
        and order["side"] == at["side"]
        and order["cancelling"] == 0
    )


@kernel(allocates=False)
def find_orders(
    working: Rows, at: Any, grid: Any, standing: npt.NDArray[np.int64]
) -> tuple[int, int]:
    """Note the order that stands on each level (-1 = none).

    Returns:
        The side's open lots: of live orders, and of those that are being cancelled.
    """
    standing[:] = -1
    live, leaving = 0, 0
    for j in range(at["open"]):
        order = working[j]
        lots = order["size"] - order["filled"]
        if is_live(order, at):
            live += lots
            level = level_of(order, at, grid)
            if level >= 0 and standing[level] < 0:
                standing[level] = j
        elif order["instrument"] == at["instrument"] and order["side"] == at["side"]:
            leaving += lots
    return live, leaving


@kernel(allocates=False)
def find_spare(
    working: Rows, start: int, at: Any, grid: Any, standing: npt.NDArray[np.int64]
) -> int:
    """Find the next live order, from ``start`` on, that stands on no level; -1 = none."""
    for j in range(start, at["open"]):
        if is_live(working[j], at):
            level = level_of(working[j], at, grid)
            if level < 0 or standing[level] != j:
                return j
    return -1


@kernel(allocates=False)
def take_outermost(standing: npt.NDArray[np.int64], inside: int) -> int:
    """Take the outermost order off its level, if that lies beyond ``inside``; -1 = none does."""
    for level in range(len(standing) - 1, inside, -1):
        j = standing[level]
        if j >= 0:
            standing[level] = -1
            return int(j)
    return -1


@kernel(allocates=False)
def send(action: int, working: Rows, j: int, at: Any, orders: Rows) -> None:
    """Write a command that takes order ``j`` to what ``working`` says of it now."""
    order = orders[at["sent"]]
    at["sent"] += 1
    order["ts"] = at["ts"]
    order["decision"] = at["decision"]
    order["instrument"] = at["instrument"]
    order["side"] = at["side"]
    order["type"] = LIMIT
    order["tif"] = GTC
    order["post_only"] = 1
    order["action"] = action
    order["client_id"] = working[j]["client_id"]
    order["price"] = working[j]["price"]
    order["size"] = working[j]["size"]


@kernel(allocates=False)
def cancel(working: Rows, j: int, at: Any, orders: Rows) -> None:
    """Cancel order ``j``."""
    working[j]["cancelling"] = 1
    send(CANCEL, working, j, at, orders)


@kernel(allocates=False)
def place(working: Rows, j: int, price: int, grow: int, at: Any, orders: Rows) -> None:
    """Move order ``j`` to a price, with ``grow`` lots more; or make it, if it is a new one."""
    order = working[j]
    order["price"] = price
    order["size"] += grow
    if j < at["open"]:
        send(REPLACE, working, j, at, orders)
        return
    order["client_id"] = at["next_id"]
    order["instrument"] = at["instrument"]
    order["side"] = at["side"]
    at["next_id"] += 1
    at["open"] += 1
    send(NEW, working, j, at, orders)


@kernel(allocates=False)
def fill_levels(
    working: Rows, room: int, at: Any, grid: Any, standing: npt.NDArray[np.int64], orders: Rows
) -> None:
    """Have an order on each level, from the first on, as far as ``room`` (>= 0, lots) goes."""
    side, spare = at["side"], 0
    for level in range(grid["levels"]):
        price = at["first"] - side * level * grid["interval"]
        if at["first"] <= 0 or price <= 0:
            break
        if standing[level] >= 0:
            continue
        j = find_spare(working, spare, at, grid, standing) if spare >= 0 else -1
        spare = j + 1 if j >= 0 else -1
        if j < 0 and room == 0:
            j = take_outermost(standing, level)
        if j < 0:
            j = at["open"]
        present = working[j]["size"] - working[j]["filled"] if j < at["open"] else 0
        grow = min(max(grid["quote_lots"] - present, 0), room)
        if present + grow == 0:
            break
        room -= grow
        place(working, j, price, grow, at, orders)
        standing[level] = j


@kernel(allocates=False)
def withdraw(
    working: Rows, over: int, at: Any, grid: Any, standing: npt.NDArray[np.int64], orders: Rows
) -> None:
    """Cancel what stands on no level, and what is ``over`` the limit (lots), outermost first."""
    j = find_spare(working, 0, at, grid, standing)
    while j >= 0:
        over -= working[j]["size"] - working[j]["filled"]
        cancel(working, j, at, orders)
        j = find_spare(working, j + 1, at, grid, standing)
    while over > 0:
        j = take_outermost(standing, -1)
        if j < 0:
            break
        over -= working[j]["size"] - working[j]["filled"]
        cancel(working, j, at, orders)


@kernel(allocates=False)
def decide_side(
    working: Rows,
    position: int,
    at: Any,
    grid: Any,
    standing: npt.NDArray[np.int64],
    orders: Rows,
) -> int:
    """Bring one side to where it should be; return the price of its first order, 0 = none."""
    live, leaving = find_orders(working, at, grid, standing)
    over = at["side"] * position + live - grid["max_lots"]
    if over + leaving <= 0:
        fill_levels(working, -over - leaving, at, grid, standing, orders)
    withdraw(working, over, at, grid, standing, orders)
    for level in range(grid["levels"]):
        if standing[level] >= 0:
            return int(working[standing[level]]["price"])
    return 0

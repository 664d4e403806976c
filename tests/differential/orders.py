"""Scripted passive orders over the recorded ETHUSDT minutes, the same every time.

Each order stands at the touch as last seen, or up to five ticks behind it, and is cancelled some
seconds later. Written in the format of the ``Scripted`` strategy. Knows no simulator.
"""

import csv
import gzip
import hashlib
from bisect import bisect_right
from decimal import Decimal
from pathlib import Path
from typing import Final

import attrs

TICK: Final = Decimal("0.01")
DISTANCES: Final = 6
"""The touch, and one to five ticks behind it."""
SIZES: Final = ("0.02", "0.1", "0.5", "2")
"""Contracts; the median print is 0.1, the touch shows some 10."""
LIVES_S: Final = (2, 4, 8, 16)
LEAD_US: Final = 1_000_000
"""After the first event and before the last: time for a book to be there, and for cancels."""


@attrs.frozen
class ScriptedOrder:
    """One order, from its decision to its cancel."""

    number: int
    """Its client id, from 1."""
    ts: int
    """µs, local."""
    cancel_ts: int
    side: str
    distance: int
    """Ticks behind the touch."""
    price: Decimal
    size: Decimal


def make_orders(quotes: Path, count: int) -> list[ScriptedOrder]:
    """Spread ``count`` orders evenly over the time of a quotes file (Tardis CSV, gzip)."""
    times: list[int] = []
    touches: list[tuple[str, str]] = []
    with gzip.open(quotes, "rt", newline="") as file:
        for row in csv.DictReader(file):
            times.append(int(row["local_timestamp"]))
            touches.append((row["bid_price"], row["ask_price"]))
    first, last = times[0] + LEAD_US, times[-1] - LEAD_US - max(LIVES_S) * 1_000_000
    made = []
    for i in range(count):
        ts = first + (last - first) * i // count
        bid, ask = touches[bisect_right(times, ts) - 1]
        made.append(_order(i + 1, ts, Decimal(bid), Decimal(ask)))
    return made


def of_one_lot(orders: list[ScriptedOrder]) -> list[ScriptedOrder]:
    """Give the same orders with the least size, for which there are no partial fills."""
    return [attrs.evolve(order, size=Decimal("0.001")) for order in orders]


def _order(number: int, ts: int, bid: Decimal, ask: Decimal) -> ScriptedOrder:
    """Choose what time doesn't fix by a hash of the number, so that nothing goes in step."""
    chance = hashlib.sha256(str(number).encode()).digest()
    side = ("buy", "sell")[chance[0] % 2]
    distance = chance[1] % DISTANCES
    return ScriptedOrder(
        number=number,
        ts=ts,
        cancel_ts=ts + LIVES_S[chance[2] % len(LIVES_S)] * 1_000_000,
        side=side,
        distance=distance,
        price=bid - distance * TICK if side == "buy" else ask + distance * TICK,
        size=Decimal(SIZES[chance[3] % len(SIZES)]),
    )


def write_script(path: Path, orders: list[ScriptedOrder]) -> None:
    """Write the orders and their cancels, in order of time, as ``Scripted`` reads them."""
    rows: list[tuple[int, tuple[object, ...]]] = []
    for order in orders:
        terms = (order.side, order.price, order.size, "limit", "GTC", order.number, "new")
        rows.append((order.ts, terms))
        rows.append((order.cancel_ts, ("", "", "", "", "", order.number, "cancel")))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            ["ts_decided", "side", "price", "size", "type", "tif", "client_id", "action"]
        )
        writer.writerows((ts, *rest) for ts, rest in sorted(rows, key=lambda row: row[0]))


def independent(orders: list[ScriptedOrder]) -> list[list[ScriptedOrder]]:
    """Split into groups in which no two orders of one side are open at the same time.

    Where orders share a print its volume goes to the first of them, so what becomes of one depends
    on the others; in hftbacktest each has every print to itself.
    """
    groups: list[list[ScriptedOrder]] = []
    free_from: list[dict[str, int]] = []
    for order in orders:
        free = [i for i, times in enumerate(free_from) if times.get(order.side, 0) <= order.ts]
        if not free:
            free = [len(groups)]
            groups.append([])
            free_from.append({})
        groups[free[0]].append(order)
        free_from[free[0]][order.side] = order.cancel_ts + LEAD_US
    return groups

"""Runs scripted orders through hftbacktest; executed by the Python of an environment that has it.

    python theirs.py SCRIPT DATA_DIR LATENCY_US EXCHANGE OUTPUT

EXCHANGE is ``partial`` or ``whole``: whether its fills may be partial. Risk-averse queue, constant
latency. Each order has a run of its own, since with partial fills a run cannot go on once an order
was filled to the last lot and meets another print: that is its error 14. Imports nothing of ours:
it runs where we are not installed. An order is looked at once in ``STEP_NS``, since a fill is only
seen in the state of its order; what is written down are the exchange's own times.
"""

import csv
import sys
from pathlib import Path
from typing import Any

import numba
import numpy as np
from hftbacktest import (  # type: ignore[import-not-found]
    GTC,
    LIMIT,
    BacktestAsset,
    HashMapMarketDepthBacktest,
)
from hftbacktest.data.utils import tardis  # type: ignore[import-not-found]

TICK, LOT = 0.01, 0.001
STEP_NS = 250_000
AFTER_NS = 500_000_000  # after the cancel: it and its report have to travel
ROWS = 2_000_000  # room for the converter; the recording has some 450 000
FILLED_AND_MET = 14
EXPIRED, FILLED, CANCELLED, REJECTED = 2, 3, 4, 6


@numba.njit
def play(hbt, start_ns, end_ns, side, price, size, seen):  # type: ignore[no-untyped-def]
    """Submit one order, cancel it, and note what became of it.

    ``seen``: lots filled, fills, ns of the first and of the last, 1 if it took, 1 if error 14.
    """
    hbt.elapse(1)  # before, its time is not that of the data
    hbt.elapse(start_ns - hbt.current_timestamp)
    if side > 0:
        hbt.submit_buy_order(0, 1, price, size, GTC, LIMIT, False)
    else:
        hbt.submit_sell_order(0, 1, price, size, GTC, LIMIT, False)
    cancelled = False
    while hbt.current_timestamp < end_ns + AFTER_NS:
        limit_ns = end_ns + AFTER_NS if cancelled else end_ns
        error = hbt.elapse(min(STEP_NS, limit_ns - hbt.current_timestamp))
        order = hbt.orders(0).get(1)
        if order is None:
            break
        filled = round(order.qty / LOT) - round(order.leaves_qty / LOT)
        if filled > seen[0]:
            note(seen, filled, order.exch_timestamp)
            if not order.arr[0].maker:
                seen[4] = 1
        if error == FILLED_AND_MET:
            note(seen, round(order.qty / LOT), hbt.current_timestamp)
            seen[5] = 1
        if error != 0 or order.status in (EXPIRED, FILLED, CANCELLED, REJECTED):
            break
        if not cancelled and hbt.current_timestamp >= end_ns:
            hbt.cancel(0, 1, False)
            cancelled = True


@numba.njit
def note(seen, filled, ts_ns):  # type: ignore[no-untyped-def]
    """Note a fill that brought the total to ``filled``."""
    seen[0] = filled
    seen[1] += 1
    if seen[2] == 0:
        seen[2] = ts_ns
    seen[3] = ts_ns


def convert(data: Path) -> Any:
    """Convert the recording; trades first, so that a print precedes the book row of its match."""
    files = [str(data / "trades.csv.gz"), str(data / "book.csv.gz")]
    return tardis.convert(files, buffer_size=ROWS)


def build(events: Any, latency_us: int, exchange: str) -> Any:
    """Build a run. The caller keeps ``events``: the simulator has a pointer to it, no reference."""
    asset = (
        BacktestAsset()
        .data(events)
        .linear_asset(1.0)
        .constant_order_latency(latency_us * 1000, latency_us * 1000)
        .risk_adverse_queue_model()
        .trading_value_fee_model(0.0, 0.0)
        .tick_size(TICK)
        .lot_size(LOT)
    )
    if exchange == "partial":
        return HashMapMarketDepthBacktest([asset.partial_fill_exchange()])
    return HashMapMarketDepthBacktest([asset.no_partial_fill_exchange()])


def read_script(path: Path) -> dict[int, list[Any]]:
    """Read the script: number -> start and end [ns], side, price, size."""
    orders: dict[int, list[Any]] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            number, ts_ns = int(row["client_id"]), int(row["ts_decided"]) * 1000
            if row["action"] == "new":
                side = 1 if row["side"] == "buy" else -1
                orders[number] = [ts_ns, 0, side, float(row["price"]), float(row["size"])]
            else:
                orders[number][1] = ts_ns
    return orders


def main(script: Path, data: Path, latency_us: int, exchange: str, output: Path) -> None:
    """Run every order and write its outcome."""
    events = convert(data)
    with output.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["client_id", "filled", "fills", "first_us", "last_us", "taker", "error"])
        for number, order in read_script(script).items():
            seen = np.zeros(6, np.int64)
            hbt = build(events, latency_us, exchange)
            play(hbt, *order, seen)
            hbt.close()
            lots, fills, first_ns, last_ns, took, error = seen.tolist()
            filled = f"{lots // 1000}.{lots % 1000:03}"
            writer.writerow([number, filled, fills, first_ns // 1000, last_ns // 1000, took, error])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4], Path(sys.argv[5]))

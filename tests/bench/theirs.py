"""The grid quoter of ``run.py`` in hftbacktest; executed by a Python that has it.

    python theirs.py DATA_DIR ROWS

From CSV to the end of the run in one process, as ``mm backtest`` does it: convert, build, compile,
run. One order a side, HALF_SPREAD from the mid, brought there every 100 ms, within MOST;
risk-averse queue, no latency, no quotes file (its converter refuses them). Prints the fills it can
see, those that left an order done. Imports nothing of ours: it runs where we are not installed.
"""

import sys
from pathlib import Path

import numba
import numpy as np
from hftbacktest import (  # type: ignore[import-not-found]
    GTX,
    LIMIT,
    BacktestAsset,
    HashMapMarketDepthBacktest,
)
from hftbacktest.data.utils import tardis  # type: ignore[import-not-found]

TICK, LOT, SIZE, MOST, HALF_SPREAD = 0.01, 0.001, 0.1, 1.0, 0.05
STEP_NS = 100_000_000
FILLED, BUY, SELL = 3, 1, 2


@numba.njit
def play(hbt, filled):  # type: ignore[no-untyped-def]
    """Quote to the end; ``filled[0]`` counts orders that were filled."""
    number, ours = 10, np.zeros(3, np.int64)  # ours: the order of each side
    while hbt.elapse(STEP_NS) == 0:
        depth, position = hbt.depth(0), hbt.position(0)
        mid = (depth.best_bid + depth.best_ask) / 2
        if not mid > 0:
            continue
        for side in (BUY, SELL):
            away = HALF_SPREAD if side == SELL else -HALF_SPREAD
            price = round((mid + away) / TICK) * TICK
            order = hbt.orders(0).get(ours[side]) if ours[side] else None
            stands = False
            if order is not None:
                if order.status == FILLED:
                    filled[0] += 1
                elif order.cancellable:
                    stands = abs(order.price - price) < TICK / 2
                    if not stands:
                        hbt.cancel(0, ours[side], False)
            if stands:
                continue
            ours[side] = 0
            held = position if side == BUY else -position
            if held + SIZE <= MOST + LOT / 2:
                number += 1
                ours[side] = number
                if side == BUY:
                    hbt.submit_buy_order(0, number, price, SIZE, GTX, LIMIT, False)
                else:
                    hbt.submit_sell_order(0, number, price, SIZE, GTX, LIMIT, False)
        hbt.clear_inactive_orders(0)


def main(data: Path, room: int) -> None:
    """Convert, build, run; there is room for so many rows."""
    files = [str(data / "trades.csv.gz"), str(data / "book.csv.gz")]
    events = tardis.convert(files, buffer_size=room)
    asset = (
        BacktestAsset()
        .data(events)
        .linear_asset(1.0)
        .constant_order_latency(0, 0)
        .risk_adverse_queue_model()
        .partial_fill_exchange()
        .trading_value_fee_model(0.0, 0.0)
        .tick_size(TICK)
        .lot_size(LOT)
    )
    hbt = HashMapMarketDepthBacktest([asset])
    filled = np.zeros(1, np.int64)
    play(hbt, filled)
    hbt.close()
    print(filled[0], "orders filled")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

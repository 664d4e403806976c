"""A made-up market for the tests of signals: quotes and trades in memory."""

from decimal import Decimal
from typing import Any

import numpy as np

from mm.api import (
    BUY,
    EVENT,
    QUOTE,
    SELL,
    TRADE,
    Context,
    Instrument,
    MarketBatch,
    Rows,
    Transformer,
)

S = 1_000_000
START = 1_700_000_000 * S


def context(count: int = 1, tick: str = "0.5") -> Context:
    one = Instrument(symbol="TEST", tick_size=Decimal(tick), lot_size=Decimal(10))
    return Context(instruments=(one,) * count, seed=0)


def quote(ts: int, bid: int, bid_size: int, ask: int, ask_size: int, which: int = 0) -> Any:
    return (ts, ts, bid, bid_size, ask, ask_size, 0, which, QUOTE, 0, 1)


def trade(ts: int, side: int, made: int | None = None, which: int = 0) -> Any:
    return (ts, ts if made is None else made, 1000, 1, 0, 0, 0, which, TRADE, side, 1)


def stream(*rows: Any) -> Rows:
    events = np.array(list(rows), EVENT)
    return events[np.lexsort((events["kind"], events["ts_local"]))]


def push(transformer: Transformer, events: Rows) -> Rows:
    return transformer.push(MarketBatch(events, int(events["ts_local"][-1])))


def market(seed: int, seconds: int, which: int = 0) -> Rows:
    """A walk of some eight quotes and two trades a second; the touch is one-sided now and then.

    The mid follows the imbalance, so that there is something to learn.
    """
    rng = np.random.default_rng(seed)
    rows, bid, spread = [], 1000, 1
    for ts in np.sort(rng.integers(START, START + seconds * S, 10 * seconds)).tolist():
        if rng.random() < 0.2:
            rows.append(trade(ts, int(rng.choice([BUY, SELL, 0])), which=which))
            continue
        sizes = rng.integers(1, 30, 2)
        if rng.random() < 0.3:
            bid += 1 if rng.random() < sizes[0] / sizes.sum() else -1
            spread = int(rng.integers(1, 4))
        if rng.random() < 0.01:
            sizes[rng.integers(0, 2)] = 0
        rows.append(quote(ts, bid, int(sizes[0]), bid + spread, int(sizes[1]), which))
    return stream(*rows)


def mirrored(events: Rows) -> Rows:
    """The same market with bid and ask exchanged: prices about 1000 the other way round."""
    other = events.copy()
    quotes = events["kind"] == QUOTE
    for ours, theirs in (("price", "ask_price"), ("size", "ask_size")):
        other[ours][quotes], other[theirs][quotes] = events[theirs][quotes], events[ours][quotes]
    for column in ("price", "ask_price"):
        other[column][quotes] = 2000 - other[column][quotes]
    other["side"] = -events["side"]
    return other

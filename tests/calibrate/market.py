"""Markets of which A, k and sigma are known: as events, and (faster) as a sample of such a market.

Takers come to either side as a Poisson process of rate A and reach an exponential distance, of
rate k, from the mid, which is a random walk.
"""

from collections.abc import Sequence

import attrs
import numpy as np

from mm.api import BUY, EVENT, QUOTE, SELL, TRADE, Rows
from mm.calibrate.sample import Sample

T0 = 1_700_000_000_000_000  # µs
LATENCY_US = 3_000


@attrs.frozen
class Truth:
    """What a simulated market is made of."""

    A: tuple[float, float] = (0.8, 0.5)
    """1/s: buyers, sellers."""
    k: float = 0.3
    """1/price."""
    sigma: float = 0.3
    """Price/√s."""
    tick: float = 0.01
    """Price."""
    seconds: int = 1800


def events_of(truth: Truth, seed: int, step_us: int = 100_000) -> Rows:
    """Draw a market, dtype EVENT: a quote of one tick's width every ``step_us``, and trades."""
    draw = np.random.default_rng(seed)
    steps = truth.seconds * 1_000_000 // step_us
    scale = truth.sigma * np.sqrt(step_us / 1e6) / truth.tick
    bids = 100_000 + np.round(np.cumsum(draw.normal(0, scale, steps))).astype(np.int64)
    quotes = np.zeros(steps, EVENT)
    quotes["ts_exchange"] = T0 + step_us * np.arange(steps)
    quotes["price"], quotes["ask_price"] = bids, bids + 1
    quotes["size"] = quotes["ask_size"] = 1
    quotes["kind"] = QUOTE
    parts = [quotes, *(_trades(truth, side, quotes, draw) for side in (0, 1))]
    events = np.concatenate(parts)
    events["ts_local"] = events["ts_exchange"] + LATENCY_US
    events["end"] = 1
    ordered: Rows = events[np.lexsort((events["kind"], events["ts_local"]))]
    ordered["row"] = np.arange(1, len(ordered) + 1)
    return ordered


def _trades(truth: Truth, side: int, quotes: Rows, draw: np.random.Generator) -> Rows:
    count = draw.poisson(truth.A[side] * truth.seconds)
    times = np.sort(draw.integers(T0 + 1, T0 + truth.seconds * 1_000_000, count))
    bids = quotes["price"][np.searchsorted(quotes["ts_exchange"], times) - 1]
    reach = draw.exponential(1 / truth.k / truth.tick, count)
    sign = 1 if side == 0 else -1
    prices = sign * np.floor(sign * (bids + 0.5) + reach)
    trades = np.zeros(count, EVENT)
    trades["ts_exchange"], trades["price"] = times, prices
    trades["size"], trades["kind"] = 1, TRADE
    trades["side"] = BUY if side == 0 else SELL
    reached: Rows = trades[sign * (prices - bids - 0.5) > 0]  # the others met no price
    return reached


def sample_of(truth: Truth, seed: int, *, interval_us: int = 500_000, burst: float = 1.0) -> Sample:
    """Draw a sample straight away, the mid standing still in each interval.

    Args:
        truth: of the market; the seconds are cut to whole intervals.
        seed: of the draws.
        interval_us: length of an interval.
        burst: mean size of the bursts that orders come in, all of one interval.
    """
    draw = np.random.default_rng(seed)
    count = truth.seconds * 1_000_000 // interval_us
    deepest = np.zeros((count, 2), np.int64)
    orders = []
    for side, A in enumerate(truth.A):
        bursts = draw.poisson(A / burst * interval_us / 1e6, count)
        places = np.repeat(np.arange(count), bursts)
        places = np.repeat(places, draw.geometric(1 / burst, len(places)))
        reach = draw.exponential(1 / truth.k / truth.tick, len(places))
        depths = np.floor(2 * reach).astype(np.int64)  # half ticks
        np.maximum.at(deepest[:, side], places, depths)
        orders.append(np.column_stack([places, np.full(len(places), side), depths]))
    rows = np.concatenate(orders)
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    rows = rows[rows[:, 2] > 0]
    scale = 2 * truth.sigma * np.sqrt(interval_us / 1e6) / truth.tick
    changes = np.round(draw.normal(0, scale, count)).astype(np.int64)
    starts = T0 + interval_us * np.arange(count)
    return Sample(
        changes=((interval_us, starts + interval_us, changes),),
        interval_us=interval_us,
        starts=starts,
        deepest=deepest,
        order_interval=rows[:, 0],
        order_side=rows[:, 1],
        order_depth=rows[:, 2],
        trades=(int((rows[:, 1] == 0).sum()), int((rows[:, 1] == 1).sum())),
        gaps=0,
    )


def event(ms: float, *, received: float | None = None, **columns: int) -> Rows:
    """Make one event, made ``ms`` after T0 and received at once, or when said."""
    row = np.zeros(1, EVENT)
    row["ts_exchange"] = T0 + round(ms * 1000)
    row["ts_local"] = T0 + round((ms if received is None else received) * 1000)
    row["end"] = 1
    for name, value in columns.items():
        row[name] = value
    return row


def quote(ms: float, bid: int, ask: int, *, received: float | None = None, size: int = 1) -> Rows:
    """Make a quote; ``size`` is the bid's, the ask's is 1."""
    return event(ms, received=received, kind=QUOTE, price=bid, ask_price=ask, size=size, ask_size=1)


def trade(ms: float, price: int, side: int, *, received: float | None = None) -> Rows:
    """Make a trade."""
    return event(ms, received=received, kind=TRADE, price=price, side=side, size=1)


def stream(rows: Sequence[Rows]) -> Rows:
    """Put events in the order in which a connector sends them."""
    joined = np.concatenate(rows)
    ordered: Rows = joined[np.lexsort((joined["kind"], joined["ts_local"]))]
    return ordered

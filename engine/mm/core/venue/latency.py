"""How long messages travel: a recorded or constant table, the measured feed, and jitter.

    latency = (table at ts + multiple * feed latency) * exp(jitter * z)

with z a standard normal draw of the message's own. The feed latency is the last measured one, at
the time the message leaves, so nothing is known too early; 0 before the first. Messages of one
connection stay in order: a later one never overtakes, whatever its own latency.

Not every message measures the feed:

- one whose two times are equal says nothing: its exchange time is unknown, or was put right;
- one made before another that has measured was overtaken: it measures its own delay (a print that
  was reported late, or sent again), not that of the feed;
- one on its way for more than a minute, or for less than no time, was stamped by a wrong clock.

The last two are counted, but for tickers and snapshots of a book that are old, as what tells a
state may well be. Since a message that does not measure is not remembered either, no single time
stamp, however wrong, can keep later messages from measuring.
"""

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mm.api import CLEAR, MICRO, TICKER
from mm.api.draws import uniform
from mm.api.jit import inner, kernel

ENTRY: int = 2
"""Purpose of draws: orders on their way to the venue; keyed by time and client id."""
RESPONSE: int = 3
"""Purpose of draws: reports on their way to us; keyed by time and order id."""

LONGEST_US: Final = 60 * MICRO
"""No feed takes longer, as no latency in the configuration does."""

_NEVER_US: Final = 1e16
"""317 years: what takes longer is as good as lost, and a time with this added still fits."""


@inner
def measure_feed(connection: Any, event: Any) -> None:
    """Take the feed latency from the first event of a message, if it measures one."""
    travelled = event["ts_local"] - event["ts_exchange"]
    if travelled == 0:
        return
    if travelled < 0 or travelled > LONGEST_US:
        connection["stale"] += event["kind"] not in (CLEAR, TICKER)
    elif event["ts_exchange"] < connection["newest"]:
        connection["overtaken"] += 1
    else:
        connection["newest"] = event["ts_exchange"]
        connection["feed"] = travelled


@kernel(allocates=False)
def latency_us(
    table: npt.NDArray[np.float64],
    multiple: float,
    jitter: float,
    feed: int,
    ts: int,
    seed: int,
    purpose: int,
    key: int,
) -> int:
    """Latency of one message, µs, at least 0.

    Args:
        table: shape (n, 2), n >= 1: times [µs], ascending, and latencies [µs].
        multiple: of the feed latency.
        jitter: standard deviation of the logarithm.
        feed: latest feed latency [µs].
        ts: when the message leaves [µs].
        seed, purpose, key: of the draw.
    """
    value = _at(table, float(ts)) + multiple * feed
    if jitter > 0.0:
        # Box and Muller (1958); 1 - u, since u can be 0 and its logarithm cannot.
        radius = math.sqrt(-2.0 * math.log(1.0 - uniform(seed, purpose, ts, 2 * key)))
        angle = 2.0 * math.pi * uniform(seed, purpose, ts, 2 * key + 1)
        value *= math.exp(jitter * radius * math.cos(angle))
    return int(min(max(value, 0.0), _NEVER_US) + 0.5)


@inner
def _at(table: npt.NDArray[np.float64], ts: float) -> float:
    """Interpolate between the rows on either side of ``ts``; beyond the ends, take the end's."""
    last = len(table) - 1
    if ts <= table[0, 0]:
        return float(table[0, 1])
    if ts >= table[last, 0]:
        return float(table[last, 1])
    low, high = 0, last
    while high - low > 1:
        middle = (low + high) // 2
        if table[middle, 0] <= ts:
            low = middle
        else:
            high = middle
    share = (ts - table[low, 0]) / (table[high, 0] - table[low, 0])
    return float(table[low, 1] + share * (table[high, 1] - table[low, 1]))

"""Fill and latency models for the naive venue, from their published formulas.

A fill model is two functions of what stands before an order; see ``mm.api.FillModel``. They take
``Open`` orders of ``naive_parts`` rather than bare numbers, and change them.
"""

import math
from collections.abc import Callable
from itertools import pairwise

from mm.api.draws import uniform

from .naive_parts import Open
from .tapes import Session

BEHIND: dict[str, Callable[[float, float], float]] = {
    "prob_power": lambda f, b: b**3 / (b**3 + f**3),
    "prob_power_2": lambda f, b: (b / (b + f)) ** 3,
    "prob_power_3": lambda f, b: 1 - (f / (f + b)) ** 3,
    "prob_log": lambda f, b: math.log(1 + b) / (math.log(1 + b) + math.log(1 + f)),
    "prob_log_2": lambda f, b: math.log(1 + b) / math.log(1 + b + f),
}
"""Probability that a cancel was behind us, of the lots in front and behind."""


def reached(model: str, order: Open, size: int | float, draw: float | None) -> float:
    """Move ``order`` up for a print at its price; return the lots that got past its queue."""
    ahead, order.ahead = order.ahead, max(order.ahead - size, 0)
    if model == "pessimistic":
        order.ahead = ahead
        return 0
    by_luck = draw is not None and (order.shown == 0 or draw < 1 - ahead / order.shown)
    if model == "optimistic" or by_luck:
        order.ahead = 0
        return size
    return 0 if draw is not None else max(size - ahead, 0)


def ahead_after(model: str, order: Open, shown: int) -> float:
    """What stands ahead once the level has shrunk to ``shown``."""
    unexplained = max(order.shown - shown - order.printed, 0)
    ahead = order.ahead
    if model == "optimistic":
        ahead -= unexplained
    elif model in BEHIND and unexplained:
        behind = order.shown - order.printed - ahead
        share = 1.0 if behind + ahead <= 0 else BEHIND[model](ahead, max(behind, 0.0))
        ahead = ahead - (1 - share) * unexplained + min(behind - share * unexplained, 0)
    return max(min(ahead, order.ahead, shown), 0)


def latency(session: Session, feed: int, ts: int, *, entry: bool, key: int) -> int:
    """How long a message that leaves at ``ts`` travels [µs]."""
    if entry:
        table = session.entry_table or ((0, session.entry),)
        multiple, purpose = session.entry_multiple, 2
    else:
        table, multiple, purpose = ((0, session.response),), session.response_multiple, 3
    travel = _between(table, ts) + multiple * feed
    if session.jitter:
        first = uniform(session.seed, purpose, ts, 2 * key)
        second = uniform(session.seed, purpose, ts, 2 * key + 1)
        normal = math.sqrt(-2 * math.log(1 - first)) * math.cos(2 * math.pi * second)
        travel *= math.exp(session.jitter * normal)
    return math.floor(max(travel, 0) + 0.5)


def _between(table: tuple[tuple[int, int], ...], ts: int) -> float:
    """Draw straight lines between the rows; the ends go on for ever."""
    if ts <= table[0][0]:
        return table[0][1]
    for (before, low), (after, high) in pairwise(table):
        if before <= ts < after:
            return low + (ts - before) / (after - before) * (high - low)
    return table[-1][1]

"""``micro_price``: Stoikov's micro-price less the mid, learnt from the run's own past.

The state of the market is the bucket of Qb/(Qb+Qa) and the spread in ticks; each quote is a step
from one to the next. Steps are counted from the start of the run on. At whole multiples of
``refit_s`` (UTC) the counts up to then are turned into an adjustment for each state, which holds
until the next fit. So the signal at a time depends on nothing after it.

Until the mid has moved MIN_MOVES times the signal is not known. A touch that is one-sided or
crossed is no state: the signal is not known there, and no step leads in or out. The arithmetic is
in ``markov``.
"""

import math
from typing import Any, Final

import numpy as np

from mm.api import MICRO, QUOTE, Context, Rows
from mm.api.jit import kernel
from mm_signals.config import MicroPriceConfig
from mm_signals.host import SignalTransformer, take_quote, two_sided, write
from mm_signals.markov import Floats, adjustments

MIN_MOVES = 100
"""Moves of the mid before the first fit.

A mid that moves with an imbalance up with probability p has p known to 1/sqrt(4 · 100) = 5 % then,
all imbalances together; states seen rarely stay near 0 by themselves (``markov.PRIOR``).
"""

WALK: Final = np.dtype(
    [
        ("state", "i8"),  # one more than the number of the state at the last quote; 0 = none
        ("mid", "i8"),  # half ticks, at the last quote
        ("moves", "i8"),  # of the mid, so far
        ("next_fit", "i8"),  # µs; 0 = nothing seen yet
        ("fitted", "i8"),  # 1: the adjustments are known
    ],
    align=True,
)
"""Where an instrument's walk from state to state is."""


def micro_price(config: MicroPriceConfig, context: Context) -> SignalTransformer:
    """Build the signal of a run."""
    count, buckets = len(context.instruments), config.imbalance_buckets
    states = buckets * config.spread_buckets
    return SignalTransformer(
        advance,
        context,
        np.zeros(count, WALK),
        np.zeros((count, states, states)),
        np.zeros((count, states, states)),
        np.zeros((count, states)),
        np.zeros((count, states)),
        buckets,
        round(config.refit_s * MICRO),
    )


@kernel
def bucket(touch: Any, buckets: int) -> int:
    """Give the bucket of Qb/(Qb+Qa): the mirror image's is counted from the other end.

    A size times 31 buckets fits: see ``mm.api.bounds``. Whatever the sizes, it is a bucket.
    """
    bid_size, ask_size = touch["bid_size"], touch["ask_size"]
    larger = max(bid_size, ask_size)
    place = max(0, min(larger * buckets // (bid_size + ask_size), buckets - 1))
    return int(place if bid_size >= ask_size else buckets - 1 - place)


@kernel
def number(touch: Any, buckets: int, states: int) -> int:
    """Number the state of the market; -1 = none."""
    if not two_sided(touch):
        return -1
    spread = min(touch["ask"] - touch["bid"], states // buckets)
    return int((spread - 1) * buckets + bucket(touch, buckets))


@kernel
def count_step(walk: Any, x: int, mid: int, stay: Floats, moved: Floats, jumps: Floats) -> None:
    """Count the step to state ``x`` with this mid, and be there."""
    before = walk["state"] - 1
    if x >= 0 and before >= 0:
        change = mid - walk["mid"]
        if change == 0:
            stay[before, x] += 1.0
        else:
            moved[before, x] += 1.0
            jumps[before] += change
            walk["moves"] += 1
    walk["mid"] = mid
    walk["state"] = x + 1


@kernel
def advance(
    events: Rows,
    touches: Rows,
    walks: Rows,
    stay: Floats,
    moved: Floats,
    jumps: Floats,
    adjusted: Floats,
    buckets: int,
    refit_us: int,
    out: Rows,
) -> int:
    """Go through a batch; return the number of rows written to ``out``.

    Args:
        events: dtype EVENT.
        touches: dtype TOUCH, by instrument, as are the next five; all are changed.
        walks: dtype WALK.
        stay: see ``markov.adjustments``; with an axis for the instruments in front.
        moved: likewise.
        jumps: likewise.
        adjusted: what ``markov.adjustments`` gave.
        buckets: of imbalance.
        refit_us: µs between fits.
        out: dtype SIGNAL.
    """
    n = 0
    for i in range(len(events)):
        event = events[i]
        if event["kind"] != QUOTE:
            continue
        which, ts = event["instrument"], event["ts_local"]
        touch, walk = touches[which], walks[which]
        if ts > walk["next_fit"]:
            # The counts are of the steps up to the time of the fit, wherever the batch began.
            if walk["moves"] >= MIN_MOVES:
                adjusted[which] = adjustments(stay[which], moved[which], jumps[which], buckets)
                walk["fitted"] = 1
            walk["next_fit"] = -(-ts // refit_us) * refit_us
        take_quote(touch, event)
        x = number(touch, buckets, jumps.shape[1])
        mid = touch["bid"] + touch["ask"]
        count_step(walk, x, mid, stay[which], moved[which], jumps[which])
        value = math.nan
        if walk["fitted"] == 1 and x >= 0:
            value = adjusted[which, x] * touch["half_tick"]
        n = write(touch, event, value, out, n)
    return n

"""``book_imbalance``: the weighted mid less the mid.

With the sizes Qb and Qa at the touch::

    signal = half spread · (Qb − Qa) / (Qb + Qa)

so that mid + signal = (Qb·ask + Qa·bid) / (Qb + Qa), the price between bid and ask that leans away
from the larger size. Source: J. Gatheral and R. Oomen, "Zero-intelligence realized variance
estimation" (2010), where it is called the micro-price. Remembers nothing but the touch.
"""

import math
from typing import Any

from mm.api import QUOTE, Context, Rows
from mm.api.jit import kernel
from mm_signals.host import SignalTransformer, take_quote, two_sided, write


def book_imbalance(context: Context) -> SignalTransformer:
    """Build the signal of a run."""
    return SignalTransformer(advance, context)


@kernel
def imbalance(touch: Any) -> float:
    """Give the signal [price] at a two-sided touch."""
    bid_size, ask_size = float(touch["bid_size"]), float(touch["ask_size"])
    spread = touch["ask"] - touch["bid"]
    return float(spread * touch["half_tick"] * (bid_size - ask_size) / (bid_size + ask_size))


@kernel
def advance(events: Rows, touches: Rows, out: Rows) -> int:
    """Go through a batch; return the number of rows written to ``out``."""
    n = 0
    for i in range(len(events)):
        event = events[i]
        if event["kind"] == QUOTE:
            touch = touches[event["instrument"]]
            take_quote(touch, event)
            value = imbalance(touch) if two_sided(touch) else math.nan
            n = write(touch, event, value, out, n)
    return n

"""What the signals share: their rows, the touch that they follow, and the walk over a batch.

Each signal is a kernel that goes through the events of a batch once and writes a row after each
event that changed its value. All it remembers is in arrays with a row for each instrument. Knows
no signal in particular.
"""

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from mm.api import QUOTE, SIGNAL_FIELDS, TRADE, Context, MarketBatch, Rows
from mm.api.jit import kernel

SIGNAL: Final = np.dtype(SIGNAL_FIELDS, align=True)

TOUCH: Final = np.dtype(
    [
        ("bid", "i8"),  # ticks
        ("bid_size", "i8"),  # lots; 0 = none, as at the start
        ("ask", "i8"),
        ("ask_size", "i8"),
        ("half_tick", "f8"),  # [price]
        ("signal", "f8"),  # [price], as last written; NaN = not known
    ],
    align=True,
)
"""What every signal remembers of an instrument."""


class SignalTransformer:
    """Hosts a kernel: (events, touches, *memory, out) -> number of rows written to ``out``."""

    dtype: "np.dtype[np.void]" = SIGNAL

    def __init__(self, advance: Callable[..., int], context: Context, *memory: Any) -> None:
        """Host ``advance``; it changes ``memory`` in place."""
        self._advance = advance
        self._touches = fresh_touches(context)
        self._memory = memory

    def push(self, batch: MarketBatch) -> Rows:
        """Take the next batch; return a row for each event of it that changed the signal."""
        kinds = batch.events["kind"]
        out = np.zeros(int(np.count_nonzero((kinds == QUOTE) | (kinds == TRADE))), SIGNAL)
        return out[: self._advance(batch.events, self._touches, *self._memory, out)]


def fresh_touches(context: Context) -> Rows:
    """Make the touches (dtype TOUCH) of instruments of which nothing has been seen."""
    touches = np.zeros(len(context.instruments), TOUCH)
    touches["half_tick"] = [one.price(1) / 2.0 for one in context.instruments]
    touches["signal"] = np.nan
    return touches


@kernel
def two_sided(touch: Any) -> bool:
    """Say whether there is a mid: both sides stand, and have not crossed."""
    return bool(touch["bid_size"] > 0 and touch["ask_size"] > 0 and touch["ask"] > touch["bid"])


@kernel
def take_quote(touch: Any, event: Any) -> None:
    """Let a quote move the touch."""
    touch["bid"] = event["price"]
    touch["bid_size"] = event["size"]
    touch["ask"] = event["ask_price"]
    touch["ask_size"] = event["ask_size"]


@kernel
def write(touch: Any, event: Any, value: float, out: Rows, n: int) -> int:
    """Write row ``n`` if the signal has changed; return the number of rows."""
    last = touch["signal"]
    if value == last or (math.isnan(value) and math.isnan(last)):
        return n
    touch["signal"] = value
    row = out[n]
    row["ts"] = event["ts_local"]
    row["bid"] = touch["bid"]
    row["bid_size"] = touch["bid_size"]
    row["ask"] = touch["ask"]
    row["ask_size"] = touch["ask_size"]
    row["instrument"] = event["instrument"]
    row["signal"] = value
    return n + 1

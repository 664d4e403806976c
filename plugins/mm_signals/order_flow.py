"""``order_flow``: the move of the mid that goes with what came and went at the touch.

Each quote adds to the order-flow imbalance::

    e = 1{Pb' >= Pb} Qb' − 1{Pb' <= Pb} Qb − 1{Pa' <= Pa} Qa' + 1{Pa' >= Pa} Qa

with the touch before (P, Q) and after (P', Q'): size that came to the bid or left the ask counts
up, the opposite down. Over windows that follow each other, the change of the mid is regressed on
the sum of e; the slope beta [price/lot], never below 0, is fitted again after each window, to the
last ``fit_windows`` of them. The signal is beta times the sum over the last ``window_s`` seconds.

Beta describes the same window, not the next: much of the move that the signal tells has happened
already and is in the mid. Any edge comes from reacting inside the window. Cont, Kukanov and Stoikov
find an R² of 65 % for the same ten seconds, and Cont, Cucuringu and Zhang (2023) none for the
minute after.

Source: R. Cont, A. Kukanov, S. Stoikov, "The price impact of order book events" (2014), (10) and
(16). Knows no trades.
"""

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mm.api import MICRO, QUOTE, TRADE, Context, Rows
from mm.api.jit import kernel
from mm_signals.config import OrderFlowConfig
from mm_signals.host import SignalTransformer, take_quote, two_sided, write

STEPS = 100
"""Parts in which the window moves on: what is summed is between 99 % and all of it."""

MIN_WINDOWS = 30
"""Windows before beta is known: at the R² of 65 % that was published, it is good to 14 % then."""

FLOW: Final = np.dtype(
    [
        ("beta", "f8"),  # [half ticks/lot]; valid if windows >= MIN_WINDOWS
        ("step", "i8"),  # number of the current part of the sliding window
        ("sum", "f8"),  # lots, over the sliding window
        ("window", "i8"),  # number of the current window of the regression
        ("flow", "f8"),  # lots, over that window
        ("mid", "i8"),  # half ticks, at that window's start; valid if has_mid
        ("has_mid", "i8"),
        ("windows", "i8"),  # in the ring
        ("head", "i8"),  # where the ring is written next
    ],
    align=True,
)
"""What is remembered of an instrument's flow. Lots are added up as floats, which are exact below
2**53: a window holds any number of quotes, so no integer is sure to hold their sum."""


def order_flow(config: OrderFlowConfig, context: Context) -> SignalTransformer:
    """Build the signal of a run."""
    count = len(context.instruments)
    return SignalTransformer(
        advance,
        context,
        np.zeros(count, FLOW),
        np.zeros((count, STEPS)),
        np.zeros((count, config.fit_windows, 2)),
        round(config.window_s * MICRO / STEPS),
    )


@kernel
def flow(touch: Any, event: Any) -> int:
    """Give e [lots] of a quote, from the touch that it replaces; both have two sides."""
    e = 0
    if event["price"] >= touch["bid"]:
        e += event["size"]
    if event["price"] <= touch["bid"]:
        e -= touch["bid_size"]
    if event["ask_price"] <= touch["ask"]:
        e -= event["ask_size"]
    if event["ask_price"] >= touch["ask"]:
        e += touch["ask_size"]
    return e


@kernel
def slope(pairs: npt.NDArray[np.float64], count: int) -> float:
    """Give the least-squares slope of the second column on the first, at least 0.

    Args:
        pairs: shape (n, 2); order flow [lots] and change of the mid [half ticks].
        count: rows that are filled, >= 1.
    """
    x_mean, y_mean = 0.0, 0.0
    for i in range(count):
        x_mean += pairs[i, 0] / count
        y_mean += pairs[i, 1] / count
    xx, xy = 0.0, 0.0
    for i in range(count):
        xx += (pairs[i, 0] - x_mean) ** 2
        xy += (pairs[i, 0] - x_mean) * (pairs[i, 1] - y_mean)
    # Flow cannot push the wrong way: a negative slope is noise.
    return max(xy / xx, 0.0) if xx > 0.0 else 0.0


@kernel
def slide(state: Any, steps: npt.NDArray[np.float64], step: int) -> None:
    """Move the sliding window on to ``step``."""
    for late in range(1, min(step - state["step"], STEPS) + 1):
        slot = (state["step"] + late) % STEPS
        state["sum"] -= steps[slot]
        steps[slot] = 0.0
    state["step"] = step


@kernel
def end_window(state: Any, touch: Any, pairs: npt.NDArray[np.float64], window: int) -> None:
    """Learn from the window that is over, and begin ``window`` with the mid as it is."""
    has_mid, mid = two_sided(touch), touch["bid"] + touch["ask"]
    if has_mid and state["has_mid"] == 1:
        pairs[state["head"], 0] = state["flow"]
        pairs[state["head"], 1] = mid - state["mid"]
        state["head"] = (state["head"] + 1) % len(pairs)
        state["windows"] = min(state["windows"] + 1, len(pairs))
        state["beta"] = slope(pairs, state["windows"])
    state["window"] = window
    state["flow"] = 0.0
    state["mid"] = mid
    state["has_mid"] = 1 if has_mid else 0


@kernel
def advance(
    events: Rows,
    touches: Rows,
    states: Rows,
    steps: npt.NDArray[np.float64],
    pairs: npt.NDArray[np.float64],
    step_us: int,
    out: Rows,
) -> int:
    """Go through a batch; return the number of rows written to ``out``.

    A window of number w has the events with (w − 1) windows < ts <= w windows since the epoch; one
    without a quote or a trade is left out.

    Args:
        events: dtype EVENT.
        touches: dtype TOUCH, by instrument, as are the next three; all are changed.
        states: dtype FLOW.
        steps: e by part of the sliding window [lots], a ring.
        pairs: see ``slope``; a ring.
        step_us: µs, length of a part.
        out: dtype SIGNAL.
    """
    n = 0
    for i in range(len(events)):
        event = events[i]
        if event["kind"] != QUOTE and event["kind"] != TRADE:
            continue
        which = event["instrument"]
        touch, state = touches[which], states[which]
        step = -(-event["ts_local"] // step_us)
        window = -(-step // STEPS)
        if step > state["step"]:
            slide(state, steps[which], step)
        if window > state["window"]:
            end_window(state, touch, pairs[which], window)
        if event["kind"] == QUOTE:
            had_mid = two_sided(touch)
            e = flow(touch, event)
            take_quote(touch, event)
            if had_mid and two_sided(touch):
                steps[which, step % STEPS] += e
                state["sum"] += e
                state["flow"] += e
        value = math.nan
        if state["windows"] >= MIN_WINDOWS and two_sided(touch):
            value = state["beta"] * state["sum"] * touch["half_tick"]
        n = write(touch, event, value, out, n)
    return n

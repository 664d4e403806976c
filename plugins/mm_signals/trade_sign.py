"""``trade_sign``: which side has been taking, as an exponential average over time.

With the signs s_i (buy +1, sell −1) of the orders that took, at ages a_i::

    signal = scale · Σ s_i 2^(−a_i / half-life) / (1 + Σ 2^(−a_i / half-life))

The 1 is an imaginary trade of sign 0 that never ages. Without it one old trade would count as much
as a hundred fresh ones; with it the signal fades to 0 when nobody trades. The scale is half the
spread, or a coefficient [price]. The prints of one order (same side, same time at the exchange)
count once: the market sees one decision. Trade signs are known to be alike for long after each
other: J.-P. Bouchaud, J. D. Farmer and F. Lillo, "How markets slowly digest changes in supply and
demand" (2009), section 3.

The signal fades with time, and is written again at each quote and each trade.
"""

import math
from typing import Any, Final

import numpy as np

from mm.api import MICRO, QUOTE, TRADE, Context, Rows
from mm.api.jit import kernel
from mm_signals.config import TradeSignConfig
from mm_signals.host import SignalTransformer, take_quote, two_sided, write

SUMS: Final = np.dtype(
    [
        ("ts", "i8"),  # µs: when the sums were brought up to date
        ("signs", "f8"),  # sum of weighted signs
        ("weights", "f8"),  # sum of weights
        ("order_ts", "i8"),  # µs, exchange: of the last order that took
        ("order_side", "i8"),
    ],
    align=True,
)
"""What is remembered of an instrument's trades."""


def trade_sign(config: TradeSignConfig, context: Context) -> SignalTransformer:
    """Build the signal of a run."""
    coefficient = math.nan if config.coefficient is None else float(config.coefficient)
    rate = math.log(2.0) / (config.half_life_s * MICRO)
    return SignalTransformer(
        advance, context, np.zeros(len(context.instruments), SUMS), rate, coefficient
    )


@kernel
def take_trade(sums: Any, event: Any) -> None:
    """Count an order that took, at its first print."""
    side, ts = event["side"], event["ts_exchange"]
    if side == 0 or (side == sums["order_side"] and ts == sums["order_ts"]):
        return
    sums["order_side"] = side
    sums["order_ts"] = ts
    sums["signs"] += side
    sums["weights"] += 1.0


@kernel
def age(sums: Any, ts: int, rate: float) -> None:
    """Bring the sums up to date; ``rate``: of their decay [1/µs]."""
    fade = math.exp((sums["ts"] - ts) * rate)
    sums["signs"] *= fade
    sums["weights"] *= fade
    sums["ts"] = ts


@kernel
def advance(
    events: Rows, touches: Rows, all_sums: Rows, rate: float, coefficient: float, out: Rows
) -> int:
    """Go through a batch; return the number of rows written to ``out``.

    Args:
        events: dtype EVENT.
        touches: dtype TOUCH, by instrument; changed.
        all_sums: dtype SUMS, by instrument; changed.
        rate: see ``age``.
        coefficient: [price]; NaN = half the spread.
        out: dtype SIGNAL.
    """
    n = 0
    for i in range(len(events)):
        event = events[i]
        if event["kind"] != QUOTE and event["kind"] != TRADE:
            continue
        touch, sums = touches[event["instrument"]], all_sums[event["instrument"]]
        age(sums, event["ts_local"], rate)
        if event["kind"] == QUOTE:
            take_quote(touch, event)
        else:
            take_trade(sums, event)
        scale = coefficient
        if math.isnan(scale) and two_sided(touch):
            scale = (touch["ask"] - touch["bid"]) * touch["half_tick"]
        n = write(touch, event, scale * sums["signs"] / (1.0 + sums["weights"]), out, n)
    return n

"""The transformer's one kernel: event rows in, feature rows out, and a state in between.

Time is a set of grid times and the events between them. At a grid time g exactly the events with
``ts_local <= g`` are known; grid times are passed when the next event or the watermark lies beyond
them, in the order volatility, penetration, sequencer where they coincide. Nothing here knows where
a batch ends, so cutting the stream elsewhere changes nothing.

Volatility: squared mid changes from grid time to grid time, their windowed mean by the second, an
exponential average of that. A quiet market feeds zeros, so its volatility falls. A step with a
one-sided touch at either end is left out.

Penetration: from grid time to grid time the deepest trade on each side of the mid at the start,
buys above and sells below. A trade that moves against its side of that mid reached nothing. An
interval that starts with a one-sided touch is left out.

Sequencer: from the first grid time with a known sigma and a two-sided touch, a row at every grid
time, with NaN for what is not known at it, so that the strategy can withdraw its quotes. What was
calibrated beforehand is known from the start, and stands in the row instead of the estimate.

Silence: when no event has come for as long as the longer window, the next sequencer time gives one
last row, with an empty touch, and all is forgotten until the next event. So a gap of days costs no
more than a gap of minutes, and nothing is decided on a feed that is down.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from mm.api import QUOTE, TRADE, Rows
from mm.api.jit import kernel
from mm_avellaneda.intensity import fit_intensity

# What these helpers call ``settings`` and ``state`` is the one record, not the array of one.


@kernel(allocates=False)
def _two_sided(state: Any) -> bool:
    return state["bid_size"] > 0 and state["ask_size"] > 0  # type: ignore[no-any-return]


@kernel(allocates=False)
def _wake(settings: Any, state: Any, ts: int) -> None:
    """Start the grids at their first times not before ``ts``."""
    state["awake"] = 1
    state["next_vol"] = -(-ts // settings["vol_us"]) * settings["vol_us"]
    state["next_pen"] = -(-ts // settings["pen_us"]) * settings["pen_us"]
    state["next_seq"] = -(-ts // settings["seq_us"]) * settings["seq_us"]


@kernel(allocates=False)
def _forget(state: Any, histogram: npt.NDArray[np.int64]) -> None:
    """Stand still and know nothing, as before the first event."""
    state["awake"] = 0
    state["started"] = 0
    state["bid_size"] = 0
    state["ask_size"] = 0
    state["vol_has_mid"] = 0
    state["vol_head"] = 0
    state["vol_count"] = 0
    state["vol_sum"] = 0.0
    state["pen_open"] = 0
    state["pen_head"] = 0
    state["pen_count"] = 0
    state["A"] = math.nan
    state["k"] = math.nan
    histogram[:] = 0


@kernel(allocates=False)
def _sample_mid(settings: Any, state: Any, squares: npt.NDArray[np.float64]) -> None:
    """Take the mid at a volatility time, and the change since the one before."""
    state["next_vol"] += settings["vol_us"]
    before, had_mid = state["vol_mid"], state["vol_has_mid"]
    has_mid = _two_sided(state)
    state["vol_has_mid"] = has_mid
    state["vol_mid"] = state["bid"] + state["ask"]
    if not (has_mid and had_mid):
        return
    change = float(state["vol_mid"] - before)
    head = state["vol_head"]
    if state["vol_count"] == len(squares):
        state["vol_sum"] -= squares[head]
    else:
        state["vol_count"] += 1
    squares[head] = change * change
    state["vol_sum"] += squares[head]
    state["vol_head"] = (head + 1) % len(squares)
    variance = state["vol_sum"] / state["vol_count"] / (settings["vol_us"] / 1e6)
    if state["vol_count"] <= settings["warm_up"] and state["vol_count"] < len(squares):
        state["variance"] = variance
    else:
        state["variance"] += settings["ema_weight"] * (variance - state["variance"])


@kernel(allocates=False)
def _turn_interval(
    settings: Any, state: Any, depths: npt.NDArray[np.int64], histogram: npt.NDArray[np.int64]
) -> None:
    """End a penetration interval, refit if that changed anything, and start the next."""
    state["next_pen"] += settings["pen_us"]
    if state["pen_open"]:
        head = state["pen_head"]
        changed = state["pen_count"] < len(depths)
        if changed:
            state["pen_count"] += 1
        for side in range(2):
            deepest = state["pen_buy"] if side == 0 else state["pen_sell"]
            deepest = min(deepest, len(histogram) - 1)
            left = depths[head, side]
            if left > 0:
                histogram[left] -= 1
            if deepest > 0:
                histogram[deepest] += 1
            changed = changed or left != deepest
            depths[head, side] = deepest
        state["pen_head"] = (head + 1) % len(depths)
        if changed:
            A, k = fit_intensity(histogram, 2 * state["pen_count"], settings["pen_us"] / 1e6)
            state["A"] = A
            state["k"] = k
    state["pen_open"] = _two_sided(state)
    state["pen_mid"] = state["bid"] + state["ask"]
    state["pen_buy"] = 0
    state["pen_sell"] = 0


@kernel(allocates=False)
def _write_row(settings: Any, state: Any, instrument: int, row: Any) -> None:
    """Write what is known at the sequencer's time."""
    row["ts"] = state["next_seq"]
    row["bid"] = state["bid"]
    row["bid_size"] = state["bid_size"]
    row["ask"] = state["ask"]
    row["ask_size"] = state["ask_size"]
    row["instrument"] = instrument
    row["mid"] = math.nan
    if _two_sided(state):
        row["mid"] = (state["bid"] + state["ask"]) * settings["half_tick"]
    row["sigma"] = math.nan
    if state["vol_count"] >= settings["warm_up"]:
        sigma = math.sqrt(max(state["variance"], 0.0)) * settings["half_tick"]
        row["sigma"] = min(max(sigma, settings["sigma_min"]), settings["sigma_max"])
    row["A"] = state["A"]
    row["k"] = state["k"] / settings["half_tick"]
    if not math.isnan(settings["sigma"]):
        row["sigma"] = settings["sigma"]
    if not math.isnan(settings["A"]):
        row["A"] = settings["A"]
    if not math.isnan(settings["k"]):
        row["k"] = settings["k"]


@kernel(allocates=False)
def _take_event(settings: Any, state: Any, event: Any) -> None:
    """Let a quote move the touch, and a trade deepen the interval."""
    if not state["awake"]:
        _wake(settings, state, event["ts_local"])
    state["last_event"] = event["ts_local"]
    if event["kind"] == QUOTE:
        state["bid"] = event["price"]
        state["bid_size"] = event["size"]
        state["ask"] = event["ask_price"]
        state["ask_size"] = event["ask_size"]
    elif event["kind"] == TRADE and state["pen_open"]:
        above = 2 * event["price"] - state["pen_mid"]
        # A taker of unknown side (0) is taken to have reached outward.
        if above > state["pen_buy"] and event["side"] >= 0:
            state["pen_buy"] = above
        elif -above > state["pen_sell"] and event["side"] <= 0:
            state["pen_sell"] = -above


@kernel(allocates=False)
def advance(
    events: Rows,
    start: int,
    watermark: int,
    instrument: int,
    memory: tuple[
        Rows, Rows, npt.NDArray[np.float64], npt.NDArray[np.int64], npt.NDArray[np.int64]
    ],
    out: Rows,
) -> tuple[int, int]:
    """Go on from event ``start`` to the watermark, or until ``out`` is full.

    Longer than a screen is worth here: it is the one loop in which grid times and events meet.

    Args:
        events: dtype EVENT; those of other instruments are passed over.
        start: the first event not taken yet.
        watermark: µs; grid times up to here are passed after the last event.
        instrument: whose features these are.
        memory: settings, state, squares, depths, histogram: see ``state.Memory``.
        out: dtype FEATURES; overwritten from its start.

    Returns:
        (event to go on from, -1 when all is done; number of rows written).
    """
    settings, state, squares, depths, histogram = memory
    s, m = settings[0], state[0]
    n = 0
    i = start
    while True:
        while i < len(events) and events[i]["instrument"] != instrument:
            i += 1
        limit = events[i]["ts_local"] - 1 if i < len(events) else watermark
        while m["awake"]:
            now = min(m["next_vol"], m["next_pen"], m["next_seq"])
            if now > limit:
                break
            if now == m["next_seq"] and n == len(out):
                return i, n
            if now == m["next_vol"]:
                _sample_mid(s, m, squares)
            if now == m["next_pen"]:
                _turn_interval(s, m, depths, histogram)
            if now == m["next_seq"]:
                silent = now - m["last_event"] > s["silence_us"]
                had_started = m["started"]
                if silent:
                    _forget(m, histogram)
                    depths[:] = 0
                elif _two_sided(m) and m["vol_count"] >= s["warm_up"]:
                    m["started"] = 1
                if m["started"] or (silent and had_started):
                    _write_row(s, m, instrument, out[n])
                    n += 1
                m["next_seq"] += s["seq_us"]
        if i >= len(events):
            return -1, n
        _take_event(s, m, events[i])
        i += 1

"""The transformer's records: what it emits, what it is set to, what it remembers.

Layouts only. Mids are kept as bid + ask, in half ticks, so that all that is remembered of prices is
whole numbers; ``half_tick`` turns them into prices at the very end.
"""

from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from mm.api import MICRO, TOUCH_FIELDS, Instrument, Rows
from mm_avellaneda.config import AvellanedaConfig, whole_microseconds

FEATURES: Final = np.dtype(
    [
        *TOUCH_FIELDS,
        ("mid", "f8"),  # [price]; this and what follows: NaN = not known
        ("sigma", "f8"),  # [price/√s]
        ("A", "f8"),  # [1/s per side]
        ("k", "f8"),  # [1/price]
    ],
    align=True,
)

WARM_UP: Final = 60
"""Mid changes (or a full window, if shorter) before sigma counts as known: half a minute at 0.5 s.

A standard deviation of 60 normal changes is good to 1/sqrt(120) = 9 %. Real changes have fat tails
(kurtosis 24 on the XBTUSD hour at 0.5 s), which makes that 31 %: rough, and in the window's mean
over the next minutes. Waiting for all 500 would cost four minutes of every recording.
"""

SETTINGS: Final = np.dtype(
    [
        ("vol_us", "i8"),  # µs, the three grids
        ("pen_us", "i8"),
        ("seq_us", "i8"),
        ("silence_us", "i8"),  # µs without an event after which all is forgotten
        ("warm_up", "i8"),  # mid changes before sigma counts as known
        ("ema_weight", "f8"),  # of a new variance in the smoothed one, in (0, 1)
        ("sigma_min", "f8"),  # [price/√s]
        ("sigma_max", "f8"),
        ("half_tick", "f8"),  # [price]
        ("sigma", "f8"),  # [price/√s]; this and what follows: as calibrated, NaN = to estimate
        ("A", "f8"),  # [1/s per side]
        ("k", "f8"),  # [1/price]
    ],
    align=True,
)

STATE: Final = np.dtype(
    [
        ("next_vol", "i8"),  # µs, the next time of each grid
        ("next_pen", "i8"),
        ("next_seq", "i8"),
        ("last_event", "i8"),  # µs
        ("bid", "i8"),  # ticks
        ("bid_size", "i8"),  # lots
        ("ask", "i8"),
        ("ask_size", "i8"),
        ("vol_mid", "i8"),  # half ticks, at the last vol time; valid if vol_has_mid
        ("vol_head", "i8"),  # where the ring is written next
        ("vol_count", "i8"),  # squares in the ring
        ("vol_sum", "f8"),  # half ticks squared; whole numbers, so exact below 2**53
        ("variance", "f8"),  # half ticks squared per second, smoothed; valid from the warm-up on
        ("pen_mid", "i8"),  # half ticks, at the interval's start; valid if pen_open
        ("pen_buy", "i8"),  # half ticks, the deepest trade so far; 0 = none
        ("pen_sell", "i8"),
        ("pen_head", "i8"),
        ("pen_count", "i8"),  # intervals in the ring
        ("A", "f8"),  # [1/s per side]; NaN = no fit
        ("k", "f8"),  # [1/half tick]
        ("awake", "i1"),  # 0: no events yet, or silence; the grids stand still
        ("started", "i1"),  # 1: rows are being emitted
        ("vol_has_mid", "i1"),
        ("pen_open", "i1"),
    ],
    align=True,
)


@attrs.frozen
class Memory:
    """All that one instrument's features depend on; changed in place."""

    settings: Rows
    """dtype SETTINGS, one record."""
    state: Rows
    """dtype STATE, one record."""
    squares: npt.NDArray[np.float64]
    """Ring of squared mid changes [half ticks squared]."""
    depths: npt.NDArray[np.int64]
    """Ring of (buy, sell) depths [half ticks], shape (window, 2); 0 = no trade."""
    histogram: npt.NDArray[np.int64]
    """How often each depth stands in the ring; entry 0 stays 0."""


def fresh_memory(config: AvellanedaConfig, instrument: Instrument) -> Memory:
    """Make the memory of an instrument of which nothing has been seen."""
    state = np.zeros(1, STATE)
    state["A"] = state["k"] = np.nan
    return Memory(
        settings=_settings(config, instrument),
        state=state,
        squares=np.zeros(config.vol.window_len),
        depths=np.zeros((config.penetration.window_len, 2), np.int64),
        # Two entries a tick, and entry 0.
        histogram=np.zeros(2 * config.penetration.num_bins + 1, np.int64),
    )


def _settings(config: AvellanedaConfig, instrument: Instrument) -> Rows:
    vol, penetration = config.vol, config.penetration
    settings = np.zeros(1, SETTINGS)
    settings["vol_us"] = whole_microseconds(vol.interval_s, "vol.interval_s")
    settings["pen_us"] = penetration.interval_ms * 1000
    settings["seq_us"] = config.sequencer.interval_ms * 1000
    # When nothing has happened for the longer window, both windows hold nothing but that silence.
    settings["silence_us"] = max(
        vol.window_len * int(settings["vol_us"][0]),
        penetration.window_len * int(settings["pen_us"][0]),
    )
    settings["warm_up"] = min(vol.window_len, WARM_UP)
    interval_s = int(settings["vol_us"][0]) / MICRO
    settings["ema_weight"] = 1.0 - 0.5 ** (interval_s / vol.ema_half_life)
    settings["sigma_min"] = 0.0 if vol.sigma_min is None else vol.sigma_min
    settings["sigma_max"] = np.inf if vol.sigma_max is None else vol.sigma_max
    settings["half_tick"] = instrument.price(1) / 2.0
    for name, value in attrs.asdict(config.calibrated).items():
        settings[name] = np.nan if value is None else value
    if config.calibrated.sigma is not None:
        settings["warm_up"] = 0
    return settings

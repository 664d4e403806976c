"""``[strategy.when]``: rows at the chosen times, brought up to them, however the data are cut."""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mm.api import EVENT, QUOTE, TOUCH_FIELDS, TRADE, Context, Instrument, MarketBatch, Rows
from mm.config.when import WhenTable
from mm.core.depth import depth_fields
from mm.core.waking import bring_up
from mm.run.moments import TimedTransformer

ROW = np.dtype([*TOUCH_FIELDS, ("mid", "f8"), ("number", "i8")], align=True)
TICKS = ("0.5", "2")
CONTEXT = Context(
    instruments=tuple(
        Instrument(symbol=name, tick_size=Decimal(tick), lot_size=Decimal(1))
        for name, tick in zip("XY", TICKS, strict=True)
    ),
    seed=0,
)
END = 40_000
"""µs: later than all events."""

Told = tuple[int, ...]
"""(ts, bid, bid_size, ask, ask_size, instrument, number)."""


class Numbers:
    """A transformer that numbers its rows; its touch is of no use."""

    dtype = ROW

    def __init__(self, rows: list[tuple[int, int]]) -> None:
        self.rows, self.watermark = rows, -1

    def push(self, batch: MarketBatch) -> Rows:
        due = [
            (ts, 0, 0, 0, 0, which, np.nan, n)
            for n, (ts, which) in enumerate(self.rows)
            if self.watermark < ts <= batch.watermark
        ]
        self.watermark = batch.watermark
        return np.array(due, ROW)


Event = tuple[int, int, int, int, int, int, int]
"""(ts, kind, instrument, bid, bid size, ask, ask size)."""


def naive(events: list[Event], numbered: list[tuple[int, int]], when: WhenTable) -> list[Told]:
    """Time by time: is this one chosen, and what is known by then?"""
    told: list[Told] = []
    for ts in range(0, END + 1, 500):  # all that happens here does so at such times
        for which in (0, 1):
            mine = [event for event in events if event[2] == which]
            quotes = [event for event in mine if event[1] == QUOTE]
            chosen = when.quotes and any(event[0] == ts for event in quotes)
            chosen |= when.trades and any(e[0] == ts and e[1] == TRADE for e in mine)
            sides = [(0, 0), *((e[3] * (e[4] > 0), e[5] * (e[6] > 0)) for e in quotes)]
            moved = [e[0] for n, e in enumerate(quotes) if sides[n + 1] != sides[n]]
            chosen |= when.touch and ts in moved
            step = when.grid_ms * 1000
            if step and ts and ts % step == 0:
                chosen |= any(ts - step < event[0] <= ts for event in mine)
            numbers = [n for n, row in enumerate(numbered) if row[1] == which and row[0] <= ts]
            if chosen and numbers:
                touch = [event[3:] for event in quotes if event[0] <= ts][-1:] or [(0, 0, 0, 0)]
                told.append((ts, *touch[0], which, numbers[-1]))
    return told


def batch_of(events: list[Event], watermark: int) -> MarketBatch:
    rows = np.zeros(len(events), EVENT)
    for row, (ts, kind, which, *numbers) in zip(rows, events, strict=True):
        row["ts_local"], row["kind"], row["instrument"] = ts, kind, which
        row["price"], row["size"], row["ask_price"], row["ask_size"] = numbers
    return MarketBatch(rows, watermark)


TIMES = st.integers(1, 30).map(lambda n: n * 1000 + (n % 3) * 500)
QUOTES = st.tuples(
    TIMES, st.just(int(QUOTE)), st.integers(0, 1), st.integers(9, 10), st.integers(0, 2),
    st.integers(11, 12), st.integers(0, 2),
)  # fmt: skip
TRADES = st.tuples(
    TIMES, st.just(int(TRADE)), st.integers(0, 1), *[st.just(1)] * 2, *[st.just(0)] * 2
)
WHENS = st.builds(
    WhenTable,
    grid_ms=st.sampled_from([0, 1, 4]),
    quotes=st.booleans(),
    trades=st.booleans(),
    touch=st.booleans(),
).filter(lambda when: when.by_market)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(QUOTES, TRADES), max_size=12).map(
        lambda all_: sorted(all_, key=lambda e: e[0])
    ),
    st.lists(st.tuples(TIMES, st.integers(0, 1)), max_size=5).map(sorted),
    WHENS,
    st.lists(st.integers(0, END), max_size=4).map(sorted),
)
def test_rows_stand_at_the_chosen_times_with_what_is_known_by_then(
    events: list[Event], numbered: list[tuple[int, int]], when: WhenTable, cuts: list[int]
) -> None:
    timed = TimedTransformer(Numbers(numbered), "it", when, CONTEXT)
    pieces, before = [], -1
    for watermark in (*cuts, END):
        mine = [event for event in events if before < event[0] <= watermark]
        pieces.append(timed.push(batch_of(mine, watermark)))
        before = watermark
    rows = np.concatenate(pieces)
    names = [*(name for name, _ in TOUCH_FIELDS), "number"]
    told = [tuple(int(row[name]) for name in names) for row in rows]
    assert told == naive(events, numbered, when)
    for row in rows:
        both = row["bid_size"] > 0 and row["ask_size"] > 0
        tick = float(TICKS[row["instrument"]])
        mid = (row["bid"] + row["ask"]) / 2 * tick if both else np.nan
        np.testing.assert_equal(row["mid"], mid)


def test_a_row_brought_up_leans_as_it_did() -> None:
    dtype = np.dtype([*TOUCH_FIELDS, ("mid", "f8"), ("fair", "f8"), ("sigma", "f8")])
    rows = np.zeros(3, dtype)
    rows["mid"], rows["fair"], rows["sigma"] = (100.0, np.nan, 100.0), (101.5, np.nan, 99.0), 7.0
    touch: Any = np.zeros(3, [*TOUCH_FIELDS, *depth_fields(2)])
    touch["ts"], touch["bid"], touch["ask"] = 5, 220, 222
    touch["bid_size"], touch["ask_size"] = (1, 1, 0), 1
    bring_up(rows, touch, np.array([0.25]))
    assert rows["ts"].tolist() == [5, 5, 5]
    np.testing.assert_array_equal(rows["mid"], [110.5, 110.5, np.nan])
    np.testing.assert_array_equal(rows["fair"], [112.0, 110.5, np.nan])
    assert rows["sigma"].tolist() == [7.0] * 3


@pytest.mark.parametrize("name", ["mid", "fair"])
def test_columns_of_other_kinds_are_left_alone(name: str) -> None:
    rows = np.zeros(1, np.dtype([*TOUCH_FIELDS, (name, "i8")]))
    rows[name] = 3
    bring_up(rows, np.ones(1, TOUCH_FIELDS), np.ones(1))
    assert rows[name].tolist() == [3]

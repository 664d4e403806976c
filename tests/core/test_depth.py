"""The best levels that rows show, against dictionaries that follow the rules of evidence."""

import attrs
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mm.api import BUY, DEPTH_FIELDS, SELL, TOUCH_FIELDS, TRADE
from mm.core.depth import DepthFollower, depth_fields

from .following import followed
from .test_evidence import hear
from .venue.naive_claims import Claims
from .venue.strategies import FIRST_TS, tapes
from .venue.tapes import Event, messages


def with_side(claims: Claims, event: Event) -> Event:
    """A print with the side that the touch tells, where the feed tells none."""
    if event.kind == TRADE and event.side == 0:
        if claims.best(SELL) and event.price >= claims.best(SELL):
            return attrs.evolve(event, side=BUY)
        if claims.best(BUY) and event.price <= claims.best(BUY):
            return attrs.evolve(event, side=SELL)
    return event


@settings(max_examples=200)
@given(
    tapes(instruments=2),
    st.lists(st.tuples(st.integers(FIRST_TS - 1, FIRST_TS + 40), st.integers(0, 1)), max_size=8),
    st.integers(1, 4),
    st.lists(st.booleans(), max_size=3),
)
def test_a_row_shows_what_takers_find_by_then(
    tape: tuple[Event, ...], asked: list[tuple[int, int]], depth: int, cuts: list[bool]
) -> None:
    fields = np.dtype([*TOUCH_FIELDS, *depth_fields(depth)])
    rows, _ = followed(DepthFollower(2), fields, tape, asked, cuts)
    for row in rows:
        claims = Claims()
        for message in messages([one for one in tape if one.instrument == row["instrument"]]):
            if message[0].ts_local <= row["ts"]:
                hear(claims, [with_side(claims, event) for event in message])
        for side, price, size in ((BUY, "bids", "bid_sizes"), (SELL, "asks", "ask_sizes")):
            ladder = [*claims.ladder(side), *[(0, 0)] * depth][:depth]
            assert list(zip(row[price], row[size], strict=True)) == ladder


def test_no_depth_adds_no_columns() -> None:
    assert depth_fields(0) == []
    assert [name for name, *_ in depth_fields(3)] == [name for name, _ in DEPTH_FIELDS]

"""What rows show of the trades since the row before, against sums over a list."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mm.api import BUY, SELL, TOUCH_FIELDS, TRADE, TRADED_FIELDS
from mm.core.traded import TradesFollower
from mm.core.waking import bring_up, traded_columns

from .following import followed
from .venue.strategies import FIRST_TS, tapes
from .venue.tapes import Event

ROWS = np.dtype([*TOUCH_FIELDS, *TRADED_FIELDS])


@settings(max_examples=200)
@given(
    tapes(instruments=2),
    st.lists(st.tuples(st.integers(FIRST_TS - 1, FIRST_TS + 40), st.integers(0, 1)), max_size=8),
    st.lists(st.booleans(), max_size=3),
)
def test_a_row_shows_the_trades_after_the_row_before(
    tape: tuple[Event, ...], asked: list[tuple[int, int]], cuts: list[bool]
) -> None:
    rows, end = followed(TradesFollower(2), ROWS, tape, asked, cuts)
    since = [-1, -1]
    for row in rows[rows["ts"] <= end]:
        which = row["instrument"]
        traded = [
            one for one in tape
            if (one.kind, one.instrument) == (TRADE, which)
            and since[which] < one.ts_local <= row["ts"]
        ]  # fmt: skip
        since[which] = int(row["ts"])
        prices = [one.price for one in traded]
        assert row["bought"] == sum(one.size for one in traded if one.side == BUY)
        assert row["sold"] == sum(one.size for one in traded if one.side == SELL)
        assert row["prints"] == len(traded)
        assert row["print_low"] == min(prices, default=0)
        assert row["print_high"] == max(prices, default=0)


def test_a_woken_row_does_not_tell_them_again() -> None:
    row = np.ones(1, ROWS)
    bring_up(row, np.full(1, 7, TOUCH_FIELDS), np.array([0.5]))
    assert row.tolist() == [(7, 7, 7, 7, 7, 7, 0, 0, 0, 0, 0)]
    # Columns of a transformer's own that only share a name or two stay as they are.
    own = np.ones(1, [*TOUCH_FIELDS, ("bought", "i8")])
    assert traded_columns(own.dtype) == []
    bring_up(own, np.full(1, 7, TOUCH_FIELDS), np.array([0.5]))
    assert own["bought"] == 1

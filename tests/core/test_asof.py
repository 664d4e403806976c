"""Joining as of: the latest value by then, whatever the cuts."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mm.api import SIGNAL_FIELDS
from mm.core.asof import LatestValue

DTYPE = np.dtype(SIGNAL_FIELDS)


def table(rows: list[tuple[int, int, float]]) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    """Rows of (ts, instrument, signal)."""
    made = np.zeros(len(rows), DTYPE)
    for i, (ts, instrument, signal) in enumerate(sorted(rows, key=lambda row: row[0])):
        made[i]["ts"], made[i]["instrument"], made[i]["signal"] = ts, instrument, signal
    return made


def test_a_row_gets_the_last_value_at_or_before_its_time() -> None:
    rows = table([(4, 0, 0.0), (5, 0, 0.0), (9, 0, 0.0)])
    source = table([(5, 0, 1.0), (5, 0, 2.0), (8, 0, 3.0), (10, 0, 4.0)])
    values = LatestValue(1).join(rows, source, "signal")
    assert np.isnan(values[0])
    assert values[1:].tolist() == [2.0, 3.0]


def test_instruments_do_not_see_each_others_values() -> None:
    rows = table([(5, 0, 0.0), (6, 1, 0.0), (7, 0, 0.0)])
    source = table([(5, 1, 1.0), (6, 0, 2.0)])
    values = LatestValue(2).join(rows, source, "signal")
    assert np.isnan(values[0])
    assert values[1:].tolist() == [1.0, 2.0]


one_row = st.tuples(st.integers(0, 20), st.integers(0, 1), st.floats(-5, 5))
some_rows = st.lists(one_row, max_size=12)


@given(rows=some_rows, source=some_rows, cuts=st.lists(st.integers(0, 20), max_size=3))
def test_cutting_the_stream_changes_nothing(
    rows: list[tuple[int, int, float]], source: list[tuple[int, int, float]], cuts: list[int]
) -> None:
    asked, given_values = table(rows), table(source)
    latest, pieces, before = LatestValue(2), [], -1
    for cut in [*sorted(cuts), 20]:
        parts = [t[(t["ts"] > before) & (t["ts"] <= cut)] for t in (asked, given_values)]
        pieces.append(latest.join(parts[0], parts[1], "signal"))
        before = cut
    whole = LatestValue(2).join(asked, given_values, "signal")
    np.testing.assert_array_equal(np.concatenate(pieces), whole)

"""Thinning: what stays of a long line."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm.metrics import Floats, Times
from mm.results.report.thin import thinned

Line = tuple[Times, Floats]


@st.composite
def lines(draw: st.DrawFn) -> Line:
    """A line of up to 300 points, some missing, some at the same time."""
    steps = draw(st.lists(st.integers(0, 50), max_size=300))
    value = st.one_of(st.just(math.nan), st.floats(-1e6, 1e6), st.sampled_from([0.0, 1.0]))
    values = draw(st.lists(value, min_size=len(steps), max_size=len(steps)))
    return 1_722_470_400_000_000 + np.cumsum(steps, dtype=np.int64), np.array(values, np.float64)


def by_bucket(ts: Times, buckets: int) -> list[list[int]]:
    """The places of each bucket, found one by one."""
    first, span = int(ts[0]), int(ts[-1]) - int(ts[0]) + 1
    found: list[list[int]] = [[] for _ in range(buckets)]
    for place, at in enumerate(ts.tolist()):
        found[(at - first) * buckets // span].append(place)
    return [places for places in found if places]


@given(line=lines(), buckets=st.integers(1, 20))
def test_ends_extremes_and_gaps_of_every_bucket_stay(line: Line, buckets: int) -> None:
    ts, values = line
    kept = set(thinned(ts, values, buckets).tolist())
    for places in by_bucket(ts, buckets) if len(ts) else ():
        known = [values[place] for place in places if not math.isnan(values[place])]
        drawn = [values[place] for place in places if place in kept]
        assert {places[0], places[-1]} <= kept
        assert not known or {min(known), max(known)} <= set(drawn)
        assert len(known) == len(places) or any(math.isnan(value) for value in drawn)


@given(line=lines(), buckets=st.integers(1, 20))
def test_few_stay_in_order_and_the_same_if_thinned_again(line: Line, buckets: int) -> None:
    ts, values = line
    kept = thinned(ts, values, buckets)
    assert (np.diff(kept) > 0).all()
    assert len(kept) == len(ts) or len(kept) <= 5 * buckets
    again = thinned(ts[kept], values[kept], buckets)
    assert again.tolist() == list(range(len(kept)))


@pytest.mark.parametrize("count", [0, 1, 4])
def test_a_short_line_stays_whole(count: int) -> None:
    assert len(thinned(np.arange(count), np.zeros(count), 1)) == count


def test_a_spike_of_one_point_among_a_million_is_drawn() -> None:
    ts = np.arange(1_000_000)
    values = np.sin(ts / 1e5)
    values[123_456] = 7.0
    kept = thinned(ts, values)
    assert 123_456 in kept
    assert len(kept) <= 6000

"""The order book against a dictionary."""

from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm.api import EVENT, LEVEL
from mm.core.book import (
    ASK,
    BEST,
    BEYOND,
    BID,
    EDGE,
    LIVE,
    Book,
    clear,
    deepest,
    next_level,
    set_edge,
    set_level,
)

PRICES = st.one_of(st.integers(1, 40), st.integers(990, 1010), st.integers(30_000_000, 33_000_000))
CHANGES = st.lists(
    st.tuples(st.sampled_from([BID, ASK]), PRICES, st.integers(0, 3)), min_size=1, max_size=80
)


def room_for(rows: int) -> np.ndarray:
    events = np.zeros(rows, EVENT)
    events["kind"] = LEVEL
    return events


@numba.njit
def _deepest(slots: Any, known: Any, side: int) -> int:
    return deepest(slots, known, side)


@numba.njit
def _set_edge(known: Any, edge: int, beyond: int) -> None:
    set_edge(known, edge, beyond)


@given(CHANGES, st.integers(1, 40))
def test_book_equals_a_dictionary_after_every_change(
    changes: list[tuple[int, int, int]], batch: int
) -> None:
    book = Book.empty(1)
    model: list[dict[int, int]] = [{}, {}]
    for n, (side, price, size) in enumerate(changes):
        if n % batch == 0:
            book.reserve(room_for(batch))
        before = set_level(book.levels, 0, side, price, size, n)
        assert before == model[side].pop(price, 0)
        if size:
            model[side][price] = size
        sides = book.levels.sides[0]
        assert sides[:, BEST].tolist() == [max(model[BID], default=0), min(model[ASK], default=0)]
        outermost = [min(model[BID], default=0), max(model[ASK], default=0)]
        if n % batch == 0:  # looked up now and then, as in a run
            slots = book.levels.slots[0]
            assert [_deepest(slots[at], sides[at], at) for at in (BID, ASK)] == outermost
        assert sides[:, LIVE].tolist() == [len(one) for one in model]


@given(CHANGES, st.lists(st.integers(0, 3), max_size=60))
def test_one_sees_as_deep_as_the_deepest_level_since_the_edge_was_set(
    changes: list[tuple[int, int, int]], marks: list[int]
) -> None:
    """By its definition: the edge comes up to what is the deepest level, and never goes down."""
    book, model, edges = Book.empty(1), [dict[int, int](), dict[int, int]()], [0, 0]
    book.reserve(room_for(len(changes)))
    known = book.levels.sides[0]
    for n, (side, price, size) in enumerate(changes):
        set_level(book.levels, 0, side, price, size, n)
        model[side].pop(price, 0)
        if size:
            model[side][price] = size
        deep = (min if side == BID else max)(model[side], default=0)
        nearer = max if side == BID else min
        if edges[side]:
            edges[side] = nearer(edges[side], deep) if deep else 0
        if n < len(marks) and marks[n] == 0 and model[side]:
            edges[side] = deep
            _set_edge(known[side], deep, 1)
        assert known[side, EDGE] == edges[side]
        outward = -1 if side == BID else 1
        beyond = [p for p in model[side] if (p - edges[side]) * outward >= 0]
        assert known[side, BEYOND] == (len(beyond) if edges[side] else 0)
    assert book.side(0, BID) == sorted(model[BID].items(), reverse=True)
    assert book.side(0, ASK) == sorted(model[ASK].items())


def test_next_level_is_found_across_a_gap_wider_than_the_scan() -> None:
    book = Book.empty(1)
    for price in (100, 32_010_300):
        set_level(book.levels, 0, ASK, price, 5, 1)
    assert next_level(book.levels, 0, ASK, 100) == 32_010_300
    assert next_level(book.levels, 0, ASK, 32_010_300) == 0


def test_books_of_two_instruments_do_not_touch() -> None:
    book = Book.empty(2)
    set_level(book.levels, 0, BID, 10, 1, 1)
    set_level(book.levels, 1, BID, 20, 2, 1)
    clear(book.levels, 0)
    assert book.side(0, BID) == []
    assert book.side(1, BID) == [(20, 2)]


def test_memory_follows_the_levels_that_live() -> None:
    book = Book.empty(1)
    for start in range(1, 200_000, 500):
        book.reserve(room_for(1000))
        for price in range(start, start + 500):
            set_level(book.levels, 0, BID, price, 1, 1)
            set_level(book.levels, 0, BID, price, 0, 1)
    assert book.levels.slots.shape[2] <= 8192


@pytest.mark.parametrize("price", [1, 2**62])
def test_any_price_that_fits_an_integer_is_a_level(price: int) -> None:
    book = Book.empty(1)
    set_level(book.levels, 0, ASK, price, 7, 1)
    assert book.side(0, ASK) == [(price, 7)]

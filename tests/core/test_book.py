"""The order book against a dictionary."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm.api import EVENT, LEVEL
from mm.core.book import ASK, BEST, BID, DEEPEST, Book, clear, next_level, set_level

PRICES = st.one_of(st.integers(1, 40), st.integers(990, 1010), st.integers(30_000_000, 33_000_000))
CHANGES = st.lists(
    st.tuples(st.sampled_from([BID, ASK]), PRICES, st.integers(0, 3)), min_size=1, max_size=80
)


def room_for(rows: int) -> np.ndarray:
    events = np.zeros(rows, EVENT)
    events["kind"] = LEVEL
    return events


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
        deepest = [min(model[BID], default=0), max(model[ASK], default=0)]
        assert sides[:, DEEPEST].tolist() == deepest
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

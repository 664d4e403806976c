"""What the kernels believe of a market against dictionaries that follow the same written rules."""

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from mm.api import BUY, CLEAR, LEVEL, QUOTE, SELL, TICKER, TRADE, Rows
from mm.api.jit import kernel
from mm.core.book import ASK, BID, Book, Levels
from mm.core.evidence import shown, to_take
from mm.core.fusing import note_clear, note_level, note_print, note_quote, settle

from .venue.naive_claims import Claims
from .venue.replay import events
from .venue.strategies import tapes
from .venue.tapes import Event, messages

PRICES = range(1, 9)

Ints = npt.NDArray[np.int64]


@kernel
def take_in(levels: Levels, rows: Rows) -> None:
    """Let the kernels hear one message."""
    for i in range(len(rows)):
        event = rows[i]
        book = event["instrument"]
        if event["kind"] == CLEAR:
            note_clear(levels, event)
        elif event["kind"] == LEVEL:
            if levels.touch[book]["has_levels"] == 0:
                note_clear(levels, event)
            side = BID if event["side"] == BUY else ASK
            note_level(levels.slots[book, side], levels.sides[book, side], side, event)
        elif event["kind"] == QUOTE:
            note_quote(levels, event)
        elif event["kind"] == TRADE and event["side"] != 0:
            note_print(levels, event, event["side"])
    if rows[len(rows) - 1]["kind"] != TICKER:
        settle(levels, rows[len(rows) - 1])


@kernel
def answers(levels: Levels, side: int, prices: Ints) -> Ints:
    """Ask for every price what is shown there, and what a taker gets."""
    found = np.zeros((len(prices), 2), np.int64)
    for i in range(len(prices)):
        found[i, 0] = shown(levels, 0, side, prices[i])
        found[i, 1] = to_take(levels, 0, side, prices[i])
    return found


def hear(claims: Claims, message: list[Event]) -> None:
    """Let the dictionaries hear it."""
    for event in message:
        if event.kind == CLEAR:
            claims.clear(event.ts_exchange)
        elif event.kind == LEVEL:
            claims.set_level(event)
        elif event.kind == QUOTE:
            claims.set_quote(event)
        elif event.kind == TRADE and event.side != 0:
            claims.set_print(event, event.side)
    if message[-1].kind != TICKER:
        claims.settle(message[-1])


@settings(max_examples=200)
@given(tapes(instruments=1), st.integers(1, 3))
def test_kernels_believe_what_the_rules_say_however_often_tables_are_rebuilt(
    tape: tuple[Event, ...], every: int
) -> None:
    book, claims = Book.empty(1), Claims()
    prices = np.array(PRICES, np.int64)
    for n, message in enumerate(messages(tape)):
        if n % every == 0:
            book._rebuild(1024)
        take_in(book.levels, events(message))
        hear(claims, message)
        touch = book.levels.touch[0]
        assert (touch["bid"], touch["ask"]) == (claims.best(BUY), claims.best(SELL))
        assert not claims.has_book or not 0 < claims.best(SELL) <= claims.best(BUY)
        assert book.levels.known["crossed"][0] == claims.crossed
        for side, name in ((BID, BUY), (ASK, SELL)):
            expected = [(claims.shown(name, p), claims.offered(name, p)) for p in PRICES]
            assert answers(book.levels, side, prices).tolist() == [list(e) for e in expected]

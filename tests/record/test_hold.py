"""A stream that is held while nothing can be written: lost, timed, and whole again."""

import random

import numpy as np
import pytest
from tests.live.session import Mirror
from tests.record.streams import MIDNIGHT, event, gap, level, quote, snapshot, stream

from mm.api import BUY, CLEAR, LEVEL, MICRO, QUOTE, SELL, TICKER, TRADE, MarketBatch, Rows
from mm.record.hold import LONGEST_US, Hold


def batch(ts: int, *parts: Rows | list[Rows]) -> MarketBatch:
    return MarketBatch(stream(*parts), ts)


def kinds(given: MarketBatch | None) -> list[int] | None:
    return None if given is None else given.events["kind"].tolist()


def test_nothing_is_changed_while_nothing_is_refused() -> None:
    hold, one = Hold(has_quotes=True), batch(MIDNIGHT, snapshot(MIDNIGHT, 100, 101))
    assert hold.push(one, refused=False) is one
    assert hold.start is None


def test_a_refusal_loses_the_book_and_then_only_time_goes_on_for_a_minute() -> None:
    hold = Hold(has_quotes=True)
    hold.push(batch(MIDNIGHT, snapshot(MIDNIGHT, 100)), refused=False)
    start = MIDNIGHT + 10
    assert kinds(hold.push(batch(start, level(start, 99, 1)), refused=True)) == [QUOTE, CLEAR]
    given = {}
    for ts in range(start + MICRO // 2, start + LONGEST_US + 3 * MICRO, MICRO // 2):
        print_ = event(ts, TRADE, price=100, size=1, side=1)
        given[(ts - start) / MICRO] = kinds(hold.push(batch(ts, print_), refused=True))
    assert [at for at, found in given.items() if found] == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]
    assert next(at for at, found in given.items() if found is None) == 60.5
    assert all(found is None for at, found in given.items() if at > 60)
    assert hold.left_out == 1 + len(given)


def test_a_stream_without_quotes_of_its_own_is_given_none() -> None:
    hold = Hold(has_quotes=False)
    hold.push(batch(MIDNIGHT, snapshot(MIDNIGHT, 100)), refused=False)
    assert kinds(hold.push(batch(MIDNIGHT + 1), refused=True)) == [CLEAR]
    assert kinds(hold.push(batch(MIDNIGHT + 2), refused=False)) == [CLEAR, LEVEL]


def test_a_book_that_is_not_known_when_it_goes_on_is_not_given() -> None:
    hold = Hold(has_quotes=True)
    hold.push(batch(MIDNIGHT, snapshot(MIDNIGHT, 100)), refused=False)
    hold.push(batch(MIDNIGHT + 1, gap(MIDNIGHT + 1, 100)), refused=True)
    given = hold.push(batch(MIDNIGHT + 2), refused=False)
    assert given is not None
    assert given.events[["kind", "size", "ask_size"]].tolist() == [(QUOTE, 0, 0)]


def test_what_tickers_said_meanwhile_is_said_at_the_end() -> None:
    hold = Hold(has_quotes=False)
    hold.push(batch(1, event(1, TICKER, price=1, size=2, ask_price=3)), refused=False)
    hold.push(batch(2, event(2, TICKER, price=10, size=20, ask_price=30)), refused=True)
    hold.push(batch(3, event(3, TICKER, ask_size=40)), refused=True)
    given = hold.push(batch(4, event(4, TICKER, price=11)), refused=False)
    assert given is not None
    (row,) = given.events.tolist()
    assert row[:6] == (4, 4, 11, 20, 30, 40)
    assert kinds(hold.push(batch(5), refused=True)) == [CLEAR]
    assert kinds(hold.push(batch(6), refused=False)) == []


def test_the_book_that_comes_back_is_the_exchanges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against a plain dict, over changes, losses and snapshots, with a small store."""
    monkeypatch.setattr("mm.record.hold._COMPACT", 50)
    draw = random.Random(1)
    hold, theirs, ours = Hold(has_quotes=True), Mirror(), Mirror()
    refused, returns = False, 0
    for n in range(3000):
        ts = MIDNIGHT + n
        rows = [quote(ts, 100 + n, 101 + n)]
        if n % 500 == 0:
            rows += snapshot(ts, *range(50, 150))
        elif n % 500 == 400:
            rows = gap(ts, 100)
        else:
            rows += [
                level(ts, draw.randint(1, 200), draw.randint(0, 5), draw.choice((BUY, SELL)))
                for _ in range(3)
            ]
        events = stream(rows)
        theirs.take(events)
        was_refused, refused = refused, draw.random() < (0.9 if refused else 0.05)
        given = hold.push(MarketBatch(events, ts), refused=refused)
        assert given is not None
        assert np.all(given.events["ts_local"] == ts)
        ours.take(given.events)
        if refused:
            assert not ours.bids
            assert not ours.asks
            continue
        returns += was_refused
        assert (ours.bids, ours.asks) == (theirs.bids, theirs.asks)
        latest, true = (some[some["kind"] == QUOTE][-1] for some in (given.events, events))
        assert latest[["price", "size"]] == true[["price", "size"]]
    assert returns > 50

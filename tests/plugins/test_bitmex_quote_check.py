"""Quotes as witnesses of the book: a change that was lost shows, and nothing else does."""

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.plugins.bitmex_exchange import Client, Exchange, image, live_client, table

from mm_bitmex.book import Touch
from mm_bitmex.quote_check import QuoteCheck
from mm_bitmex.session import State
from mm_bitmex.topics import NEVER

PATIENCE_S = 5.0

TOUCHES = st.builds(lambda bid, size: (bid, size, bid + 1, 1), st.integers(1, 3), st.integers(1, 2))


def said(quote_check: QuoteCheck) -> bool:
    """Whether there are quotes that nothing bore out yet."""
    return quote_check.contradicts_at < NEVER


def test_a_quote_of_the_touch_as_it_is_or_lately_was_agrees() -> None:
    quote_check = QuoteCheck(PATIENCE_S)
    quote_check.saw((10, 1, 11, 1), 0.0)
    quote_check.saw((10, 2, 11, 1), 1.0)
    quote_check.heard((10, 2, 11, 1), 2.0)
    assert not said(quote_check)
    quote_check.heard((10, 1, 11, 1), 6.0)  # was the touch until 1.0
    assert not said(quote_check)
    quote_check.heard((10, 1, 11, 1), 6.1)
    assert quote_check.contradicts_at == 6.1 + PATIENCE_S


def test_a_quote_may_come_before_the_book_shows_it() -> None:
    quote_check = QuoteCheck(PATIENCE_S)
    quote_check.saw((10, 1, 11, 1), 0.0)
    quote_check.heard((10, 2, 11, 1), 1.0)
    quote_check.saw((10, 3, 11, 1), 2.0)
    assert quote_check.contradicts_at == 1.0 + PATIENCE_S
    quote_check.saw((10, 2, 11, 1), 3.0)
    assert not said(quote_check)


def test_patience_counts_from_the_first_of_an_unbroken_row_of_contradictions() -> None:
    quote_check = QuoteCheck(PATIENCE_S)
    quote_check.saw((10, 1, 11, 1), 0.0)
    for now in (1.0, 2.0, 3.0):
        quote_check.heard((10, 7, 11, int(now)), now)
    assert quote_check.contradicts_at == 1.0 + PATIENCE_S
    quote_check.heard((10, 1, 11, 1), 4.0)
    quote_check.heard((10, 9, 11, 9), 5.0)
    assert quote_check.contradicts_at == 5.0 + PATIENCE_S


@given(
    st.lists(st.tuples(st.floats(0.0, 2.0), TOUCHES), min_size=1, max_size=30),
    st.floats(0.0, PATIENCE_S - 1.01),
    st.sampled_from([0.0, 0.3, 1.0]),
)
def test_quotes_of_all_touches_however_late_and_batched_never_contradict(
    moves: list[tuple[float, Touch]], late_s: float, batch_s: float
) -> None:
    quote_check, now = QuoteCheck(PATIENCE_S), 0.0
    happenings: list[tuple[float, bool, Touch]] = []
    for wait_s, touch in moves:
        now += wait_s
        due = now + late_s
        due = (due // batch_s + 1) * batch_s if batch_s else due
        happenings += [(now, False, touch), (due, True, touch)]
    for at, is_quote, touch in sorted(happenings, key=lambda h: h[:2]):
        if is_quote:
            quote_check.heard(touch, at)
        else:
            quote_check.saw(touch, at)
        assert not said(quote_check)


def test_touches_of_long_ago_are_forgotten() -> None:
    quote_check = QuoteCheck(PATIENCE_S)
    for n in range(10_000):
        quote_check.saw((n, 1, n + 1, 1), n / 10)
    assert len(quote_check._ended) <= 10 * PATIENCE_S + 1


@pytest.mark.parametrize("profile", ["2021", "2026"])
@pytest.mark.parametrize("seed", range(20))
def test_a_lost_change_of_the_touch_is_found_and_mended(seed: int, profile: str) -> None:
    client, exchange = told(seed, profile)
    was = exchange.levels()
    while exchange.levels()[0][:1] == was[0][:1] and exchange.levels()[1][:1] == was[1][:1]:
        exchange.change()  # and nobody hears of it
    lost_at = client.now
    client.frame(exchange.quote())
    assert client.protocol.levels() == was
    while client.protocol.book_is_live:
        client.frame("pong")
        client.wait()
    assert client.now == pytest.approx(lost_at + PATIENCE_S)
    assert client.protocol.counts["contradicted_books"] == 1
    asked = [json.loads(text) for text in client.steps[-1].send if text != "ping"]
    assert [request["op"] for request in asked] == ["unsubscribe", "subscribe"]
    mend(client, exchange)
    assert client.protocol.state is State.LIVE
    assert client.protocol.levels() == exchange.levels()
    client.frame(exchange.quote())
    client.now += 100
    client.frame("pong")
    assert client.protocol.counts["contradicted_books"] == 1


@given(st.integers(0, 10**6), st.sampled_from(["2021", "2026"]))
def test_a_whole_book_is_never_doubted(seed: int, profile: str) -> None:
    client, exchange = told(seed, profile)
    waiting: list[str] = []
    for _ in range(60):
        client.now += exchange.random.choice((0.0, 0.01, 0.5))
        client.frame(exchange.change())
        waiting.append(exchange.quote())
        if exchange.random.random() < 0.3:
            for text in waiting:
                client.frame(text)
            waiting.clear()
    assert "contradicted_books" not in client.protocol.counts
    assert client.protocol.book_is_live


def test_quotes_of_another_book_are_disbelieved_and_the_book_goes_on() -> None:
    client, exchange = live_client()
    other = table("quote", "insert", [{"symbol": "XBTUSD", "bidPrice": 1.0, "bidSize": 100}])
    notes: list[str] = []
    for _ in range(40):
        client.frame(other)
        client.now += 1.0
        client.frame(exchange.change())
        notes += client.steps[-1].notes
        if not client.protocol.book_is_live:
            mend(client, exchange)
    assert client.protocol.counts["contradicted_books"] == 2
    assert client.protocol.counts["resubscriptions"] == 1
    assert "quotes describe another book; they are not compared any more" in notes
    assert client.protocol.levels() == exchange.levels()


def test_quotes_of_another_pool_or_symbol_or_off_the_grid_say_nothing() -> None:
    client, _ = live_client()
    row: dict[str, Any] = {"symbol": "XBTUSD", "bidPrice": 1.0, "bidSize": 100}
    for odd in ({"pool": "Secondary"}, {"symbol": "ETHUSD"}, {"bidPrice": 1.01}, {"bidSize": "x"}):
        client.frame(table("quote", "insert", [{**row, **odd}]))
    assert client.protocol.counts | {"other_pool": 1, "other_symbol": 1, "malformed_quote": 2} == (
        client.protocol.counts
    )
    client.now += 4.9
    client.frame("pong")
    client.now += 4.9
    client.frame("pong")
    assert client.protocol.book_is_live


def test_the_image_of_quotes_counts_as_a_quote() -> None:
    client, _ = live_client()
    client.frame(image("quote", [{"symbol": "XBTUSD", "askPrice": 1.0, "askSize": 100}]))
    while client.protocol.book_is_live:
        client.frame("pong")
        client.wait()
    assert client.protocol.counts["contradicted_books"] == 1


def test_without_a_check_the_topic_is_not_asked_for() -> None:
    client = Client.make(quote_check_s=0.0)
    (request,) = client.open().send
    assert "quote:XBTUSD" not in json.loads(request)["args"]


def told(seed: int, profile: str) -> tuple[Client, Exchange]:
    """Make a client whose topics are live, and an exchange of some profile."""
    exchange = Exchange(random.Random(seed), profile)
    exchange.fill()
    client = Client.make(seed)
    client.live(exchange)
    return client, exchange


def mend(client: Client, exchange: Exchange) -> None:
    """Answer the request for the book."""
    request = {"op": "subscribe", "args": ["orderBookL2:XBTUSD"]}
    client.frame(json.dumps({"success": True, "subscribe": request["args"][0], "request": request}))
    client.frame(exchange.image())

"""Faults of every kind, in any order: no crash, no book that is wrong and passes for right.

Frames lost or exchanged on the way (which TCP rules out) can leave a book wrong until a quote says
so (``test_bitmex_witness``), as the exchange numbers no messages; so for those only the end is held
against the exchange.
"""

import json
import random
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.plugins.bitmex_exchange import Client, Exchange, ack
from tests.plugins.bitmex_link import BOOK, Link
from tests.plugins.bitmex_recording import read_back, record
from tests.plugins.test_bitmex_cells import error

from mm.api import CLEAR, EVENT, LEVEL, QUOTE, MarketBatch
from mm.core.touch import BookQuotes

VISIBLE = (
    "change", "change", "change", "deliver", "deliver", "deliver", "deliver", "trade", "instrument",
    "duplicate", "truncate", "garble", "junk", "stranger", "second image", "lazy", "images", "busy",
    "expired", "already", "unsubscribed", "acked", "disconnect", "wait", "pause",
)  # fmt: skip
INVISIBLE = ("lose", "exchange places", "late copy", "text")

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    | st.sampled_from(["XBTUSD", "orderBookL2", "trade", "partial", "insert", "Buy", "Sell"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from([
            "table", "action", "data", "info", "error", "status", "request", "subscribe", "symbol",
            "unsubscribe", "success", "id", "side", "size", "price", "timestamp", "pool", "filter",
            "args", "op", "meta", "retryAfter", "markPrice", "fundingRate", "fundingTimestamp",
        ]),
        inner, max_size=6,
    ),
    max_leaves=12,
)  # fmt: skip

ROWS = st.fixed_dictionaries({
    "table": st.sampled_from(["orderBookL2", "trade", "instrument", "funding", "quote"]),
    "action": st.sampled_from(["partial", "insert", "update", "delete"]),
    "data": st.lists(st.fixed_dictionaries(
        {"symbol": st.just("XBTUSD")},
        optional={
            "id": st.integers(234_027_000_000, 234_027_000_060) | JSON,
            "side": st.sampled_from(["Buy", "Sell"]) | JSON,
            "size": st.sampled_from([100, 300.0, 0]) | JSON,
            "price": st.sampled_from([64600.0, 64599, 64599.95]) | JSON,
            "markPrice": JSON, "fundingRate": JSON, "fundingTimestamp": JSON, "tickSize": JSON,
            "timestamp": st.just("2026-09-02T10:00:00Z") | JSON, "pool": JSON,
            "bidPrice": st.just(64599.0) | JSON, "bidSize": st.just(100) | JSON, "askPrice": JSON,
        },
    ), max_size=4),
})  # fmt: skip
"""Messages of the right form with rows of all sorts."""


def link_of(seed: int, profile: str) -> Link:
    chance = random.Random(seed)
    link = Link(Client.make(seed), Exchange(chance, profile), chance)
    link.exchange.fill()
    link.heal()
    return link


def act(link: Link, action: str) -> None:
    """Do one thing to the line."""
    queue = link.queue
    if action == "change":
        link.change()
    elif action == "deliver":
        for _ in range(link.random.randint(1, 5)):
            link.deliver()
    elif action == "trade":
        link.put(link.exchange.trade())
    elif action == "instrument":
        link.put(link.exchange.instrument())
    elif action == "duplicate" and queue:
        queue.insert(0, queue[0])
    elif action == "truncate" and queue and queue[0][0]:
        text, levels = queue[0]
        queue[0] = (text[: link.random.randrange(len(text))], levels)
    elif action == "garble":
        link.garble()
    elif action == "junk":
        link.slip_in(link.random.choice(["", "x", "[]", "1e999", '{"a":NaN}', "[" * 100_000]))
    elif action == "stranger":
        link.stranger()
    elif action == "second image" and BOOK in link.subscribed and BOOK not in link.owed:
        link.put(link.exchange.image())
    elif action == "lazy":
        link.lazy = True
    elif action == "images":
        link.send_images()
    elif action == "busy":
        status = link.random.choice((429, 503))
        link.slip_in(error(status, "Rate limit exceeded, retry in 1 seconds."))
    elif action == "expired":
        link.slip_in(error("419", "Access Token expired"))
    elif action == "already":
        link.slip_in(error(400, f"You are already subscribed to this topic: {BOOK}"))
    elif action == "unsubscribed":
        link.unsubscribe()
    elif action == "acked":
        link.slip_in(ack(BOOK, pool="Primary"))
    elif action == "disconnect":
        link.react(link.client.closed())
    elif action == "wait":
        link.wait()
    elif action == "pause":
        link.tick(link.random.choice((0.1, 1.0, 1.5, 6.0, 40.0)))
    elif action == "lose" and queue:
        queue.pop(link.random.randrange(len(queue)))
    elif action == "exchange places" and len(queue) > 1:
        at = link.random.randrange(len(queue) - 1)
        queue[at : at + 2] = queue[at + 1], queue[at]
    elif action == "late copy" and queue:
        queue.insert(link.random.randrange(len(queue) + 1), queue[0])


def check_stream(client: Client) -> None:
    """Hold the events against the engine's own book, and the times and ends against the rules."""
    before = 0
    for step in client.steps:
        times = set(step.events["ts_local"].tolist())
        assert len(times) <= 1
        assert all(ts > before for ts in times)
        before = max(times, default=before)
        assert (step.events["ts_exchange"] <= step.events["ts_local"]).all()
    rows = np.concatenate([step.events for step in client.steps])
    kinds = np.where(rows["kind"] == CLEAR, LEVEL, rows["kind"])
    keys = list(zip(rows["ts_local"].tolist(), kinds.tolist(), strict=True))
    assert keys == sorted(keys)
    ends = [here != after for here, after in zip(keys, [*keys[1:], None], strict=True)]
    assert rows["end"].astype(bool).tolist() == ends
    book = rows[kinds == LEVEL]
    derived = BookQuotes(1).push(MarketBatch(book, before)).events
    quotes = derived[derived["kind"] == QUOTE]
    assert quotes.tolist() == rows[rows["kind"] == QUOTE].tolist()


seeds = st.integers(0, 10**6)
profiles = st.sampled_from(["2021", "2026"])


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=seeds,
    profile=profiles,
    actions=st.lists(st.sampled_from(VISIBLE), min_size=25, max_size=80),
)
def test_a_live_book_is_the_exchanges_whatever_shows_on_the_line(
    seed: int, profile: str, actions: list[str]
) -> None:
    link = link_of(seed, profile)
    for action in actions:
        act(link, action)  # each delivery compares the books
    link.heal()
    check_stream(link.client)


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=seeds,
    profile=profiles,
    actions=st.lists(st.sampled_from(VISIBLE + INVISIBLE * 3), max_size=60),
)
def test_what_leaves_no_trace_is_gone_with_the_next_connection(
    seed: int, profile: str, actions: list[str]
) -> None:
    link = link_of(seed, profile)
    for action in actions:
        if action == "deliver" and link.queue:
            text, _ = link.queue.pop(0)
            link.tick(0.001)
            link.react(link.client.frame(text))
        elif action != "deliver":
            act(link, action)
    link.queue.clear()
    link.react(link.client.closed())
    link.heal()
    check_stream(link.client)


@settings(max_examples=60)
@given(messages=st.lists(JSON | ROWS, max_size=12))
def test_no_message_raises_anything_but_a_documented_error(messages: list[Any]) -> None:
    link = link_of(1, "2026")
    for message in messages:
        text = json.dumps(message)
        step = link.client.frame(text)
        assert step.fatal is None or step.fatal.exit_code in (3, 4)
    check_stream(link.client)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=seeds,
    actions=st.lists(st.sampled_from(VISIBLE), min_size=10, max_size=60),
    fills_are_snapshots=st.booleans(),
)
def test_a_recording_of_the_stream_reads_back_as_the_stream(
    seed: int, actions: list[str], fills_are_snapshots: bool
) -> None:
    link = link_of(seed, "2026")
    for action in actions:
        act(link, action)
    link.heal()
    rows = link.client.rows()
    with TemporaryDirectory() as directory:
        config = record(rows, Path(directory), fills_are_snapshots)
        # In a file without a single change each message is a book, so none can fill another.
        assume(not fills_are_snapshots or ",false," in (Path(directory) / "book.csv").read_text())
        assert read_back(config) == rows


def test_the_columns_of_an_event_are_the_ones_that_are_filled() -> None:
    assert EVENT.names == (
        "ts_local", "ts_exchange", "price", "size", "ask_price", "ask_size", "row", "instrument",
        "kind", "side", "end",
    )  # fmt: skip

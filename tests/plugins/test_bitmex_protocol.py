"""Connections and subscriptions over time: heartbeats, budgets, back-off, errors, doubts."""

import json
from typing import Any

import numpy as np
import pytest
from tests.plugins.bitmex_exchange import (
    T0,
    TOPICS,
    Client,
    ack,
    image,
    live_client,
    stamp,
    table,
)
from tests.plugins.test_bitmex_cells import error, row

from mm.api import (
    CLEAR,
    LEVEL,
    MICRO_TICKS,
    QUOTE,
    TICKER,
    TRADE,
    ConfigError,
    DataError,
)
from mm_bitmex.frames import FAULT, classify
from mm_bitmex.session import State


def sent(text: str) -> tuple[str, list[str]]:
    message = json.loads(text)
    return message["op"], message["args"]


def kinds(step: Any) -> list[int]:
    return [int(kind) for kind in step.events["kind"]]


def test_all_topics_are_asked_for_in_one_command_before_the_exchange_speaks() -> None:
    client = Client.make()
    client.wait()
    step = client.do("opened")
    assert [sent(text) for text in step.send] == [("subscribe", list(TOPICS))]


def test_the_shallow_book_is_another_topic() -> None:
    step = Client.make(depth="orderBookL2_25").open()
    assert sent(step.send[0])[1][0] == "orderBookL2_25:XBTUSD"


def test_an_image_is_clear_then_levels_after_its_quote() -> None:
    client, exchange = live_client()
    rows = [r for r in client.rows() if r[8] in (QUOTE, CLEAR, LEVEL)]
    bids, asks = exchange.levels()
    assert rows[0][2:6] == (*bids[0], *asks[0])
    assert [r[8] for r in rows] == [QUOTE, CLEAR] + [LEVEL] * (len(bids) + len(asks))
    assert len({r[:2] for r in rows}) == 1


def test_silence_is_pinged_after_5_s_and_dead_after_10() -> None:
    client, _ = live_client(idle_s=0)
    heard = client.now
    assert client.wait().send == ("ping",)
    assert client.now == heard + 5
    step = client.wait()
    assert client.now == heard + 10
    assert step.close
    assert kinds(step)[0] == QUOTE
    assert "the line is silent for 10.0 s" in step.notes[0]


@pytest.mark.parametrize("text", ["pong", '{"hello":1}', '{"table":"chat","action":"insert"}'])
def test_whatever_comes_counts_as_a_sign_of_life(text: str) -> None:
    client, _ = live_client(idle_s=0)
    client.wait()
    client.now += 4
    client.frame(text)
    assert client.protocol.wake_at == client.now + 5


def test_a_gap_empties_the_book_with_rows_that_a_recording_can_hold() -> None:
    client, exchange = live_client()
    client.frame(exchange.change())
    bid = client.protocol.levels()[0][0][0]
    rows = client.closed().events.tolist()
    assert [(r[2:6], r[8], r[10]) for r in rows] == [
        ((0, 0, 0, 0), QUOTE, 1),
        ((0, 0, 0, 0), CLEAR, 0),
        ((bid, 0, 0, 0), LEVEL, 1),
    ]


@pytest.mark.parametrize(("pause", "clears"), [(0.5, 0), (1.5, 1)])
def test_an_image_soon_after_a_gap_needs_no_second_clear(pause: float, clears: int) -> None:
    client, exchange = live_client()
    client.frame(exchange.change())
    client.frame("garbage")
    client.now += pause
    client.frame(ack(TOPICS[0], "unsubscribe"))
    client.frame(ack(TOPICS[0]))
    assert kinds(client.frame(exchange.image())).count(CLEAR) == clears


def test_an_image_of_the_old_subscription_does_not_count() -> None:
    client, exchange = live_client()
    client.frame("garbage")
    assert len(client.frame(exchange.image()).events) == 0
    client.frame(ack(TOPICS[0], "unsubscribe"))
    client.frame(ack(TOPICS[0]))
    client.frame(exchange.image())
    assert client.protocol.book_is_live
    assert client.protocol.counts["image_of_old_subscription"] == 1


def test_three_resubscriptions_without_a_good_while_end_the_connection() -> None:
    client, exchange = live_client()
    for _ in range(2):
        assert not client.frame("garbage").close
        client.frame(ack(TOPICS[0]))
        client.frame(exchange.image())
    assert client.frame("garbage").close


def test_a_good_while_wipes_out_earlier_resubscriptions() -> None:
    client, exchange = live_client(backoff_cap_s=2.0)
    for _ in range(6):
        assert not client.frame("garbage").close
        client.frame(ack(TOPICS[0]))
        client.frame(exchange.image())
        client.now += 2.0


def test_an_image_that_does_not_come_is_asked_for_again_then_the_line_is_given_up() -> None:
    client = Client.make(heartbeat_s=60.0)
    client.open()
    for topic in TOPICS[1:]:
        client.frame(image(topic.partition(":")[0], []))
    start = client.now
    assert [sent(text)[0] for text in client.wait().send] == ["unsubscribe", "subscribe"]
    assert client.now == start + 10
    client.wait()
    assert client.wait().close


def test_a_book_that_stays_crossed_is_fetched_anew() -> None:
    client, exchange = live_client()
    ask = exchange.levels()[1][0][0]
    new = {"id": 1, "side": "Buy", "size": 100, "price": (ask + 5) / 10, "pool": "Primary"}
    client.frame(table("orderBookL2", "insert", row(**new)))
    assert client.protocol.book_is_live
    assert client.wait().send
    assert client.protocol.counts["crossed_books"] == 1


def test_a_book_crossed_for_a_moment_is_left_alone() -> None:
    client, exchange = live_client()
    ask = exchange.levels()[1][0][0]
    new = {"id": 1, "side": "Buy", "size": 100, "price": (ask + 5) / 10, "pool": "Primary"}
    client.frame(table("orderBookL2", "insert", row(**new)))
    client.now += 0.4
    client.frame(table("orderBookL2", "delete", row(id=1, side="Buy", pool="Primary")))
    client.now += 0.4
    assert not client.do("wake").send


def test_a_silent_book_on_a_living_line_is_fetched_anew_without_a_strike() -> None:
    client, exchange = live_client(heartbeat_s=60.0, idle_s=3.0)
    for _ in range(5):
        step = client.wait()
        assert [sent(text)[0] for text in step.send] == ["unsubscribe", "subscribe"]
        client.frame(ack(TOPICS[0]))
        client.frame(exchange.image())
    assert client.protocol.state is State.LIVE


def test_a_refresh_brings_back_a_book_that_was_wrong_without_a_trace() -> None:
    client, exchange = live_client(heartbeat_s=60.0, idle_s=0.0, refresh_s=20.0)
    exchange.rows[next(iter(exchange.rows))] = (645_000, 77)
    client.wait()
    client.frame(ack(TOPICS[0]))
    client.frame(exchange.image())
    assert client.protocol.levels() == exchange.levels()


def test_retry_after_is_honoured_at_the_opening() -> None:
    client = Client.make()
    client.wait()
    client.do("refused", 429, "29")
    assert client.protocol.wake_at == client.now + 29


@pytest.mark.parametrize("status", [200, 301, 403, 404])
def test_an_address_that_refuses_us_is_final_unless_it_has_served_us(status: int) -> None:
    client = Client.make()
    client.wait()
    assert isinstance(client.do("refused", status, None).fatal, ConfigError)
    client, _ = live_client()
    client.closed()
    client.wait()
    step = client.do("refused", status, None)
    assert (step.fatal, client.protocol.state) == (None, State.WAITING)


@pytest.mark.parametrize("retry_after", ["nan", "-5", "1e400", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_a_strange_retry_after_neither_hurries_nor_stops_us(retry_after: str) -> None:
    client = Client.make()
    client.wait()
    client.do("refused", 503, retry_after)
    assert client.now + 0.5 <= client.protocol.wake_at <= client.now + 3600


def test_waits_double_up_to_the_cap_and_are_drawn_from_their_upper_half() -> None:
    client = Client.make(max_opens_per_hour=3600)
    for longest in (1, 2, 4, 8, 16, 32, 60, 60):
        client.wait()
        client.closed("refused")
        assert longest / 2 <= client.protocol.wake_at - client.now < longest


def test_the_jitter_is_the_seeds() -> None:
    def waits(seed: int) -> list[float]:
        client = Client.make(seed)
        found = []
        for _ in range(5):
            client.wait()
            client.closed("refused")
            found.append(client.protocol.wake_at - client.now)
        return found

    assert waits(1) == waits(1)
    assert waits(1) != waits(2)


def test_no_hour_sees_more_openings_than_the_budget() -> None:
    client = Client.make(max_opens_per_hour=5, backoff_cap_s=1.0)
    opens = []
    for _ in range(12):
        client.wait()
        opens.append(client.now)
        client.closed("refused")
    assert all(later - earlier >= 3600 for earlier, later in zip(opens, opens[5:], strict=False))


def test_a_connection_that_was_good_starts_the_waits_anew() -> None:
    client = Client.make(idle_s=0.0)
    for _ in range(5):
        client.wait()
        client.closed("refused")
    _, exchange = live_client()
    client.live(exchange)
    client.now += 61
    client.frame("pong")
    client.closed()
    assert client.protocol.wake_at - client.now < 1


def test_a_busy_exchange_is_asked_again_when_it_said() -> None:
    client = Client.make()
    client.open()
    step = client.frame(error(429, "Rate limit exceeded, retry in 3 seconds."))
    assert not step.send
    assert client.protocol.wake_at == client.now + 3
    step = client.wait()
    assert [sent(text) for text in step.send] == [("subscribe", [t]) for t in TOPICS]


def test_a_topic_that_is_not_needed_may_stay_busy_while_the_rest_goes_on() -> None:
    client, exchange = live_client(idle_s=0)
    busy = {"op": "subscribe", "args": "funding:XBTUSD"}
    client.frame(ack("funding:XBTUSD", "unsubscribe"))
    waits = []
    for _ in range(4):
        assert not client.frame(error(503, "Max Pending subscription limit", request=busy)).close
        start, step = client.now, client.wait()
        while step.send[-1] == "ping":
            client.frame(exchange.trade())
            step = client.wait()
        assert sent(step.send[-1]) == ("subscribe", ["funding:XBTUSD"])
        waits.append(client.now - start)
    assert waits == [1, 60, 60, 60]
    assert client.protocol.book_is_live


@pytest.mark.parametrize(
    ("status", "text", "part"),
    [
        (400, "Unknown or expired symbol.", "orderBookL2:XBTUSD: the exchange answers"),
        (400, "Unknown table: orderBookL2", "check strategy.symbol and data.bitmex_api"),
        (401, "no authorization was provided.", "market data needs no key"),
        (403, "This key is disabled.", "answers 403"),
    ],
)
def test_errors_that_will_not_pass_end_the_session_with_a_sentence(
    status: int, text: str, part: str
) -> None:
    client = Client.make()
    client.open()
    step = client.frame(error(status, text))
    assert step.close
    assert isinstance(step.fatal, ConfigError)
    assert part in str(step.fatal)


def test_a_table_that_is_not_needed_may_be_unknown_to_the_exchange() -> None:
    _, exchange = live_client()
    client = Client.make()
    client.open()
    step = client.frame(error(400, "Unknown table: funding"))
    assert step.fatal is None
    assert "funding:XBTUSD" in step.notes[-1]
    client.frame(exchange.image())
    client.frame(image("trade", []))
    assert client.protocol.state is State.LIVE


def test_a_change_of_the_exchanges_tick_ends_the_session() -> None:
    client, _ = live_client()
    step = client.frame(table("instrument", "update", row(tickSize=0.01)))
    assert isinstance(step.fatal, DataError)
    assert "tickSize is 0.01, expected a multiple of 0.1" in str(step.fatal)


def test_a_coarser_tick_is_no_harm() -> None:
    client, _ = live_client()
    assert client.frame(table("instrument", "update", row(tickSize=0.5))).fatal is None


def test_the_image_of_trades_is_no_trade_and_index_prices_are_none() -> None:
    client, _ = live_client()
    trade = row(side="Sell", size=300, price=64600.0, timestamp=stamp(0))
    assert kinds(client.frame(image("trade", trade))) == []
    index = row(side="Buy", size=0, price=64600.0, trdType="Referential")
    step = client.frame(table("trade", "insert", trade + index + trade))
    assert [tuple(r)[1:4] + tuple(r)[8:] for r in step.events.tolist()] == [
        (T0, 646_000, 3, TRADE, -1, 0),
        (T0, 646_000, 3, TRADE, -1, 1),
    ]
    assert client.protocol.counts["zero_size_trade"] == 1


def test_trades_of_another_pool_are_left_out_unless_all_are_aggregated() -> None:
    for pool, expected in (("Primary", 1), ("Aggregated", 2)):
        client, _ = live_client(pool=pool)
        client.frame(image("trade", row(side="Buy", size=100, price=64600.0, pool="Primary")))
        trades = [
            *row(side="Buy", size=100, price=64600.0, pool="Primary"),
            *row(side="Buy", size=100, price=64600.0, pool="Secondary"),
        ]
        assert len(client.frame(table("trade", "insert", trades)).events) == expected


def test_tickers_merge_sparse_rows_and_say_only_what_changed() -> None:
    client, _ = live_client()
    when = T0 + 7_200_000_000
    first = row(markPrice=64600.05, fundingRate=1.0e-4, fundingTimestamp=stamp(7_200_000_000))
    client.frame(image("instrument", first))
    same = client.frame(table("instrument", "update", row(openValue=1, markPrice=64600.05)))
    assert kinds(same) == []
    client.frame(table("instrument", "update", row(markPrice=64600.15)))
    client.frame(table("instrument", "update", row(fundingRate=None)))
    tickers = [r[2:5] for r in client.rows() if r[8] == TICKER]
    assert tickers == [
        (646_000_500_000, 100_000_000, when),
        (646_001_500_000, 100_000_000, when),
        (646_001_500_000, 0, when),
    ]


def test_a_payment_that_is_past_does_not_undo_the_next_one() -> None:
    client, _ = live_client()
    known = row(fundingRate=1.0e-4, fundingTimestamp=stamp(7_200_000_000))
    client.frame(image("instrument", known))
    paid = row(fundingRate=2.0e-4, timestamp=stamp(0))
    assert kinds(client.frame(table("funding", "insert", paid))) == []


def test_a_server_clock_ahead_of_ours_is_counted_and_held_back() -> None:
    client, exchange = live_client()
    exchange.now_us += 60_000_000
    client.frame(exchange.trade())
    last = client.rows()[-1]
    assert last[0] == last[1]
    assert client.protocol.counts["ahead_of_our_clock"] == 1


def test_rows_of_a_recording_count_as_made_when_they_come_and_it_is_told_once() -> None:
    client, exchange = live_client()
    notes: list[str] = []
    for seconds in (59.0, 1.0, 1.0):
        client.now += seconds
        notes += client.frame(exchange.trade()).notes
    late = [row[0] - row[1] for row in client.rows() if row[8] == TRADE]
    assert [us // 1_000_000 for us in late] == [59, 0, 0]
    assert client.protocol.counts["of_another_clock"] == 2
    told = [note for note in notes if "2026-09-02T10:00:00.000Z, over 60 s before" in note]
    assert len(told) == 1


def test_an_image_of_a_book_at_rest_is_not_taken_for_a_recording() -> None:
    client, exchange = live_client()
    client.now += 300.0  # and nothing has changed since
    step = client.frame(exchange.image())
    assert (step.events["ts_exchange"] == step.events["ts_local"]).all()
    assert "of_another_clock" not in client.protocol.counts
    assert not any("recording" in note for note in step.notes)


@pytest.mark.parametrize(
    "text",
    [
        "", "null", "[]", "1", '"x"', "{", '{"a":NaN}', '{"a":-Infinity}', "[" * 100_000,
        '{"a":' * 100_000, '{"data":[1]}', '{"table":1,"action":"insert","data":[]}', "\ud800",
        '{"table":"t","action":"insert","data":[1]}', '{"table":"t","action":["insert"]}',
        '{"a":' + "9" * 5000 + "}", b"{}",
    ],
    ids=range(17),
)  # fmt: skip
def test_what_cannot_be_read_is_a_fault_with_a_short_safe_sentence(text: str | bytes) -> None:
    frame = classify(text)
    assert frame.kind == FAULT
    assert 0 < len(frame.fault) < 500
    assert frame.fault.isprintable()


def test_the_counts_are_sorted_by_name() -> None:
    client, _ = live_client()
    for text in ("{}", "garbage", "[]", '{"table":"chat","action":"insert","data":[]}'):
        client.frame(text)
    assert list(client.protocol.counts) == sorted(client.protocol.counts)


def told_state(state: str, **more: Any) -> str:
    return table("instrument", "update", row(state=state, **more))


def test_a_contract_that_does_not_trade_shows_an_empty_book_until_it_does() -> None:
    """What changes meanwhile is in the book that is shown afterwards."""
    client, exchange = live_client()
    client.now += 2
    client.frame(exchange.change())
    step = client.frame(told_state("Closed"))
    assert kinds(step)[:2] == [QUOTE, CLEAR]
    assert step.events["size"].sum() == 0
    assert step.notes == (
        "the exchange says that the contract is closed; orders are withdrawn until it is open",
    )
    assert len(client.frame(exchange.change()).events) == 0
    assert client.protocol.counts["halts"] == 1
    step = client.frame(told_state("Open"))
    bids, asks = client.protocol.levels()
    assert step.notes == ("the exchange says that the contract is open",)
    levels = step.events[step.events["kind"] == LEVEL]
    assert np.count_nonzero(levels["size"]) == len(bids) + len(asks)
    assert len(client.frame(exchange.change()).events) > 0


def test_a_book_that_comes_while_the_contract_is_closed_is_not_shown() -> None:
    client, exchange = live_client()
    client.frame(told_state("Closed"))
    client.frame("garbage")
    client.frame(ack(TOPICS[0], "unsubscribe"))
    client.frame(ack(TOPICS[0]))
    assert len(client.frame(exchange.image()).events) == 0
    assert kinds(client.frame(told_state("Open"))).count(LEVEL) > 1


@pytest.mark.parametrize("state", ["Settled", "Delisted"])
def test_a_contract_that_is_over_ends_the_session_with_an_empty_book(state: str) -> None:
    client, _ = live_client()
    step = client.frame(told_state(state, settledPrice=60123.5))
    assert CLEAR in kinds(step)
    (ticker,) = step.events[step.events["kind"] == TICKER]
    assert ticker["ask_size"] == 601_235 * MICRO_TICKS
    assert step.close
    assert str(step.fatal).startswith(f"XBTUSD is {state.lower()} at 60123.5 at the exchange")
    assert client.protocol.state is State.FAILED


def test_the_state_open_at_the_start_is_no_news() -> None:
    client, _ = live_client()
    assert client.frame(told_state("Open")).notes == ()

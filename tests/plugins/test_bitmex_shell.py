"""The small parts of the live connector, one by one: addresses, stamps, conflation, REST, lines."""

import json
import ssl
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st
from tests.live.session import Mirror, connector
from tests.record.streams import XBTUSD, event, gap, level, quote, snapshot, stream
from trio.testing import MockClock

from mm.api import BUY, CLEAR, LEVEL, QUOTE, SELL, TICKER, TRADE, ConfigError, DataError, Rows
from mm_bitmex.address import rest_address
from mm_bitmex.clock import ArrivalClock
from mm_bitmex.config import BitmexConfig
from mm_bitmex.conflate import conflate
from mm_bitmex.connector import BitmexConnector
from mm_bitmex.inbox import Inbox
from mm_bitmex.lags import Lags
from mm_bitmex.websocket import LineError, RefusedError, WebSocket, dial

T0 = 1_722_470_400_000_000


@pytest.mark.parametrize(
    ("url", "rest"),
    [
        ("wss://ws.bitmex.com/realtime", "https://www.bitmex.com/api/v1"),
        ("wss://ws.testnet.bitmex.com/realtime", "https://testnet.bitmex.com/api/v1"),
        ("ws://127.0.0.1:8765/realtime", "http://127.0.0.1:8765/api/v1"),
    ],
)
def test_the_rest_address_goes_with_that_of_the_feed(url: str, rest: str) -> None:
    assert rest_address(url) == rest


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost", "[::1]:99", "127.9.9.9"])
def test_this_machine_may_be_spoken_to_in_the_clear(host: str) -> None:
    assert BitmexConfig(bitmex_api=f"ws://{host}/realtime").url


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"bitmex_api": "ws://example.com/x"}, "bitmex_api is 'ws://example.com/x', which is not"),
        ({"bitmex_api": "https://example.com"}, "expected an address such as wss://host/path"),
        ({"bitmex_api": "wss://key:secret@example.com"}, "has a user name in it, expected none"),
        ({"bitmex_api": "wss://host:port/x"}, "which is no address"),
        ({"bitmex_api": "ws://[::1"}, r"bitmex_api is 'ws://\[::1', which is no address"),
        ({"bitmex_api": "ws://[x]"}, r"bitmex_api is 'ws://\[x\]', which is no address"),
        ({"rest_url": "https://[::1"}, r"rest_url is 'https://\[::1', which is no address"),
        ({"rest_url": "http://example.com"}, "rest_url is 'http://example.com', which is not"),
    ],
)
def test_an_unsafe_address_is_refused(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        BitmexConfig(**options)


def test_insecure_lets_an_unencrypted_address_pass() -> None:
    assert BitmexConfig(bitmex_api="ws://example.com/x", insecure=True).rest


def test_stamps_grow_strictly_and_follow_the_monotonic_clock() -> None:
    clock = ArrivalClock(T0, 100.0)
    assert [clock.stamp(s) for s in (100.5, 100.5, 100.5, 100.500001, 101.0)] == [
        T0 + us for us in (500_000, 500_001, 500_002, 500_003, 1_000_000)
    ]


def test_percentiles_are_right_to_five_percent() -> None:
    lags = Lags()
    lags.add(np.arange(1, 100_001, dtype=np.int64))
    figures = lags.figures()
    assert figures["max"] == 100.0
    for name, wanted in (("p50", 50), ("p90", 90), ("p99", 99)):
        assert figures[name] == pytest.approx(wanted, rel=0.05)
    assert Lags().figures() == {}


def live_stream(draw: st.DrawFn) -> Rows:
    """Messages as the protocol makes them: trades, changes with quotes, gaps, snapshots."""
    parts: list[Rows] = []
    ts = T0
    price = st.integers(1, 4)
    for what in draw(st.lists(st.sampled_from("ttdddqgsk"), max_size=30)):
        ts += draw(st.sampled_from((1, 1000)))
        side = draw(st.sampled_from((BUY, SELL)))
        if what == "t":
            parts.append(event(ts, TRADE, price=draw(price), size=1, end=1))
        elif what == "k":
            parts.append(event(ts, TICKER, price=draw(price), end=1))
        elif what == "g":
            parts += gap(ts, 1)
        elif what == "s":
            parts += [quote(ts, 1, 9), *snapshot(ts, draw(price))]
        else:
            parts += [quote(ts, draw(price), 9)] if what == "q" else []
            parts.append(level(ts, draw(price), draw(st.integers(0, 3)), side))
    return stream(parts)


@given(st.composite(live_stream)())
def test_conflation_keeps_trades_gaps_order_and_the_book_in_the_end(events: Rows) -> None:
    kept = conflate(events)
    assert len(kept) <= len(events)
    assert np.all(np.diff(kept["ts_local"]) >= 0)
    for kind in (TRADE, TICKER):
        mine, theirs = (rows[rows["kind"] == kind] for rows in (kept, events))
        assert mine["ts_local"].tolist() == theirs["ts_local"].tolist()
    clears = [rows["ts_local"][rows["kind"] == CLEAR].tolist() for rows in (kept, events)]
    assert clears[0] == clears[1]
    for at in (*clears[0], T0 + 10**6):
        before, after = Mirror(), Mirror()
        before.take(events[events["ts_local"] <= at])
        after.take(kept[kept["ts_local"] <= at])
        assert after == before
        quotes = [rows[(rows["kind"] == QUOTE) & (rows["ts_local"] <= at)] for rows in
                  (kept, events)]  # fmt: skip
        assert quotes[0]["price"][-1:].tolist() == quotes[1]["price"][-1:].tolist()


def test_conflation_says_nothing_before_it_was_so() -> None:
    events = stream(level(T0, 5, 7), level(T0 + 1, 6, 1), level(T0 + 2, 5, 0), quote(T0 + 3, 6, 9),
                    level(T0 + 3, 6, 2))  # fmt: skip
    kept = conflate(events)
    assert set(kept["ts_local"].tolist()) == {T0 + 3}
    assert kept["kind"].tolist() == [QUOTE, LEVEL, LEVEL]
    assert kept["end"].tolist() == [1, 0, 1]
    assert [(r["price"], r["size"]) for r in kept[1:]] == [(5, 0), (6, 2)]


def test_an_inbox_over_its_bound_conflates_and_counts() -> None:
    inbox = Inbox(10)
    for n in range(1000):
        inbox.put(level(T0 + n, 1 + n % 3, 1 + n))
    inbox.put(event(T0 + 1000, TRADE, price=1, size=1))
    assert len(inbox) <= 11
    rows = inbox.take()
    assert inbox.left_out == 1001 - len(rows)
    book = Mirror()
    book.take(rows)
    assert book.bids == {1: 1000, 2: 998, 3: 999}
    assert len(inbox) == 0


def contract(**columns: Any) -> dict[str, Any]:
    base = {
        "symbol": "XBTUSD", "state": "Open", "tickSize": 0.1, "lotSize": 100, "isInverse": True,
        "multiplier": -100000000, "settlCurrency": "XBt",
    }  # fmt: skip
    return {**base, **columns}


def asking(*answers: httpx.Response | Exception) -> tuple[BitmexConnector, list[httpx.Request]]:
    """A connector whose REST gives these answers, the last one again and again."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        found = answers[min(len(asked), len(answers)) - 1]
        if isinstance(found, Exception):
            raise found
        return found

    config = BitmexConfig(bitmex_api="ws://127.0.0.1:1/realtime")
    made = BitmexConnector(config, "XBTUSD", 0, transport=httpx.MockTransport(answer))
    return made, asked


async def test_tick_and_lot_come_from_the_exchange(autojump_clock: MockClock) -> None:
    made, asked = asking(httpx.Response(200, json=[contract()]))
    survey = await made.survey()
    assert survey.grid == (("0.1", "100"),)
    assert survey.total_rows is None
    assert {source.name for source in survey.sources} == {
        "trades", "quotes", "book", "derivative_ticker",
    }  # fmt: skip
    assert asked[0].url == "http://127.0.0.1:1/api/v1/instrument?symbol=XBTUSD&count=1"


async def test_a_busy_exchange_is_asked_again_when_it_says(autojump_clock: MockClock) -> None:
    busy = httpx.Response(429, headers={"Retry-After": "7"})
    made, asked = asking(busy, httpx.ConnectError("no"), httpx.Response(200, json=[contract()]))
    await made.survey()
    assert len(asked) == 3
    assert trio.current_time() == 7 + 1


async def test_nobody_is_asked_if_the_grid_is_given(autojump_clock: MockClock) -> None:
    made, asked = asking(httpx.Response(500))
    made.expect_grid()
    assert (await made.survey()).grid == ((None, None),)
    assert not asked


@pytest.mark.parametrize(
    ("answer", "error", "text", "times"),
    [
        (httpx.Response(503), DataError, "what XBTUSD is (it answers 503); try later", 4),
        (httpx.Response(404), DataError, "what XBTUSD is (it answers 404); try later", 1),
        (httpx.ConnectError("no"), DataError, "what XBTUSD is (no); try later", 4),
        (httpx.Response(200, text="<html>"), DataError, "list of instruments is '<html>'", 1),
        (httpx.Response(200, json=[]), ConfigError, "which the exchange does not list", 1),
    ],
)
async def test_what_the_exchange_does_not_tell_is_one_sentence(
    answer: Any, error: type[Exception], text: str, times: int, autojump_clock: MockClock
) -> None:
    made, asked = asking(answer)
    with pytest.raises(error) as caught:
        await made.survey()
    assert text in str(caught.value)
    assert len(asked) == times


async def test_who_is_silent_for_ten_seconds_is_asked_once(autojump_clock: MockClock) -> None:
    async def silent(request: httpx.Request) -> httpx.Response:
        await trio.sleep_forever()
        raise AssertionError

    transport = httpx.MockTransport(silent)
    config = BitmexConfig(bitmex_api="ws://127.0.0.1:1/realtime")
    with pytest.raises(DataError, match=r"no answer within 10 s\); .* or set \[instrument\]"):
        await BitmexConnector(config, "XBTUSD", 0, transport=transport).survey()
    assert trio.current_time() == 10


async def test_a_contract_valued_otherwise_is_told(autojump_clock: MockClock) -> None:
    made, _ = asking(httpx.Response(200, json=[contract(isInverse=False)]))
    await made.survey()
    made._compare(XBTUSD, T0)
    texts = [news.text for news in made.health().news if news.level == "warning"]
    assert texts == []
    other, _ = asking(httpx.Response(200, json=[contract()]))
    await other.survey()
    other._compare(XBTUSD, T0)
    (text,) = (news.text for news in other.health().news)
    assert text == ("position.contract_type is Linear, but the exchange lists XBTUSD with Inverse")


Serve = Callable[[trio.abc.Stream], Awaitable[None]]
ACCEPT = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: %s\r\n\r\n"
)


async def accept(stream: trio.abc.Stream) -> None:
    """Answer the handshake (RFC 6455, 4.2.2)."""
    import base64
    import hashlib

    head = bytes(await stream.receive_some(1 << 16)).decode()
    key = next(line.split(": ")[1] for line in head.splitlines() if "Sec-WebSocket-Key" in line)
    digest = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
    await stream.send_all(ACCEPT % base64.b64encode(digest))


async def talk(serve: Serve, max_bytes: int = 1 << 16) -> list[str | bytes]:
    """Open a WebSocket to ``serve`` and give all that it sends until the line ends."""
    ours, theirs = trio.testing.memory_stream_pair()
    found: list[str | bytes] = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve, theirs)
        socket = WebSocket(ours, max_bytes)
        try:
            await socket.open("ws://127.0.0.1/realtime")
            while True:
                found += await socket.receive()
        except LineError as end:
            found.append(f"end: {end}")
        finally:
            await socket.aclose()
        nursery.cancel_scope.cancel()
    return found


async def test_all_frames_of_a_read_are_given_pings_answered_and_the_close_code_told() -> None:
    heard = bytearray()

    async def serve(stream: trio.abc.Stream) -> None:
        await accept(stream)
        await stream.send_all(b"\x81\x01a\x81\x01b\x89\x01p\x01\x01c\x80\x01d\x88\x02\x03\xf4")
        heard.extend(await stream.receive_some())

    assert await talk(serve) == ["a", "b", "cd", "end: close code 1012"]
    assert heard[:2] == b"\x8a\x81"  # a pong of one byte, masked


async def test_a_wait_that_ends_while_a_ping_is_answered_loses_no_text() -> None:
    ours, theirs = trio.testing.memory_stream_pair()
    socket = WebSocket(ours, 1 << 16)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(accept, theirs)
        await socket.open("ws://127.0.0.1/realtime")
    await theirs.send_all(b"\x81\x01a\x89\x01p\x81\x01b")
    with trio.CancelScope() as scope:

        async def run_out() -> None:
            scope.cancel()
            await trio.lowlevel.checkpoint()

        ours.send_stream.send_all_hook = run_out
        await socket.receive()
    assert scope.cancelled_caught
    with trio.fail_after(1):
        assert await socket.receive() == ["a", "b"]


async def test_text_that_comes_in_a_binary_frame_is_text() -> None:
    async def serve(stream: trio.abc.Stream) -> None:
        await accept(stream)
        await stream.send_all(
            b"\x82\x02\xc3\xa9\x02\x01\xc3\x80\x01\xa9\x82\x01\xff\x88\x02\x03\xe8"
        )

    assert await talk(serve) == ["é", "é", b"\xff", "end: close code 1000"]


@pytest.mark.parametrize(
    ("sent", "end"),
    [
        (b"\x81\x7e\xff\xff" + b"x" * 65535, "a message is larger than 1000 bytes"),
        (b"\xf1\x01a", "close code 1002, 'Reserved bit set unexpectedly'"),
        (b"\x88\x05\x03\xf3bye", "close code 1011, 'bye'"),
        (b"", "it ended without a close frame (1006)"),
    ],
)
async def test_how_a_line_ended_is_told(sent: bytes, end: str) -> None:
    async def serve(stream: trio.abc.Stream) -> None:
        await accept(stream)
        await stream.send_all(sent)
        await stream.aclose()

    (told,) = await talk(serve, 1000)
    assert str(told).startswith(f"end: {end}")


async def test_a_refused_opening_gives_its_status_and_when_to_come_again() -> None:
    async def serve(stream: trio.abc.Stream) -> None:
        await stream.receive_some()
        await stream.send_all(
            b"HTTP/1.1 429 Too Many\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n"
        )

    with pytest.RaisesGroup(RefusedError, flatten_subgroups=True) as caught:
        await talk(serve)
    (refusal,) = caught.value.exceptions
    assert isinstance(refusal, RefusedError)
    assert (refusal.status, refusal.retry_after) == (429, "30")


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    made = "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -subj /CN=localhost"
    command = ["openssl", *made.split(" ")]
    try:
        await trio.run_process(command, cwd=tmp_path, capture_stderr=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no certificate can be made without openssl")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")

    async def shake(stream: trio.SSLStream[trio.SocketStream]) -> None:
        with pytest.raises(trio.BrokenResourceError):
            await stream.do_handshake()

    (listener,) = await trio.open_ssl_over_tcp_listeners(0, context, host="127.0.0.1")
    transport = listener.transport_listener
    assert isinstance(transport, trio.SocketListener)
    port = transport.socket.getsockname()[1]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, shake, [listener])
        with pytest.raises(LineError, match=r"no TLS with localhost.*certificate verify failed"):
            await dial(f"wss://localhost:{port}/realtime")
        nursery.cancel_scope.cancel()


async def test_what_cannot_be_reached_is_told() -> None:
    with pytest.raises(LineError, match=r"127\.0\.0\.1:9 cannot be reached"):
        await dial("ws://127.0.0.1:9/realtime")


def test_health_can_be_asked_for_before_anything_began() -> None:
    health = connector(dial).health()
    assert (health.state, health.is_live, health.touch) == ("not started", False, (0, 0, 0, 0))
    assert json.dumps(dict(health.counters))

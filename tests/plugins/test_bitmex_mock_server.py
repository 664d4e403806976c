"""The look-alike as a server: feeds, REST, bad links, slow clients, and the command."""

import json
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
import trio.testing
from tests.plugins.bitmex_mock_client import (
    SUBSCRIBE,
    Reader,
    connected,
    small_directory,
    small_market,
    synthetic_market,
    talking,
    texts,
)
from trio.testing import MockClock
from trio_websocket import open_websocket_url

from mm.api import UsageError
from mm_bitmex.mock import Exchange, Faults, open_exchange
from mm_bitmex.mock.connection import ROOM_BYTES, Connection
from mm_bitmex.mock.feed import Message
from mm_bitmex.mock.line import Line
from mm_bitmex.mock.link import Link
from mm_bitmex.mock.plan import Plan
from mm_bitmex.mock.session import Session


@pytest.mark.parametrize("profile", ["2021", "2026"])
async def test_a_client_over_tcp_rebuilds_the_true_book(profile: Any, tmp_path: Path) -> None:
    market = synthetic_market(tmp_path, 3, profile=profile)
    async with open_exchange(market, speed=0) as exchange:
        readers = Reader(), Reader()
        async with trio.open_nursery() as nursery:
            for reader in readers:
                nursery.start_soon(read_all, exchange, reader)
        for reader in readers:
            assert reader.book == exchange.book("XBTUSD")
            assert len(reader.book["Buy"]) > 100


async def read_all(exchange: Exchange, reader: Reader) -> None:
    url = f"{exchange.url}?subscribe=orderBookL2:XBTUSD,trade:XBTUSD"
    async with open_websocket_url(url, max_message_size=1 << 26) as socket:
        while not exchange.finished.is_set() or reader.book != exchange.book():
            reader.take(str(await socket.get_message()))


async def test_a_client_that_comes_later_gets_the_book_of_then(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with open_exchange(small_market(tmp_path), begin="now", port=None) as exchange:
        await trio.sleep(0.25)
        async with connected(exchange) as socket:
            await socket.send_message(SUBSCRIBE)
            reader = Reader()
            for text in await texts(socket):
                reader.take(text)
        assert reader.frames[2]["action"] == "partial"
        assert len(reader.frames[2]["data"]) == 3
        assert reader.book == exchange.book()


async def test_nothing_is_played_before_somebody_subscribes(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with open_exchange(small_market(tmp_path), port=None) as exchange:
        before = exchange.book()
        await trio.sleep(100)
        assert exchange.book() == before


async def test_messages_come_when_the_data_say_divided_by_the_speed(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with (
        open_exchange(small_market(tmp_path), speed=0.5, port=None) as exchange,
        connected(exchange) as socket,
    ):
        await socket.send_message('{"op":"subscribe","args":"orderBookL2:XBTUSD"}')
        times = []
        for _ in range(6):
            await socket.get_message()
            times.append(round(trio.current_time(), 6))
        assert times == [0, 0, 0, 0.2, 0.4, 0.6]


async def test_the_clock_can_be_that_of_today(tmp_path: Path, autojump_clock: MockClock) -> None:
    now_us = 1_800_000_000_000_000
    async with (
        open_exchange(small_market(tmp_path), now_us=now_us, port=None, faults="clock_skew=2") as e,
        connected(e) as socket,
    ):
        await trio.sleep(10)
        await socket.send_message(SUBSCRIBE)
        frames = [json.loads(text) for text in await texts(socket)]
        trade = next(f for f in frames if f.get("table") == "trade" and f["action"] == "insert")
        # 12 s of skew and waiting; made 150 ms after the book, which came 7 ms late.
        assert trade["data"][0]["timestamp"] == "2027-01-15T08:00:12.143Z"


async def test_protocol_ping_and_text_ping_are_answered(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with (
        open_exchange(small_market(tmp_path), port=None) as exchange,
        connected(exchange) as socket,
    ):
        await socket.get_message()
        await socket.send_message("ping")
        assert await socket.get_message() == "pong"
        await socket.ping()


async def test_a_half_open_socket_says_nothing_and_stays_open(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    market = small_market(tmp_path)
    async with open_exchange(market, faults="half_open,count=1", port=None) as exchange:
        async with connected(exchange) as socket:
            await socket.send_message(SUBSCRIBE)
            heard = await texts(socket, 60)
            assert len(heard) == 6  # welcome, two topics, and the change that was the last
            await socket.send_message("ping")
            with trio.move_on_after(3600) as scope:
                await socket.get_message()
            assert scope.cancelled_caught
            assert exchange.clients == 1
        async with connected(exchange) as socket:
            await socket.send_message("ping")
            assert [await socket.get_message() for _ in range(2)][1] == "pong"
        await trio.sleep(1)
        assert exchange.clients == 0


@pytest.mark.parametrize(
    ("fault", "code"),
    [("disconnect", 1006), ("cut_partial", 1006), ("close_1011", 1011), ("close_1012", 1012)],
)
async def test_a_connection_can_end_in_every_way(
    fault: str, code: int, tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with (
        open_exchange(small_market(tmp_path), faults=fault, port=None) as exchange,
        connected(exchange) as socket,
    ):
        await socket.send_message(SUBSCRIBE)
        await texts(socket)
        assert socket.closed is not None
        assert socket.closed.code == code


async def test_a_slow_loris_takes_a_second_for_twenty_bytes(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with (
        open_exchange(small_market(tmp_path), faults="slow_loris", port=None) as exchange,
        connected(exchange) as socket,
    ):
        await socket.send_message('{"op":"subscribe","args":"orderBookL2:XBTUSD"}')
        for _ in range(4):
            await socket.get_message()
        quick = trio.current_time()
        text = await socket.get_message()
        taken = trio.current_time() - quick
        assert taken > len(text) / 20
        assert exchange.clients == 1


async def test_a_split_message_arrives_whole(tmp_path: Path, autojump_clock: MockClock) -> None:
    async def book(faults: str) -> Any:
        async with (
            open_exchange(small_market(tmp_path), faults=faults, port=None) as exchange,
            connected(exchange) as socket,
        ):
            await socket.send_message(SUBSCRIBE)
            return await texts(socket)

    assert await book("split,delay_s=0.001") == await book("")


async def test_a_client_that_does_not_read_is_cut_off(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    market = synthetic_market(tmp_path, 30)
    async with open_exchange(market, queue_bytes=100_000, port=None) as exchange:
        ours, theirs = trio.testing.lockstep_stream_pair()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(exchange.serve_stream, theirs)
            await ours.send_all(UPGRADE)
            await ours.receive_some()
            await exchange.finished.wait()
            await trio.sleep(60)
            assert exchange.clients == 0
            assert exchange.cut_off == 1


async def test_all_who_wait_for_a_client_are_let_go_when_it_ends(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    """The market waits for room, the end of the exchange for the last message."""
    session = Session(small_market(tmp_path), Link(Plan(Faults(), 0), 1))
    ours, _ = trio.testing.memory_stream_pair()
    connection = Connection(1, session, Line(ours), queue_bytes=4 * ROOM_BYTES)
    connection.put([Message("x" * 2 * ROOM_BYTES)])
    with trio.fail_after(1):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(connection.room)
            nursery.start_soon(connection.drain)
            await trio.testing.wait_all_tasks_blocked()
            connection.end()


UPGRADE = (
    b"GET /realtime?subscribe=orderBookL2:XBTUSD HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@pytest.mark.parametrize(
    "opening", [b"", b"\r\n\r\n", b"GET /realtime HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", b"x" * 9]
)
async def test_a_peer_that_speaks_no_websocket_is_let_go(
    opening: bytes, tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with open_exchange(small_market(tmp_path), port=None) as exchange:
        ours, theirs = trio.testing.memory_stream_pair()
        await ours.send_all(opening)
        with trio.fail_after(60):
            await exchange.serve_stream(theirs)


async def test_rest_gives_the_instrument(tmp_path: Path) -> None:
    async with (
        open_exchange(small_market(tmp_path)) as exchange,
        httpx.AsyncClient(base_url=exchange.rest_url) as http,
    ):
        (row,) = (await http.get("/instrument", params={"symbol": "XBTUSD", "count": 1})).json()
        assert (row["tickSize"], row["lotSize"], row["isInverse"]) == (0.1, 100, True)
        assert row["fundingTimestamp"] == "2024-08-01T04:00:00.000Z"
        assert (await http.get("/instrument", params={"symbol": "NONE"})).json() == []
        assert (await http.get("/nothing")).status_code == 404
        assert (await http.post("/order")).status_code == 405
        assert "subscribe" in (await http.get("/schema/websocketHelp")).json()


async def upgrade(exchange: Exchange) -> httpx.Response:
    """Ask for a WebSocket by plain HTTP: trio-websocket 0.12 leaves its socket open if refused."""
    url = exchange.url.replace("ws:", "http:")
    async with httpx.AsyncClient() as http:
        return await http.get(url, headers={"Upgrade": "websocket", "Connection": "Upgrade"})


async def test_too_many_connections_are_answered_429(tmp_path: Path) -> None:
    async with open_exchange(small_market(tmp_path), openings_per_hour=1) as exchange:
        async with open_websocket_url(exchange.url):
            pass
        refused = await upgrade(exchange)
        assert refused.status_code == 429
        assert 3500 < int(refused.headers["retry-after"]) <= 3600


@pytest.mark.parametrize("status", [429, 503])
async def test_upgrades_and_rest_can_be_refused(status: int, tmp_path: Path) -> None:
    async with open_exchange(small_market(tmp_path), faults=f"http_{status},count=2") as exchange:
        assert (await upgrade(exchange)).status_code == status
        async with httpx.AsyncClient(base_url=exchange.rest_url) as http:
            assert (await http.get("/instrument")).status_code == status
            assert (await http.get("/instrument")).status_code == 200
        assert exchange.healthy()


async def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    market = small_market(tmp_path)
    async with open_exchange(market) as exchange:
        expected = pytest.RaisesExc(UsageError, match=f"port {exchange.port} cannot be listened on")
        with pytest.RaisesGroup(expected):
            async with open_exchange(market, port=exchange.port):
                pass


def test_the_names_of_mm_testing_do_not_bring_the_engine() -> None:
    code = "import mm_bitmex.mock, sys; print('trio' in sys.modules, 'mm.run' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


COMMAND = [sys.executable, "-m", "mm", "fake-bitmex", "--port", "0"]


async def test_the_command_serves_to_the_end_of_the_data(tmp_path: Path) -> None:
    directory = small_directory(tmp_path / "data")
    command = [*COMMAND, "--data", str(directory), "--speed", "10"]
    reader = Reader()
    async with trio.open_nursery() as nursery:
        process = await nursery.start(partial(trio.run_process, command, stdout=subprocess.PIPE))
        url = (await process.stdout.receive_some()).decode().strip()
        port = int(url.removesuffix("/realtime").rpartition(":")[2])
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        async with talking(stream, "/realtime?subscribe=orderBookL2,trade") as socket:
            for text in await texts(socket):
                reader.take(text)
            assert socket.closed is not None
            assert socket.closed.code == 1001
        assert await process.wait() == 0
    assert reader.trades == 3
    assert reader.book["Sell"] == {100.2: 300, 100.3: 700}
    stamp = next(f for f in reader.frames if f.get("action") == "update")["data"][0]["timestamp"]
    assert stamp > "2026"  # today, not the day of the data


def test_ctrl_c_ends_the_command_with_130(tmp_path: Path) -> None:
    command = [*COMMAND, "--data", str(small_directory(tmp_path / "data"))]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ws://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, "mm: interrupted\n")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--faults", "dorp"], "mm: unknown fault 'dorp', did you mean 'drop'?"),
        (["--data", "/no/such"], "mm: /no/such: there is no such directory"),
        (["--port", "99999"], "mm: argument --port: '99999' is not a port"),
        (["--speed", "-1"], "mm: argument --speed: '-1' is not a positive number"),
        (["--data", "x", "--synthetic"], "mm: argument --synthetic: not allowed with"),
    ],
)
def test_faulty_arguments_are_one_line_and_exit_code_2(
    arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from mm.cli import main

    assert main(["fake-bitmex", *arguments]) == 2
    err = capsys.readouterr().err
    assert err.startswith(text)
    assert err.count("\n") == 1

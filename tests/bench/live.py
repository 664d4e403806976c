"""How many rows of the book a second come from the socket to the strategy, on one core.

    python tests/bench/live.py [--frames N] [--trio-websocket]

A process of its own sends frames of two rows each over loopback as fast as they are taken: an image
of 5 000 levels, then changes near the touch. The whole network of ``mm live`` (the shipped run
file, nothing recorded) takes them, with an inbox so large that nothing is conflated. Counted is
from the first frame to the moment that the strategy has decided on all. ``--trio-websocket`` has
that package's client in the place of ours.
"""

import argparse
import json
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import cast

import trio
import trio_websocket
from wsproto import ConnectionType, WSConnection
from wsproto import events as ws

from mm.config import load_config
from mm.run.build import Options
from mm.run.health import health_of
from mm.run.progress import Progress
from mm.run.session import plan_run, run_plan
from mm.run.warm import warm_up
from mm_bitmex import shell
from mm_bitmex.websocket import LineError

ROOT = Path(__file__).parents[2]
LEVELS = 2500
TOPICS = ("orderBookL2", "trade", "instrument", "funding")
STAMP = "2026-11-22T12:00:00.000Z"


def frames(count: int) -> Iterator[str]:
    """The session as the exchange would send it."""
    draw = random.Random(0)
    yield '{"info":"Welcome to the BitMEX Realtime API.","version":"2.0.0"}'
    for table in TOPICS:
        yield json.dumps({"success": True, "subscribe": f"{table}:XBTUSD", "request": {}})
    for table in TOPICS[1:]:
        yield json.dumps({"table": table, "action": "partial", "keys": [], "data": []})
    whole = [row(n) | {"size": 1000} for n in range(-LEVELS, LEVELS)]
    yield json.dumps({"table": TOPICS[0], "action": "partial", "keys": ["id"], "data": whole})
    for _ in range(count):
        depths = [round(draw.expovariate(0.05)) for _ in range(2)]
        rows = [
            row(min(depth, LEVELS - 1) * draw.choice((-1, 1)) or 1)
            | {"size": 100 * draw.randint(1, 900)}
            for depth in depths
        ]
        yield json.dumps({"table": TOPICS[0], "action": "update", "data": rows})


def row(n: int) -> dict[str, object]:
    """Level ``n``: bids below zero, asks from zero on."""
    side, price = ("Sell" if n >= 0 else "Buy"), (645_000 + n) / 10
    return {
        "symbol": "XBTUSD", "id": 62_400_000_000 + n, "side": side, "price": price,
        "timestamp": STAMP, "transactTime": STAMP, "pool": "Primary",
    }  # fmt: skip


def serve(count: int) -> None:
    """Send everything to the first who connects."""
    connection = WSConnection(ConnectionType.SERVER)
    server = socket.create_server(("127.0.0.1", 0))
    texts = list(frames(count))
    data = b"".join(encoded(text) for text in texts)
    print(server.getsockname()[1], flush=True)
    client, _ = server.accept()
    connection.receive_data(client.recv(1 << 16))
    assert any(isinstance(event, ws.Request) for event in connection.events())
    client.sendall(connection.send(ws.AcceptConnection()) + encoded(texts[0]))
    client.recv(1 << 16)  # the subscription
    client.sendall(data[len(encoded(texts[0])) :])
    client.recv(1 << 16)  # until it hangs up


def encoded(text: str) -> bytes:
    """One unmasked frame (RFC 6455, 5.2)."""
    body = text.encode()
    size = len(body)
    if size < 126:
        return bytes((0x81, size)) + body
    if size < 1 << 16:
        return b"\x81\x7e" + size.to_bytes(2) + body
    return b"\x81\x7f" + size.to_bytes(8) + body


class TheirSocket:
    """trio-websocket's client with the methods of ours; takes all messages that wait."""

    nursery: trio.Nursery

    def __init__(self, stream: trio.abc.Stream, max_bytes: int) -> None:
        self.stream = stream
        self.max_bytes = max_bytes

    async def open(self, url: str) -> None:
        self.socket = await trio_websocket.wrap_client_stream(
            self.nursery, cast(trio.SocketStream, self.stream), "127.0.0.1", "/realtime",
            message_queue_size=1000, max_message_size=self.max_bytes, receive_buffer_size=1 << 16,
        )  # fmt: skip
        await self.socket._open_handshake.wait()

    async def receive(self) -> list[str | bytes]:
        try:
            found = [await self.socket.get_message()]
        except trio_websocket.ConnectionClosed as end:
            raise LineError(str(end)) from end
        with suppress(trio.WouldBlock, trio.EndOfChannel):
            while True:
                found.append(self.socket._recv_channel.receive_nowait())
        return found

    async def send(self, text: str) -> None:
        await self.socket.send_message(text)

    async def aclose(self) -> None:
        await self.socket.aclose()


async def measure_theirs(port: int, count: int) -> tuple[float, float]:
    """As ``measure``, with trio-websocket's client."""
    async with trio.open_nursery() as nursery:
        TheirSocket.nursery = nursery
        took = await measure(port, count)
        nursery.cancel_scope.cancel()
    return took


async def until(holds: Callable[[], bool]) -> None:
    """Look every millisecond; nobody tells when."""
    while not holds():  # noqa: ASYNC110
        await trio.sleep(0.001)


async def measure(port: int, count: int) -> tuple[float, float]:
    """Give seconds of wall time and of processor time."""
    expected = 2 * LEVELS + 2 * count
    with tempfile.TemporaryDirectory() as folder:
        sets = (
            "data.inbox_rows=10000000", "instrument.tick_size=0.1", "instrument.lot_size=100",
            "data.idle_s=0",
        )  # fmt: skip
        loaded = load_config(
            ROOT / "example" / "live.toml", None, sets, output=folder,
            url=f"ws://127.0.0.1:{port}/realtime",
        )  # fmt: skip
        plan = await plan_run(loaded)
        await warm_up(loaded, plan.survey, plan.parts.instruments)
        stop = trio.CancelScope()
        took: list[float] = []

        def handed_over() -> int:
            health = health_of(plan.parts.connector)
            assert health is not None
            return health.rows["book"]

        async def watch(progress: Progress) -> None:
            await until(lambda: progress.rows > 0)
            start_s, cpu_s = time.perf_counter(), time.process_time()
            await until(lambda: handed_over() >= expected)
            last = progress.ts
            await until(lambda: progress.account is not None and progress.account.up_to >= last)
            took.extend((time.perf_counter() - start_s, time.process_time() - cpu_s))
            stop.cancel()

        async with trio.open_nursery() as nursery:
            await run_plan(plan, Options(), stop, lambda p: nursery.start_soon(watch, p))
    return took[0], took[1]


def main() -> None:
    """Measure three times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=60_000)
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--trio-websocket", action="store_true")
    args = parser.parse_args()
    if args.serve:
        serve(args.frames)
        return
    if args.trio_websocket:
        vars(shell)["WebSocket"] = TheirSocket
    for _ in range(3):
        command = [sys.executable, __file__, "--serve", "--frames", str(args.frames)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            run = measure_theirs if args.trio_websocket else measure
            wall_s, cpu_s = trio.run(run, port, args.frames)
            server.kill()
        rows = 2 * LEVELS + 2 * args.frames
        print(f"{rows / wall_s:,.0f} book rows/s, {rows / cpu_s:,.0f} per second of processor time")


if __name__ == "__main__":
    main()

"""A plain client of the look-alike exchange, and a market of a few rows to try it on."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import trio
import trio.testing
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_client_stream

from mm.synthetic.sample import write_sample
from mm_bitmex.mock import Exchange, Market, open_market
from mm_bitmex.mock.ground_truth import Sides

EMPTY: Sides = {"Buy": {}, "Sell": {}}
START_US = 1_722_470_400_000_000  # 2024-08-01 00:00 UTC
SUBSCRIBE = '{"op":"subscribe","args":["orderBookL2:XBTUSD","trade:XBTUSD"]}'


@attrs.define
class Reader:
    """Rebuilds a book from frames, by the rules that BitMEX gives its users."""

    frames: list[Any] = attrs.field(factory=list)
    trades: int = 0
    book: Sides = attrs.field(factory=lambda: {"Buy": {}, "Sell": {}})
    _places: dict[int, tuple[str, float]] = attrs.field(factory=dict)

    def take(self, text: str) -> None:
        message = json.loads(text)
        self.frames.append(message)
        if message.get("table") == "trade" and message["action"] == "insert":
            self.trades += len(message["data"])
        if message.get("table") == "orderBookL2":
            self._apply(message["action"], message["data"])

    def _apply(self, action: str, rows: list[dict[str, Any]]) -> None:
        if action == "partial":
            self.book, self._places = {"Buy": {}, "Sell": {}}, {}
        for row in rows:
            if action in ("partial", "insert"):
                self._places[row["id"]] = row["side"], row["price"]
            side, price = self._places[row["id"]]
            if action == "delete":
                del self.book[side][price], self._places[row["id"]]
            else:
                self.book[side][price] = row["size"]


def csv_file(directory: Path, name: str, header: str, *rows: str) -> None:
    common = "exchange,symbol,timestamp,local_timestamp"
    lines = [f"{common},{header}"]
    for row in rows:
        ms, _, rest = row.partition(",")
        made = START_US + round(float(ms) * 1000)
        lines.append(f"bitmex,XBTUSD,{made},{made + 7000},{rest}")
    (directory / name).write_text("\n".join(lines) + "\n")


def small_directory(directory: Path) -> Path:
    """Two levels a side, then one change of each kind, and a trade of two rows."""
    directory.mkdir(exist_ok=True)
    csv_file(
        directory, "book.csv", "is_snapshot,side,price,amount",
        "0,true,ask,100.2,300", "0,true,ask,100.1,200", "0,true,bid,100,100", "0,true,bid,99.5,400",
        "100,false,bid,100,500", "200,false,ask,100.1,0", "300,false,ask,100.3,700",
        "300,false,bid,98,100", "900,false,bid,42,0",
    )  # fmt: skip
    csv_file(
        directory, "trades.csv", "id,side,price,amount",
        "150,a,buy,100.1,100", "150,b,buy,100.1,100", "400,c,sell,100,100",
    )  # fmt: skip
    return directory


def synthetic_market(directory: Path, seconds: int, seed: int = 0, **options: Any) -> Market:
    write_sample(directory, seconds=seconds, seed=seed)
    return open_market(directory, **options)


def small_market(directory: Path, **options: Any) -> Market:
    return open_market(small_directory(directory / "market"), **options)


@asynccontextmanager
async def talking(stream: Any, resource: str = "/realtime") -> AsyncIterator[WebSocketConnection]:
    """Speak WebSocket on a stream. Owns it: trio-websocket's client does not always close it."""
    async with trio.open_nursery() as nursery, stream:
        socket = await wrap_client_stream(
            nursery, stream, "localhost", resource, max_message_size=1 << 26
        )
        await socket._open_handshake.wait()
        yield socket
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def connected(
    exchange: Exchange, resource: str = "/realtime"
) -> AsyncIterator[WebSocketConnection]:
    """Connect over memory, so that a MockClock can drive both sides."""
    ours, theirs = trio.testing.memory_stream_pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(exchange.serve_stream, theirs)
        async with talking(ours, resource) as socket:
            yield socket
        nursery.cancel_scope.cancel()


async def texts(socket: WebSocketConnection, quiet_s: float = 5.0) -> list[str]:
    """All that comes until nothing has come for so long, or the connection ends."""
    found: list[str] = []
    while True:
        with trio.move_on_after(quiet_s) as scope:
            try:
                message = await socket.get_message()
            except ConnectionClosed:
                return found
            found.append(message if isinstance(message, str) else f"binary {message!r}")
        if scope.cancelled_caught:
            return found

"""The look-alike exchange as a Trio server: WebSocket and REST on one port, loopback only.

    async with open_exchange(open_market(directory)) as exchange:
        ...  # connect to exchange.url, ask exchange.rest_url, compare with exchange.book()

    _play ──Message──► Session.publish ──► Connection (bounded queue) ──► Line ──► client
                        one task a client: _listen, _wake, Connection.send

All time is Trio's, so that a MockClock drives it; ``Exchange.serve_stream`` serves one end of a
pair of in-memory streams, since a MockClock cannot wait for sockets.
"""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final, Literal

import trio
import trio_websocket

from mm_bitmex.mock.clock import Clock
from mm_bitmex.mock.connection import QUEUE_BYTES, Connection
from mm_bitmex.mock.faults import Faults, parse_faults
from mm_bitmex.mock.ground_truth import Sides
from mm_bitmex.mock.http import MAX_HEAD, Request, parse_head, refuse, respond
from mm_bitmex.mock.limits import Openings
from mm_bitmex.mock.line import HOST, Line, listen
from mm_bitmex.mock.link import Act, Link, Outgoing
from mm_bitmex.mock.market import Market
from mm_bitmex.mock.plan import InjectedFault, Plan
from mm_bitmex.mock.session import Session

HANDSHAKE_S: Final = 10.0
CLOSE_S: Final = 1.0  # patience for the answer to a close frame
OPENINGS_PER_HOUR: Final = 720  # what the real one allows since 2024
_Closed: Final = trio_websocket.ConnectionClosed
_AT_ONCE: Final = 64  # steps of the market between two turns for the other tasks


class Exchange:
    """A running exchange; ``open_exchange`` makes one."""

    def __init__(
        self,
        market: Market,
        *,
        faults: Faults,
        seed: int,
        speed: float,
        now_us: int | None,
        queue_bytes: int,
        openings_per_hour: int,
    ) -> None:
        self.market = market
        self.port = 0
        """0 = it does not listen."""
        self.finished = trio.Event()
        """The data have ended; the connections stay."""
        self.cut_off = 0
        """Clients that were cut off since they did not read."""
        self._plan = Plan(faults, seed)
        self._queue_bytes = queue_bytes
        self._openings = Openings(openings_per_hour)
        self._connections: dict[int, Connection] = {}
        self._count = self._requests = 0
        self._followed = trio.Event()  # somebody has subscribed to something
        self._clock = Clock(trio.current_time(), now_us, speed, faults.clock_skew)
        market.feed.shown = lambda at_us: self._clock.shown(at_us, trio.current_time())

    @property
    def url(self) -> str:
        """Address of the realtime feed."""
        return f"ws://{HOST}:{self.port}/realtime"

    @property
    def rest_url(self) -> str:
        """Address of the REST interface."""
        return f"http://{HOST}:{self.port}/api/v1"

    @property
    def injected_faults(self) -> tuple[InjectedFault, ...]:
        """The faults that happened, in order."""
        return tuple(self._plan.injected_faults)

    @property
    def clients(self) -> int:
        """Connections that are open now."""
        return len(self._connections)

    @property
    def connections(self) -> int:
        """Connections there have been."""
        return self._count

    def healthy(self) -> bool:
        """No fault can happen any more."""
        return self._plan.over(trio.current_time())

    def book(self, symbol: str | None = None) -> Sides:
        """The true book now: {"Buy": {price: contracts}, "Sell": …}; other symbols have none."""
        if symbol not in (None, self.market.contract.symbol):
            return {"Buy": {}, "Sell": {}}
        return self.market.book.sides()

    async def serve_stream(self, stream: trio.abc.Stream) -> None:
        """Serve one connection to its end. Owns ``stream``."""
        line = Line(stream)
        head: bytes | None = None
        try:
            with trio.move_on_after(HANDSHAKE_S):
                head = await line.head(MAX_HEAD)
            request = None if head is None else parse_head(head)
            refused = self._refusal(request)
            if request is None or refused is not None:
                await line.send_all(refused or b"")
                await line.aclose()
            else:
                await self._serve_socket(line, request)
        except* (trio.BrokenResourceError, trio.ClosedResourceError, _Closed):
            pass  # the client is gone
        finally:
            await trio.aclose_forcefully(line)

    async def close(self, code: int = 1001) -> None:
        """Close every connection with a close frame, after what is queued for it."""
        connections = list(self._connections.values())
        for connection in connections:
            connection.put([Act("close", amount=code)])
        with trio.move_on_after(CLOSE_S):
            for connection in connections:
                await connection.drain()

    async def play(self, begin: Literal["subscribed", "now"]) -> None:
        """Play the market to the end of its data."""
        if begin == "subscribed":
            await self._followed.wait()
        self._clock.start(trio.current_time(), self.market.origin_us)
        steps = 0
        while (due_us := self.market.due_us) is not None:
            steps += 1
            if not self._clock.is_paced:
                await self._wait_for_readers()
            elif (at_s := self._clock.due_s(due_us)) > trio.current_time():
                await trio.sleep_until(at_s)
            if steps % _AT_ONCE == 0:
                await trio.lowlevel.checkpoint()
            now_s = trio.current_time()
            for message in self.market.advance():
                for connection in self._connections.values():
                    self._pass(connection, connection.session.publish(message, now_s))
        self.finished.set()

    async def _wait_for_readers(self) -> None:
        """Without a pace: wait until somebody follows the market and all have room for more."""
        while not any(c.session.follows for c in self._connections.values()):
            self._followed = trio.Event()
            await self._followed.wait()
        for connection in list(self._connections.values()):
            await connection.room()

    def _refusal(self, request: Request | None) -> bytes | None:
        """The answer to what gets no WebSocket; None = it gets one."""
        now_s = trio.current_time()
        self._plan.begin(now_s)
        self._requests += 1
        for status in (429, 503):
            if self._plan.hits(f"http_{status}", 0, self._requests, now_s):
                return refuse(status)
        realtime = request is not None and request.target.partition("?")[0] == "/realtime"
        if request is None or not (request.is_upgrade and realtime):
            return respond(request, self.market)
        if not self._openings.open(now_s):
            return refuse(429, self._openings.retry_s)
        return None

    async def _serve_socket(self, line: Line, request: Request) -> None:
        async with trio.open_nursery() as nursery:
            with trio.move_on_after(HANDSHAKE_S) as scope:
                upgrade = await trio_websocket.wrap_server_stream(nursery, line)
                socket = await upgrade.accept()
            if scope.cancelled_caught:
                nursery.cancel_scope.cancel(reason="the handshake took too long")
                return
            connection = self._welcome(line, request)
            try:
                nursery.start_soon(self._listen, connection, socket)
                nursery.start_soon(self._wake, connection)
                await connection.send(partial(_close, socket))
            finally:
                del self._connections[connection.number]
                connection.end()
                self.cut_off += connection.overflowed
                nursery.cancel_scope.cancel(reason="the connection has ended")

    def _welcome(self, line: Line, request: Request) -> Connection:
        self._count += 1
        session = Session(self.market, Link(self._plan, self._count))
        connection = Connection(self._count, session, line, self._queue_bytes)
        self._connections[self._count] = connection
        remaining = self._openings.remaining
        now_s, now_us = trio.current_time(), self._clock_us()
        self._pass(connection, session.open(request.target, now_s, now_us, remaining))
        return connection

    async def _listen(
        self, connection: Connection, socket: trio_websocket.WebSocketConnection
    ) -> None:
        """Answer what the client says, until it goes."""
        while True:
            try:
                text = await socket.get_message()
            except _Closed:
                connection.end()
                return
            if isinstance(text, bytes):
                text = text.decode(errors="replace")
            self._pass(connection, connection.session.receive(text, trio.current_time()))

    async def _wake(self, connection: Connection) -> None:
        """Call the session when it asked to be called."""
        while True:
            wake_at = connection.session.wake_at
            connection.changed = trio.Event()
            with trio.move_on_at(math.inf if wake_at is None else wake_at):
                await connection.changed.wait()
            self._pass(connection, connection.session.wake(trio.current_time()))

    def _pass(self, connection: Connection, items: list[Outgoing]) -> None:
        connection.put(items)
        if connection.session.follows:
            self._followed.set()
        if connection.session.wake_at is not None:
            connection.changed.set()

    def _clock_us(self) -> int:
        """What the exchange's clock shows [µs]."""
        return self._clock.read(trio.current_time(), self.market.now_us)


@asynccontextmanager
async def open_exchange(
    market: Market,
    *,
    faults: Faults | str = "",
    seed: int = 0,
    speed: float = 1.0,
    port: int | None = 0,
    begin: Literal["subscribed", "now"] = "subscribed",
    now_us: int | None = None,
    queue_bytes: int = QUEUE_BYTES,
    openings_per_hour: int = OPENINGS_PER_HOUR,
) -> AsyncIterator[Exchange]:
    """Run an exchange while the block runs.

    Args:
        market: what it plays, once; see ``open_market``.
        faults: what goes wrong; a string is read by ``parse_faults``.
        seed: of the faults: the same seed, the same faults.
        speed: times real time; 0 or infinity = as fast as the slowest client reads, and only
            while one follows.
        port: on loopback; 0 = any free one; None = none, ``serve_stream`` only.
        begin: play from when the first client has subscribed, or from now.
        now_us: what the exchange's clock shows now [µs since 1970], for times that go with real
            ones; None = clients are shown the times in the data.
        queue_bytes: what may wait for a client before it is cut off.
        openings_per_hour: connections let in per hour, the rest is answered 429.

    Raises:
        UsageError: the faults make no sense, or the port is taken.
        DataError: the data turn out bad while they are played.
    """
    exchange = Exchange(
        market,
        faults=parse_faults(faults) if isinstance(faults, str) else faults,
        seed=seed,
        speed=speed or math.inf,
        now_us=now_us,
        queue_bytes=queue_bytes,
        openings_per_hour=openings_per_hour,
    )
    async with trio.open_nursery() as nursery:
        if port is not None:
            listener = await listen(port)
            exchange.port = listener.socket.getsockname()[1]
            nursery.start_soon(trio.serve_listeners, exchange.serve_stream, [listener])
        nursery.start_soon(exchange.play, begin)
        yield exchange
        nursery.cancel_scope.cancel(reason="the exchange is closed")


async def _close(socket: trio_websocket.WebSocketConnection, code: int) -> None:
    """Send a close frame; wait a little for the client's."""
    with trio.move_on_after(CLOSE_S):
        await socket.aclose(code)

"""Plays a recording's frames to who connects, as they came and when they came: a Trio server.

A connection of the recording is played to one connection of a client. It begins with the welcome;
what followed goes on once the client has subscribed to something, whatever that is. At the end of
the recorded connection this one is closed, and the next client has the next. What is asked is not
looked at, but for pings: this is a tape, no exchange. The contract is served by REST.
"""

import math
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Final

import trio
import trio_websocket

from mm.api import MICRO
from mm_bitmex.mock.http import MAX_HEAD, Request, answer, parse_head, refuse
from mm_bitmex.mock.line import HOST, Line, listen
from mm_bitmex.mock.recorded import Recorded, is_welcome
from mm_bitmex.mock.wire import http_error

_HANDSHAKE_S: Final = 10.0
_CLOSE_S: Final = 1.0
_GOING_AWAY: Final = 1001
_SEND_S: Final = 30.0
"""Who takes nothing for so long has gone."""


class Player:
    """A recording that is being played; ``open_player`` makes one."""

    def __init__(self, recorded: Recorded, speed: float) -> None:
        self.port = 0
        self.played = 0
        """Frames."""
        self.finished = trio.Event()
        """There are no more."""
        self._speed, self._listing = speed, recorded.instrument()
        self._frames: Iterator[tuple[int, str]] = recorded.frames()
        self._next = next(self._frames, None)
        self._busy = False

    @property
    def url(self) -> str:
        """Address of the feed."""
        return f"ws://{HOST}:{self.port}/realtime"

    async def serve_stream(self, stream: trio.abc.Stream) -> None:
        """Serve one connection to its end. Owns ``stream``."""
        line = Line(stream)
        try:
            head: bytes | None = None
            with trio.move_on_after(_HANDSHAKE_S):
                head = await line.head(MAX_HEAD)
            request = None if head is None else parse_head(head)
            if request is None or not request.is_upgrade:
                await line.send_all(self._respond(request))
            elif self._busy or self._next is None:
                await line.send_all(refuse(503))
            else:
                await self._serve_socket(line)
        except* (
            trio.BrokenResourceError, trio.ClosedResourceError, trio_websocket.ConnectionClosed
        ):  # fmt: skip
            pass  # the client is gone
        finally:
            await trio.aclose_forcefully(line)

    def _respond(self, request: Request | None) -> bytes:
        asked = request is not None and request.target.startswith("/api/v1/instrument")
        return answer(200, f"[{self._listing}]") if asked else answer(404, http_error("Not Found"))

    async def _serve_socket(self, line: Line) -> None:
        self._busy = True
        try:
            async with trio.open_nursery() as nursery:
                with trio.fail_after(_HANDSHAKE_S):
                    upgrade = await trio_websocket.wrap_server_stream(nursery, line)
                    socket = await upgrade.accept()
                asked = trio.Event()
                nursery.start_soon(_listen, socket, asked)
                await self._play(socket, asked)
                with trio.move_on_after(_CLOSE_S):
                    await socket.aclose(_GOING_AWAY)
                nursery.cancel_scope.cancel(reason="the recorded connection has ended")
        except* trio.TooSlowError:
            pass  # no handshake, or nobody who takes
        finally:
            self._skip()
            self._busy = False

    async def _play(self, socket: trio_websocket.WebSocketConnection, asked: trio.Event) -> None:
        """Play to the end of the recorded connection."""
        if self._next is not None and is_welcome(self._next[1]):
            await self._send(socket)
        await asked.wait()
        start_s, origin_us = trio.current_time(), self._next[0] if self._next else 0
        while self._next is not None and not is_welcome(self._next[1]):
            ts, text = self._next
            if not math.isinf(self._speed):
                await trio.sleep_until(start_s + (ts - origin_us) / MICRO / self._speed)
            if text == "pong":  # an answer to somebody else's ping
                self._next = next(self._frames, None)
            else:
                await self._send(socket)

    async def _send(self, socket: trio_websocket.WebSocketConnection) -> None:
        assert self._next is not None
        with trio.fail_after(_SEND_S):
            await socket.send_message(self._next[1])
        self.played += 1
        self._next = next(self._frames, None)

    def _skip(self) -> None:
        """Go on to the next recorded connection: without its beginning, the rest means nothing."""
        while self._next is not None and not is_welcome(self._next[1]):
            self._next = next(self._frames, None)
        if self._next is None:
            self.finished.set()


async def _listen(socket: trio_websocket.WebSocketConnection, asked: trio.Event) -> None:
    """Answer pings, and note that something was subscribed to."""
    while True:
        said = await socket.get_message()
        if said == "ping":
            await socket.send_message("pong")
        elif "subscribe" in str(said):
            asked.set()


@asynccontextmanager
async def open_player(
    recorded: Recorded, *, speed: float = 1.0, port: int | None = 0
) -> AsyncIterator[Player]:
    """Play a recording while the block runs.

    Args:
        recorded: its frames.
        speed: times their own; 0 = as fast as the client takes them.
        port: on loopback; 0 = any free one; None = none, ``serve_stream`` only.

    Raises:
        UsageError: the port is taken.
        DataError: the frames turn out bad.
    """
    player = Player(recorded, speed or math.inf)
    async with trio.open_nursery() as nursery:
        if port is not None:
            listener = await listen(port)
            player.port = listener.socket.getsockname()[1]
            nursery.start_soon(trio.serve_listeners, player.serve_stream, [listener])
        yield player
        nursery.cancel_scope.cancel(reason="the player is closed")

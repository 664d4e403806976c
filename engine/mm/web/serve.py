"""Sockets, limits and deadlines: the page served beside a run, whatever viewers do.

HTTP is Hypercorn's, a connection at a time. It shields what it sends from cancellation, so a viewer
that takes nothing would hold it, and the end of the run, for ever: here every send has a deadline,
and at the end the sockets are closed under it. What a connection raises ends that connection.

It knows no page; ``keep`` and ``keep_folder`` fill the board, five times a second at most.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ConnectionState
from starlette.types import ASGIApp

from mm.api import DataError, MMError, UsageError
from mm.web.app import Hub, make_app
from mm.web.disk import Reading, read_folder
from mm.web.guard import Address, Guard
from mm.web.sample import EngineView

LOOK_S: Final = 0.2
MOST_CONNECTIONS: Final = 512
SEND_S: Final = 10.0
"""A viewer that takes nothing for so long is cut off; its browser comes back when it wakes."""
_HEAD_S: Final = 5.0
"""For the head of a request, and for the next one on a connection."""
_MOST_HEAD: Final = 8192
_BUFFER: Final = 1 << 16
"""Bytes that the system keeps for a viewer that is slow."""
_BACKLOG: Final = 128
STILL_S: Final = 30.0
"""A connection on which nothing moves for so long is ended."""
_MOST_FAILURES: Final = 5
_LAST_S: Final = 0.5
"""For the last state to reach the viewers."""


class _PatientStream:
    """A connection whose sends have a deadline. Owns ``stream``."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream, self.socket = stream, stream.socket
        self.moved_s = trio.current_time()
        """When bytes last came or went."""

    async def send_all(self, data: bytes) -> None:
        try:
            with trio.fail_after(SEND_S):
                await self._stream.send_all(data)
                self.moved_s = trio.current_time()
        except trio.TooSlowError:
            self.socket.close()
            raise trio.BrokenResourceError("the viewer takes nothing") from None

    async def receive_some(self, most: int) -> bytes:
        data = bytes(await self._stream.receive_some(most))
        self.moved_s = trio.current_time()
        return data

    async def send_eof(self) -> None:
        with trio.move_on_after(SEND_S):
            await self._stream.send_eof()

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Server:
    """Serves an application, a task a connection."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = ASGIWrapper(app)  # type: ignore[arg-type]  # Hypercorn has scopes of its own
        self._config = _config()
        self._context = WorkerContext(None)
        self._streams: set[trio.SocketStream] = set()

    async def serve(self, stream: trio.SocketStream) -> None:
        """Serve one connection to its end. Owns ``stream``."""
        if len(self._streams) >= MOST_CONNECTIONS:
            await trio.aclose_forcefully(stream)
            return
        self._streams.add(stream)
        state = ConnectionState({})
        patient = _PatientStream(stream)
        server = TCPServer(
            self._app,
            self._config,
            self._context,
            state,
            patient,  # type: ignore[arg-type]  # it asks for TLS, and does without
        )
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_end_when_still, patient, nursery.cancel_scope)
                await server.run()
                nursery.cancel_scope.cancel(reason="the connection has ended")
        except* Exception:
            pass  # whatever a viewer does, the run goes on
        finally:
            self._streams.discard(stream)
            stream.socket.close()

    def close(self) -> None:
        """Cut all connections, also where something is being sent."""
        for stream in list(self._streams):
            stream.socket.close()


async def _end_when_still(stream: _PatientStream, serving: trio.CancelScope) -> None:
    """End what serves a connection on which nothing has moved for long.

    Hypercorn may wait for ever: for the application to take a body, also once the answer was given,
    and between two requests that were sent at once. Every stream of ours moves more often.
    """
    while trio.current_time() < stream.moved_s + STILL_S:  # noqa: ASYNC110 - it moves on
        await trio.sleep(STILL_S / 10)
    serving.cancel(reason="nothing moves on the connection")


def _config() -> Config:
    config = Config()
    config.accesslog = config.errorlog = None  # a terminal shows the run, and no request
    config.keep_alive_timeout = _HEAD_S
    config.h11_max_incomplete_size = _MOST_HEAD
    config.h2_max_concurrent_streams = 1  # refused by the guard
    config.websocket_max_message_size = 1024  # refused, too
    config.include_server_header = False
    return config


@asynccontextmanager
async def serving(address: Address, token: str | None) -> AsyncIterator[tuple[Hub, Address]]:
    """Serve the page while the block runs; give the hub to fill, and the address in use.

    Raises:
        UsageError: one cannot listen there.
    """
    try:
        listeners = await trio.open_tcp_listeners(address.port, host=address.host, backlog=_BACKLOG)
    except OSError as error:
        raise UsageError(
            f"--web {address.host}:{address.port}: cannot listen there: {error.strerror or error};"
            " name another address or port"
        ) from error
    for listener in listeners:
        listener.socket.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_SNDBUF, _BUFFER)
    port = listeners[0].socket.getsockname()[1]
    hub = Hub()
    guard = Guard(token=token, names=frozenset({address.host.lower()}), port=port)
    server = _Server(make_app(hub, guard))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, server.serve, listeners)
        try:
            yield hub, Address(address.host, port)
            if hub.viewers:
                await trio.sleep(_LAST_S)
        finally:
            server.close()
            nursery.cancel_scope.cancel(reason="the page is closed")


async def keep(hub: Hub, view: EngineView) -> None:
    """Show how a run is, until cancelled."""
    while True:
        hub.publish(view.look(trio.current_time()))
        await trio.sleep(LOOK_S)


def show(hub: Hub, reading: Reading) -> None:
    """Show what a folder says."""
    hub.board.replace(reading.points, reading.snapshot)
    hub.tell()


async def keep_folder(hub: Hub, path: Path) -> None:
    """Show a run's folder, anew while somebody writes there.

    Reading takes longer as a run grows; nine tenths of the time are left to others.

    Raises:
        DataError: it is not the folder of a run, or not any more.
    """
    failures = 0
    while True:
        began_s = trio.current_time()
        try:
            reading = await trio.to_thread.run_sync(read_folder, path, abandon_on_cancel=True)
        except DataError:
            failures += 1
            if failures == _MOST_FAILURES:  # one may have met the writer at its end
                raise
        else:
            failures = 0
            show(hub, reading)
            if reading.is_over:
                return
        took_s = trio.current_time() - began_s
        await trio.sleep(max(1.0, 9 * took_s))


def last_look(hub: Hub, view: EngineView, ended: str) -> None:
    """Show how a run ended."""
    view.ended = ended
    try:
        hub.publish(view.look(trio.current_time()))
    except MMError:  # told by the run itself
        return

"""A WebSocket client over any byte stream: all frames that have come, at once.

RFC 6455 is wsproto's part. Each look at the socket takes up to 64 KiB and gives every text in it
without going back to the scheduler in between; pings are answered on the way. Knows no BitMEX and
no times.

Why not the client of trio-websocket: with it the same network takes 7 000 book rows a second of one
core, with this one 30 000 (``python tests/bench/live.py``, and the same with ``--trio-websocket``).
Its reader puts each message into a memory channel by ``await send()``, a checkpoint that lets every
other task run. So the engine's tasks, for whom a batch costs the same whether it has two rows or
two hundred, get batches of one frame however many have come, and a longer queue changes nothing. A
reader that puts all messages of one ``receive_some`` before it waits would cure it there.
"""

import ssl
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

import trio
from wsproto import ConnectionType, WSConnection
from wsproto import events as ws
from wsproto.connection import ConnectionState
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

_CHUNK: Final = 1 << 16  # bytes in one look; about 300 of BitMEX's changes
_FAREWELL_S: Final = 1.0
_TOO_BIG: Final = 1009  # RFC 6455, 7.4.1


class RefusedError(Exception):
    """The opening was answered by HTTP instead."""

    def __init__(self, status: int, retry_after: str | None) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.retry_after = retry_after


class LineError(Exception):
    """The connection is over, or never came to be; the text is a clause that says how."""


class WebSocket:
    """One open connection. Owns its stream."""

    def __init__(self, stream: trio.abc.Stream, max_bytes: int) -> None:
        """``max_bytes``: the largest message accepted."""
        self._stream = stream
        self._max_bytes = max_bytes
        self._ws = WSConnection(ConnectionType.CLIENT)
        self._parts: list[str | bytes] = []
        self._length = 0
        self._found: list[str | bytes] = []
        """Messages that have come and were not given yet."""
        self._replies = b""
        """Frames that those which have come ask for in return."""
        self._end: LineError | None = None
        """How the connection ended, while messages from before are still to be given."""

    async def open(self, url: str) -> None:
        """Do the handshake.

        Raises:
            RefusedError: the answer was not 101.
            LineError: the line failed.
        """
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        await self._write(self._ws.send(ws.Request(host=parts.netloc, target=target)))
        while self._ws.state is ConnectionState.CONNECTING:
            await self._look()

    async def receive(self) -> list[str | bytes]:
        """Wait for messages; give all that have come, at least one. If cancelled, loses none.

        Raises:
            LineError: the connection is over.
        """
        while not self._found:
            if self._end is not None:
                raise self._end
            await self._look()
        found, self._found = self._found, []
        return found

    async def send(self, text: str) -> None:
        """Send a text.

        Raises:
            LineError: the connection is over.
        """
        await self._event(ws.TextMessage(data=text))

    async def aclose(self) -> None:
        """Say good-bye if the line takes it, and close; never waits for the answer."""
        # Shielded, since being cancelled is when this matters most: a server that is told can
        # free the connection at once. A dead line must not hold the program up.
        with trio.move_on_after(_FAREWELL_S, shield=True), suppress(LineError):
            if self._ws.state is ConnectionState.OPEN:
                await self._event(ws.CloseConnection(code=1000))
        await trio.aclose_forcefully(self._stream)

    async def _look(self) -> None:
        """Take what the stream has, all of it before anything is awaited; answer pings."""
        try:
            data = await self._stream.receive_some(_CHUNK)
            self._ws.receive_data(bytes(data) or None)  # None = the end
        except (trio.BrokenResourceError, trio.ClosedResourceError, ssl.SSLError) as exc:
            raise LineError(f"the line broke: {exc.__cause__ or exc}") from exc
        except (RemoteProtocolError, LocalProtocolError) as exc:
            raise LineError(f"the exchange broke the WebSocket protocol: {exc}") from exc
        try:
            for event in self._ws.events():
                self._take(event)
        except LineError as end:
            self._end = end
        replies, self._replies = self._replies, b""
        if replies:
            with suppress(LineError):  # the next look will meet it, too
                await self._write(replies)

    def _take(self, event: ws.Event) -> None:
        if isinstance(event, ws.Message):
            self._parts.append(event.data)
            self._length += len(event.data)
            if self._length > self._max_bytes:
                self._reply(ws.CloseConnection(code=_TOO_BIG))
                raise LineError(f"a message is larger than {self._max_bytes} bytes")
            if event.message_finished:
                text = isinstance(event, ws.TextMessage)
                whole = ("" if text else b"").join(self._parts)  # type: ignore[arg-type]
                self._found.append(_as_text(whole))
                self._parts, self._length = [], 0
        elif isinstance(event, ws.Ping):
            self._reply(event.response())
        elif isinstance(event, ws.CloseConnection):
            if self._ws.state is ConnectionState.REMOTE_CLOSING:
                self._reply(event.response())
            raise LineError(_closing(event))
        elif isinstance(event, ws.RejectConnection):
            raise RefusedError(event.status_code, _header(event.headers, b"retry-after"))

    def _reply(self, event: ws.Event) -> None:
        """Have something sent after this look, if the connection still takes it."""
        with suppress(LocalProtocolError):
            self._replies += self._ws.send(event)

    async def _event(self, event: ws.Event) -> None:
        try:
            data = self._ws.send(event)
        except LocalProtocolError as exc:
            raise LineError(f"the connection is over: {exc}") from exc
        await self._write(data)

    async def _write(self, data: bytes) -> None:
        try:
            await self._stream.send_all(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError, ssl.SSLError) as exc:
            raise LineError(f"the line broke: {exc.__cause__ or exc}") from exc


async def dial(url: str) -> trio.abc.Stream:
    """Open the byte stream of an address: TCP, and for ``wss`` TLS with the certificate verified.

    Raises:
        LineError: it cannot be opened.
    """
    parts = urlsplit(url)
    assert parts.hostname is not None  # the configuration has been checked
    secure = parts.scheme == "wss"
    port = parts.port or (443 if secure else 80)
    try:
        if not secure:
            return await trio.open_tcp_stream(parts.hostname, port)
        # TCP is closed without TLS's good-bye by many a web server, BitMEX's among them; lost
        # data cannot be mistaken for an end, since WebSocket frames tell their lengths.
        stream = await trio.open_ssl_over_tcp_stream(
            parts.hostname,
            port,
            ssl_context=ssl.create_default_context(),
            https_compatible=True,
        )
    except OSError as exc:
        raise LineError(f"{parts.netloc} cannot be reached: {exc}") from exc
    try:
        await stream.do_handshake()
    except BaseException as exc:
        await trio.aclose_forcefully(stream)
        if isinstance(exc, trio.BrokenResourceError):
            raise LineError(f"no TLS with {parts.netloc}: {exc.__cause__ or exc}") from exc
        raise
    return stream


def _as_text(message: str | bytes) -> str | bytes:
    """Read text that came as bytes, as from a recording played line by line; else leave it."""
    try:
        return message if isinstance(message, str) else message.decode()
    except UnicodeDecodeError:
        return message


def _closing(event: ws.CloseConnection) -> str:
    code = int(event.code)
    if code == 1006:
        return "it ended without a close frame (1006)"
    return f"close code {code}" + (f", {event.reason[:80]!r}" if event.reason else "")


def _header(headers: object, name: bytes) -> str | None:
    found = [value for key, value in headers if key.lower() == name]  # type: ignore[attr-defined]
    return found[0].decode("latin-1") if found else None

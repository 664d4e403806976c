"""The bytes of one connection: a stream that can be looked into, and that can go bad.

It reads the head of the first request before anybody else does, and gives it back; sends whole
pieces in turn, whoever sends; and can fall silent or dribble. It knows neither HTTP nor WebSocket
beyond RFC 6455's frame header (section 5.2).
"""

from typing import Final

import trio

from mm.api import UsageError

_TEXT: Final = 0x1
_BINARY: Final = 0x2
_CONTINUATION: Final = 0x0
_FIN: Final = 0x80
HOST: Final = "127.0.0.1"  # there is no way to listen elsewhere
DRIBBLE_S: Final = 0.05  # between bytes of a dribbling line


def frame(content: bytes, opcode: int = _TEXT, *, last: bool = True) -> bytes:
    """One unmasked frame, as servers send them."""
    first, size = opcode | (_FIN if last else 0), len(content)
    if size < 126:
        return bytes((first, size)) + content
    if size < 1 << 16:
        return bytes((first, 126)) + size.to_bytes(2, "big") + content
    return bytes((first, 127)) + size.to_bytes(8, "big") + content


def binary(content: bytes) -> bytes:
    """One binary frame."""
    return frame(content, _BINARY)


def fragments(content: bytes) -> list[bytes]:
    """One text message as three frames."""
    third = len(content) // 3
    parts = (content[:third], content[third : 2 * third], content[2 * third :])
    opcodes = (_TEXT, _CONTINUATION, _CONTINUATION)
    return [
        frame(part, opcode, last=part is parts[-1])
        for part, opcode in zip(parts, opcodes, strict=True)
    ]


class Line(trio.abc.Stream):
    """A stream around another one. Owns it."""

    def __init__(self, inner: trio.abc.Stream) -> None:
        self._inner = inner
        self._seen = bytearray()
        # trio-websocket's pongs and our frames come from different tasks, and a stream refuses
        # two senders at a time.
        self._turn = trio.StrictFIFOLock()
        self._silent = self._dribbling = False

    async def head(self, limit: int) -> bytes | None:
        """Look at the bytes up to the first blank line; None if it does not come."""
        while (end := self._seen.find(b"\r\n\r\n")) < 0:
            if len(self._seen) > limit:
                return None
            data = await self._inner.receive_some()
            if not data:
                return None
            self._seen += data
        return bytes(self._seen[:end])

    def fall_silent(self) -> None:
        """Send and hear nothing from now on; TCP stays open."""
        self._silent = True

    def dribble(self) -> None:
        """Send byte by byte from now on."""
        self._dribbling = True

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        """Receive, what was looked at first. A silent line hears only the end."""
        if self._seen:
            size = len(self._seen) if max_bytes is None else max_bytes
            data = bytes(self._seen[:size])
            del self._seen[:size]
            await trio.lowlevel.checkpoint()
            return data
        while data := bytes(await self._inner.receive_some(max_bytes)):
            if not self._silent:
                return data
        return b""

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send all of it before anybody else's turn comes."""
        async with self._turn:
            if self._silent:
                return
            if not self._dribbling:
                await self._inner.send_all(data)
                return
            for place in range(len(data)):
                await self._inner.send_all(bytes(data[place : place + 1]))
                await trio.sleep(DRIBBLE_S)

    async def wait_send_all_might_not_block(self) -> None:
        """Wait for the stream inside."""
        await self._inner.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        """Close the stream inside."""
        await self._inner.aclose()


async def listen(port: int) -> trio.SocketListener:
    """Listen on loopback; port 0 = any free one.

    Raises:
        UsageError: the port cannot be had.
    """
    try:
        listeners = await trio.open_tcp_listeners(port, host=HOST)
    except OSError as exc:
        raise UsageError(
            f"port {port} cannot be listened on: {exc.strerror}; choose another, or 0 for any"
        ) from exc
    return listeners[0]

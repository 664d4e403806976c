"""One who watches the page's stream of updates, over a plain socket."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import trio


class Viewer:
    """Reads updates. HTTP 1.0, so that the stream is not in chunks."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self.read = b""

    async def line(self) -> bytes | None:
        """The next line, without its end; None = there are no more."""
        while b"\n" not in self.read:
            more = await self.stream.receive_some(1 << 16)
            if not more:
                return None
            self.read += more
        line, _, self.read = self.read.partition(b"\n")
        return line.rstrip(b"\r")

    async def update(self) -> dict[str, Any] | None:
        """The next update; None = the stream has ended."""
        while (line := await self.line()) is not None:
            if line.startswith(b"data: "):
                found: dict[str, Any] = json.loads(line.removeprefix(b"data: "))
                return found
        return None


@asynccontextmanager
async def viewer(port: int, *headers: str) -> AsyncIterator[Viewer]:
    """Ask for the updates; it is for the caller to read them, or not."""
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        head = "\r\n".join(["GET /events HTTP/1.0", "host: localhost", *headers, "", ""])
        await stream.send_all(head.encode())
        yield Viewer(stream)

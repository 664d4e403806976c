"""The way out to one client: a bounded queue, and the task that empties it.

Messages wait here as frames, faults as acts; both leave in order. A client that does not read is
cut off, as the real exchange does: when the queue is full, or a write takes too long. It knows
bytes and time, not what they say.
"""

import math
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

import trio

from mm_bitmex.mock.feed import Message
from mm_bitmex.mock.line import Line, binary, fragments, frame
from mm_bitmex.mock.link import Act, Outgoing
from mm_bitmex.mock.session import Session

QUEUE_BYTES: Final = 32 << 20
"""What may wait for a client: a huge frame and some thousand messages behind it."""
ROOM_BYTES: Final = 1 << 20  # an unpaced market goes on while less than this waits
STALL_S: Final = 30.0  # a write that takes longer has nobody at the other end
_PIECE: Final = 64 << 10  # bytes in one write: a few hundred messages, one system call

Close = Callable[[int], Awaitable[None]]
"""Sends a close frame of a code, and waits a little for the answer."""


class Connection:
    """One client: its session, and what waits to be sent to it."""

    def __init__(self, number: int, session: Session, line: Line, queue_bytes: int) -> None:
        self.number, self.session = number, session
        self.overflowed = False
        """It was cut off since it did not read."""
        self.changed = trio.Event()
        """The session may want to be woken at another time."""
        self._line, self._limit = line, queue_bytes
        self._waiting: deque[bytes | Act] = deque()
        self._size = 0
        self._news = trio.Event()  # something waits to be sent
        self._room = trio.Event()  # something was sent, or it is over
        self._ended = False
        self._patience_s = STALL_S

    def put(self, items: list[Outgoing]) -> None:
        """Queue what goes out; over the limit the client is cut off instead."""
        for item in items:
            if isinstance(item, Message):
                data = frame(item.text.encode())
                self._waiting.append(data)
                self._size += len(data)
            else:
                self._waiting.append(item)
        if items and self._size > self._limit:
            self.overflowed = True
            self._waiting.clear()
            self._waiting.append(Act("cut"))
        if items:
            self._news.set()

    async def room(self) -> None:
        """Wait until little is left to send."""
        while self._size > ROOM_BYTES and not self._ended:
            await self._less()

    async def drain(self) -> None:
        """Wait until all is sent."""
        while self._waiting and not self._ended:
            await self._less()

    async def _less(self) -> None:
        """Wait until something was sent. Several may wait, so an event in use stays."""
        if self._room.is_set():
            self._room = trio.Event()
        await self._room.wait()

    async def send(self, close: Close) -> None:
        """Send what is queued, until the connection ends; then return."""
        try:
            while not self._ended:
                if not self._waiting:
                    self._news = trio.Event()
                    await self._news.wait()
                else:
                    await self._step(close)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return  # the client is gone
        finally:
            self.end()

    def end(self) -> None:
        """Let go of those who wait for room."""
        self._ended = True
        self._room.set()
        self._news.set()

    async def _step(self, close: Close) -> None:
        first = self._waiting[0]
        if isinstance(first, Act):
            self._waiting.popleft()
            await self._perform(first, close)
        else:
            with trio.move_on_after(self._patience_s) as scope:
                await self._line.send_all(self._piece())
            if scope.cancelled_caught:
                self.overflowed, self._ended = True, True
        self._room.set()

    def _piece(self) -> bytes:
        """Take frames from the queue, as many as make one write."""
        parts: list[bytes] = []
        size = 0
        while self._waiting and size < _PIECE:
            part = self._waiting[0]
            if isinstance(part, Act):
                break
            parts.append(part)
            size += len(part)
            self._waiting.popleft()
        self._size -= size
        return b"".join(parts)

    async def _perform(self, act: Act, close: Close) -> None:
        content = act.text.encode()
        if act.kind == "pause":
            await trio.sleep(act.amount)
        elif act.kind == "binary":
            await self._line.send_all(binary(content))
        elif act.kind == "split":
            first, *rest = fragments(content)
            await self._line.send_all(first)
            for part in rest:
                await trio.sleep(act.amount)
                await self._line.send_all(part)
        elif act.kind == "silence":
            self._line.fall_silent()
        elif act.kind == "dribble":
            self._patience_s = math.inf
            self._line.dribble()
        elif act.kind == "close":
            await close(int(act.amount))
            self._ended = True
        else:
            whole = frame(content)
            await self._line.send_all(whole[: len(whole) // 2] if act.kind == "tear" else b"")
            self._ended = True

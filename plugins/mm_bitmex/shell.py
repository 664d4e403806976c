"""The loop that drives ``protocol`` on a real connection, and connects again and again.

It brings times and texts in and carries steps out: rows to the stream, frames to the socket, notes
to the audit log. It never waits for the engine. What to do is decided in ``protocol`` alone.
"""

from collections.abc import Awaitable, Callable
from contextlib import aclosing

import attrs
import trio

from mm.api import FrameLog, MMError
from mm_bitmex.audit_log import AuditLog
from mm_bitmex.clock import ArrivalClock
from mm_bitmex.config import BitmexConfig
from mm_bitmex.protocol import Protocol
from mm_bitmex.step import Step
from mm_bitmex.stream import Stream
from mm_bitmex.websocket import LineError, RefusedError, WebSocket

Dial = Callable[[str], Awaitable[trio.abc.Stream]]
"""Opens the byte stream of an address; raises LineError."""


@attrs.define(kw_only=True)
class Shell:
    """One session. ``listen`` is its task."""

    config: BitmexConfig
    protocol: Protocol
    stream: Stream
    clock: ArrivalClock
    audit_log: AuditLog
    dial: Dial
    log: FrameLog | None
    """Who wants each frame; None = nobody."""
    failure: MMError | None = None
    """Why the session is over for good."""
    _book_is_known: bool = False
    """Live and not empty: an empty image tells no more than none."""

    async def listen(self) -> None:
        """Connect again and again; return when the session has failed for good."""
        while self.failure is None:
            await trio.sleep_until(self.protocol.wake_at)
            self._step(self.protocol.opening)
            self.audit_log.tell(self.clock.last, "connecting", f"connecting to {self.config.url}")
            try:
                await self._connection()
            except RefusedError as refusal:
                self._step(self.protocol.refused, refusal.status, refusal.retry_after)
            except LineError as end:
                self._step(self.protocol.closed, str(end))

    def stop(self) -> None:
        """Say that the session is over; the book is lost with it."""
        now_s = trio.current_time()
        self.stream.put(self.protocol.stop(now_s, self.clock.stamp(now_s)).events)

    async def _connection(self) -> None:
        """One connection from its opening until the protocol wants its end.

        Raises:
            RefusedError: the opening was answered by HTTP.
            LineError: the connection ended by itself.
        """
        with trio.move_on_at(self.protocol.wake_at) as opening:
            raw = await self.dial(self.config.url)
            socket = WebSocket(raw, self.config.max_message_bytes)
            try:
                await socket.open(self.config.url)
            except BaseException:
                await socket.aclose()
                raise
        if opening.cancelled_caught:
            self._step(self.protocol.wake)
            return
        async with aclosing(socket):
            await self._converse(socket)

    async def _converse(self, socket: WebSocket) -> None:
        going = await self._carry_out(self._step(self.protocol.opened), socket)
        while going:
            texts: list[str | bytes] = []
            with trio.move_on_at(self.protocol.wake_at):
                texts = await socket.receive()
            if not texts:
                going = await self._carry_out(self._step(self.protocol.wake), socket)
            for text in texts:
                step = self._step(self.protocol.frame, text)
                if step.send or step.close:
                    going = await self._carry_out(step, socket)
                    if not going:
                        break

    def _step(self, act: Callable[..., Step], *arguments: object) -> Step:
        """Bring something to the protocol now; hand on what it makes of it but for the frames."""
        was_known = self._book_is_known
        now_s = trio.current_time()
        ts = self.clock.stamp(now_s)
        if act == self.protocol.frame:
            self.audit_log.counts["frames"] += 1
            if self.log is not None:
                self.log(ts, _text(arguments[0]))
        step = act(*arguments, now_s, ts)
        self.stream.put(step.events)
        for note in step.notes:
            self.audit_log.tell(ts, "note", note)
        self._book_is_known = self.protocol.book_is_live and any(self.protocol.touch())
        if was_known and not self._book_is_known:
            self.audit_log.opened_gap(ts, step.notes[0] if step.notes else "it is empty")
        elif self._book_is_known and not was_known:
            self.audit_log.closed_gap(ts)
        if step.fatal is not None:
            self.failure = step.fatal
            self.audit_log.tell(ts, "failed", str(step.fatal), "error")
        return step

    async def _carry_out(self, step: Step, socket: WebSocket) -> bool:
        """Send what a step says; tell whether the connection goes on.

        Raises:
            LineError: the connection is over, or does not take it.
        """
        for text in step.send:
            with trio.move_on_after(self.config.heartbeat_s) as patience:
                await socket.send(text)
            if patience.cancelled_caught:
                raise LineError(f"it took nothing for {self.config.heartbeat_s:g} s")
        return not (step.close or step.fatal)


def _text(frame: object) -> str:
    return frame if isinstance(frame, str) else repr(frame)

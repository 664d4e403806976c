"""Delivery of one rule's alerts: one at a time, tried again ever more slowly, the latest only.

An alert that waits while another is on its way is replaced by a later one, which says how many were
left out: a receiver that hangs for an hour costs two messages of memory. Who is told, and how, is
``webhook``'s and ``command``'s part.
"""

from collections.abc import Callable
from typing import Final, Protocol

import attrs
import trio

from mm.alerts.webhook import Answer

FIRST_WAIT_S: Final = 1.0
"""Before the second try; twice as long before each further one."""
LONGEST_WAIT_S: Final = 300.0


class Target(Protocol):
    """Who is told."""

    async def send(self, content: bytes) -> Answer:
        """Tell it once."""
        ...


class Outbox:
    """Holds what waits to be told: at most one alert."""

    def __init__(self) -> None:
        """Start empty."""
        self._waiting: Callable[[int], bytes] | None = None
        self._left_out = 0
        self._busy = False
        self._changed = trio.Event()

    def put(self, write: Callable[[int], bytes]) -> None:
        """Take an alert, in place of one that waits; ``write`` is told how many were left out."""
        self._left_out += self._waiting is not None
        self._waiting = write
        self._tell()

    async def take(self) -> bytes:
        """Wait for an alert."""
        self._busy = False
        self._tell()
        while self._waiting is None:
            await self._changed.wait()
        content = self._waiting(self._left_out)
        self._waiting, self._left_out, self._busy = None, 0, True
        return content

    async def until_idle(self) -> None:
        """Wait until nothing waits and nothing is on its way."""
        while not self.is_idle:
            await self._changed.wait()

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nothing is on its way."""
        return not self._busy and self._waiting is None

    def _tell(self) -> None:
        self._changed.set()
        self._changed = trio.Event()


@attrs.frozen
class Line:
    """From a rule to who is told."""

    target: Target
    tries: int
    """Most of them for one alert, at least 1."""
    outbox: Outbox = attrs.field(factory=Outbox)


async def deliver(line: Line, complain: Callable[[str], None]) -> None:
    """Deliver what comes, until cancelled; ``complain`` is told what could not be delivered."""
    while True:
        content = await line.outbox.take()
        answer, tried = await _persist(line, content)
        if not answer.ok:
            times = "" if tried == 1 else f" ({tried} tries)"
            complain(f"{answer.text}{times}")


async def _persist(line: Line, content: bytes) -> tuple[Answer, int]:
    """Try until it is told, or it is of no use; return the last answer and the number of tries."""
    wait_s, tried = FIRST_WAIT_S, 0
    while True:
        answer = await line.target.send(content)
        tried += 1
        if answer.ok or not answer.again or tried == line.tries:
            return answer, tried
        await trio.sleep(wait_s)
        wait_s = min(2 * wait_s, LONGEST_WAIT_S)

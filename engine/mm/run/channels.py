"""Channel ends for the pipeline: each task owns its own, and closes them.

When a reader dies, its writer's ``send`` fails too, as a consequence. Such a failure is renamed
``ReaderGoneError`` here, at the send, so that the cause can be told from its echoes: a bare
``BrokenResourceError`` could also be somebody's dead socket.
"""

from typing import Generic, TypeVar

import trio

from mm.blame import ReaderGoneError

T = TypeVar("T")
Inlet = trio.MemoryReceiveChannel


class Outlet(Generic[T]):
    """The sending end of a channel. Its owner closes it, with a plain ``with``."""

    def __init__(self, channel: trio.MemorySendChannel[T]) -> None:
        """Wrap ``channel``."""
        self._channel = channel
        self.sent: T | None = None
        """What was handed over last."""

    async def send(self, value: T, /) -> None:
        """Hand over ``value``; waits while the channel is full."""
        try:
            await self._channel.send(value)
        except trio.BrokenResourceError:
            raise ReaderGoneError from None
        self.sent = value

    def close(self) -> None:
        """Say that nothing more will come."""
        self._channel.close()

    def __enter__(self) -> "Outlet[T]":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def open_channel(capacity: int, kind: type[T]) -> tuple[Outlet[T], Inlet[T]]:
    """Make a bounded channel for messages of one kind."""
    sender, receiver = trio.open_memory_channel[T](capacity)
    return Outlet(sender), receiver

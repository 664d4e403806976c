"""Ctrl-C: the first one stops the reading and lets the run end well, the second ends it at once."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

import trio

EXIT_CODE: Final = 130
"""128 + SIGINT, as shells have it."""


@contextmanager
def graceful_interrupts(
    on_first: Callable[[], None], on_second: Callable[[], None] | None = None
) -> Iterator[None]:
    """Call ``on_first`` (in Trio's thread) at the first signal to end; at the second ``on_second``.

    Must be entered in the main thread, inside ``trio.run``; elsewhere it does nothing, since only
    the main thread receives signals. Without ``on_second`` the second signal ends the process
    without another word: the manifest, which is written last, is then missing, and says so. With
    it the process is somebody else's and goes on: what handled the signal before is called, too,
    which of Ctrl-C is Trio, who raises KeyboardInterrupt also in a part that never returns.
    """
    token = trio.lowlevel.current_trio_token()
    seen = False

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal seen
        if number == signal.SIGHUP:  # the shell and the kernel both tell of a closed terminal
            signal.signal(number, signal.SIG_IGN)
        elif seen and on_second is None:
            os._exit(EXIT_CODE)
        elif seen and on_second is not None:
            token.run_sync_soon(on_second)
            earlier = before[signal.Signals(number)]
            if callable(earlier):
                earlier(number, frame)
            return
        seen = True
        token.run_sync_soon(on_first)

    # What a shell told us to ignore (a script's `mm … &`) stays ignored.
    numbers = [n for n in _NUMBERS if signal.getsignal(n) is not signal.SIG_IGN]
    try:
        before = {number: signal.signal(number, handle) for number in numbers}
    except ValueError:  # not the main thread
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) is handle:
                signal.signal(number, handler)


_NUMBERS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

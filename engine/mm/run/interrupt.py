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
def graceful_interrupts(on_first: Callable[[], None]) -> Iterator[None]:
    """Call ``on_first`` (in Trio's thread) at the first signal to end; exit at the second.

    Must be entered in the main thread, inside ``trio.run``; elsewhere it does nothing, since only
    the main thread receives signals. The second signal ends the process without another word:
    the manifest, which is written last, is then missing, and says so.
    """
    token = trio.lowlevel.current_trio_token()
    seen = False

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal seen
        if number == signal.SIGHUP:  # the shell and the kernel both tell of a closed terminal
            signal.signal(number, signal.SIG_IGN)
        elif seen:
            os._exit(EXIT_CODE)
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

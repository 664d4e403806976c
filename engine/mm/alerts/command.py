"""A command: alerts as JSON on a program's stdin. No shell, a time limit, a bounded output.

The program and what it leaves running in its process group are ended with it, also when we are
cancelled. A limit of output holds it back, rather than us.
"""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Final

import trio

from mm.alerts.webhook import Answer, plain

MOST_OUTPUT: Final = 1 << 16
"""Bytes that a program may print; more is no word of a result."""
_LAST_WORDS_S: Final = 0.2
"""For what a program printed just before it ended; its children may hold the pipe open."""
_REAP_S: Final = 1.0


class Command:
    """Tells a program."""

    def __init__(self, words: Sequence[str], timeout_s: float) -> None:
        """Take a program with its arguments; starts nothing."""
        self._words, self._timeout_s = list(words), timeout_s

    async def send(self, content: bytes) -> Answer:
        """Run it once; never raises for what it does."""
        try:
            process = await trio.lowlevel.open_process(
                self._words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            return Answer(False, False, f"it cannot be started: {reason}")
        try:
            return await self._follow(process, content)
        finally:
            await _end(process)

    async def _follow(self, process: trio.Process, content: bytes) -> Answer:
        output = bytearray()
        with trio.move_on_after(self._timeout_s) as limit:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_tell, process, content)
                nursery.start_soon(partial(_listen, process, output, nursery.cancel_scope))
                await process.wait()
                nursery.cancel_scope.deadline = trio.current_time() + _LAST_WORDS_S
        if limit.cancelled_caught:
            return Answer(False, True, f"it did not end within {self._timeout_s:g} s")
        if len(output) > MOST_OUTPUT:
            return Answer(False, False, f"it printed over {MOST_OUTPUT} bytes")
        said, code = plain(bytes(output)), process.returncode
        text = f"it ended with {code}" + (f", {said!r}" if said else "")
        return Answer(code == 0, True, text)


async def _tell(process: trio.Process, content: bytes) -> None:
    """Write all, unless it ends or closes its stdin before."""
    assert process.stdin is not None
    try:
        await process.stdin.send_all(content + b"\n")
        await process.stdin.aclose()
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        return


async def _listen(process: trio.Process, output: bytearray, following: trio.CancelScope) -> None:
    """Keep what it prints; once that is too much, read no further and stop following it."""
    assert process.stdout is not None
    async for piece in process.stdout:
        output += piece
        if len(output) > MOST_OUTPUT:
            following.cancel(reason="the command prints without end")
            return


async def _end(process: trio.Process) -> None:
    """Kill what is left of it, and wait for its end.

    Shielded, since a program that nobody waits for stays in the process table; bounded, since one
    that hangs in the kernel must not hold the run.
    """
    with suppress(ProcessLookupError, PermissionError):  # nobody left; macOS says so of the dead
        os.killpg(process.pid, signal.SIGKILL)  # its session's leader: the group has its number
    with trio.move_on_after(_REAP_S, shield=True):
        await process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                await pipe.aclose()

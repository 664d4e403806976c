"""Where worker processes come from: a foreman that forks them, or each started on its own.

A fork brings all that was imported and compiled along, so the foreman is used where a fork is safe:
on Linux. All workers end with the workshop, also when this process is killed.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import attrs
import trio

from mm.api import MMError
from mm.study.check import Base
from mm.study.foreman import Orders, oversee
from mm.study.worker import command

_FORKS: Final = sys.platform == "linux"
_TRIES: Final = 3
_MOST_TOLD: Final = 100_000
"""Bytes of an argument of a process; Linux takes 128 KiB."""

ONE_THREAD: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Of libraries that start threads when they are imported, which a fork would not take along."""


def start(
    module: str, *arguments: str, end: socket.socket, folder: str | None = None
) -> "subprocess.Popen[bytes]":
    """Start a process of its own that calls ``main`` of a module.

    Args:
        module: by its full name.
        arguments: of ``main``.
        end: of a connection: the process has it as stdin.
        folder: from which its paths are seen; None = as here.

    Raises:
        OSError: there is no such folder, or no process can be started.
    """
    return subprocess.Popen(
        command(module, *arguments),
        stdin=end.fileno(),
        stdout=subprocess.DEVNULL,
        cwd=folder,
        start_new_session=True,
        env={**os.environ, **ONE_THREAD},
    )


class Process:
    """A worker, at the other end of a connection. An async context manager: it ends with it."""

    def __init__(self, stream: trio.SocketStream) -> None:
        """Take the connection."""
        self._stream = stream

    async def make(self, asked: dict[str, Any]) -> dict[str, Any] | None:
        """Have it make a run; None = it died."""
        answer = b""
        try:
            await self._stream.send_all(json.dumps(asked).encode() + b"\n")
            while not answer.endswith(b"\n"):
                piece = await self._stream.receive_some()
                if not piece:
                    return None
                answer += piece
        except trio.BrokenResourceError:
            return None
        found: dict[str, Any] = json.loads(answer)
        return found

    async def __aenter__(self) -> "Process":
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._stream.aclose()


class Workshop:
    """Makes workers. A context manager: it leaves no process and no file behind."""

    def __init__(self, base: Base) -> None:
        """Start nothing yet; ``base`` is what all runs have in common."""
        self.base = base
        self.seats: int | None = None
        self.maps = True
        self.scratch = Path(tempfile.mkdtemp(prefix="mm-sweep-"))
        """Folder for files that are of use while the study is at work."""
        self._foreman: socket.socket | None = None
        self._processes: list[int] = []

    def prepare(self) -> None:
        """Start what makes workers, which imports and compiles meanwhile.

        Before Trio runs, and before a file is open that others are to have after us, it is forked.
        """
        if not _FORKS or self._foreman is not None:
            return
        ours, theirs = socket.socketpair()
        orders = Orders(
            scratch=str(self.scratch), config=str(self.base.path), text=self.base.text,
            overrides=list(self.base.overrides),
        )  # fmt: skip
        with theirs:
            if threading.active_count() == 1 and not trio.lowlevel.in_trio_run():
                self._fork(ours, theirs, orders)
            else:
                told = json.dumps(attrs.asdict(orders))
                if len(told) > _MOST_TOLD:
                    short = attrs.evolve(orders, text="", overrides=[], prepare=False)
                    told = json.dumps(attrs.asdict(short))
                self._start("mm.study.foreman", told, end=theirs)
        self._foreman = ours

    async def worker(self) -> "Process":
        """Make a worker.

        Raises:
            MMError: none can be made.
        """
        for _ in range(_TRIES):
            ours, theirs = socket.socketpair()
            with theirs:
                self._ask_for_one(theirs)
            stream = trio.SocketStream(trio.socket.from_stdlib_socket(ours))
            with suppress(trio.BrokenResourceError):
                if await stream.receive_some(1):  # its greeting
                    return Process(stream)
            await stream.aclose()
            if self._foreman is not None:
                self._foreman.close()  # it has been killed; the next one may live
                self._foreman = None
        raise MMError(
            "no process could be started, perhaps for want of memory; try fewer --processes"
        )

    def _ask_for_one(self, end: socket.socket) -> None:
        if not _FORKS:
            return self._start("mm.study.worker", str(self.scratch), str(os.getpid()), end=end)
        self.prepare()
        assert self._foreman is not None
        with suppress(BrokenPipeError, ConnectionResetError):  # then no greeting will come
            socket.send_fds(self._foreman, [b"w"], [end.fileno()])
        return None

    def _fork(self, ours: socket.socket, theirs: socket.socket, orders: Orders) -> None:
        with warnings.catch_warnings():  # of threads that are not Python's, and do nothing now
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            code = 1
            try:
                os.setsid()  # a terminal's Ctrl-C is for the parent
                ours.close()
                code = oversee(theirs, orders, self.base.registry)
            finally:
                os._exit(code)
        self._processes.append(pid)

    def _start(self, module: str, *arguments: str, end: socket.socket) -> None:
        process = start(module, *arguments, end=end)
        process.returncode = 0  # it is waited for below
        self._processes.append(process.pid)

    def __enter__(self) -> "Workshop":
        return self

    def __exit__(self, *exc: object) -> None:
        """End every process, at once."""
        if self._foreman is not None:
            self._foreman.close()
        for pid in self._processes:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)  # with all that it forked
            os.kill(pid, signal.SIGKILL)  # it may not have a group of its own yet
            os.waitpid(pid, 0)
        shutil.rmtree(self.scratch, ignore_errors=True)

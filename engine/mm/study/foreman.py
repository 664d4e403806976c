"""A process that imports and compiles once, and makes workers by forking itself.

It is forked itself, where the process that plans has one thread only; else it is started as a
command with its orders as JSON and the socket as stdin. With each byte that comes there, there
comes the end of a connection, for the worker to be made. When the socket closes, it ends its
workers and removes their files.
"""

import gc
import json
import os
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress

import attrs

from mm.config import load_config
from mm.registry import Registry, load_registry
from mm.run.warm import warm
from mm.study.worker import command, serve


@attrs.frozen(kw_only=True)
class Orders:
    """What a foreman is told."""

    scratch: str
    """Folder for files."""
    config: str
    text: str | None
    overrides: Sequence[str]
    """As ``Base`` has them: what to prepare for."""
    prepare: bool = True


def main(told: str) -> int:
    """Make workers until stdin ends."""
    return oversee(socket.socket(fileno=os.dup(0)), Orders(**json.loads(told)), None)


def oversee(control: socket.socket, orders: Orders, registry: Registry | None) -> int:
    """Make workers until ``control`` is closed. Ctrl-C is the parent's business, who ends us.

    Args:
        control: a byte and a connection for each worker to make.
        orders: what to prepare for.
        registry: the installed parts, if they are loaded.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    os.dup2(2, 1)  # a plugin's print is no outcome
    if orders.prepare:
        registry = _prepared(orders, registry)
    if threading.active_count() > 1:  # which a fork would not take along
        again = json.dumps(attrs.asdict(attrs.evolve(orders, prepare=False)))
        os.dup2(control.fileno(), 0)
        os.execv(sys.executable, command("mm.study.foreman", again))
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    gc.freeze()  # what is here now stays, and its pages stay shared
    workers: set[int] = set()
    while True:
        byte, ends, _, _ = socket.recv_fds(control, 1, 1)
        if not byte:
            break
        with suppress(ChildProcessError):
            while (gone := os.waitpid(-1, os.WNOHANG)[0]) != 0:
                workers.discard(gone)
        if pid := os.fork():
            workers.add(pid)
            os.close(ends[0])
            continue
        control.close()
        os._exit(_work(ends[0], registry, orders.scratch))
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    shutil.rmtree(orders.scratch, ignore_errors=True)
    return 0


def _work(end: int, registry: Registry | None, scratch: str) -> int:
    """Be a worker; what it raises is told as Python does at an end."""
    try:
        serve(socket.socket(fileno=end), registry, scratch)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def _prepared(orders: Orders, registry: Registry | None) -> Registry | None:
    """Load all plugins and kernels; what is wrong with one shows again in the run."""
    with suppress(Exception):
        registry = registry or load_registry()
        warm(load_config(orders.config, registry, orders.overrides, text=orders.text))
    return registry

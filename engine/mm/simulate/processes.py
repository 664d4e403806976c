"""Paths shared out among processes. How they are shared does not show in the numbers.

Each process runs groups of paths (see ``runs``), and their outcomes are put together in order of
path number. Knows nothing of what a path is.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache
from multiprocessing import active_children, get_context
from typing import Final

from mm.api import MMError
from mm.api.jit import is_cold
from mm.config import LoadedConfig, load_config
from mm.registry import load_registry
from mm.simulate.runs import run_paths
from mm.simulate.statistics import Outcomes, joined

GROUP: Final = 20
"""Paths in one run. More share a round trip of the network; fewer make the ledger's and the
venue's walks over all instruments short. Measured at 5 to 100: 20 is best by a little."""


def simulate(
    loaded: LoadedConfig,
    paths: int,
    processes: int | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Outcomes:
    """Simulate the paths 0 to ``paths - 1``.

    Args:
        loaded: a run file with a connector of simulated paths.
        paths: how many, >= 1.
        processes: how many processes share them; None = as many as there are cores.
        progress: given the number of paths done, now and then.

    Returns:
        One outcome a path, in order; the same for any number of processes.

    Raises:
        MMError: what kept a part from doing its work, in whichever process.
        KeyboardInterrupt: on SIGINT and SIGTERM, when no process is left behind.
    """
    groups = [(first, min(GROUP, paths - first)) for first in range(0, paths, GROUP)]
    workers = min(processes or cores(), len(groups))
    if workers == 1:
        return joined(list(_one_by_one(loaded, groups, progress)))
    if is_cold("mm"):
        run_paths(loaded, 0, 1)  # one process compiles, the others read what it left
    others = active_children()
    with _terminable(), ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        try:
            return joined(_share_out(pool, loaded, groups, progress))
        except BaseException as error:
            for child in active_children():
                if child not in others:
                    child.terminate()  # nobody waits for what it has begun
            if not isinstance(error, BrokenProcessPool):
                raise
            raise MMError(
                f"one of {workers} processes ended before its paths were done, perhaps for want of"
                " memory; try again with fewer --processes"
            ) from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _one_by_one(
    loaded: LoadedConfig, groups: list[tuple[int, int]], progress: Callable[[int], None]
) -> Iterator[Outcomes]:
    for first, count in groups:
        yield run_paths(loaded, first, count)
        progress(first + count)


def _share_out(
    pool: ProcessPoolExecutor,
    loaded: LoadedConfig,
    groups: list[tuple[int, int]],
    progress: Callable[[int], None],
) -> list[Outcomes]:
    """Run every group; return the outcomes in order."""
    disabled = loaded.registry.disabled
    with _deaf_children():
        futures: dict[Future[Outcomes], int] = {
            pool.submit(_run_group, loaded.text, disabled, str(loaded.path), *group): group[1]
            for group in groups
        }
    done = 0
    for future in as_completed(futures):
        future.result()  # the first error ends it all
        done += futures[future]
        progress(done)
    return [future.result() for future in futures]


def _run_group(text: str, disabled: tuple[str, ...], path: str, first: int, count: int) -> Outcomes:
    """Run one group, in a process of the pool."""
    return run_paths(_loaded(text, disabled, path), first, count)


@cache
def _loaded(text: str, disabled: tuple[str, ...], path: str) -> LoadedConfig:
    """Load the run file once a process: parts cannot be sent from one to another."""
    return load_config(path, load_registry(disabled), text=text)


@contextmanager
def _deaf_children() -> Iterator[None]:
    """Have processes that start inside never see Ctrl-C, which a terminal sends to all of them.

    A child inherits the mask. In this process the signal waits until the end of the block.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _terminable() -> Iterator[None]:
    """Take SIGTERM as Ctrl-C, so that the other processes are ended first.

    Only the main thread may say so; elsewhere nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

"""Brings what a live run writes to the disk itself, so that a loss of power takes little of it.

Other than a kill, that takes what the system had not brought there yet. Knows folders, and nothing
of what their files say.
"""

import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Final

import trio

from mm.api import UsageError
from mm.run.disk import Disk

_WRITER: Final = "safekeeping"
_LOOK_S: Final = 1.0
_AGAIN_S: Final = 1.0


class Safekeeping:
    """Syncs the files of folders that have changed since they were synced last."""

    def __init__(self, folders: Iterable[Path]) -> None:
        """Watch ``folders``."""
        self._folders = tuple(folders)
        self._seen: dict[str, tuple[int, int]] = {}

    def sync(self) -> None:
        """Sync once; takes as long as the disk does.

        Raises:
            UsageError: a folder is not there any more, or the disk has failed.
        """
        for folder in self._folders:
            try:
                self._sync(folder)
            except OSError as error:
                raise UsageError(
                    f"{folder}: what is written there cannot be kept: {error.strerror}; put the"
                    " folder or the disk right and take the run up again"
                ) from error

    def _sync(self, folder: Path) -> None:
        has_new_name = False
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    state = entry.stat()
                    now = (state.st_size, state.st_mtime_ns)
                    if not entry.is_file() or self._seen.get(entry.path) == now:
                        continue
                    _sync_one(entry.path)
                except FileNotFoundError:  # it was a file on its way to its name
                    continue
                has_new_name |= entry.path not in self._seen
                self._seen[entry.path] = now
        if has_new_name:
            _sync_one(str(folder))


@asynccontextmanager
async def kept_safe(
    folders: Iterable[Path], every_s: float, disk: Disk | None
) -> AsyncIterator[None]:
    """Have what a live run writes brought to the disk itself while the block runs.

    Args:
        folders: where it writes.
        every_s: see ``keep_safe``; 0 = nobody asked for it.
        disk: of the run; None = whatever it refuses ends the run.
    """
    if every_s == 0:
        yield
        return
    async with trio.open_nursery() as nursery:
        nursery.start_soon(keep_safe, Safekeeping(folders), every_s, disk)
        if disk is not None:
            nursery.start_soon(_watch, disk)
        yield
        nursery.cancel_scope.cancel(reason="the run is over")


async def keep_safe(safekeeping: Safekeeping, every_s: float, disk: Disk | None) -> None:
    """Sync again and again, ``every_s`` after the last time [s], sooner if it failed.

    Until cancelled.

    In a thread: a slow disk keeps nobody waiting, and can be told of before it answers.
    """
    while True:
        refused = disk is not None and disk.has_refused(_WRITER)
        await trio.sleep(min(every_s, _AGAIN_S) if refused else every_s)
        with nullcontext() if disk is None else disk.trying(_WRITER):
            await trio.to_thread.run_sync(safekeeping.sync, abandon_on_cancel=True)


async def _watch(disk: Disk) -> None:
    while True:
        await trio.sleep(_LOOK_S)
        disk.look()


def _sync_one(path: str) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)

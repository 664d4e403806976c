"""What a Dask worker keeps between two runs: processes that make runs, as those of a local study.

Dask imports this on the worker and calls it in its threads; each call takes a process that is idle,
or starts one. A run that ends its process, or keeps Python busy, so harms no Dask worker. Processes
end with the study, with the Dask worker, and when nobody has asked for a minute. Knows no Dask.
"""

import json
import os
import shutil
import socket
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from mm.study.workshop import start

_IDLE_S: Final = 60.0
"""Then the client is gone, who would have said so."""
_OVER: Final = 100
"""Studies that are remembered as over: what is asked for them late is not begun."""


class _Process:
    """A process that makes one run after the other."""

    def __init__(self, study: str, folder: str) -> None:
        """Start it in a folder, from which its paths are seen.

        Raises:
            OSError: there is no such folder, or no process can be started.
        """
        self.study = study
        self._scratch = tempfile.mkdtemp(prefix="mm-sweep-")
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = start(
                    "mm.study.worker", self._scratch, str(os.getpid()), end=theirs, folder=folder
                )
        except OSError:
            ours.close()
            shutil.rmtree(self._scratch, ignore_errors=True)
            raise
        with ours:
            self._lines = ours.makefile("rw", encoding="utf-8")
        self._greeted = False
        self._timer: threading.Timer | None = None

    def make(self, asked: dict[str, Any]) -> dict[str, Any] | None:
        """Have it make a run; None = it died."""
        try:
            if not self._greeted:
                self._greeted = bool(self._lines.readline())
            self._lines.write(json.dumps(asked) + "\n")
            self._lines.flush()
            answer = self._lines.readline()
        except (OSError, ValueError):
            return None
        outcome: dict[str, Any] | None = json.loads(answer) if answer.endswith("\n") else None
        return outcome

    def rest(self) -> None:
        """Be idle, but not for long."""
        self._timer = threading.Timer(_IDLE_S, _forget, [self])
        self._timer.daemon = True
        self._timer.start()

    def rouse(self) -> None:
        """Be idle no more."""
        if self._timer is not None:
            self._timer.cancel()

    def kill(self) -> None:
        """End it at once: whoever waits for its answer gets none."""
        self.rouse()
        self._process.kill()

    def bury(self) -> None:
        """End it, and remove what it has left."""
        self.kill()
        with suppress(OSError):
            self._lines.close()
        self._process.wait()
        shutil.rmtree(self._scratch, ignore_errors=True)


_lock = threading.Lock()
_idle: list[_Process] = []
_busy: list[_Process] = []
_over: list[str] = []


def make(asked: dict[str, Any]) -> dict[str, Any] | None:
    """Make a run, or with ``check`` look whether one could be made.

    Args:
        asked: as ``worker`` takes it, with ``study``, which tells studies apart, and ``folder``,
            from which paths are seen.

    Returns:
        What came of it; with ``refused``, why nothing can be run here; None = the process died.
    """
    if not Path(asked["folder"]).is_dir():
        return {"refused": f"has no folder {asked['folder']}, from which the paths are seen"}
    process = _take(asked["study"], asked["folder"])
    if process is None:
        return None
    outcome = process.make(asked)
    with _lock:
        _busy.remove(process)
        lives = outcome is not None and process.study not in _over
        if lives:
            _idle.append(process)
            process.rest()
    if not lives:
        process.bury()
    return outcome


def dismiss(study: str) -> None:
    """End all processes of a study, also those that are at work."""
    with _lock:
        _over.append(study)
        del _over[:-_OVER]
        gone = [one for one in _idle if one.study == study]
        for one in gone:
            _idle.remove(one)
        for one in _busy:
            if one.study == study:
                one.kill()
    for one in gone:
        one.bury()


def _take(study: str, folder: str) -> _Process | None:
    with _lock:
        if study in _over:
            return None
        process = next((one for one in _idle if one.study == study), None)
        if process is None:
            process = _Process(study, folder)
        else:
            _idle.remove(process)
        process.rouse()
        _busy.append(process)
    return process


def _forget(process: _Process) -> None:
    with _lock:
        if process not in _idle:
            return
        _idle.remove(process)
    process.bury()

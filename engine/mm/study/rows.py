"""The study's folder: one line of JSON for each set that was run, written as soon as it is known.

A process that is killed loses only what was running: half a line at the end is left out, and
starting again goes on. A row is found again by a key: a hash of the effective run file, of the data
and of the versions of all plugins, so nothing that has changed is taken for done. One process at a
time has the folder.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO, Final

from mm.api import UsageError
from mm.record.files import replace_text

FILE_NAME: Final = "results.jsonl"
RUN_FILE_NAME: Final = "run_file.toml"
"""The run file of a study that was given it as a dict; other studies have it where it lies."""


def key_of(fingerprint: str, data: Iterable[str]) -> str:
    """Name a run by all that decides what it comes to.

    Args:
        fingerprint: of all but the data, see ``check``.
        data: a hash of each file that it reads.
    """
    return hashlib.sha256(json.dumps([fingerprint, sorted(data)]).encode()).hexdigest()


def failure(error: str) -> dict[str, Any]:
    """What comes of a set that could not be run."""
    return {"status": "failed", "digest": None, "error": error, "summary": {}, "metrics": {}}


def pruned(why: str) -> dict[str, Any]:
    """What comes of a set that is not worth running."""
    return {"status": "pruned", "digest": None, "error": None, "why": why, "summary": {},
            "metrics": {}}  # fmt: skip


class Rows:
    """The rows of a study. A context manager: it has the folder to itself.

    Only where each row stands is kept in memory.
    """

    def __init__(self, folder: Path) -> None:
        """Open the folder; make it if need be.

        Raises:
            UsageError: it cannot be written to, or another process has it.
        """
        self.path = folder / FILE_NAME
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file: BinaryIO = self.path.open("a+b")
        except OSError as error:
            raise UsageError(
                f"{folder}: cannot be written to: {error.strerror}; name another folder after"
                " --output"
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise UsageError(
                f"{folder}: another mm sweep is at work here; wait for it, or name another folder"
            ) from None
        self._places: dict[str, tuple[int, str]] = {}  # key -> where its last row is, its status
        try:
            self._size = self._read()
        except BaseException:
            self._file.close()
            raise

    def _read(self) -> int:
        """Read what is there; cut half a line off."""
        self._file.seek(0)
        at = 0
        for number, line in enumerate(self._file, 1):
            if not line.endswith(b"\n"):
                self._file.truncate(at)
                break
            try:
                row = json.loads(line)
                self._places[row["key"]] = at, row["status"]
            except (ValueError, KeyError, TypeError) as error:
                raise UsageError(
                    f"{self.path}:{number}: is no row of a study; name another folder after"
                    " --output"
                ) from error
            at += len(line)
        return at

    def __len__(self) -> int:
        return len(self._places)

    def status(self, key: str) -> str | None:
        """Give the status of a run; None = it has no row."""
        return self._places[key][1] if key in self._places else None

    def line(self, key: str) -> str:
        """Give the row of a run as it is written."""
        self._file.seek(self._places[key][0])
        return self._file.readline().decode()

    def row(self, key: str) -> dict[str, Any]:
        """Give the row of a run."""
        found: dict[str, Any] = json.loads(self.line(key))
        return found

    def add(self, row: dict[str, Any]) -> None:
        """Write a row; when this returns, it is on the disk.

        Raises:
            UsageError: it cannot be written.
        """
        line = json.dumps(row).encode() + b"\n"
        try:
            self._file.write(line)  # at the end, wherever we read last
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise UsageError(
                f"{self.path}: cannot be written: {error.strerror}; make room and start again"
            ) from error
        self._places[row["key"]] = self._size, row["status"]
        self._size += len(line)

    def keep_run_file(self, text: str) -> None:
        """Keep a run file that is nowhere else, beside the rows.

        Raises:
            UsageError: it cannot be written.
        """
        path = self.path.with_name(RUN_FILE_NAME)
        try:
            replace_text(path, text)
        except OSError as error:
            raise UsageError(f"{path}: cannot be written: {error.strerror}; make room") from error

    def __enter__(self) -> "Rows":
        return self

    def __exit__(self, *exc: object) -> None:
        self._file.close()

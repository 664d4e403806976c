"""A run directory before its end: ``started.json``, and whether somebody still writes there.

The file says what is known when a run starts, in the words of its summary and its manifest, and
goes when the manifest has come. The process holds a lock on it, which the system takes away from a
process that dies. So a directory with the file and without the lock is of a run that was killed.
Knows nothing of tables.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final, Literal, TypeAlias

from mm.api import DataError, UsageError, read_file
from mm.record.files import replace_text
from mm.run.rundir import STARTED, writing_to

try:
    import fcntl
except ImportError:  # a system without: a run that goes on is taken for one that was killed
    fcntl = None  # type: ignore[assignment]

Unfinished: TypeAlias = Literal["running", "killed"]

_MOST_BYTES: Final = 1 << 26


@contextmanager
def going_on(directory: Path, content: Mapping[str, Any]) -> Iterator[None]:
    """Say that a run goes on; take it back when its manifest is there.

    Raises:
        UsageError: the file cannot be written.
    """
    path = directory / STARTED
    with writing_to(directory):
        replace_text(path, json.dumps(content, allow_nan=False) + "\n")  # compact: nobody reads it
        file = path.open("rb")
    with file:
        _lock(file)
        yield
        if (directory / "manifest.json").exists():
            path.unlink(missing_ok=True)


@contextmanager
def claimed(directory: Path) -> Iterator[None]:
    """Keep a run's directory for oneself, to go on with the run.

    Raises:
        UsageError: the run still goes on, or somebody else is taking it up.
    """
    if not directory.is_dir():
        raise UsageError(f"{directory}: there is no such run; name the folder of one")
    place = os.open(directory, os.O_RDONLY)
    try:
        if fcntl is not None:
            try:
                fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UsageError(_goes_on(directory)) from None
        if _is_locked(directory / STARTED):
            raise UsageError(_goes_on(directory))
        yield
    finally:
        os.close(place)


def _goes_on(directory: Path) -> str:
    return f"{directory}: the run still goes on; stop it before it is taken up"


def read_started(directory: Path) -> tuple[Unfinished, dict[str, Any], dict[str, Any]]:
    """Read what a run that has not ended said at its start.

    Returns:
        Whether it still runs, its summary then, its manifest then.

    Raises:
        DataError: there is no such file, or it is damaged.
    """
    path = directory / STARTED
    data = read_file(path, expected="a file of a run", most_bytes=_MOST_BYTES, error=DataError)
    try:
        content = json.loads(data)
        summary, manifest = dict(content["summary"]), dict(content["manifest"])
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: is not what a run writes; run it again") from error
    return ("running" if _is_locked(path) else "killed"), summary, manifest


def has_ended(directory: Path) -> bool:
    """Whether a run's directory was sealed, or at least its start was not written down."""
    return (directory / "manifest.json").exists() or not (directory / STARTED).exists()


def _lock(file: IO[bytes]) -> None:
    if fcntl is not None:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_locked(path: Path) -> bool:
    if fcntl is None:
        return False
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False

"""Up to where the files of a recording are whole together, in a small file beside them.

A kill may come between the writing of one file and of the next. So after each round the time up to
which all hold everything is written down, with their sizes: in two slots in turn, each with a
checksum, so that one of them is whole whatever happens while the other is written. Knows neither
events nor what the files say.
"""

import errno
import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import attrs

from mm.api import DataError, stay_at
from mm.record.files import writing_recording

FILE_NAME: Final = "committed"

_SLOT: Final = 1024  # bytes; four file names with their sizes take a third of it


@attrs.frozen
class Committed:
    """What a slot says."""

    until: int
    """Every event up to there [µs] is in the files; -1 = nothing came yet."""
    sizes: Mapping[str, int]
    """Name to bytes, of the files of the day that was written last."""


class CommitFile:
    """Writes the slots.

    Raises:
        UsageError: from every method, if the file cannot be written.
    """

    def __init__(self, directory: Path) -> None:
        """Open the file, or make it, with nothing committed yet."""
        self._path = directory / FILE_NAME
        self._number = 0 if not self._path.exists() else _newest(self._path)[0]
        with writing_recording(self._path):
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
        if self._number == 0:
            self.write(Committed(-1, {}))

    def write(self, committed: Committed) -> None:
        """Write down what is whole now; what cannot be written leaves the slot before as it is."""
        number = self._number + 1
        body = json.dumps([number, committed.until, dict(committed.sizes)]).encode()
        text = (b"%08x %s" % (zlib.crc32(body), body)).ljust(_SLOT - 1) + b"\n"
        with writing_recording(self._path):
            self._file = stay_at(self._path, self._file, append=False)
            if os.pwrite(self._file, text, _SLOT * (number % 2)) < len(text):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._number = number

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def read_committed(directory: Path) -> Committed:
    """Read what was committed last.

    Raises:
        DataError: there is nothing to read, or nothing whole.
    """
    path = directory / FILE_NAME
    if not path.exists():
        raise DataError(
            f"{path}: is missing, expected a recording with a note of what is whole in it; one"
            " that an earlier version made can be replayed, and not gone on with"
        )
    number, found = _newest(path)
    if number == 0:
        raise DataError(f"{path}: is damaged, so nobody knows what is whole; replay the recording")
    return found


def _newest(path: Path) -> tuple[int, Committed]:
    """The newest whole slot with its number; (0, nothing) = there is none."""
    data = path.read_bytes()
    found: tuple[int, Committed] = (0, Committed(-1, {}))
    for start in (0, _SLOT):
        code, _, body = data[start : start + _SLOT].rstrip().partition(b" ")
        if code != b"%08x" % zlib.crc32(body):
            continue
        number, until, sizes = json.loads(body)
        if number > found[0]:
            found = (number, Committed(until, sizes))
    return found

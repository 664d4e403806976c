"""A compressed text file that only ever grows by whole members, each ending at a line end.

A killed process leaves whole members and at most one that is cut off, which tells its length and
so can be left out. Nothing is synced to the disk: what was written survives the process, not a
loss of power. Knows nothing of what the lines say, nor of time.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from mm.api import UsageError
from mm.record.members import member

_LONGEST_TEXT: Final = 1 << 20  # characters waiting; compressing them takes a few ms


class MemberFile:
    """Collects lines and writes them out as members.

    Raises:
        UsageError: from every method but ``lines``, if the file cannot be written.
    """

    def __init__(self, path: Path, first: str = "") -> None:
        """Make the file, all at once with its ``first`` lines: nobody sees it without."""
        self.path = path
        self.lines = 0
        """Added so far, without the first."""
        self._waiting: list[str] = []
        self._length = 0
        temporary = path.with_name(path.name + ".tmp")
        with writing_recording(path):
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND
            self._file = os.open(temporary, flags, 0o666)
            try:
                self._end = _append(self._file, member(first.encode())) if first else 0
                os.replace(temporary, path)
            except OSError:
                os.close(self._file)
                raise

    def add(self, lines: list[str]) -> None:
        """Take lines, each with its end; they are written at the next flush, or before."""
        self.lines += len(lines)
        self._waiting += lines
        self._length += sum(map(len, lines))
        if self._length >= _LONGEST_TEXT:
            self.flush()

    def flush(self) -> None:
        """Write what waits as one member."""
        if not self._waiting:
            return
        text = "".join(self._waiting)
        self._waiting, self._length = [], 0
        with writing_recording(self.path):
            try:
                # Text that is none (half of a surrogate pair) is kept in a readable form.
                self._end += _append(self._file, member(text.encode("utf-8", "backslashreplace")))
            except OSError:
                with suppress(OSError):
                    os.ftruncate(self._file, self._end)  # whole members again
                raise

    def close(self) -> None:
        """Flush and close."""
        try:
            self.flush()
        finally:
            os.close(self._file)


def _append(file: int, data: bytes) -> int:
    """Write all of ``data``, in one call as far as the system takes it; return its length."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]
    return len(data)


@contextmanager
def writing_recording(path: Path) -> Iterator[None]:
    """Explain a failure to write a recording: no room, a vanished directory.

    Raises:
        UsageError: in place of any OSError.
    """
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"{error.filename or path}: the recording cannot be written: {error.strerror};"
            " make room, or record to another folder"
        ) from error


def replace_text(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the new one, never half of it.

    It has the permissions of the one that it replaces.
    """
    temporary = path.with_name(path.name + ".tmp")
    try:
        temporary.write_text(text, encoding="utf-8", newline="")
        if path.exists():
            shutil.copymode(path, temporary)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)  # half a file helps nobody, least of all on a full disk
        raise

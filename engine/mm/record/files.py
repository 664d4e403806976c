"""A compressed text file that only ever grows by whole members, each ending at a line end.

A killed process leaves whole members and at most one that is cut off, which tells its length and
so can be left out. Knows nothing of what the lines say, nor of time, nor of when the system is to
bring what was written to the disk itself.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mm.api import UsageError, stay_at
from mm.record.members import member


class MemberFile:
    """Collects lines and writes them out as members.

    Raises:
        UsageError: from every method but ``add``, if the file cannot be written.
    """

    def __init__(self, path: Path, first: str = "") -> None:
        """Make the file, all at once with its ``first`` lines: nobody sees it without.

        One that is there is gone on with, from its end.
        """
        self.path = path
        self._waiting: list[str] = []
        with writing_recording(path):
            if path.exists():
                self._file = os.open(path, os.O_RDWR | os.O_APPEND)
                self.end = os.fstat(self._file).st_size
                """Bytes in whole members."""
            else:
                self._file, self.end = _make(path, first)

    def add(self, lines: list[str]) -> None:
        """Take lines, each with its end; they are written at the next flush."""
        self._waiting += lines

    def flush(self) -> None:
        """Write what waits as one member. What could not be written waits for the next flush.

        A file that was removed is put back; it is looked for also if nothing waits.
        """
        with writing_recording(self.path):
            self._file = stay_at(self.path, self._file)
            if not self._waiting:
                return
            text = "".join(self._waiting)
            if os.fstat(self._file).st_size > self.end:  # cutting back failed, too
                os.ftruncate(self._file, self.end)
            try:
                # Text that is none (half of a surrogate pair) is kept in a readable form.
                self.end += _append(self._file, member(text.encode("utf-8", "backslashreplace")))
            except OSError:
                with suppress(OSError):
                    os.ftruncate(self._file, self.end)  # whole members again
                raise
        self._waiting = []

    def close(self) -> None:
        """Flush and close."""
        try:
            self.flush()
        finally:
            os.close(self._file)


def _make(path: Path, first: str) -> tuple[int, int]:
    """Make a file beside its place, and put it there; give its descriptor and length."""
    temporary = path.with_name(path.name + ".tmp")
    file = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o666)
    try:
        end = _append(file, member(first.encode())) if first else 0
        os.replace(temporary, path)
    except OSError:
        os.close(file)
        raise
    return file, end


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
    replace_bytes(path, text.encode())


def replace_bytes(path: Path, data: bytes) -> None:
    """Write a file as ``replace_text`` does."""
    temporary = path.with_name(path.name + ".tmp")
    try:
        temporary.write_bytes(data)
        if path.exists():
            shutil.copymode(path, temporary)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)  # half a file helps nobody, least of all on a full disk
        raise

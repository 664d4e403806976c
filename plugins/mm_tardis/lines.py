"""Bytes of a file to blocks of whole lines: gzip (any number of members) or plain, by magic bytes.

Knows files and compression, bounded memory and what the system can answer; knows nothing of CSV
beyond the newline. Every fault of the file leaves as a DataError that names it.
"""

import hashlib
import io
import os
import zlib
from pathlib import Path
from typing import Any, Final, Self

import attrs
import numpy as np
from isal import igzip, igzip_lib

from mm.api import DataError, open_file
from mm_tardis.members import whole_bytes
from mm_tardis.table import MAX_LINE, Text

_GZIP_MAGIC: Final = b"\x1f\x8b"  # RFC 1952, 2.3.1

_FOREIGN: Final = {
    _GZIP_MAGIC: "gzip inside gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
    b"PAR1": "Parquet",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}
"""How files begin that hold something else, or the right thing in another form."""

# Any, since isal's stub has IsalError as an instance.
_BROKEN: Final[Any] = (EOFError, zlib.error, igzip_lib.IsalError, igzip.BadGzipFile)

_AGAIN: Final = "download the file again"


@attrs.frozen
class Identity:
    """What tells whether a file is still the one that was looked at."""

    device: int
    inode: int
    size: int
    modified_ns: int


class _Hashed(io.RawIOBase):
    """The first ``whole`` bytes of a file; hashes what is read, and at the end the rest, too."""

    def __init__(self, file: Any, digest: Any, whole: int) -> None:
        self._file = file
        self._digest = digest
        self._left = whole

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._left == 0:
            self._digest.update(self._file.read())
            return 0
        view = memoryview(buffer)[: self._left]
        count: int = self._file.readinto(view)
        self._left -= count
        self._digest.update(view[:count])
        return count


class LineBlocks:
    """One file, read once from its start: the header line, then blocks of whole lines."""

    def __init__(self, path: Path, block_bytes: int, *, expected: Identity | None = None) -> None:
        self.path = path
        self.line = 1
        """The line that the next unread byte belongs to, as far as blocks were counted."""
        self.open_ended = False
        """At the end: the last line has no line end."""
        self._block_bytes = block_bytes
        self._carry = b""
        self._digest = hashlib.sha256()
        self._file = open_file(
            path,
            expected="a CSV file",
            missing="check [data] tardis_root and the file's name",
            error=DataError,
        )
        self.identity = self._identify()
        try:
            if expected is not None:
                self._check_unchanged(expected)
            magic = self._file.read(2)
            if not magic:
                raise DataError(f"{path}: the file is empty (0 bytes), expected CSV; {_AGAIN}")
            self._file.seek(0)
            whole = whole_bytes(self._file.fileno(), self.identity.size)
            self.cut_off = self.identity.size - whole
            """Bytes of an incomplete member at the end of a recording; they are left out."""
            hashed = _Hashed(self._file, self._digest, whole)
            self._text: Any = hashed
            if magic == _GZIP_MAGIC:
                self._text = igzip.IGzipFile(fileobj=hashed, mode="rb")  # type: ignore[no-untyped-call]
        except BaseException as error:
            self._file.close()
            if isinstance(error, OSError):
                raise self._unreadable(error) from error
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._text.close()
        self._file.close()

    @property
    def sha256(self) -> str:
        """Of the file's bytes as far as they were read: of all of them after the last block."""
        return self._digest.hexdigest()

    def header(self) -> str:
        """Read the first line, without its end."""
        while b"\n" not in self._carry:
            data = self._read()
            if not data:
                break
            self._carry += data
            self._check_length(self._carry.split(b"\n", 1)[0])
        line, newline, self._carry = self._carry.partition(b"\n")
        if not line and not newline:
            raise DataError(f"{self.path}:1: the file holds no text, expected a header; {_AGAIN}")
        self._check_length(line)
        self._check_format(line)
        self.line = 2
        try:
            return line.decode("utf-8-sig").rstrip("\r")
        except UnicodeDecodeError:
            found = line[:20]
            raise DataError(
                f"{self.path}:1: the first line is not text but {found!r}, "
                f"expected the header of a Tardis CSV file; {_AGAIN}"
            ) from None

    def block(self) -> Text | None:
        """Read the next whole lines, the last one ended with a newline if need be; None = end."""
        while True:
            data = self._read()
            text = bytearray(self._carry)
            text += data
            if not data:
                self._carry = b""
                self._check_unchanged(self.identity)
                if not text:
                    return None
                self.open_ended = not text.endswith(b"\n")
                text += b"\n"
                return np.frombuffer(text, np.int8)
            cut = text.rfind(b"\n") + 1
            self._carry = bytes(memoryview(text)[cut:])
            if cut > 0:
                return np.frombuffer(text, np.int8, count=cut)
            self._check_length(self._carry)

    def _unreadable(self, error: OSError) -> DataError:
        reason = error.strerror or error
        return DataError(f"{self.path}: cannot be read: {reason}; copy it to a sound disk")

    def _read(self) -> bytes:
        try:
            data: bytes = self._text.read(self._block_bytes)
        except _BROKEN as error:
            what = "ends early" if isinstance(error, EOFError) else f"is corrupt ({error})"
            raise DataError(
                f"{self.path}:{self.line}: the gzip data {what} at or after this line; {_AGAIN}"
            ) from None
        except OSError as error:
            raise self._unreadable(error) from error
        return data

    def _check_format(self, line: bytes) -> None:
        for magic, name in _FOREIGN.items():
            if line.startswith(magic):
                raise DataError(
                    f"{self.path}: the file is {name}, expected plain text or gzip; convert it"
                )

    def _check_length(self, line: bytes) -> None:
        if len(line) > MAX_LINE:
            raise DataError(
                f"{self.path}:{self.line}: the line is longer than {MAX_LINE} bytes, "
                f"expected a row of a Tardis CSV file; {_AGAIN}"
            )

    def _identify(self) -> Identity:
        status = os.fstat(self._file.fileno())
        return Identity(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)

    def _check_unchanged(self, expected: Identity) -> None:
        if self._identify() != expected:
            raise DataError(
                f"{self.path}: the file changed while the run was using it, expected it to stay "
                f"as it was when first read; start again when it is complete"
            )

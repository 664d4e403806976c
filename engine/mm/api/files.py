"""Reading a file that the user named: a regular one, of a size that can be held, or a sentence.

A pipe would be waited on for ever, a device has no end, and a disk may fail at any byte. Each is
the user's to mend, so each leaves as the error of whoever reads, with the file's name.
"""

import io
import stat
from pathlib import Path

from mm.api.errors import ConfigError, MMError


def open_file(
    path: Path,
    *,
    expected: str,
    missing: str = "check the name",
    most_bytes: int | None = None,
    error: type[MMError] = ConfigError,
) -> io.FileIO:
    """Open a regular file to read it; it is looked at first, since opening a pipe would wait.

    Args:
        path: of the file.
        expected: what it should be, such as ``a CSV file``.
        missing: what to do if there is none.
        most_bytes: that it may have; None = any number.
        error: what to raise.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            what = "a directory" if stat.S_ISDIR(status.st_mode) else "not a regular file"
            raise error(f"{path}: this is {what}, expected {expected}; name the file itself")
        if most_bytes is not None and status.st_size > most_bytes:
            raise error(_too_large(path, f"{status.st_size}", expected, most_bytes))
        return io.FileIO(path)
    except FileNotFoundError:
        raise error(f"{path}: there is no such file; {missing}") from None
    except PermissionError:
        raise error(f"{path}: reading it is not permitted; change its permissions") from None
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or fault
        raise error(f"{path}: the file cannot be opened: {reason}; check its name") from None


def read_file(
    path: Path,
    *,
    expected: str,
    most_bytes: int,
    missing: str = "check the name",
    error: type[MMError] = ConfigError,
) -> bytes:
    """Read the whole of a regular file; arguments as of ``open_file``."""
    with open_file(
        path, expected=expected, missing=missing, most_bytes=most_bytes, error=error
    ) as file:
        try:
            # Some files of the system say that they have no bytes, and have no end.
            data = file.read(most_bytes + 1)
        except OSError as fault:
            reason = fault.strerror or fault
            raise error(f"{path}: cannot be read: {reason}; copy it to a sound disk") from fault
    if len(data) > most_bytes:
        raise error(_too_large(path, f"more than {most_bytes}", expected, most_bytes))
    return data


def _too_large(path: Path, found: str, expected: str, most_bytes: int) -> str:
    return (
        f"{path}: the file has {found} bytes, expected {expected} of at most {most_bytes};"
        " name another"
    )

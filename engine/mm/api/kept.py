"""A file that is kept open for long, and may be taken from its place meanwhile.

Whoever removes a folder does not close what is open in it: writing goes on, into a file that nobody
will find again. So a writer asks here, before each write, whether its file is still at its place.
Knows nothing of what the file says.
"""

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_CHUNK: Final = 1 << 20


def stay_at(path: Path, file: int, *, append: bool = True) -> int:
    """Give a descriptor of what ``file`` holds, at ``path``.

    Args:
        path: where the file was when it was opened.
        file: its descriptor, open to be read and written.
        append: whether a new descriptor is to write at the end, whatever its place (O_APPEND).

    Returns:
        ``file``, if it is still there. If its name is gone and its folder is there, what it holds
        is put back, whole or not at all; then ``file`` is closed, and this is another descriptor.

    Raises:
        OSError: ENOENT, the folder is not there, or another file stands at the place; or what
            putting back met.
    """
    state = os.fstat(file)
    try:
        there = os.stat(path)
    except FileNotFoundError:
        try:
            copy = _put_back(path, file, state.st_size, os.O_APPEND if append else 0)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(path)) from None
        os.close(file)
        return copy
    if (there.st_dev, there.st_ino) != (state.st_dev, state.st_ino):
        raise OSError(errno.ENOENT, "the file was removed, and another stands there", str(path))
    return file


def _put_back(path: Path, file: int, size: int, flags: int) -> int:
    temporary = path.with_name(path.name + ".tmp")
    copy = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC | flags, 0o666)
    try:
        start = 0
        while start < size:
            chunk = memoryview(os.pread(file, min(_CHUNK, size - start), start))
            if not chunk:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            start += len(chunk)
            while chunk:
                chunk = chunk[os.write(copy, chunk) :]
        os.replace(temporary, path)
    except OSError:
        os.close(copy)
        with suppress(OSError):
            temporary.unlink()
        raise
    return copy

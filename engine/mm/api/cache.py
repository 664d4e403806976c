"""Folders that are kept between runs in the user's cache, each under the key of what it holds.

An entry is written beside and put in place by one rename: it is whole or it is not there, and of
two processes that make the same one either wins. Those used longest ago make room. Knows nothing of
what is in them; whoever looks one up checks that it is sound.
"""

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

import attrs
import platformdirs

_PARTIAL: Final = ".partial-"
_ABOUT: Final = "about.txt"
_ABANDONED_NS: Final = 86_400 * 10**9
"""A folder that was not put in place for a day belongs to a process that was killed."""


@attrs.frozen
class Entry:
    """A folder that is kept."""

    path: Path
    about: str
    """What it holds, in a line."""
    bytes: int
    used_ns: int
    """When it was used last, since 1970."""


def cache_folder() -> Path:
    """Where entries are; made if need be, closed to others.

    Raises:
        OSError: it cannot be made, or belongs to somebody else.
    """
    folder = _root()
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.geteuid() or not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(13, f"{folder} is not ours to write to")
    return folder


def _root() -> Path:
    try:
        return platformdirs.user_cache_path("mm") / "data"
    except RuntimeError as error:  # nobody knows where home is
        raise OSError(str(error)) from error


def find_entry(key: str) -> Path | None:
    """Look an entry up; it counts as used now. None = there is none that is ours."""
    try:
        path = cache_folder() / key
        if path.is_symlink() or path.stat().st_uid != os.geteuid():
            return None
        os.utime(path)
    except OSError:
        return None
    return path


def new_entry() -> Path:
    """Make a folder to fill, which nobody finds before it is put in place.

    Raises:
        OSError: there is no cache folder.
    """
    return Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=cache_folder()))


def put_entry(filled: Path, key: str, about: str, most_bytes: int) -> None:
    """Put a folder of ``new_entry`` in place; entries used longest ago go beyond ``most_bytes``.

    Args:
        filled: the folder.
        key: what it is found by.
        about: what it holds, in a line.
        most_bytes: that all entries together may take.

    Raises:
        OSError: the folder is no longer there, or the disk is full.
    """
    (filled / _ABOUT).write_text(about + "\n", encoding="utf-8")
    now_ns = filled.stat().st_mtime_ns
    try:
        filled.rename(filled.parent / key)
    except OSError:
        if not (filled.parent / key).is_dir():
            raise
        shutil.rmtree(filled, ignore_errors=True)  # another process was first
    for path in cache_folder().iterdir():
        with suppress(OSError):  # of another process, which has just put it in place
            old = now_ns - path.stat().st_mtime_ns > _ABANDONED_NS
            if path.name.startswith(_PARTIAL) and old:
                shutil.rmtree(path, ignore_errors=True)
    prune_entries(most_bytes)


def drop_entry(path: Path) -> None:
    """Remove an entry, or a folder of ``new_entry``; processes that read from it may go on."""
    gone = path.with_name(f"{_PARTIAL}gone-{os.getpid()}-{path.name}")
    try:
        path.rename(gone)  # whole or not there, for others
    except OSError:
        return
    shutil.rmtree(gone, ignore_errors=True)


def entries() -> list[Entry]:
    """All that is kept, the last used first."""
    try:
        folder = cache_folder()
    except OSError:
        return []
    found = []
    for path in folder.iterdir():
        try:
            if not path.name.startswith(_PARTIAL) and path.is_dir():
                size = sum(file.stat().st_size for file in path.iterdir())
                about = (path / _ABOUT).read_text(encoding="utf-8").strip()
                found.append(Entry(path, about, size, path.stat().st_mtime_ns))
        except (OSError, ValueError):
            continue  # somebody else has just removed it, or it is none of ours
    return sorted(found, key=lambda entry: (-entry.used_ns, entry.path.name))


def prune_entries(most_bytes: int) -> list[Entry]:
    """Remove those used longest ago until the others take at most ``most_bytes``; return them."""
    removed, total = [], 0
    for entry in entries():
        total += entry.bytes
        if total > most_bytes:
            drop_entry(entry.path)
            removed.append(entry)
    return removed

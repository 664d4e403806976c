"""A new folder with files in it, all or nothing."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from mm.api import UsageError


def write_new(directory: Path, files: Mapping[str, str]) -> None:
    """Write a folder's files beside it, then put them in its place in one step.

    Args:
        directory: not there yet, or empty.
        files: path below it (with ``/``) to text.

    Raises:
        UsageError: something is there already, or it cannot be written; nothing was changed.
    """
    directory = directory.absolute()
    if directory.is_symlink() or (directory.exists() and not directory.is_dir()):
        raise UsageError(f"{directory} is there and is no folder; choose another place")
    try:
        if directory.is_dir() and any(directory.iterdir()):
            raise UsageError(f"{directory} is not empty; choose a new folder, or empty this one")
        directory.parent.mkdir(parents=True, exist_ok=True)
        _write_beside(directory, files)
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(f"{directory} cannot be written: {reason}") from error


def _write_beside(directory: Path, files: Mapping[str, str]) -> None:
    """Fill a temporary folder and rename it; rename(2) replaces an empty folder, and no other."""
    beside = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    try:
        for path, text in files.items():
            target = beside / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")
        umask = os.umask(0)
        os.umask(umask)
        beside.chmod(0o777 & ~umask)  # mkdtemp's are for the owner alone
        beside.rename(directory)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise

"""The run's directory: made atomically, filled by the sinks, sealed by the manifest.

``manifest.json`` is written last. A directory without one is of a run that is still going or was
killed; one with it holds what it says, by hash. ``digest`` is the run's identity: a hash over the
rows as CSV and nothing else, so that two runs can be compared across machines and days, whatever
format they were written in.
"""

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from mm.api import ConfigError, UsageError, open_file
from mm.record.files import replace_text

STARTED: Final = "started.json"
"""Is there while a run goes on; see ``unfinished``."""

_NAMES_ALONE: Final = ("csv_path", "exchange", "date", "sinks", "label", "fsync_s")
"""Keys of ``[output]`` that say where and how results are kept, and nothing of what they are."""


def create_run_directory(parent: Path, stem: str) -> Path:
    """Make ``parent/stem_run<N>``, with N one more than the highest there is, from 1.

    Raises:
        UsageError: if it cannot be made.
    """
    try:
        parent.mkdir(parents=True, exist_ok=True)
        return _make_next(parent, stem)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(
            f"{parent}: cannot make the run directory {stem}_run<N> there: {reason}; choose"
            " another place with --output"
        ) from error


def _make_next(parent: Path, stem: str) -> Path:
    """``mkdir`` decides, so two runs that start together get two directories."""
    number = 1 + max(_numbers(parent, stem), default=0)
    while True:
        directory = parent / f"{stem}_run{number}"
        try:
            directory.mkdir()
        except FileExistsError:
            number += 1
        else:
            return directory


def _numbers(parent: Path, stem: str) -> Iterator[int]:
    for path in parent.iterdir():
        before, found, number = path.name.rpartition("_run")
        if found and before == stem and number.isdecimal():
            yield int(number)


@contextmanager
def writing_to(directory: Path) -> Iterator[None]:
    """Explain a failure to write the results: no room, a vanished directory.

    Raises:
        UsageError: in place of any OSError.
    """
    try:
        yield
    except OSError as error:
        place = error.filename or directory
        raise UsageError(
            f"{place}: cannot be written: {error.strerror};"
            " make room, or choose another folder with --output"
        ) from error


def hash_outputs(directory: Path) -> dict[str, str]:
    """Hash every file in the directory that stays: name to sha256, sorted by name."""
    paths = sorted(p for p in directory.iterdir() if p.is_file() and p.name != STARTED)
    return {path.name: hash_file(path) for path in paths}


def hash_file(path: Path) -> str:
    """Return the sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_inputs(files: Mapping[str, str]) -> list[dict[str, str]]:
    """Hash the files that parts have read, by the key that names each.

    Raises:
        ConfigError: if one is not there any more.
    """
    entries = []
    for key, path in files.items():
        try:
            with open_file(Path(path), expected="a file for the part to read") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except (OSError, ConfigError) as error:
            raise ConfigError(f"{key}: {error}") from error
        entries.append({"key": key, "path": path, "sha256": found})
    return entries


def digest(hashes: Mapping[str, str]) -> str:
    """Boil the CSV outputs' hashes down to one sha256."""
    total = hashlib.sha256()
    for name, value in sorted(hashes.items()):
        if name.endswith(".csv"):
            total.update(f"{name} {value}\n".encode())
    return total.hexdigest()


@lru_cache(maxsize=4)  # asked for at the start, by sinks and at the end
def config_digest(text: str) -> str:
    """Hash what an effective file says of results: no comments, and not where they or alerts go."""
    content = tomllib.loads(text)
    content.pop("alert", None)
    kept = {k: v for k, v in content.get("output", {}).items() if k not in _NAMES_ALONE}
    said = json.dumps({**content, "output": kept}, sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()


def write_json(path: Path, content: Any) -> None:
    """Write JSON as ``replace_text`` does."""
    replace_text(path, json.dumps(content, indent=2, allow_nan=False) + "\n")

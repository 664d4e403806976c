"""What a killed process, or a loss of power, left of a recording, cut to where it is whole.

Mostly that is what was committed last, and each file is cut to the size it had then. If a file is
shorter, or damaged, all are cut to the last time that it holds. Knows files; nothing of events but
where their time stands in a line.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import attrs

from mm.record.committed import CommitFile, Committed, read_committed
from mm.record.days import day_of
from mm.record.files import replace_bytes, writing_recording
from mm.record.members import member, read_members
from mm.record.numbering import DAY_US
from mm.record.text import NAMES

_TIME: Final = 3
"""Column of ``local_timestamp``."""


@attrs.frozen(kw_only=True)
class Mended:
    """A recording that can be gone on with."""

    until: int
    """Every event up to there [µs] is in it, and nothing later; -1 = nothing at all."""
    empty: bool
    """No event is in it."""
    bytes_cut: int
    """What was taken off its files [bytes], and of ``raw_…`` files."""
    damaged: tuple[str, ...] = ()
    """Files that held less than was committed; all others were cut to match."""
    frames: Mapping[str, int] = attrs.field(factory=dict)
    """Name to frames, of the latest ``raw_…`` file."""


def mend(directory: Path) -> Mended:
    """Cut a recording's files to the latest moment at which all are whole.

    Doing so again changes nothing. Nobody may be writing there.

    Raises:
        DataError: nobody knows what is whole.
        UsageError: a file cannot be written.
    """
    committed = read_committed(directory)
    paths = [path for name in NAMES for path in sorted(directory.glob(f"{name}_*.csv.gz"))]
    with writing_recording(directory):
        before = _bytes_in(directory)
        for path in directory.glob("*.gz.tmp"):
            path.unlink()
        paths = _without_later(paths, committed.until)
        until, damaged = _whole_until(directory, committed)
        for path in paths:
            if damaged:
                _cut_to_time(path, until)
            elif path.name in committed.sizes:
                os.truncate(path, committed.sizes[path.name])
        if damaged:
            _commit(directory, until, _without_later(paths, until))
        frames = _cut_raw(directory)
        cut = before - _bytes_in(directory)
        empty = not any(_has_rows(path) for path in paths if path.exists())
    return Mended(until=until, empty=empty, bytes_cut=cut, damaged=damaged, frames=frames)


def _has_rows(path: Path) -> bool:
    with path.open("rb") as file:
        return any(_last_time(text) >= 0 for _, text in read_members(file))


def _bytes_in(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.glob("*.gz"))


def _without_later(paths: list[Path], until: int) -> list[Path]:
    """Remove the files of later days; give the others."""
    kept = []
    for path in paths:
        if until < 0 or day_of(path.name) > until // DAY_US:
            path.unlink(missing_ok=True)
        else:
            kept.append(path)
    return kept


def _whole_until(directory: Path, committed: Committed) -> tuple[int, tuple[str, ...]]:
    """Up to when all files are whole, and those that hold less than was committed."""
    until, damaged = committed.until, []
    for name, size in committed.sizes.items():
        path = directory / name
        last = day_of(name) * DAY_US - 1  # if not even its header is whole
        end = 0
        if path.exists():
            with path.open("rb") as file:
                for end, text in read_members(file):
                    last = max(last, _last_time(text))
                    if end >= size:
                        break
        if end != size:
            until = min(until, last)
            damaged.append(name)
    return until, tuple(damaged)


def _cut_to_time(path: Path, until: int) -> None:
    """Leave the lines up to ``until``."""
    whole = 0
    kept = b""
    with path.open("rb") as file:
        for end, text in read_members(file):
            if _last_time(text) > until:
                kept = b"".join(row for row in text.splitlines(True) if _time(row) <= until)
                break
            whole = end
    if not kept:
        os.truncate(path, whole)
        return
    with path.open("rb") as file:
        replace_bytes(path, file.read(whole) + member(kept))


def _commit(directory: Path, until: int, paths: list[Path]) -> None:
    day = until // DAY_US
    sizes = {path.name: path.stat().st_size for path in paths if day_of(path.name) == day}
    file = CommitFile(directory)
    file.write(Committed(until, sizes))
    file.close()


def _cut_raw(directory: Path) -> dict[str, int]:
    """Cut the latest file of frames to its whole members; give its name and how many it has."""
    paths = sorted(directory.glob("raw_*.jsonl.gz"))
    if not paths:
        return {}
    end = frames = 0
    with paths[-1].open("rb") as file:
        for end, text in read_members(file):  # noqa: B007 - the last end counts
            frames += text.count(b"\n")
    os.truncate(paths[-1], end)
    return {paths[-1].name: frames}


def _last_time(text: bytes) -> int:
    return _time(text[text.rfind(b"\n", 0, -1) + 1 :])


def _time(row: bytes) -> int:
    """When a row was received [µs]; -1 of a header."""
    text = row.split(b",", _TIME + 1)[_TIME]
    return int(text) if text.isdigit() else -1

"""A recording's raw frames, as they are played again: in order, with the times at which they came.

``mm live --record DIR --raw`` keeps them; a line is ``<µs> <text>``. It knows no socket and no
task.
"""

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from mm.api import DataError, UsageError
from mm_bitmex.frames import TABLE, WELCOME, classify

_LONGEST: Final = 64 << 20
"""Characters of a line; a whole book is a tenth of it."""
_LOOKED_AT: Final = 5000
"""Frames among which the instrument's row is looked for: it comes with the first subscriptions."""


class Recorded:
    """The frames of one file, or of all in a recording's folder."""

    def __init__(self, path: Path) -> None:
        """Name the place; reads nothing.

        Raises:
            UsageError: there is nothing to play.
        """
        folder = sorted(path.glob("raw_*.jsonl.gz")) if path.is_dir() else [path]
        if not folder or not all(file.is_file() for file in folder):
            raise UsageError(
                f"{path}: there are no frames, expected raw_<date>.jsonl.gz or a recording's folder"
                " that has some; mm live --record DIR --raw keeps them"
            )
        self._files = folder

    def frames(self) -> Iterator[tuple[int, str]]:
        """Give each frame with when it came [µs]; a torn end, as a kill leaves it, ends them.

        Raises:
            DataError: a line is no frame.
        """
        for path in self._files:
            with _opened(path) as file:
                try:
                    yield from _lines(path, file)
                except (EOFError, zlib.error):
                    continue
                except (OSError, UnicodeDecodeError) as error:
                    raise DataError(f"{path}: cannot be read as frames: {error}") from error

    def instrument(self) -> str:
        """Give what the exchange listed of the contract, as JSON; empty = that is not in there."""
        for number, (_, text) in enumerate(self.frames()):
            if number == _LOOKED_AT:
                break
            frame = classify(text) if '"instrument"' in text else None
            if frame is not None and frame.kind == TABLE and frame.body["table"] == "instrument":
                rows = [row for row in frame.body["data"] if "tickSize" in row]
                if rows:
                    return json.dumps(rows[0])
        return ""


def _opened(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="\n")
    return path.open(encoding="utf-8", newline="\n")


def is_welcome(text: str) -> bool:
    """Whether a frame is the first of a connection."""
    return '"info"' in text[:100] and classify(text).kind == WELCOME


def _lines(path: Path, file: IO[str]) -> Iterator[tuple[int, str]]:
    number = 0
    while line := file.readline(_LONGEST):
        number += 1
        if not line.endswith("\n"):
            return  # the last word of somebody who was killed
        ts, space, text = line[:-1].partition(" ")
        if not space or not ts.isdecimal():
            raise DataError(
                f"{path}:{number}: this is no frame, expected its time in µs and a text"
            )
        yield int(ts), text

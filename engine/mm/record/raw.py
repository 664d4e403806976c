"""The frames of a connector as they came, for whoever has to find out what an exchange really sent.

Knows nothing of what frames say.
"""

from pathlib import Path
from typing import Final

from mm.record.days import date_of
from mm.record.files import MemberFile
from mm.record.numbering import DAY_US

MOST_WAITING: Final = 1 << 24
"""Characters of frames."""


class RawLog:
    """Keeps every frame as it came, in ``raw_<UTC date>.jsonl.gz``: its arrival time and its text.

    A line is ``<µs> <text>``. A line break inside a frame becomes a space; in JSON both mean the
    same.
    """

    def __init__(self, directory: Path, rows: dict[str, int]) -> None:
        """``rows``: told how many frames each file has."""
        self._directory = directory
        self._rows = rows
        self._waiting: dict[int, list[str]] = {}  # by day
        self._length = 0
        self._day = -1
        self._file: MemberFile | None = None
        self.left_out = 0
        """Frames that came while too many waited."""

    def write(self, ts: int, text: str) -> None:
        """Take one frame that arrived at ``ts`` [µs]. Touches no file; may be called at any rate.

        While the disk refuses what waits, no more than ``MOST_WAITING`` characters do.
        """
        if self._length > MOST_WAITING:
            self.left_out += 1
            return
        day = ts // DAY_US
        line = f"{ts} {text}".replace("\r", " ").replace("\n", " ") + "\n"
        self._waiting.setdefault(day, []).append(line)
        self._length += len(line)
        name = _name(day)
        self._rows[name] = self._rows.get(name, 0) + 1

    def flush(self) -> None:
        """Write out what waits.

        Raises:
            UsageError: a file cannot be written; what was not waits for the next time.
        """
        for day in sorted(self._waiting):
            if self._file is None or day != self._day:
                if self._file is not None:
                    self._file.flush()
                    self.close()
                self._day, self._file = day, MemberFile(self._directory / _name(day))
            self._file.add(self._waiting.pop(day))
        if self._file is not None:
            self._file.flush()
        self._length = 0

    def close(self) -> None:
        """Write out what it can and close."""
        if self._file is not None:
            file, self._file = self._file, None
            file.close()


def _name(day: int) -> str:
    return f"raw_{date_of(day)}.jsonl.gz"

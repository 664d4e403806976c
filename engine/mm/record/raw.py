"""The frames of a connector as they came, for whoever has to find out what an exchange really sent.

Knows nothing of what frames say.
"""

from pathlib import Path

from mm.record.days import date_of
from mm.record.files import MemberFile
from mm.record.numbering import DAY_US


class RawLog:
    """Keeps every frame as it came, in ``raw_<UTC date>.jsonl.gz``: its arrival time and its text.

    A line is ``<µs> <text>``. A line break inside a frame becomes a space; in JSON both mean the
    same.
    """

    def __init__(self, directory: Path, rows: dict[str, int], flush_us: int) -> None:
        """``rows``: told how many frames each file has; ``flush_us``: between two writes [µs]."""
        self._directory = directory
        self._rows = rows
        self._flush_us = flush_us
        self._day = -1
        self._file: MemberFile | None = None
        self._flushed = 0

    def write(self, ts: int, text: str) -> None:
        """Take one frame that arrived at ``ts`` [µs]. Returns at once; may be called at any rate.

        Raises:
            UsageError: the file cannot be written.
        """
        if self._file is None or ts // DAY_US != self._day:
            self.close()
            self._day = ts // DAY_US
            name = f"raw_{date_of(self._day)}.jsonl.gz"
            self._file = MemberFile(self._directory / name, lines=self._rows.get(name, 0))
        self._file.add([f"{ts} {text}".replace("\r", " ").replace("\n", " ") + "\n"])
        self._rows[self._file.path.name] = self._file.lines
        if ts - self._flushed >= self._flush_us:
            self.flush(ts)

    def flush(self, ts: int) -> None:
        """Write out what waits; ``ts`` [µs] is now."""
        self._flushed = ts
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Write out and close."""
        if self._file is not None:
            file, self._file = self._file, None
            file.close()

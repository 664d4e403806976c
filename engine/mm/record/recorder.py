"""The recorder: settled batches in, the files of one recording out.

One file a kind and UTC day of ``ts_local``. What has come is written out at least once a second of
the stream's own time (its watermarks; see the package). No clock is read. Compressing and writing
a second of a busy market takes a few milliseconds, so it is done where the batch comes by: a thread
would only add a way to lose the order.
"""

import itertools
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import attrs
import numpy as np

from mm.api import CLEAR, LEVEL, MICRO, Instrument, MarketBatch, PluginError, Rows, UsageError
from mm.record.files import MemberFile
from mm.record.numbering import DAY_US
from mm.record.replay import ReplayFile
from mm.record.text import HEADERS, NAMES, QUOTES, SOURCES, csv_lines

FLUSH_US: Final = MICRO // 2
"""Half a second, so that with a heartbeat more it still is less than one."""

_FIRST_TIME: Final = 10**15  # µs: Tardis times have 16 digits
_LAST_TIME: Final = 10**16
_UNSAFE: Final = re.compile(r'[,"\r\n]')


@attrs.define
class Recorded:
    """What a recording holds so far."""

    rows: dict[str, int] = attrs.field(factory=dict)
    """File name to data rows (or raw frames), in order of making."""
    first_ts: int | None = None
    """µs, local time, of the first event."""
    last_ts: int | None = None
    until: int | None = None
    """The last watermark [µs]."""
    gaps: int = 0
    """Times the book was lost, cleared with nothing in its place, and came back."""


class RawLog:
    """Keeps every frame as it came, in ``raw_<UTC date>.jsonl.gz``: its arrival time and its text.

    A line is ``<µs> <text>``. A line break inside a frame becomes a space; in JSON both mean the
    same.
    """

    def __init__(self, directory: Path, recorded: Recorded) -> None:
        self._directory = directory
        self._recorded = recorded
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
            self._file = MemberFile(self._directory / f"raw_{_date(self._day)}.jsonl.gz")
        self._file.add([f"{ts} {text}".replace("\r", " ").replace("\n", " ") + "\n"])
        self._recorded.rows[self._file.path.name] = self._file.lines
        if ts - self._flushed >= FLUSH_US:
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


class Recorder:
    """Writes batches down. ``close`` it, also after a failure.

    Args:
        directory: it exists and holds no recording.
        instrument: the only one.
        exchange: for the column of that name.
        has_quotes: False if the stream has no quotes of its own, so that a replay, too, takes
            them from the book.
        replay: told of the last watermark at the end.
        raw: keep frames, too.
    """

    def __init__(
        self,
        directory: Path,
        instrument: Instrument,
        *,
        exchange: str,
        has_quotes: bool,
        replay: ReplayFile,
        raw: bool,
    ) -> None:
        _check_names(exchange, instrument.symbol)
        self.recorded = Recorded()
        self.raw = RawLog(directory, self.recorded) if raw else None
        """Where the connector hands its frames; None = they are not asked for."""
        self.directory = directory
        """Where the files are."""
        self._instrument = instrument
        self._exchange = exchange
        self._kinds = [kind for kind in range(len(NAMES)) if has_quotes or kind != QUOTES]
        self._replay = replay
        self._day = -1
        self._files: dict[int, MemberFile] = {}
        self._flushed = 0
        self._is_lost = False
        """The book was lost and did not come back yet."""

    def write(self, batch: MarketBatch) -> None:
        """Take the next batch, settled by ``Numbering``.

        Raises:
            UsageError: a file cannot be written.
            PluginError: a time is none that a file can hold.
        """
        times = batch.events["ts_local"]
        self._check_times(batch)
        if self._day < 0:
            self._open_day(batch.watermark if not len(times) else int(times[0]))
        for part in _by_day(batch.events):
            self._open_day(int(part["ts_local"][0]))
            lines = csv_lines(part, self._instrument, self._exchange)
            for kind, file in self._files.items():
                file.add(lines[kind])
                self.recorded.rows[file.path.name] = file.lines
        self._note(batch)
        if batch.watermark - self._flushed >= FLUSH_US:
            self.flush(batch.watermark)

    def flush(self, ts: int) -> None:
        """Write out what waits; ``ts`` [µs] is now."""
        self._flushed = ts
        for file in self._files.values():
            file.flush()
        if self.raw is not None:
            self.raw.flush(ts)

    def close(self) -> None:
        """Write out everything, and the last watermark into ``replay.toml``."""
        try:
            self._close_day()
        finally:
            if self.raw is not None:
                self.raw.close()
        self._replay.write(self.recorded.until)

    def _open_day(self, ts: int) -> None:
        if ts // DAY_US == self._day:
            return
        self._close_day()
        self._day = ts // DAY_US
        for kind in self._kinds:
            path = self.directory / f"{NAMES[kind]}_{_date(self._day)}.csv.gz"
            self._files[kind] = MemberFile(path, HEADERS[kind])
            self.recorded.rows[path.name] = 0

    def _close_day(self) -> None:
        """Close every file, the others too if one fails."""
        faults = []
        for file in self._files.values():
            try:
                file.close()
            except UsageError as fault:
                faults.append(fault)
        self._files = {}
        if faults:
            raise faults[0]

    def _note(self, batch: MarketBatch) -> None:
        recorded, events = self.recorded, batch.events
        recorded.until = batch.watermark
        if len(events):
            recorded.first_ts = recorded.first_ts or int(events["ts_local"][0])
            recorded.last_ts = int(events["ts_local"][-1])
            self._count_gaps(events)

    def _count_gaps(self, events: Rows) -> None:
        """Count losses that the book came back from: whoever stops recording loses it, too."""
        clears = np.flatnonzero(events["kind"] == CLEAR)
        losses = clears[events["size"][clears + 1] == 0].tolist()
        starts = [-1, *losses] if self._is_lost else losses
        levels = np.flatnonzero((events["kind"] == LEVEL) & (events["size"] > 0))
        for start, end in itertools.pairwise([*starts, len(events)]):
            self._is_lost = not np.any((levels > start) & (levels < end))
            self.recorded.gaps += not self._is_lost

    def _check_times(self, batch: MarketBatch) -> None:
        events = batch.events
        ends = [batch.watermark]
        if len(events):
            ends += [int(events["ts_exchange"].min()), int(events["ts_local"][0])]
        if min(ends) < _FIRST_TIME or max(ends) >= _LAST_TIME:
            raise PluginError(
                f"the connector gave the time {min(ends)} up to watermark {batch.watermark},"
                " expected microseconds since 1970 in 16 digits; this stream cannot be recorded"
            )


def recording_files(directory: Path) -> list[tuple[str, Path]]:
    """List a recording's files: what each holds (as ``Source.name``), by kind and then by day."""
    return [
        (source, path)
        for source, name in zip(SOURCES, NAMES, strict=True)
        for path in sorted(directory.glob(f"{name}_*.csv.gz"))
    ]


def _by_day(events: Rows) -> Sequence[Rows]:
    """Cut events where the UTC day of their local time changes."""
    if not len(events):
        return ()
    times = events["ts_local"]
    if int(times[0]) // DAY_US == int(times[-1]) // DAY_US:
        return (events,)
    return np.split(events, np.flatnonzero(np.diff(times // DAY_US)) + 1)


def _check_names(exchange: str, symbol: str) -> None:
    for key, name in (("output.exchange", exchange), ("strategy.symbol", symbol)):
        if _UNSAFE.search(name) or not name:
            raise UsageError(
                f"{key} is {name!r}, expected a name without commas, quotes and line breaks, for"
                " it stands in each row of a recording; change it"
            )


def _date(day: int) -> str:
    return datetime.fromtimestamp(day * (DAY_US // MICRO), UTC).date().isoformat()

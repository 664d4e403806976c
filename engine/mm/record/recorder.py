"""The recorder: settled batches in, the files of one recording out.

One file a kind and UTC day of ``ts_local``. What has come is written out at least once a second of
the stream's own time (its watermarks; see the package). No clock is read. Compressing and writing
a second of a busy market takes a few milliseconds, so it is done where the batch comes by: a thread
would only add a way to lose the order.

To take a batch touches no file, and a flush that fails may be tried again: what was not written
waits, and nothing is written twice.
"""

import itertools
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import attrs
import numpy as np

from mm.api import (
    CLEAR,
    LEVEL,
    MICRO,
    QUOTE,
    TICKER,
    TRADE,
    Instrument,
    MarketBatch,
    PluginError,
    Rows,
    UsageError,
)
from mm.record.committed import CommitFile, Committed
from mm.record.days import date_of
from mm.record.files import MemberFile
from mm.record.numbering import DAY_US
from mm.record.raw import RawLog
from mm.record.replay import Replay
from mm.record.text import HEADERS, NAMES, QUOTES, SOURCES, csv_lines

FLUSH_US: Final = MICRO // 2
"""Half a second, so that with a heartbeat more it still is less than one."""

_KINDS: Final = (TRADE, QUOTE, LEVEL, TICKER)
"""What a row of each file is."""

_LONGEST_TEXT: Final = 1 << 20
"""Characters waiting, before they are written out sooner; compressing them takes a few ms."""

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


class Recorder:
    """Writes batches down. ``close`` it, also after a failure.

    Args:
        directory: it exists.
        instrument: the only one.
        exchange: for the column of that name.
        has_quotes: False if the stream has no quotes of its own, so that a replay, too, takes
            them from the book.
        replay: told of the last watermark at the end.
        raw: keep frames, too.
        held: the time up to which the directory holds everything already [µs], mended by ``mend``;
            what comes up to there is counted and not written again. -1 = it holds no recording.
    """

    def __init__(
        self,
        directory: Path,
        instrument: Instrument,
        *,
        exchange: str,
        has_quotes: bool,
        replay: Replay,
        raw: bool,
        held: int = -1,
    ) -> None:
        _check_names(exchange, instrument.symbol)
        self.recorded = Recorded()
        self.raw = RawLog(directory, self.recorded.rows) if raw else None
        """Where the connector hands its frames; None = they are not asked for."""
        self.directory, self.folders = directory, [directory]
        """Where the files are."""
        self._instrument = instrument
        self._exchange = exchange
        self._kinds = [kind for kind in range(len(NAMES)) if has_quotes or kind != QUOTES]
        self._replay = replay
        self._held = held
        self._day = -1  # of the files that are open
        self._files: dict[int, MemberFile] = {}
        self._waiting: dict[int, dict[int, list[str]]] = {}  # day -> kind -> lines
        self._length = 0  # characters waiting since the last try to write them
        self._committed = CommitFile(directory)
        self._flushed = 0
        self._is_lost = False
        """The book was lost and did not come back yet."""

    def write(self, batch: MarketBatch) -> None:
        """Take the next batch, settled by ``Numbering``, and write out what waits if it is time to.

        Raises:
            UsageError: a file cannot be written; the batch was taken.
            PluginError: a time is none that a file can hold.
        """
        self.take(batch)
        if self.is_due(batch.watermark):
            self.flush(batch.watermark)

    def take(self, batch: MarketBatch) -> None:
        """Take the next batch, settled by ``Numbering``; touches no file.

        Raises:
            PluginError: a time is none that a file can hold.
        """
        times = batch.events["ts_local"]
        self._check_times(batch)
        if batch.watermark <= self._held:
            self._count_held(batch)
            return
        if self._day < 0 and not self._waiting:
            self._begin_day((batch.watermark if not len(times) else int(times[0])) // DAY_US)
        for part in _by_day(batch.events):
            day = int(part["ts_local"][0]) // DAY_US
            self._begin_day(day)
            lines = csv_lines(part, self._instrument, self._exchange)
            for kind, waiting in self._waiting[day].items():
                waiting += lines[kind]
                self._length += sum(map(len, lines[kind]))
                self.recorded.rows[_name(kind, day)] += len(lines[kind])
        self._note(batch)

    def is_due(self, ts: int) -> bool:
        """Whether it is time to write out what waits; ``ts`` [µs] is now."""
        return ts - self._flushed >= FLUSH_US or self._length >= _LONGEST_TEXT

    def flush(self, ts: int) -> None:
        """Write out what waits; ``ts`` [µs] is now.

        Raises:
            UsageError: a file cannot be written; what was not waits for the next flush.
        """
        self._flushed, self._length = ts, 0
        for day in sorted(self._waiting):
            self._open_day(day)
            for kind, lines in self._waiting.pop(day).items():
                self._files[kind].add(lines)
        for file in self._files.values():
            file.flush()
        if self.recorded.until is not None and self._files:
            sizes = {file.path.name: file.end for file in self._files.values()}
            self._committed.write(Committed(self.recorded.until, sizes))
        if self.raw is not None:
            self.raw.flush()
        if not os.path.exists(self._replay.path):  # somebody removed it
            self._replay.write(until=None)

    def flush_all(self) -> None:
        """Write out what waits; the stream has come no further."""
        self.flush(self.recorded.until or 0)

    def close(self) -> None:
        """Write out everything, and the last watermark into ``replay.toml``."""
        try:
            self.flush_all()
        finally:
            self._close_all()
        self._replay.write(self.recorded.until)

    def _close_all(self) -> None:
        try:
            self._close_day()
        finally:
            self._committed.close()
            if self.raw is not None:
                self.raw.close()

    def _begin_day(self, day: int) -> None:
        """Have room for a day's lines."""
        if day not in self._waiting:
            self._waiting[day] = {kind: [] for kind in self._kinds}
            for kind in self._kinds:
                self.recorded.rows.setdefault(_name(kind, day), 0)

    def _open_day(self, day: int) -> None:
        """Have a day's files open, and those of the day before written and closed."""
        if day != self._day:
            for file in self._files.values():
                file.flush()
            self._close_day()
            self._day = day
        for kind in self._kinds:
            if kind not in self._files:
                path = self.directory / _name(kind, day)
                self._files[kind] = MemberFile(path, HEADERS[kind])

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

    def _count_held(self, batch: MarketBatch) -> None:
        """Count what stands in the files already."""
        for part in _by_day(batch.events):
            counts = np.bincount(part["kind"], minlength=max(_KINDS) + 1)
            for kind in self._kinds:
                name = _name(kind, int(part["ts_local"][0]) // DAY_US)
                count = int(counts[_KINDS[kind]])
                self.recorded.rows[name] = self.recorded.rows.get(name, 0) + count
        self._note(batch)

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


def _name(kind: int, day: int) -> str:
    return f"{NAMES[kind]}_{date_of(day)}.csv.gz"

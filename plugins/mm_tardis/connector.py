"""The connector ``tardis``: a survey, then a stream, each kind of file read in a thread of its own.

    file ─► survey (thread) ─► spool ─► EventReader (thread) ─► _read_ahead ──Chunk──► ┐
    file ─► survey (thread) ─► spool ─► EventReader (thread) ─► _read_ahead ──Chunk──► ├ _merge
    file ─► survey (thread) ─► spool ─► EventReader (thread) ─► _read_ahead ──Chunk──► ┘    │
                                                                      out ◄─MarketBatch─────┘

A file is read once. Its rows wait in the spool until all files have told the grid and the clock.
Several files of one kind follow each other as if they were one, but rows are counted in each.

Only this module of the package and ``surveys`` know Trio. A thread does one block and comes back (a
few milliseconds), so a cancelled run ends at once and leaves no thread behind.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from decimal import Decimal
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any, Final, TypeAlias

import numpy as np
import trio

from mm.api import (
    EVENT,
    MICRO,
    ConfigError,
    DataError,
    Defect,
    Instrument,
    MarketBatch,
    Outlet,
    Source,
    Survey,
)
from mm_tardis import TardisConfig
from mm_tardis import tally as ta
from mm_tardis.clock import Clock, clock_of, refuse_clocks
from mm_tardis.events import Chunk, EventReader, series_of
from mm_tardis.files import Names
from mm_tardis.findings import Findings
from mm_tardis.grid import grid_of, refuse_floats, refuse_large, step_text
from mm_tardis.health import health
from mm_tardis.merge import Merge
from mm_tardis.notes import figures, notes
from mm_tardis.snap import NO_STEPS, Given
from mm_tardis.surveys import Surveys
from mm_tardis.ticks import find_changes, periods_of

_News: TypeAlias = "Chunk | DataError | None"
"""What a reader sends: the next chunk, why there is none, or None at the end."""

_DAY: Final = 86_400 * MICRO  # µs
_LONGEST_SILENCE: Final = 31 * _DAY

# One chunk waits while the next is read: both cores work, and memory stays a few blocks a file.
_READ_AHEAD: Final = 1


class TardisConnector:
    """Replays the files that the configuration names, as one stream.

    Where a recorder's clock is behind the exchange's, events would be received before they were
    made. Then exchange times are moved back: see ``clock``.
    """

    def __init__(
        self, config: TardisConfig, symbol: str, found: list[Findings] | None = None
    ) -> None:
        """Take what is to be read; opens nothing yet.

        Args:
            config: the table ``[data]``.
            symbol: what rows must be of.
            found: of the files, if somebody has surveyed them; the configuration then names none.
        """
        self._config = config
        self._symbol = symbol
        names = (
            config.trades_csv, config.quotes_csv, config.book_csv, config.derivative_ticker_csv,
        )  # fmt: skip
        self._names: Names = [(kind, name) for kind, name in enumerate(names) if name]
        if found is None and not (config.quotes_csv or config.book_csv):
            raise ConfigError(
                "data.quotes_csv and data.book_csv are both absent, expected at least one of them "
                "to know the touch; name a file"
            )
        self._found = found
        self._surveys = Surveys(config, symbol, NO_STEPS)

    def take_grid(self, tick_size: Decimal | None, lot_size: Decimal | None) -> None:
        """Hear which steps the configuration gives; noise of floats is rounded to them."""
        self._surveys = Surveys(self._config, self._symbol, Given(tick_size, lot_size))

    async def survey(self) -> Survey:
        """Read every file once: check all rows, count, infer the grid."""
        if self._found is None:
            self._found = await self._surveys.find(self._names)
        found, surveys = self._found, self._surveys
        clock = self._clock(found)
        self._check(found, clock)
        filled = [f for f in found if f.rows]
        left_out = sum(f.count(ta.LOST) + f.count(ta.EMPTY_TRADES) for f in found)
        left_out += sum(f.count(ta.REPEATED_IDS) for f in found if not f.keeps_repeats)
        return Survey(
            symbols=(self._symbol,),
            grid=(grid_of(found),),
            sources=tuple(
                Source(name=f.name, path=str(f.path), sha256=f.sha256, rows=f.rows) for f in found
            ),
            first_ts=min(f.count(ta.FIRST) for f in filled),
            last_ts=max(f.count(ta.LAST) for f in filled),
            total_rows=sum(f.rows for f in found) - left_out,
            notes=(*filter(None, (surveys.taken, surveys.not_kept)), *notes(found, clock)),
            details=_details(found) | clock.details(),
            health=health(found, clock),
            tick_periods={self._symbol: periods}
            if (periods := _tick_periods(found, clock))
            else {},
        )

    async def run(self, instruments: tuple[Instrument, ...], out: Outlet) -> None:
        """Send all files as one stream of batches. Owns ``out``.

        Raises:
            DataError: a number is off the grid, or a file is not what it was in the survey.
        """
        with closing(out):
            if self._found is None:
                await self.survey()
            assert self._found is not None
            fault = await self._stream(self._found, instruments[0], out)
        if fault is not None:
            raise fault

    async def keep(self) -> bool:
        """Put what a survey finds in the cache; False = it was there.

        Raises:
            DataError: the survey's, or there is no cache that can be written.
        """
        assert self._found is not None, "for the files that somebody has surveyed"
        await self._surveys.look_up([(found.kind, found.path) for found in self._found])
        if self._surveys.not_kept is not None:
            raise DataError(self._surveys.not_kept)
        return self._surveys.read_anew

    def _clock(self, found: list[Findings]) -> Clock:
        return clock_of(found, round(self._config.feed_latency_ms * 1000))

    def _check(self, found: list[Findings], clock: Clock) -> None:
        if not any(f.rows for f in found):
            files = ", ".join(str(f.path) for f in found)
            raise DataError(f"no file has any rows, expected market data in one: {files}")
        refuse_floats(found)
        refuse_large(found, self._surveys.given)
        _refuse_silence(self._config.until, found)
        if self._config.strict:
            _refuse_sick(health(found, clock))
        refuse_clocks(found, strict=self._config.strict)

    async def _stream(
        self, found: list[Findings], instrument: Instrument, out: Outlet
    ) -> DataError | None:
        """Wire readers to the merge. A fault is returned, so that no exception group forms."""
        inputs: list[trio.MemoryReceiveChannel[_News]] = []
        clock = self._clock(found)
        async with trio.open_nursery() as nursery:
            for _, files in groupby(found, attrgetter("kind")):
                series = series_of(some := list(files))
                makes = [partial(EventReader, f, instrument, clock, series) for f in some]
                sender, receiver = trio.open_memory_channel[_News](_READ_AHEAD)
                nursery.start_soon(_read_ahead, makes, sender)
                inputs.append(receiver)
            merge = Merge(len(inputs), self._config.max_batch_rows)
            fault = await _merge(inputs, merge, out)
            nursery.cancel_scope.cancel()
        until = self._config.until
        if fault is None and until is not None and until > merge.watermark:
            await out.send(MarketBatch(np.empty(0, EVENT), until))
        return fault


def _tick_periods(found: Sequence[Findings], clock: Clock) -> list[tuple[int, str]]:
    periods = periods_of(find_changes(found))
    return [(clock.moved(since), str(step_text(step))) for since, _, step in periods]


def _refuse_silence(until: int | None, found: Sequence[Findings]) -> None:
    """Refuse to go on for so long that a strategy's grid of time would never end."""
    last = max(f.count(ta.LAST) for f in found)
    if until is not None and until - last > _LONGEST_SILENCE:
        raise ConfigError(
            f"data.until is {until} µs, which is {(until - last) / _DAY:.0f} days after the last"
            f" row, at {last}, expected at most {_LONGEST_SILENCE // _DAY}"
        )


def _refuse_sick(defects: Sequence[Defect]) -> None:
    for defect in defects:
        if defect.is_sick:
            raise DataError(
                f"{defect.first}: the first of {defect.rows} {defect.kind} in {defect.of} rows of"
                f" {defect.source}, expected a share of at most {defect.limit:g} with data.strict;"
                " correct the data, or leave strict out for a run that says so"
            )


async def _read_ahead(
    makes: Sequence[Callable[[], EventReader]], chunks: trio.MemorySendChannel[_News]
) -> None:
    """Give the files of one kind, one after the other, a block at a time. Owns ``chunks``."""
    with chunks:
        try:
            for make in makes:
                reader = make()
                chunk: Chunk | None = await _in_thread(reader.read)
                while chunk is not None:
                    await chunks.send(chunk)
                    chunk = await _in_thread(reader.read)
            await chunks.send(None)
        except DataError as fault:
            await chunks.send(fault)


async def _merge(
    inputs: list[trio.MemoryReceiveChannel[_News]], merge: Merge, out: Outlet
) -> DataError | None:
    """Feed the merge with what it wants next, and send on what it gives, until the end."""
    while (place := merge.wanted) is not None:
        news = await inputs[place].receive()
        if isinstance(news, DataError):
            return news
        for batch in merge.add(place, news):
            await out.send(batch)
    return None


def _details(found: Sequence[Findings]) -> dict[str, Any]:
    """The figures of each file, by what it holds; of several that hold the same, by name, too."""
    kinds = [f.kind for f in found]
    return {
        f.name if kinds.count(f.kind) == 1 else f"{f.name} {f.path.name}": figures(f) for f in found
    }


_in_thread = trio.to_thread.run_sync

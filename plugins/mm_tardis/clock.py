"""The exchange's clock against the recorder's, from all files of a run together.

All files were received by one clock, so where one of them shows that it is behind, the exchange
times of all are moved back, each row's by the offset at its arrival. The exchange's clock is moved,
not the recorder's, so that decisions and outputs keep the times that stand in the files. A file of
too few rows for one stretch has no say beside others that have enough. A row that is early even so
has a wrong stamp; it is taken to be made when it arrived.

Rows whose two times are equal, or that have one alone, have no latency: they are not moved.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import attrs
import numpy as np

from mm.api import MICRO, DataError, Defect
from mm_tardis import offset as of
from mm_tardis import tally as ta
from mm_tardis.findings import Findings
from mm_tardis.table import Ints

_FEW: Final = 100
"""Stamps over a minute ahead are put right if they are at most one in so many, or two alone."""

_CLAMPED_LIMIT: Final = 0.05
"""Stamps that are wrong on their own. At one in 20, nobody knows when the others were made."""

_STALE_LIMIT: Final = 0.05
"""Such rows meet no orders but those of long ago: at one in 20, fills are missing."""


@attrs.frozen(kw_only=True)
class Clock:
    """What the converting kernel does to exchange times."""

    pieces: Ints = attrs.field(factory=lambda: np.zeros((0, of.LEAST), np.int64))
    """shape (n, 4), see ``offset``; none if the clocks agree."""
    fewest: int = 0
    """Files with fewer latencies have no say."""
    feed_latency_us: int = 0
    """How much earlier than its arrival a row without a latency was made."""

    @property
    def most_us(self) -> int:
        """The largest offset; <= 0."""
        return int(self.pieces[:, of.AT_START :].min(initial=0))

    @property
    def least_us(self) -> int:
        """The smallest offset; <= 0."""
        return int(self.pieces[:, of.AT_START :].max()) if len(self.pieces) else 0

    @property
    def time_share(self) -> float:
        """The share of the time in which there is an offset."""
        if not len(self.pieces):
            return 0.0
        lasting = self.pieces[:, of.END] - self.pieces[:, of.START]
        behind = self.pieces[:, of.AT_START :].min(axis=1) < 0
        return float(lasting[behind].sum() / lasting.sum())

    def clamped(self, found: Findings) -> tuple[int, int]:
        """How many rows of a file are early in spite of the clock, and the line of the first."""
        if self.most_us == 0 and found.timed(of.STAMPS) < self.fewest:
            return found.count(ta.EARLY), found.line(ta.EARLY)
        return found.timed(of.CLAMPED), found.timed(of.FIRST_CLAMPED) + 1

    def moved(self, ts: int) -> int:
        """A time of the exchange's clock by the recorder's; one before all others stays."""
        return ts if ts <= 0 else ts + int(of.offset_at(self.pieces, ts))

    @property
    def used_text(self) -> str:
        """What is taken for the exchange time of a row that has none of its own."""
        added = self.feed_latency_us / 1000
        return f"arrival time less {added:g} ms" if added else "arrival time"

    def details(self) -> dict[str, Any]:
        """Everything that is needed to do it again, JSON-compatible."""
        return {
            "clock_shift_us": self.most_us,
            "clock_offsets": self.pieces.tolist(),
            "feed_latency_us": self.feed_latency_us,
        }


def clock_of(files: Sequence[Findings], feed_latency_us: int = 0) -> Clock:
    """Put the offsets of all files together: at each time, that of the file furthest behind."""
    stamps = [found.timed(of.STAMPS) for found in files]
    fewest = of.ENOUGH if max(stamps, default=0) >= of.ENOUGH else 1
    some = [found.offsets for found in files if found.timed(of.STAMPS) >= fewest]
    if not any(one[:, of.AT_START : of.LEAST].any() for one in some):
        return Clock(fewest=fewest, feed_latency_us=feed_latency_us)
    edges = np.unique(np.concatenate([one[:, : of.AT_START].ravel() for one in some]))
    starts, ends = edges[:-1], edges[1:]
    pieces = np.zeros((len(starts), of.LEAST), np.int64)
    pieces[:, of.START], pieces[:, of.END] = starts, ends
    known = np.zeros(len(starts), bool)
    for one in some:
        at = np.searchsorted(one[:, of.START], starts, side="right") - 1
        there = (at >= 0) & (ends <= one[at, of.END])
        known |= there
        line = one[at[there]]
        span = line[:, of.END] - line[:, of.START]
        rise = line[:, of.AT_END] - line[:, of.AT_START]
        for column, times in ((of.AT_START, starts[there]), (of.AT_END, ends[there])):
            lag = line[:, of.AT_START] + rise * (times - line[:, of.START]) // span
            pieces[there, column] = np.minimum(pieces[there, column], lag)
    for gap in np.flatnonzero(~known):  # between two files; the first piece is of one
        pieces[gap, of.AT_START : of.LEAST] = pieces[gap - 1, of.AT_END]
    return Clock(pieces=_joined(pieces), fewest=fewest, feed_latency_us=feed_latency_us)


def _joined(pieces: Ints) -> Ints:
    """Make one piece of neighbours with one and the same offset."""
    level = pieces[:, of.AT_START] == pieces[:, of.AT_END]
    same = (pieces[1:, of.AT_START] == pieces[:-1, of.AT_START]) & level[1:] & level[:-1]
    firsts = np.flatnonzero(np.concatenate([[True], ~same]))
    lasts = np.concatenate([firsts[1:], [len(pieces)]]) - 1
    joined = pieces[firsts]
    joined[:, of.END] = pieces[lasts, of.END]
    return joined


def refuse_clocks(files: Sequence[Findings], *, strict: bool) -> None:
    """Raise DataError if time stamps are wrong beyond repair, or, if ``strict``, at all."""
    for found in files:
        ahead, timed = found.timed(of.AHEAD), max(found.timed_rows, 1)
        lag = int(found.offsets[:, of.AT_START : of.LEAST].min(initial=0))
        if ahead and (lag < -of.LONGEST or (ahead > 2 and ahead * _FEW > timed)):
            raise DataError(
                f"{found.path}:{found.timed(of.FIRST_AHEAD) + 1}: the row was received"
                f" {found.timed(of.AHEAD_BY) / MICRO:.0f} s before it was made, as the first of"
                f" {ahead} in {timed}, expected at most {of.LONGEST // MICRO} s, which a clock may"
                " be wrong by; correct timestamp or local_timestamp"
            )
    early = [found for found in files if found.count(ta.EARLY)]
    if strict and early:
        worst = min(early, key=lambda found: found.count(ta.LATENCY_MIN))
        raise DataError(
            f"{worst.path}: {worst.count(ta.EARLY)} rows were received up to"
            f" {-worst.count(ta.LATENCY_MIN)} µs before they were made, expected none with"
            " data.strict; leave strict out to have exchange times moved back by that much"
        )


def has_no_latency(files: Sequence[Findings]) -> bool:
    """Whether no row of any file says how long it was under way."""
    return not any(found.timed_rows for found in files)


def clock_defects(source: str, some: Sequence[Findings], clock: Clock) -> Iterator[Defect]:
    """Say of the files of one kind which of their stamps were wrong, and what became of them."""
    rows = sum(found.rows for found in some)
    early = [(found, *clock.clamped(found)) for found in some]
    clamped = sum(number for _, number, _ in early)
    yield Defect(
        kind="rows_received_before_made",
        source=source,
        rows=sum(found.count(ta.EARLY) for found in some) - clamped,
        of=rows,
        done="exchange times moved back",
        time_share=clock.time_share,
    )
    stale = [(found, found.timed(of.STALE), found.timed(of.FIRST_STALE) + 1) for found in some]
    for kind, counted, done, limit in (
        ("rows_set_to_arrival", early, "taken as made on arrival", _CLAMPED_LIMIT),
        ("rows_made_over_60_s_before", stale, "kept", _STALE_LIMIT),
    ):
        places = [f"{found.path}:{line}" for found, number, line in counted if number]
        yield Defect(
            kind=kind,
            source=source,
            rows=sum(number for _, number, _ in counted),
            of=rows,
            done=done,
            first=places[0] if places else None,
            limit=max(limit, 1 / rows),
        )


def latency_defects(files: Sequence[Findings], clock: Clock) -> Iterator[Defect]:
    """Say that no file tells how long the feed takes."""
    rows = sum(found.rows for found in files)
    added = clock.feed_latency_us / 1000
    yield Defect(
        kind="no_feed_latency",
        rows=rows if has_no_latency(files) else 0,
        of=rows,
        done=f"{added:g} ms added" if added else "everything is known at once",
    )


def clock_notes(files: Sequence[Findings], clock: Clock) -> Iterator[str]:
    """Say what was done to exchange times."""
    early = sum(found.count(ta.EARLY) for found in files)
    rows = sum(found.rows for found in files)
    if clock.most_us < 0:
        yield (
            f"the recorder's clock is {lag_text(clock)} behind the exchange's ({early} of {rows}"
            " rows arrive before they were made); exchange times were moved back by that much"
        )
    wrong = [(found, *clock.clamped(found)) for found in files if clock.clamped(found)[0]]
    if wrong:
        first, _, line = wrong[0]
        yield (
            f"{sum(number for _, number, _ in wrong)} rows are stamped ahead of all others, the"
            f" first in {first.path.name}:{line}; they are taken as made when they arrived"
        )
    if rows and has_no_latency(files):
        added = clock.feed_latency_us / 1000
        yield (
            f"no row says how long it was under way; a feed latency of {added:g} ms was added"
            if added
            else "no row says how long it was under way, so the strategy knows everything at once;"
            " data.feed_latency_ms adds a feed latency"
        )


def clock_text(found: Findings, clock: Clock) -> str:
    """Say of one file how its two clocks are to each other."""
    clamped, _ = clock.clamped(found)
    early = f"; {clamped} rows stamped ahead of all others" if clamped else ""
    if clock.most_us == 0:
        return f"not behind the exchange's{early}"
    first, last = -clock.pieces[0, of.AT_START] / 1e3, -clock.pieces[-1, of.AT_END] / 1e3
    drift = f", {first:.3f} ms at first, {last:.3f} ms at last" if first != last else ""
    return f"{lag_text(clock)} behind the exchange's{drift}{early}"


def lag_text(clock: Clock) -> str:
    """By how much the recorder's clock is behind."""
    least, most = -clock.least_us / 1e3, -clock.most_us / 1e3
    return f"{most:.3f} ms" if least == most else f"{least:.3f} to {most:.3f} ms"

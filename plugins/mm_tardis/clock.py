"""The exchange's clock against the recorder's, from all files of a run together.

All files were received by one clock, so where one of them shows that it is behind, the exchange
times of all are moved back, each row's by the offset at its arrival. The exchange's clock is moved,
not the recorder's, so that decisions and outputs keep the times that stand in the files. A row that
is early even so has a wrong stamp; it is taken to be made when it arrived.

Rows whose two times are equal, or that have one alone, have no latency: they are not moved.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import attrs
import numpy as np

from mm.api import MICRO, DataError, Defect
from mm_tardis import offset as of
from mm_tardis import tally as ta
from mm_tardis.survey import Findings
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
    some = [found.offsets for found in files if len(found.offsets)]
    if not any(one[:, of.AT_START : of.LEAST].any() for one in some):
        return Clock(feed_latency_us=feed_latency_us)
    edges = np.unique(np.concatenate([one[:, : of.AT_START].ravel() for one in some]))
    starts, ends = edges[:-1], edges[1:]
    pieces = np.zeros((len(starts), of.LEAST), np.int64)
    pieces[:, of.START], pieces[:, of.END] = starts, ends
    for one in some:
        at = np.searchsorted(one[:, of.START], starts, side="right") - 1
        there = (at >= 0) & (ends <= one[at, of.END])
        line = one[at[there]]
        span = line[:, of.END] - line[:, of.START]
        rise = line[:, of.AT_END] - line[:, of.AT_START]
        for column, times in ((of.AT_START, starts[there]), (of.AT_END, ends[there])):
            lag = line[:, of.AT_START] + rise * (times - line[:, of.START]) // span
            pieces[there, column] = np.minimum(pieces[there, column], lag)
    return Clock(pieces=_joined(pieces), feed_latency_us=feed_latency_us)


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
    clamped = sum(found.timed(of.CLAMPED) for found in some)
    moved = sum(found.count(ta.EARLY) for found in some) - clamped
    yield Defect(
        kind="rows_received_before_made",
        source=source,
        rows=moved,
        of=rows,
        done="exchange times moved back",
        first=None,
        time_share=clock.time_share if moved else 0.0,
    )
    for kind, column, done, limit in (
        ("rows_set_to_arrival", of.CLAMPED, "taken as made on arrival", _CLAMPED_LIMIT),
        ("rows_made_over_60_s_before", of.STALE, "kept", _STALE_LIMIT),
    ):
        having = [found for found in some if found.timed(column)]
        yield Defect(
            kind=kind,
            source=source,
            rows=sum(found.timed(column) for found in having),
            of=rows,
            done=done,
            first=f"{having[0].path}:{having[0].timed(column + 1) + 1}" if having else None,
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
    wrong = [found for found in files if found.timed(of.CLAMPED)]
    if wrong:
        most = max(found.timed(of.MOST_CLAMPED) for found in wrong) / 1e3
        yield (
            f"{sum(found.timed(of.CLAMPED) for found in wrong)} rows are stamped ahead of all"
            f" others, by up to {most:.3f} ms, the first in {wrong[0].path.name}:"
            f"{wrong[0].timed(of.FIRST_CLAMPED) + 1}; they are taken as made when they arrived"
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
    clamped = found.timed(of.CLAMPED)
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

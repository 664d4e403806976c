"""How far the recorder's clock is behind the exchange's, stretch by stretch of one file.

A row that was received before it was made has a wrong time stamp, or one of the two clocks is
wrong. One row cannot tell which; its neighbours can. So latencies (local less exchange time) are
judged in stretches of ten seconds, with at least 64 latencies in each. Where fewer than one in 20
of them are negative, or fewer than three, the clocks agree, and those few stamps are wrong. Else
the clock is behind, by a line under the stretch's latencies:

    slope     from the lower quartile of its first half to that of its second; none if the clock
              would drift by more than a tenth (then it was set, or the stamps are wrong), or if
              a level line lies higher on average
    height    the least latency over that slope that is no outlier; an outlier lies over three
              times as far below the lower quartile as the median lies above it

So nearly a quarter of the stamps may be wrong without moving the others, and a drift is followed.
As long as a millisecond tells no two stretches apart, they have one offset. Rows of one stamp count
once: they are one message. What is early even so is set to its arrival when it is converted.

Counts and judges; converts nothing. Knows one file; what several say together is for ``clock``.
"""

from typing import Final

import numpy as np

from mm.api import MICRO
from mm.api.jit import inner, kernel
from mm_tardis.table import SHOWN, T_EXCHANGE, T_LOCAL, T_ROW, T_SNAPSHOT, T_TIMELESS, TICKERS, Ints

# Columns of ``timing``.
SEEN: Final = 0  # the number of the last data row
HELD: Final = 1  # latencies in ``held``
SPLIT: Final = 2  # where the second stretch in it begins; 0 = there is one alone
PIECES: Final = 3  # rows of ``pieces`` in use
MOVED: Final = 4  # rows in stretches with an offset
CLAMPED: Final = 5  # rows that are early in spite of it
FIRST_CLAMPED: Final = 6
MOST_CLAMPED: Final = 7  # µs
AHEAD: Final = 8  # rows received over a minute before they were made
FIRST_AHEAD: Final = 9
AHEAD_BY: Final = 10  # µs, of that row
STALE: Final = 11  # rows made over a minute before they were received
FIRST_STALE: Final = 12
STAMPS: Final = 13  # latencies in all
TIMING: Final = 14

# Columns of ``held``.
LOCAL: Final = 0  # µs
LATENCY: Final = 1  # µs
ROWS: Final = 2  # rows of that stamp
ROW: Final = 3  # the first of them
_HELD: Final = 4

# Columns of ``pieces``: the offset as a line from START up to, but without, END.
START: Final = 0  # µs, local
END: Final = 1
AT_START: Final = 2  # µs, <= 0, to add to exchange times
AT_END: Final = 3
LEAST: Final = 4  # µs, the smallest lag of the stretches that it was put together from
PIECE: Final = 5

LONGEST: Final = 60 * MICRO
"""No clock is further behind, and no feed takes longer; a stamp that says so is wrong."""

_STRETCH: Final = 10 * MICRO
ENOUGH: Final = 64
"""Latencies, of which a quarter of a half are eight."""
_FULL: Final = 4096
"""Latencies that end a stretch before its time."""
_MOST_PIECES: Final = 8192

_AGREE: Final = 3
"""Fewer stamps than so many say nothing of a clock,"""
_SHARE: Final = 20
"""and fewer than one in so many neither."""
_FASTEST: Final = 10
"""A clock drifts by at most one part in so many; bad ones do by one in 5 000."""
_FENCE: Final = 3
"""An outlier is so many times further from the quartile than the median is."""
_HOUR: Final = 3600 * MICRO
_SLACK: Final = 1000
"""µs that a row may be moved back further than it needs for one offset to last longer."""


def new_timing() -> tuple[Ints, Ints, Ints]:
    """Make the arrays that ``watch`` fills: timing, held, pieces."""
    return (
        np.zeros(TIMING, np.int64),
        np.zeros((2 * _FULL, _HELD), np.int64),
        np.zeros((_MOST_PIECES, PIECE), np.int64),
    )


@kernel(allocates=False)
def offset_at(clock: Ints, ts: int) -> int:
    """What to add to exchange times of rows received at ``ts`` (local) [µs]; <= 0.

    Args:
        clock: shape (n, 4 or 5), in order of START, each from where the one before ends.
        ts: before the first, or after the last, that one's end holds.
    """
    if len(clock) == 0:
        return 0
    low, high = 0, len(clock)
    while high - low > 1:
        middle = (low + high) // 2
        if clock[middle, START] <= ts:
            low = middle
        else:
            high = middle
    start, end = int(clock[low, START]), int(clock[low, END])
    first, last = int(clock[low, AT_START]), int(clock[low, AT_END])
    if first == last or ts <= start:
        return first
    return last if ts >= end else first + (last - first) * (ts - start) // (end - start)


@inner(allocates=True)
def lower_quartile(latencies: Ints) -> int:
    """A quarter of the latencies are at most this (nearest rank)."""
    return int(np.sort(latencies)[(len(latencies) + 3) // 4 - 1])


@inner(allocates=True)
def height_of(held: Ints, rise: int, run: int) -> int:
    """How high a line of this slope lies at a stretch's start, under all latencies but outliers."""
    n, start = len(held), int(held[0, LOCAL])
    level = np.empty(n, np.int64)
    for i in range(n):
        level[i] = held[i, LATENCY] - rise * (held[i, LOCAL] - start) // run
    level = np.sort(level)
    quartile = max(2, (n + 3) // 4) - 1  # one of a few may be wrong, too
    middle = max(quartile + 1, (n + 1) // 2 - 1)
    outlier = level[quartile] - _FENCE * (level[middle] - level[quartile])
    lowest = 0
    while level[lowest] < outlier:
        lowest += 1
    # Twice rounded down, a line may be 2 µs too high.
    return int(level[lowest]) - (2 if rise != 0 else 0)


@inner(allocates=True)
def line_under(held: Ints, end: int) -> tuple[int, int]:
    """The line under the latencies of a stretch, none of it above 0, at its start and ``end``."""
    n = len(held)
    half, lasting = n // 2, end - int(held[0, LOCAL])
    height = height_of(held, 0, 1)
    if half * 4 < ENOUGH or lasting > _HOUR:
        return min(height, 0), min(height, 0)
    rise = lower_quartile(held[half:, LATENCY]) - lower_quartile(held[:half, LATENCY])
    run = int(held[half + (n - half) // 2, LOCAL]) - int(held[half // 2, LOCAL])
    if rise == 0 or abs(rise) * _FASTEST > run:
        return min(height, 0), min(height, 0)
    sloping = height_of(held, rise, run)
    # A burst looks like a drift; a line along it lies lower than one that takes no notice.
    if sloping + rise * lasting // run // 2 <= height:
        return min(height, 0), min(height, 0)
    return min(sloping, 0), min(sloping + rise * lasting // run, 0)


@inner(allocates=True)
def halve(timing: Ints, pieces: Ints) -> None:
    """Put pieces together in pairs: what there is room for is bounded, a file is not."""
    n = int(timing[PIECES]) // 2
    for i in range(n):
        first, second = pieces[2 * i].copy(), pieces[2 * i + 1].copy()
        lag = min(first[AT_START], first[AT_END], second[AT_START], second[AT_END])
        pieces[i, START] = first[START]
        pieces[i, END] = second[END]
        pieces[i, AT_START] = lag
        pieces[i, AT_END] = lag
        pieces[i, LEAST] = max(first[LEAST], second[LEAST])
    timing[PIECES] = n


@inner(allocates=True)
def add_piece(timing: Ints, pieces: Ints, start: int, end: int, first: int, last: int) -> None:
    """Add a stretch's offset, or make the one before it longer if that is near enough."""
    least, most = max(first, last), min(first, last)
    n = int(timing[PIECES])
    if n > 0:
        before = pieces[n - 1]
        lag = min(before[AT_START], before[AT_END])
        both = min(lag, most)
        alike = max(before[LEAST], least) - both <= _SLACK and (lag == 0) == (most == 0)
        if alike:
            before[END] = end
            before[AT_START] = both
            before[AT_END] = both
            before[LEAST] = max(before[LEAST], least)
            return
    if n == len(pieces):
        halve(timing, pieces)
        n = int(timing[PIECES])
    piece = pieces[n]
    piece[START] = start
    piece[END] = end
    piece[AT_START] = most if least - most <= _SLACK else first
    piece[AT_END] = most if least - most <= _SLACK else last
    piece[LEAST] = least
    timing[PIECES] = n + 1


@inner(allocates=True)
def judge(held: Ints, end: int, timing: Ints, pieces: Ints) -> None:
    """Find the offset of a stretch that lasts until ``end``; count what it leaves early."""
    early = 0
    for i in range(len(held)):
        early += held[i, LATENCY] < 0
    first, last = 0, 0
    if early >= _AGREE and early * _SHARE >= len(held):
        first, last = line_under(held, end)
    add_piece(timing, pieces, int(held[0, LOCAL]), end, first, last)
    if early == 0:
        return
    for i in range(len(held)):
        if first < 0 or last < 0:
            timing[MOVED] += held[i, ROWS]
        offset = offset_at(pieces[timing[PIECES] - 1 : timing[PIECES]], int(held[i, LOCAL]))
        too_early = offset - held[i, LATENCY]
        if too_early > 0:
            if timing[CLAMPED] == 0:
                timing[FIRST_CLAMPED] = held[i, ROW]
            timing[CLAMPED] += held[i, ROWS]
            timing[MOST_CLAMPED] = max(timing[MOST_CLAMPED], too_early)


@inner(allocates=True)
def note_far(latency: int, is_state: bool, timing: Ints) -> None:
    """Count a latency that is none: what tells a state may be old, but nothing is from ahead."""
    if latency < -LONGEST:
        if timing[AHEAD] == 0:
            timing[FIRST_AHEAD] = timing[SEEN]
            timing[AHEAD_BY] = -latency
        timing[AHEAD] += 1
    elif latency > LONGEST and not is_state:
        if timing[STALE] == 0:
            timing[FIRST_STALE] = timing[SEEN]
        timing[STALE] += 1


@kernel
def watch(table: Ints, rows: int, kind: int, timing: Ints, held: Ints, pieces: Ints) -> None:
    """Take the first ``rows`` rows of a parsed table.

    Args:
        table: shape (n, WIDTH), as ``parse`` fills it.
        rows: how many rows of it to take.
        kind: TRADES, QUOTES, BOOK or TICKERS.
        timing, held, pieces: as ``new_timing`` makes them; carried from call to call.
    """
    for row in range(rows):
        is_known = table[row, T_ROW] == timing[SEEN]  # by another level of the same line
        timing[SEEN] = table[row, T_ROW]
        if is_known or table[row, T_TIMELESS] == 1:
            continue
        local = int(table[row, T_LOCAL])
        latency = local - int(table[row, T_EXCHANGE])
        note_far(latency, kind == TICKERS or table[row, T_SNAPSHOT] == SHOWN, timing)
        n, split = int(timing[HELD]), int(timing[SPLIT])
        if n > 0 and local == held[n - 1, LOCAL]:
            if latency == held[n - 1, LATENCY]:
                held[n - 1, ROWS] += 1
                continue
            if n - split >= _FULL:
                continue  # one message of thousands of stamps: it has said enough
        elif n - split >= ENOUGH and (
            n - split >= _FULL or local - int(held[split, LOCAL]) >= _STRETCH
        ):
            if split > 0:
                judge(held[:split], int(held[split, LOCAL]), timing, pieces)
                for i in range(split, n):
                    held[i - split] = held[i]
                n -= split
            # It is judged when the one after it is whole: a file's last rows may be too few.
            timing[SPLIT] = n
        held[n, LOCAL] = local
        held[n, LATENCY] = latency
        held[n, ROWS] = 1
        held[n, ROW] = timing[SEEN]
        timing[HELD] = n + 1
        timing[STAMPS] += 1


@kernel
def finish(timing: Ints, held: Ints, pieces: Ints) -> None:
    """Judge what is held, at the end of the file."""
    n, split = int(timing[HELD]), int(timing[SPLIT])
    if n == 0:
        return
    end = int(held[n - 1, LOCAL]) + 1
    if split > 0 and n - split >= ENOUGH:
        judge(held[:split], int(held[split, LOCAL]), timing, pieces)
        judge(held[split:n], end, timing, pieces)
    else:
        judge(held[:n], end, timing, pieces)
    timing[HELD] = 0
    timing[SPLIT] = 0

"""Tick sizes that change within the data: found in the stretches of files, or not claimed.

An exchange changes a tick at one moment: before it all prices lie on one grid, after it on another.
So a change is claimed only where one side of it, to the beginning or the end of the data, lies on
a grid at least twice as coarse as the other's, where both have many price moves (that a thousand
of them are even by chance is as good as impossible), and where the finer side is fine from the
start: one wrong price in a file of half ticks is no change, and is told by ``doubtful_step``.
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Final

import attrs
import numpy as np

from mm_tardis import stretches as st
from mm_tardis.findings import Findings
from mm_tardis.grid import common, step_text
from mm_tardis.table import TICKERS

_MOVES: Final = 1000
_STRETCHES: Final = 8
"""Either side must have so many moves and stretches."""
_FINE: Final = 6
"""Of the eight stretches next to a change, so many must be off the coarser grid."""

_FOREVER: Final = 1 << 62  # µs


@attrs.frozen
class Stretch:
    """Where in the data a number of price moves lie on which grid. Times in µs, exchange."""

    path: Path
    start: int
    row: int
    moves: int
    step: Decimal
    finer_ts: int
    finer_row: int


@attrs.frozen
class Change:
    """From when on another tick size holds."""

    ts: int
    """µs, exchange; of a change to a coarser one, later than it by a stretch at most."""
    place: str
    """``file:line``, as for ``ts``."""
    before: Decimal
    after: Decimal


def find_changes(files: Sequence[Findings]) -> list[Change]:
    """Find all changes of the tick size that the files of one instrument agree on.

    The kind of files with the most price moves tells, and no other may contradict it.
    """
    kinds = list(_by_kind(files).values())
    changes = _changes(kinds[0]) if kinds else []
    if any(_contradicts(stretches, changes) for stretches in kinds[1:]):
        return []
    return changes


def telling_kind(files: Sequence[Findings]) -> int | None:
    """Say which kind of files tells of changes; None = none has any prices."""
    return next(iter(_by_kind(files)), None)


def _by_kind(files: Sequence[Findings]) -> dict[int, list[Stretch]]:
    """Put stretches together that follow each other; the kind with the most moves comes first."""
    kinds: dict[int, list[Stretch]] = {}
    for found in files:
        if found.kind != TICKERS:
            kinds.setdefault(found.kind, []).extend(_stretches_of(found))
    filled = [(kind, some) for kind, some in kinds.items() if some]
    return dict(sorted(filled, key=lambda one: -_moves(one[1])))


def _stretches_of(found: Findings) -> list[Stretch]:
    rows = found.stretches[: int(found.stretches[st.STRETCHES, st.AT]) + 1]
    return [
        Stretch(
            path=found.path,
            start=int(row[st.START]),
            row=int(row[st.START_ROW]),
            moves=int(row[st.MOVES]),
            step=Decimal(int(row[st.GCD])).scaleb(int(row[st.POWER])),
            finer_ts=int(row[st.FINER_TS]),
            finer_row=int(row[st.FINER_ROW]),
        )
        for row in rows
        if row[st.MOVES]
    ]


def _changes(stretches: Sequence[Stretch]) -> list[Change]:
    cuts = dict(_cuts(stretches, 0))
    changes = []
    begin = 0
    for at, end in pairwise([*cuts, len(stretches)]):
        one = stretches[at]
        ts, row = (one.finer_ts, one.finer_row) if cuts[at] else (one.start, one.row)
        steps = _step(stretches[begin:at]), _step(stretches[at:end])
        changes.append(Change(ts, f"{one.path}:{row + 1}", *steps))
        begin = at
    return changes


def _cuts(stretches: Sequence[Stretch], offset: int) -> list[tuple[int, bool]]:
    """Where the tick changes, in order, and whether to a finer one."""
    at, is_finer = _first_finer(stretches), True
    if at is None:
        # Seen from the end, a change to a coarser tick is one to a finer.
        back, is_finer = _first_finer(stretches[::-1]), False
        if back is None:
            return []
        at = len(stretches) - back
    return [
        *_cuts(stretches[:at], offset),
        (offset + at, is_finer),
        *_cuts(stretches[at:], offset + at),
    ]


def _first_finer(stretches: Sequence[Stretch]) -> int | None:
    """From which stretch on the tick is finer than in all before; None = cannot tell."""
    if not stretches:
        return None
    before = stretches[0].step
    for at, stretch in enumerate(stretches):
        if stretch.step % before == 0:
            continue
        off = [one for one in stretches[at:] if one.step % before != 0]
        near = sum(one.step % before != 0 for one in stretches[at : at + _STRETCHES])
        if (
            near >= _FINE
            and min(at, len(stretches) - at) >= _STRETCHES
            and min(_moves(stretches[:at]), _moves(off)) >= _MOVES
        ):
            return at
        before = _step([stretch], before)
    return None


def _contradicts(stretches: Sequence[Stretch], changes: Sequence[Change]) -> bool:
    """Say whether prices are off the grid that is to hold then."""
    periods = periods_of(changes)
    ends = [stretch.start for stretch in stretches[1:]]
    for stretch, end in zip(stretches, [*ends, _FOREVER], strict=True):
        for since, until, step in periods:
            if since <= stretch.start and end <= until and stretch.step % step != 0:
                return True
    return False


def periods_of(changes: Sequence[Change]) -> list[tuple[int, int, Decimal]]:
    """Give (from, until, tick size) of each period, times in µs; none if nothing changes."""
    if not changes:
        return []
    times = [0, *(change.ts for change in changes), _FOREVER]
    steps = [changes[0].before, *(change.after for change in changes)]
    return [(*span, step) for span, step in zip(pairwise(times), steps, strict=True)]


def changes_text(changes: Sequence[Change]) -> str:
    """Say from when on which tick size holds: ``0.5 until 12:00:03.1 UTC, then 0.1``."""
    text = str(step_text(changes[0].before))
    for change in changes:
        moment = str(np.datetime64(change.ts, "us")).replace("T", " ")
        text += f" until {moment} UTC, then {step_text(change.after)}"
    return text


def _moves(stretches: Sequence[Stretch]) -> int:
    return sum(stretch.moves for stretch in stretches)


def _step(stretches: Sequence[Stretch], *others: Decimal) -> Decimal:
    step = common([*others, *(stretch.step for stretch in stretches)])
    assert step is not None
    return step

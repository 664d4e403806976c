"""What can be wrong with files as such, how often it is, and from when on it matters.

One table names every kind that the tally counts: a figure for ``data inspect``, a sentence for the
notes, a row of the health table. It judges files before any run; what a book and its quotes hold
against each other is seen by the venue.

Limits are shares above which a result is doubtful. Each has its reason beside it. The healthy
recordings that they are measured on (an hour of XBTUSD, six minutes of ETHUSDT, the sample) have
none of these kinds at all but same times and steps back, so any limit leaves them a wide margin.
A single row makes no data sick, however few there are.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import attrs

from mm.api import Defect
from mm_tardis import snap
from mm_tardis import tally as ta
from mm_tardis.clock import Clock, clock_defects, clock_of, latency_defects
from mm_tardis.files import has_no_changes
from mm_tardis.findings import Findings
from mm_tardis.layout import KIND_NAMES
from mm_tardis.table import BOOK, QUOTES, TICKERS, TRADES
from mm_tardis.ticks import find_changes, telling_kind

_ALL: Final = (TRADES, QUOTES, BOOK, TICKERS)
_KEPT: Final = "kept"
_OUT: Final = "left out"

LONG_PAUSE_S: Final = 10.0
"""As for the pauses that the tally counts: longer than any in the real hour (6.8 s)."""

_SHORT: Final = 100
"""Rows. Of fewer nobody can say how often they usually come: pauses prove nothing."""


@attrs.frozen
class Kind:
    """One kind of what can be odd about rows."""

    name: str
    column: int
    sources: tuple[int, ...]
    done: str | None
    """What is done about it; None = it is normal, a figure and not a defect."""
    limit: float | None = None
    sentence: str | None = None


# fmt: off
KINDS: Final = (
    Kind("same_time_rows", ta.SAME_TIME, _ALL, None),  # rows of one message
    Kind("exchange_time_steps_back", ta.STEPS_BACK, _ALL, None),  # one in 5 000 to 60 000
    # There and back are two. One wild price in 1 000 moves marks, candles and sigma for good.
    Kind("prices_that_jump", ta.JUMPS, (TRADES, QUOTES), _KEPT, 0.001),
    Kind("rows_received_before_made", ta.EARLY, _ALL, None),  # see ``clock``
    # Left out, nothing depends on them; but where they abound, other sizes are wrong as well.
    Kind("zero_size_rows", ta.EMPTY_TRADES, (TRADES,), _OUT, 0.05,
         "{n} trades of size zero were left out"),
    # The touch tells the side; the venue counts the prints of which it cannot.
    Kind("unknown_side_rows", ta.NO_SIDE, (TRADES,), "side taken from the touch", None,
         "{n} trades name no side and are taken as such"),
    # Until then the touch is empty and nothing is quoted: a shorter run, not a wrong one. If it
    # is most of the file, the run is not the one that was asked for.
    Kind("rows_before_snapshot", ta.LOST, (BOOK,), _OUT, 0.5,
         "{n} rows before the first snapshot were left out"),
    # Normal for whole feeds; what is missing is the latency, not the market.
    Kind("rows_without_exchange_time", ta.TIMELESS, _ALL, "arrival time used"),
    # A touch that cannot be: each is a moment in which the mid and what can be taken are invented.
    Kind("crossed_rows", ta.CROSSED, (QUOTES,), _KEPT, 0.01,
         "{n} rows are crossed (bid above ask) and were kept"),
    # Some venues lock for moments; a twentieth of all rows is no moment.
    Kind("locked_rows", ta.LOCKED, (QUOTES,), _KEPT, 0.05,
         "{n} rows are locked (bid equals ask) and were kept"),
    # Seen by the strategy as what it is: a side without a price.
    Kind("one_sided_rows", ta.ONE_SIDED, (QUOTES,), _KEPT, None, "{n} rows lack a side"),
    # Of trades without an id nobody can say: one order that takes two equal ones prints two equal
    # rows, and 3 % of a live recording were such. A quote or level says what stands, and saying
    # it twice changes nothing.
    Kind("repeated_rows", ta.REPEATS, _ALL, _KEPT, None,
         "{n} rows repeat the row above in every field and were kept"),
    # A snapshot says anew what stands; the venue knows what that leaves unknown.
    Kind("snapshots_mid_file", ta.AGAIN, (BOOK,), "book built anew"),
    Kind("rows_without_mark_price", ta.NO_MARK, (TICKERS,), "last one holds on"),
    Kind("rows_without_funding", ta.NO_FUNDING, (TICKERS,), "none paid by them"),
)
# fmt: on

_PAUSE_LIMIT: Final = 0.05
"""Of the time: three minutes an hour in which resting orders met a market that nobody saw."""


def health(files: Sequence[Findings], clock: Clock | None = None) -> tuple[Defect, ...]:
    """Everything that was looked for in a directory's files, 0 rows where it was not found.

    Args:
        files: of one instrument.
        clock: of a run on them; None = as the files say.
    """
    clock = clock_of(files) if clock is None else clock
    filled = [found for found in files if found.rows]
    if not filled:
        return ()
    span = max(f.count(ta.LAST) for f in filled) - min(f.count(ta.FIRST) for f in filled)
    defects: list[Defect] = [*latency_defects(filled, clock), *_tick_changes(filled)]
    for source in _ALL:
        some = [found for found in filled if found.kind == source]
        if some:
            defects += _of_rows(source, some, clock)
            defects += clock_defects(KIND_NAMES[source], some, clock)
            defects += [*_pauses(source, some, span), *_ends(source, some, filled, span)]
    return tuple(defects)


def _of_rows(source: int, some: Sequence[Findings], clock: Clock) -> Iterator[Defect]:
    whole = has_no_changes(some)
    for kind in KINDS:
        if kind.column == ta.AGAIN and whole:
            continue
        if kind.done is not None and source in kind.sources:
            having = [found for found in some if found.count(kind.column)]
            yield Defect(
                kind=kind.name,
                source=KIND_NAMES[source],
                rows=sum(found.count(kind.column) for found in having),
                of=_rows(some),
                done=f"{clock.used_text} used" if kind.column == ta.TIMELESS else kind.done,
                first=_place(having[0], kind.column) if having else None,
                limit=None if kind.limit is None else max(kind.limit, 1 / _rows(some)),
            )
    yield from _rounded(source, some)
    yield from _by_rule(source, some)
    for name, there in (
        ("writes_cut_off", [found for found in some if found.cut_off]),
        ("last_lines_without_end", [found for found in some if found.open_ended]),
    ):
        if there:
            done = _OUT if name == "writes_cut_off" else "taken as it stands"
            yield Defect(
                kind=name, source=KIND_NAMES[source], rows=len(there), of=_rows(some), done=done,
                first=f"{there[0].path}:{there[0].rows + 1}",
            )  # fmt: skip


def _tick_changes(filled: Sequence[Findings]) -> Iterator[Defect]:
    """A change is no defect of the data; a run that has one tick for all of them would be one."""
    changes, source = find_changes(filled), telling_kind(filled)
    if source is None:
        return
    yield Defect(
        kind="tick_size_changes",
        source=KIND_NAMES[source],
        rows=len(changes),
        of=_rows([found for found in filled if found.kind == source]),
        done="orders off the tick then in force refused",
        first=changes[0].place if changes else None,
    )


def _by_rule(source: int, some: Sequence[Findings]) -> Iterator[Defect]:
    """What is read by a rule that makes it right, so that no number of them is doubtful."""
    name, rows = KIND_NAMES[source], _rows(some)
    if source == TRADES:
        having = [found for found in some if found.count(ta.REPEATED_IDS)]
        yield Defect(
            kind="repeated_trade_ids",
            source=name,
            rows=sum(found.count(ta.REPEATED_IDS) for found in having),
            of=rows,
            done=_KEPT if some[0].keeps_repeats else _OUT,
            first=_place(having[0], ta.REPEATED_IDS) if having else None,
        )
    if has_no_changes(some):
        first = f"{some[0].path}:2"
        done = "each message replaces the book"
        yield Defect(kind="all_snapshots", source=name, rows=rows, of=rows, done=done, first=first)
    others = sum(sum(found.others.values()) for found in some)
    if others:
        yield Defect(
            kind="rows_of_other_symbols", source=name, rows=others, of=rows + others, done="skipped"
        )


def _rounded(source: int, some: Sequence[Findings]) -> Iterator[Defect]:
    """Rows whose floats were put on the grid that was given: exact again, so never doubtful."""
    for name, column, given in (
        ("prices_rounded_to_tick", snap.PRICES, some[0].given.tick),
        ("sizes_rounded_to_lot", snap.SIZES, some[0].given.lot),
    ):
        having = [found for found in some if found.snapped[column]]
        if given is not None and source != TICKERS:
            yield Defect(
                kind=name,
                source=KIND_NAMES[source],
                rows=sum(int(found.snapped[column]) for found in having),
                of=_rows(some),
                done="rounded",
                first=f"{having[0].path}:{having[0].snapped[column + 1] + 1}" if having else None,
            )


def _pauses(source: int, some: Sequence[Findings], span: int) -> Iterator[Defect]:
    """Pauses of a touch or a book; trades and tickers pause as a matter of course.

    Where more than one row in ``_SHORT`` follows a pause, the market is a quiet one, and pauses
    are no sign that anything was lost.
    """
    if source not in (QUOTES, BOOK):
        return
    after = [found for found in some if found.count(ta.LONG_GAPS)]
    pauses, of = sum(found.count(ta.LONG_GAPS) for found in after), _rows(some)
    yield Defect(
        kind="gaps_over_10_s",
        source=KIND_NAMES[source],
        rows=pauses,
        of=of,
        done="last state stands",
        first=_place(after[0], ta.LONG_GAPS) if after else None,
        time_share=_share(sum(found.count(ta.GAP_TIME) for found in after), span),
        limit=_PAUSE_LIMIT if pauses * _SHORT <= of else None,
    )


def _ends(
    source: int, some: Sequence[Findings], filled: Sequence[Findings], span: int
) -> Iterator[Defect]:
    """Where a kind is silent while others go on, for longer than it ever pauses."""
    if source == TICKERS:
        return
    late, early = silent_ends(some, filled)
    lasting = (late > 0) + (early > 0)
    yield Defect(
        kind="silent_at_an_end",
        source=KIND_NAMES[source],
        rows=lasting,
        of=_rows(some),
        done="last state stands" if early else "nothing is known there",
        first=None if not lasting else f"{some[-1].path}:{some[-1].rows + 1}" if early
        else f"{some[0].path}:2",
        time_share=_share(late + early, span),
        limit=_PAUSE_LIMIT if _rows(some) >= _SHORT else None,
    )  # fmt: skip


def silent_ends(some: Sequence[Findings], filled: Sequence[Findings]) -> tuple[int, int]:
    """By how much [µs] a kind begins after the other files and ends before them; 0 = as usual."""
    usual = max(LONG_PAUSE_S * 1e6, 2 * max(found.count(ta.GAP) for found in some))
    others = [found for found in filled if found.kind != TICKERS]
    late = some[0].count(ta.FIRST) - min(found.count(ta.FIRST) for found in others)
    early = max(found.count(ta.LAST) for found in others) - some[-1].count(ta.LAST)
    return late if late > usual else 0, early if early > usual else 0


def _place(found: Findings, column: int) -> str:
    return f"{found.path}:{found.line(column)}"


def _rows(some: Sequence[Findings]) -> int:
    return sum(found.rows for found in some)


def _share(part: int, span: int) -> float:
    return min(part / span, 1.0) if span > 0 else 0.0

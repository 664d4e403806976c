"""What ``mm data inspect`` shows of a file: read alone, with no configuration.

A file that cannot be used is shown as well, with the reason: the others are still of interest.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

import attrs

from mm.api import DataError, Defect, FileReport, FilesOfRun, Inspected
from mm_tardis import TardisConfig
from mm_tardis import tally as ta
from mm_tardis.clock import clock_of, clock_text, refuse_clocks
from mm_tardis.connector import TardisConnector
from mm_tardis.files import check_order
from mm_tardis.findings import Findings
from mm_tardis.grid import grid_of, refuse_floats
from mm_tardis.health import health
from mm_tardis.notes import defects
from mm_tardis.survey import survey_file
from mm_tardis.table import BOOK, QUOTES
from mm_tardis.ticks import changes_text, find_changes

_EXCERPT: Final = 100
"""A file is an excerpt if the longest beside it lasts more than so many times as long."""

_SYMBOLS: Final = 20
"""Symbols of a file that are shown."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@attrs.frozen(kw_only=True)
class Inspection:
    """One file, as found. Times in µs since 1970, UTC."""

    path: str
    fault: str | None = None
    """Why the file cannot be used; everything below is then empty."""
    kind: str | None = None
    """``trades``, ``quotes``, ``book`` or ``derivative_ticker``."""
    exchange: str | None = None
    symbol: str | None = None
    depth: int | None = None
    """Levels a side of ``book_snapshot_N``, whose rows are whole books; None = it is none."""
    symbols: dict[str, int] | None = None
    """Rows by symbol, of the first 20, if there are several; all else is of ``symbol``."""
    rows: int = 0
    first_ts: int | None = None
    last_ts: int | None = None
    tick_size: str | None = None
    """As far as this file tells, decimal text; None = cannot tell."""
    tick_changes: str | None = None
    """From when on which tick size holds; None = the file tells of no change."""
    lot_size: str | None = None
    largest_gap_us: int = 0
    largest_gap_ends_ts: int | None = None
    latency_us: dict[str, int] | None = None
    """min, median, p99, max; None if no row has an exchange time of its own."""
    clock: str | None = None
    """How far the recorder's clock is behind the exchange's; None if no row tells."""
    clock_offsets: list[list[int]] = attrs.field(factory=list)
    """From and until when [µs, local], and what is added to exchange times at either end [µs]."""
    defects: dict[str, int] = attrs.field(factory=dict)
    sha256: str | None = None
    health: tuple[Defect, ...] = ()
    found: Findings | None = None


def inspect_together(paths: Sequence[Path]) -> Inspected:
    """Look into files that were named together, one pass each."""
    found = inspect_files(paths)
    runs, left_out = runs_of(found)
    reports = [
        FileReport(
            path=one.path,
            text=inspection_text(one),
            content=inspection_json(one),
            fault=one.fault,
            defects=one.health,
        )
        for one in found
    ]
    return Inspected(files=tuple(reports), runs=tuple(runs), left_out=tuple(left_out))


def runs_of(inspections: Sequence[Inspection]) -> tuple[list[FilesOfRun], list[str]]:
    """Sort files by folder and instrument; without quotes or a book there is nothing to read.

    Returns:
        What runs would read, and a sentence for each file or folder that was left out.
    """
    groups: dict[tuple[Path, str, str], list[Findings]] = {}
    for one in inspections:
        if one.found is not None and one.exchange is not None and one.symbol is not None:
            key = (one.found.path.parent, one.exchange, one.symbol)
            groups.setdefault(key, []).append(one.found)
    runs, left_out = [], []
    for (_, exchange, symbol), found in groups.items():
        long: list[Findings] = []
        for file in found:
            if not _is_excerpt(file, found):
                long.append(file)
                continue
            left_out.append(
                f"{file.path}: too short to be of the recording beside it, so it was read alone"
            )
        long.sort(key=lambda one: (one.kind, one.count(ta.FIRST)))
        if not {one.kind for one in long} & {QUOTES, BOOK}:
            continue
        try:
            for _, files in groupby(long, attrgetter("kind")):
                check_order(list(files))
        except DataError as error:
            left_out.append(f"not read together: {error}")
            continue
        if None in grid_of(long):
            left_out.append(f"not read as in a run: the files of {symbol} do not tell its grid")
            continue
        connector = TardisConnector(TardisConfig(), symbol, long)
        paths = tuple(str(one.path) for one in long)
        runs.append(FilesOfRun(exchange=exchange, symbol=symbol, paths=paths, connector=connector))
    return runs, left_out


def _is_excerpt(one: Findings, others: Sequence[Findings]) -> bool:
    """Say whether a book or quotes last so short beside the others that they are no part of them.

    A few seconds of a book beside an hour of quotes were kept to look at, not to run on.
    """
    if one.kind not in (QUOTES, BOOK):
        return False
    longest = max(other.count(ta.LAST) - other.count(ta.FIRST) for other in others)
    return (one.count(ta.LAST) - one.count(ta.FIRST)) * _EXCERPT < longest


def inspect_files(paths: Sequence[Path]) -> list[Inspection]:
    """Look into files of any kind, one pass each."""
    return [_inspect(path) for path in paths]


def inspection_json(inspection: Inspection) -> dict[str, Any]:
    """The inspection as a JSON-compatible dict, without its health: that is for the host."""
    return attrs.asdict(inspection, filter=lambda field, _: field.name not in ("health", "found"))


def inspection_text(inspection: Inspection) -> str:
    """The inspection as a block of lines, without its health."""
    i = inspection
    if i.fault is not None:
        return f"{i.path}\n  unusable  {i.fault}"
    lines = [
        ("kind", str(i.kind) + (f" (book_snapshot_{i.depth})" if i.depth else "")),
        ("symbol", _plain(f"{i.symbol} ({i.exchange})") if i.rows else "none: no rows"),
        ("rows", f"{i.rows:,}".replace(",", " ")),
        *([("symbols", _symbols(i.symbols))] if i.symbols else []),
        ("span", _span(i)),
        ("grid", f"tick {_tick(i)}, lot {i.lot_size or 'cannot tell'}"),
        ("gaps", _gaps(i)),
        ("latency", _latency(i.latency_us)),
        ("clock", i.clock or "unknown: no exchange times"),
    ]
    return "\n".join([i.path, *(f"  {name:<8}  {text}" for name, text in lines)])


def _inspect(path: Path) -> Inspection:
    block_bytes = TardisConfig().block_bytes
    try:
        found = survey_file(path, None, None, block_bytes)
        refuse_floats([found])
        refuse_clocks([found], strict=False)
    except DataError as fault:
        return Inspection(path=str(path), fault=str(fault))
    return _of(found)


def _rows_by_symbol(found: Findings) -> dict[str, int] | None:
    if not found.others:
        return None
    rows = [(str(found.symbol), found.rows), *found.others.items()]
    further = sum(count for _, count in rows[_SYMBOLS:])
    return dict(rows[:_SYMBOLS]) | ({"…": further} if further else {})


def _of(found: Findings) -> Inspection:
    tick, lot = grid_of([found])
    clock = clock_of([found])
    return Inspection(
        path=str(found.path),
        kind=found.name,
        exchange=found.exchange,
        symbol=found.symbol,
        depth=found.depth or None,
        symbols=_rows_by_symbol(found),
        rows=found.rows,
        first_ts=found.count(ta.FIRST) or None,
        last_ts=found.count(ta.LAST) or None,
        tick_size=tick,
        tick_changes=changes_text(changes) if (changes := find_changes([found])) else None,
        lot_size=lot,
        largest_gap_us=found.count(ta.GAP),
        largest_gap_ends_ts=found.count(ta.GAP_AT) or None,
        latency_us=found.latency_us(),
        clock=clock_text(found, clock) if found.timed_rows else None,
        clock_offsets=clock.pieces.tolist(),
        defects=defects(found),
        health=health([found]),
        found=found,
        sha256=found.sha256,
    )


def _symbols(symbols: dict[str, int]) -> str:
    return _plain(", ".join(f"{symbol} {rows}" for symbol, rows in symbols.items()))


def _tick(i: Inspection) -> str:
    return i.tick_changes or i.tick_size or "cannot tell"


def _span(i: Inspection) -> str:
    if i.first_ts is None or i.last_ts is None:
        return "none"
    length = timedelta(microseconds=i.last_ts - i.first_ts)
    return f"{_clock(i.first_ts)} to {_clock(i.last_ts)} UTC ({length})"


def _gaps(i: Inspection) -> str:
    if i.largest_gap_ends_ts is None:
        return "none"
    over = i.defects["gaps_over_10_s"]
    ended = _clock(i.largest_gap_ends_ts)
    return f"longest {i.largest_gap_us / 1e6:.3f} s, ended {ended} UTC; {over} over 10 s"


def _latency(latency_us: dict[str, int] | None) -> str:
    if latency_us is None:
        return "unknown: no exchange times"
    return ", ".join(f"{name} {value / 1e3:.1f} ms" for name, value in latency_us.items())


def _clock(ts: int) -> str:
    moment = _EPOCH + timedelta(microseconds=ts)
    return moment.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")


def _plain(text: str) -> str:
    """The text with what a terminal would obey, or cannot show, written out."""
    return text.encode("unicode_escape").decode("ascii")

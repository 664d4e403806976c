"""What a survey found odd, as sentences, and all its figures as JSON.

Decides only what is worth a sentence: what was repaired or left out, and what makes results
doubtful. What is normal in recordings (rows of one time, exchange times that step back) is in
the figures alone.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from mm_tardis import tally as ta
from mm_tardis.clock import Clock, clock_notes
from mm_tardis.files import has_no_changes
from mm_tardis.findings import Findings
from mm_tardis.grid import doubtful_step
from mm_tardis.health import KINDS, LONG_PAUSE_S, silent_ends
from mm_tardis.table import BOOK, QUOTES, TICKERS, TRADES
from mm_tardis.ticks import changes_text, find_changes


def defects(found: Findings) -> dict[str, int]:
    """Count what can be odd in a file of this kind, by name; zeros included."""
    ours = [kind for kind in KINDS if found.kind in kind.sources]
    counts = {kind.name: found.count(kind.column) for kind in ours}
    counts["gaps_over_10_s"] = found.count(ta.LONG_GAPS)
    if found.kind == TRADES:
        counts["repeated_trade_ids"] = found.count(ta.REPEATED_IDS)
    if has_no_changes([found]):
        counts["all_snapshots"] = found.rows
        counts["snapshots_mid_file"] = 0
    if found.others:
        counts["rows_of_other_symbols"] = sum(found.others.values())
    if found.cut_off:
        counts["bytes_cut_off"] = found.cut_off
    return counts


def figures(found: Findings) -> dict[str, Any]:
    """Everything counted in one file, JSON-compatible."""
    empty = found.rows == 0
    return {
        "exchange": found.exchange,
        "rows": found.rows,
        "first_ts": None if empty else found.count(ta.FIRST),
        "last_ts": None if empty else found.count(ta.LAST),
        "largest_gap_us": found.count(ta.GAP),
        "largest_gap_ends_ts": found.count(ta.GAP_AT) or None,
        "latency_us": found.latency_us(),
        "defects": defects(found),
    }


def notes(files: Sequence[Findings], clock: Clock) -> tuple[str, ...]:
    """All sentences about a directory's files, in order of kind."""
    sentences: list[str] = []
    for found in files:
        several = sum(other.kind == found.kind for other in files) > 1
        subject = f"{found.name} ({found.path.name})" if several else found.name
        sentences += [f"{subject}: {sentence}" for sentence in _about(found, clock)]
    exchanges = sorted({found.exchange for found in files if found.exchange})
    if len(exchanges) > 1:
        sentences.append(f"the files are of several exchanges: {', '.join(map(repr, exchanges))}")
    sentences += _mistakable(files)
    sentences += [*_steps(files), *_tick_changes(files), *_uneven(files), *_silent_ends(files)]
    sentences += clock_notes(files, clock)
    return tuple(sentences)


def _about(found: Findings, clock: Clock) -> list[str]:
    cut = f"the last {found.cut_off} bytes are of a write that was cut off, and were left out"
    sentences = [cut] if found.cut_off else []
    if found.open_ended:
        sentences.append("the last line has no line end, so the file may be cut off there")
    if found.rows == 0:
        return [*sentences, "the file has a header and no rows"]
    sentences += [
        kind.sentence.format(n=found.count(kind.column))
        for kind in KINDS
        if kind.sentence and found.kind in kind.sources and found.count(kind.column)
    ]
    if found.count(ta.TIMELESS):
        timeless = found.count(ta.TIMELESS)
        sentences.append(
            f"{timeless} rows have no exchange time of their own; their {clock.used_text} is used"
        )
    if found.count(ta.JUMPS):
        sentences.append(
            f"{found.count(ta.JUMPS)} prices are more than 10 % away from that of the row above,"
            f" the first in line {found.line(ta.JUMPS)}, and were kept"
        )
    if found.count(ta.AGAIN) and not has_no_changes([found]):
        again = found.count(ta.AGAIN)
        sentences.append(f"snapshots after the first, each of which clears the book: {again}")
    sentences += _by_rule(found)
    if found.kind == TICKERS and found.count(ta.NO_FUNDING) == found.rows:
        sentences.append("no row has a funding rate and its time, so no funding is paid")
    # Trades and tickers pause as a matter of course; a touch or book that does has lost data.
    if found.kind in (QUOTES, BOOK) and found.count(ta.LONG_GAPS):
        longest = found.count(ta.GAP) / 1e6
        sentences.append(
            f"{found.count(ta.LONG_GAPS)} pauses are longer than 10 s, the longest {longest:.1f} s"
        )
    return sentences


def _by_rule(found: Findings) -> Iterator[str]:
    """Say by which rule rows are read that are not taken one by one."""
    if found.count(ta.REPEATED_IDS):
        done = "kept" if found.keeps_repeats else "left out"
        yield (
            f"{found.count(ta.REPEATED_IDS)} trades were there before, with the same id, and were"
            f" {done}, the first in line {found.line(ta.REPEATED_IDS)}"
        )
    if has_no_changes([found]):
        yield "no row is a change (is_snapshot false), so each message replaces the book"
    if found.depth:
        yield f"each row replaces the book, and shows {found.depth} levels a side at most"
    if found.others:
        yield f"{sum(found.others.values())} rows are of other symbols and were skipped"


def _mistakable(files: Sequence[Findings]) -> list[str]:
    """Warn of what may be liquidations: BitMEX's have no exchange time, its trades do."""
    trades = [found for found in files if found.kind == TRADES and found.rows]
    timed = any(found.timed_rows for found in files if found.kind in (QUOTES, BOOK))
    if not trades or not timed or any(found.timed_rows for found in trades):
        return []
    return [
        "no trade has an exchange time of its own, and other rows do: make sure that these are"
        " trades and not liquidations, whose columns are the same"
    ]


def _uneven(files: Sequence[Findings]) -> list[str]:
    """Warn of a book that stands still while the quotes go on; matching would believe it."""
    ends = {found.kind: found.count(ta.LAST) for found in files if found.rows}  # the last file's
    short_s = (ends.get(QUOTES, 0) - ends.get(BOOK, ends.get(QUOTES, 0))) / 1e6
    if short_s <= LONG_PAUSE_S:
        return []
    return [
        f"the book ends {short_s:.0f} s before the quotes and stands still from there on;"
        " leave book_csv out to match against the quotes"
    ]


def _steps(files: Sequence[Findings]) -> list[str]:
    """Warn of a tick or lot size that a few numbers ask for: they may be wrong, and then it is."""
    sentences = []
    for what, column in (("tick", ta.PRICE_GCD), ("lot", ta.SIZE_GCD)):
        doubt = doubtful_step(files, column)
        if doubt is not None:
            sentences.append(
                f"{doubt.numbers} of the numbers in {doubt.found.path.name}, first in line"
                f" {doubt.row + 1}, ask for the {what} size {doubt.step}, all others for"
                f" {doubt.without}; set [instrument] {what}_size if it is not {doubt.step}"
            )
    return sentences


def _tick_changes(files: Sequence[Findings]) -> list[str]:
    """Tell when the tick size changes, and what becomes of it."""
    changes = find_changes(files)
    if not changes:
        return []
    return [
        f"the tick size is {changes_text(changes)}, first seen in {changes[0].place}; unless"
        " [instrument] says otherwise, orders off the tick then in force are refused"
    ]


def _silent_ends(files: Sequence[Findings]) -> list[str]:
    """Warn of a kind that begins late or ends early, by more than it ever pauses."""
    filled = [found for found in files if found.rows and found.kind != TICKERS]
    kinds: dict[int, list[Findings]] = {}
    for found in filled:
        kinds.setdefault(found.kind, []).append(found)
    sentences = []
    for some in kinds.values():
        late, early = silent_ends(some, filled)
        if late:
            late_s = late / 1e6
            sentences.append(f"the {some[0].name} begin{_s(some)} {late_s:.0f} s after other files")
        if early and some[0].kind != BOOK:
            sentences.append(f"the {some[0].name} end {early / 1e6:.0f} s before other files")
    return sentences


def _s(some: Sequence[Findings]) -> str:
    return "s" if some[0].kind == BOOK else ""

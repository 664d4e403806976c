"""What a survey found odd, as sentences, and all its figures as JSON.

Decides only what is worth a sentence: what was repaired or left out, and what makes results
doubtful. What is normal in recordings (rows of one time, exchange times that step back) is in
the figures alone.
"""

from collections.abc import Sequence
from typing import Any, Final

from mm_tardis import tally as ta
from mm_tardis.survey import Findings, clock_shift, doubtful_step
from mm_tardis.table import BOOK, QUOTES, TICKERS, TRADES

_LONG_PAUSE_S: Final = 10.0
"""As for the pauses that the tally counts: longer than any in the real hour (6.8 s)."""

_ALL: Final = (TRADES, QUOTES, BOOK, TICKERS)

_DEFECTS: Final = (
    ("same_time_rows", ta.SAME_TIME, _ALL),
    ("exchange_time_steps_back", ta.STEPS_BACK, _ALL),
    ("repeated_rows", ta.REPEATS, _ALL),
    ("prices_that_jump", ta.JUMPS, (TRADES, QUOTES)),
    ("rows_without_exchange_time", ta.TIMELESS, _ALL),
    ("rows_received_before_made", ta.EARLY, _ALL),
    ("gaps_over_10_s", ta.LONG_GAPS, _ALL),
    ("unknown_side_rows", ta.NO_SIDE, (TRADES,)),
    ("zero_size_rows", ta.EMPTY_TRADES, (TRADES,)),
    ("crossed_rows", ta.CROSSED, (QUOTES,)),
    ("locked_rows", ta.LOCKED, (QUOTES,)),
    ("one_sided_rows", ta.ONE_SIDED, (QUOTES,)),
    ("rows_before_snapshot", ta.LOST, (BOOK,)),
    ("rows_without_mark_price", ta.NO_MARK, (TICKERS,)),
    ("rows_without_funding", ta.NO_FUNDING, (TICKERS,)),
)

_SENTENCES: Final = (
    (ta.EMPTY_TRADES, "{n} trades of size zero were left out"),
    (ta.NO_SIDE, "{n} trades name no side and are taken as such"),
    (ta.LOST, "{n} rows before the first snapshot were left out"),
    (ta.TIMELESS, "{n} rows have no exchange time; their arrival time is used"),
    (ta.CROSSED, "{n} rows are crossed (bid above ask) and were kept"),
    (ta.LOCKED, "{n} rows are locked (bid equals ask) and were kept"),
    (ta.ONE_SIDED, "{n} rows lack a side"),
    (ta.REPEATS, "{n} rows repeat the row above in every field and were kept"),
)


def defects(found: Findings) -> dict[str, int]:
    """Count what can be odd in a file of this kind, by name; zeros included."""
    counts = {name: found.count(column) for name, column, kinds in _DEFECTS if found.kind in kinds}
    if found.kind == BOOK:
        counts["snapshots_mid_file"] = max(found.count(ta.SNAPSHOTS) - 1, 0)
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


def notes(files: Sequence[Findings]) -> tuple[str, ...]:
    """All sentences about a directory's files, in order of kind."""
    sentences: list[str] = []
    for found in files:
        several = sum(other.kind == found.kind for other in files) > 1
        subject = f"{found.name} ({found.path.name})" if several else found.name
        sentences += [f"{subject}: {sentence}" for sentence in _about(found)]
    exchanges = sorted({found.exchange for found in files if found.exchange})
    if len(exchanges) > 1:
        sentences.append(f"the files are of several exchanges: {', '.join(map(repr, exchanges))}")
    sentences += [*_steps(files), *_uneven(files), *_silent_ends(files)]
    shift = clock_shift(files)
    if shift < 0:
        sentences.append(_shifted(files, shift))
    return tuple(sentences)


def _about(found: Findings) -> list[str]:
    cut = f"the last {found.cut_off} bytes are of a write that was cut off, and were left out"
    sentences = [cut] if found.cut_off else []
    if found.open_ended:
        sentences.append("the last line has no line end, so the file may be cut off there")
    if found.rows == 0:
        return [*sentences, "the file has a header and no rows"]
    sentences += [text.format(n=found.count(c)) for c, text in _SENTENCES if found.count(c)]
    if found.count(ta.JUMPS):
        sentences.append(
            f"{found.count(ta.JUMPS)} prices are more than 10 % away from that of the row above,"
            f" the first in line {found.count(ta.JUMP_AT) + 1}, and were kept"
        )
    if found.count(ta.SNAPSHOTS) > 1:
        again = found.count(ta.SNAPSHOTS) - 1
        sentences.append(f"snapshots after the first, each of which clears the book: {again}")
    if found.kind == TICKERS and found.count(ta.NO_FUNDING) == found.rows:
        sentences.append("no row has a funding rate and its time, so no funding is paid")
    # Trades and tickers pause as a matter of course; a touch or book that does has lost data.
    if found.kind in (QUOTES, BOOK) and found.count(ta.LONG_GAPS):
        longest = found.count(ta.GAP) / 1e6
        sentences.append(
            f"{found.count(ta.LONG_GAPS)} pauses are longer than 10 s, the longest {longest:.1f} s"
        )
    return sentences


def _uneven(files: Sequence[Findings]) -> list[str]:
    """Warn of a book that stands still while the quotes go on; matching would believe it."""
    ends = {found.kind: found.count(ta.LAST) for found in files if found.rows}  # the last file's
    short_s = (ends.get(QUOTES, 0) - ends.get(BOOK, ends.get(QUOTES, 0))) / 1e6
    if short_s <= _LONG_PAUSE_S:
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


def _silent_ends(files: Sequence[Findings]) -> list[str]:
    """Warn of a kind that begins late or ends early, by more than it ever pauses."""
    kinds: dict[int, list[Findings]] = {}
    for found in files:
        if found.rows and found.kind != TICKERS:
            kinds.setdefault(found.kind, []).append(found)
    spans = [(some[0].count(ta.FIRST), some[-1].count(ta.LAST)) for some in kinds.values()]
    sentences = []
    for some, (first, last) in zip(kinds.values(), spans, strict=True):
        usual_s = max(_LONG_PAUSE_S, 2 * max(found.count(ta.GAP) for found in some) / 1e6)
        late_s = (first - min(start for start, _ in spans)) / 1e6
        early_s = (max(end for _, end in spans) - last) / 1e6
        if late_s > usual_s:
            sentences.append(f"the {some[0].name} begin{_s(some)} {late_s:.0f} s after other files")
        if early_s > usual_s and some[0].kind != BOOK:
            sentences.append(f"the {some[0].name} end {early_s:.0f} s before other files")
    return sentences


def _s(some: Sequence[Findings]) -> str:
    return "s" if some[0].kind == BOOK else ""


def _shifted(files: Sequence[Findings], shift: int) -> str:
    early = sum(found.count(ta.EARLY) for found in files)
    rows = sum(found.rows for found in files)
    return (
        f"the recorder's clock is up to {-shift / 1e3:.3f} ms behind the exchange's "
        f"({early} of {rows} rows arrive before they were made); exchange times were moved back "
        f"by that much"
    )

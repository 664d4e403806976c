"""The first row in which the tables of two runs differ, and what both knew just before it.

Reads the tables that runs leave. Of several tables that differ the one with the earliest row
is shown; of several at one time, the one that comes first in the order of causes.
"""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Final

import attrs

from mm.rows import Row, find_table, read_rows

_CAUSES: Final = ("quotes", "orders", "order_events", "trades", "positions", "candles")
_TIMES: Final = ("ts_known", "ts_decided", "ts_open")
_DECISIONS: Final = "quotes"
_MARKET: Final = frozenset({"ts_decided", "best_bid", "best_ask", "mid", "sigma", "A", "k"})
"""Columns of a decision that come from the transformer."""


@attrs.frozen(kw_only=True)
class Difference:
    """Where two runs part."""

    table: str
    row: int
    """Of the table, the first is 1."""
    ts: int | None
    """µs, the earlier of the two rows'; None if the table has no time."""
    expected: Row | None
    """The row of the run as configured; None = it has none there."""
    found: Row | None
    state_expected: Row | None
    """The last decision before, in the run as configured; None = there was none."""
    state_found: Row | None

    @property
    def columns(self) -> list[str]:
        """Columns in which the two rows differ."""
        ours, theirs = self.expected or {}, self.found or {}
        names = list(dict.fromkeys((*ours, *theirs)))
        return [name for name in names if ours.get(name) != theirs.get(name)]

    @property
    def is_market(self) -> bool:
        """True if what the strategy was given differs already."""
        return self.table == _DECISIONS and bool(_MARKET & set(self.columns))


def first_difference(expected: Path, found: Path) -> Difference | None:
    """Compare all tables of two run directories; None if none differs."""
    files = [p for f in (expected, found) for end in ("csv", "parquet") for p in f.glob(f"*.{end}")]
    names = {path.stem for path in files}
    parted = [d for name in sorted(names, key=_rank) if (d := _in_table(name, expected, found))]
    return min(parted, key=lambda d: d.ts or 0, default=None)


def _rank(name: str) -> tuple[int, str]:
    return (_CAUSES.index(name) if name in _CAUSES else len(_CAUSES), name)


def _in_table(name: str, expected: Path, found: Path) -> Difference | None:
    pairs = zip_longest(_rows(expected, name), _rows(found, name))
    for number, (ours, theirs) in enumerate(pairs, start=1):
        if ours != theirs:
            times = [t for t in (_time(ours), _time(theirs)) if t is not None]
            ts = min(times, default=None)
            return Difference(
                table=name, row=number, ts=ts, expected=ours, found=theirs,
                state_expected=_state(expected, ts), state_found=_state(found, ts),
            )  # fmt: skip
    return None


def _rows(directory: Path, name: str) -> Iterator[Row]:
    path = find_table(directory, name)
    return iter(()) if path is None else read_rows(path)


def _time(row: Row | None) -> int | None:
    for name in _TIMES:
        if row is not None and (row.get(name) or "").lstrip("-").isdecimal():
            return int(row[name])
    return None


def _state(directory: Path, ts: int | None) -> Row | None:
    last = None
    for row in _rows(directory, _DECISIONS):
        at = _time(row)
        if ts is not None and at is not None and at >= ts:
            break
        last = row
    return last

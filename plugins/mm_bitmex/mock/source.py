"""Where the market comes from: Tardis CSV files, as one stream of steps.

A step is what arrived in one microsecond of the recorder's clock, of one kind. Files are told
apart by their header lines, so a Tardis download, a recording of ``mm record`` (a file a day) and
the bundled sample all do. Without a book, the quotes give one of a single level a side. It knows
columns, not what they mean to an exchange.
"""

import csv
import heapq
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, Final, TypeAlias

import attrs

from mm.api import DataError, open_file

TRADES: Final = 0
BOOK: Final = 1
QUOTES: Final = 2
TICKER: Final = 3
# The order of kinds that share a microsecond: the trade comes before its book change in 79 % of
# BitMEX's matches.
NAMES: Final = ("trades", "incremental_book_L2", "quotes", "derivative_ticker")
_COLUMNS: Final = (
    ("timestamp", "side", "price", "amount"),
    ("timestamp", "side", "price", "amount", "is_snapshot"),
    ("timestamp", "bid_price", "bid_amount", "ask_price", "ask_amount"),
    ("timestamp", "mark_price", "funding_rate", "funding_timestamp"),
)

Row: TypeAlias = tuple[str, ...]
"""The columns named in ``_COLUMNS``, in that order, as text; of trades also the id, last."""


@attrs.frozen
class Step:
    """Rows of one kind that arrived together."""

    local_us: int
    """µs: the recorder's clock, which paces the play."""
    kind: int
    """TRADES, BOOK, QUOTES or TICKER."""
    rows: tuple[Row, ...]
    snapshot: bool = False
    """BOOK: these rows are the whole book."""


Steps: TypeAlias = Callable[[], Iterator[Step]]
"""Opens the stream, anew at each call."""


@attrs.frozen
class Table:
    """One CSV file: its name for messages, how to open it, and what its header says."""

    name: str
    open: Callable[[], Iterable[str]]
    header: tuple[str, ...]

    @property
    def kind(self) -> int | None:
        """Which kind of rows it has; None = none that is of use here."""
        has = {*self.header} >= {"symbol", "local_timestamp"}
        # A book has all columns of trades, so it must be tried first.
        for kind in (BOOK, QUOTES, TICKER, TRADES):
            if has and {*_COLUMNS[kind]} <= {*self.header}:
                return kind
        return None

    def rows(self, symbol: str) -> Iterator[tuple[int, Row]]:
        """(local time, row) of the rows of one symbol, in the file's order.

        Raises:
            DataError: a row is short or has no time, or the file is cut off.
        """
        assert self.kind is not None
        names = ("symbol", "local_timestamp", *_COLUMNS[self.kind])
        of, at, *places = [self.header.index(name) for name in names]
        if self.kind == TRADES and "id" in self.header:
            places.append(self.header.index("id"))
        line = 1
        try:
            for line, cells in enumerate(csv.reader(self.open()), 1):
                if line > 1 and cells[of] == symbol:
                    yield int(cells[at]), tuple([cells[place] for place in places])
        except (IndexError, ValueError) as exc:
            raise DataError(
                f"{self.name}:{line}: the row cannot be read, expected a value in each of the "
                f"columns of the header; look at the file with `mm data inspect`"
            ) from exc
        except (EOFError, OSError) as exc:
            raise DataError(f"{self.name}:{line}: cannot read on: {exc}; fetch it again") from exc


def directory_tables(directory: Path) -> list[Table]:
    """The CSV files of a directory, by name.

    Raises:
        DataError: there is none, or one cannot be opened.
    """
    files = sorted(p for p in directory.glob("*") if p.name.endswith((".csv", ".csv.gz")))
    if not files:
        raise DataError(
            f"{directory}: there is no .csv or .csv.gz file, expected Tardis files; "
            f"name another directory"
        )
    return [_file_table(path) for path in files]


def steps_of(tables: Iterable[Table], symbol: str) -> Steps:
    """Join tables into one stream, in order of local time.

    Files of one kind are read one after the other, by name, and must follow each other in time.
    """
    by_kind: dict[int, list[Table]] = {}
    for table in tables:
        if table.kind is not None:
            by_kind.setdefault(table.kind, []).append(table)
    if BOOK in by_kind:
        by_kind.pop(QUOTES, None)  # the touch follows from the book

    def open_steps() -> Iterator[Step]:
        parts = [_steps(kind, by_kind[kind], symbol) for kind in sorted(by_kind)]
        return heapq.merge(*parts, key=lambda step: (step.local_us, step.kind))

    return open_steps


def symbol_of(tables: Iterable[Table]) -> str:
    """The symbol of the first row of the first table that has one.

    Raises:
        DataError: no table has rows of a known kind.
    """
    names = []
    for table in tables:
        names.append(table.name)
        if table.kind is not None:
            rows = csv.reader(table.open())
            next(rows)
            for cells in rows:
                return cells[table.header.index("symbol")]
    raise DataError(
        f"no rows of trades, quotes or book were found in {', '.join(names)}; expected Tardis files"
    )


def _steps(kind: int, tables: list[Table], symbol: str) -> Iterator[Step]:
    rows = (row for table in tables for row in table.rows(symbol))
    steps = (
        Step(local_us, kind, tuple([row for _, row in group]))
        for local_us, group in groupby(rows, key=lambda pair: pair[0])
    )
    return _whole_snapshots(steps) if kind == BOOK else steps


def _whole_snapshots(steps: Iterator[Step]) -> Iterator[Step]:
    """Join rows with ``is_snapshot`` that follow each other: they are one snapshot."""
    held: list[Step] = []
    for step in steps:
        whole = [row for row in step.rows if row[4] == "true"]
        if whole:
            held.append(attrs.evolve(step, rows=tuple(whole)))
        if len(whole) == len(step.rows):
            continue
        if held:
            yield _joined(held)
            held = []
        if whole:
            step = attrs.evolve(step, rows=tuple([row for row in step.rows if row[4] != "true"]))
        yield step
    if held:
        yield _joined(held)


def _joined(parts: list[Step]) -> Step:
    rows = tuple([row for part in parts for row in part.rows])
    return Step(parts[-1].local_us, BOOK, rows, snapshot=True)


def _file_table(path: Path) -> Table:
    def open_file() -> Iterator[str]:
        with _opened(path) as file:
            yield from file

    try:
        header = next(iter(open_file()), "")
    except (OSError, EOFError, ValueError) as exc:
        raise DataError(f"{path}: cannot read it: {exc}; expected a CSV file, gzip or not") from exc
    return Table(str(path), open_file, tuple(header.strip().split(",")))


def _opened(path: Path) -> Any:
    open_file(path, expected="a CSV file, gzip or not", error=DataError).close()
    if path.suffix != ".gz":
        return path.open("rt", newline="", encoding="ascii")
    from isal import igzip

    gunzip: Any = igzip.open
    return gunzip(path, "rt", newline="", encoding="ascii")

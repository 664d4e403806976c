"""Print the statistics of a Tardis directory beside those of the real XBTUSD hour.

    python -m tests.synthetic.compare DIRECTORY

Made to judge the generator; works on any directory with trades and quotes (the book is optional)
of an instrument with tick 0.1. Judges nothing itself: it shows the ratio and leaves it there.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.synthetic.measure import Figures, latency_figures, quote_figures, trade_figures
from tests.synthetic.measure_book import book_figures
from tests.synthetic.reference import REAL
from tests.synthetic.tables import BOOK_COLUMNS, QUOTE_COLUMNS, TRADE_COLUMNS, Table, load

from mm.api import UsageError

USAGE: Final = "usage: python -m tests.synthetic.compare DIRECTORY"
FEWEST_ROWS: Final = 100


def measure(directory: Path) -> dict[str, Figures]:
    """All figures of a directory, by group.

    Raises:
        UsageError: if the directory lacks trades or quotes, or has too few of them.
    """
    trades = load(directory / "trades.csv.gz", TRADE_COLUMNS)
    quotes = load(directory / "quotes.csv.gz", QUOTE_COLUMNS)
    book = load(directory / "book.csv.gz", BOOK_COLUMNS)
    if trades is None or quotes is None:
        raise UsageError(
            f"directory {str(directory)!r} lacks trades.csv.gz or quotes.csv.gz; "
            "both are needed for a comparison"
        )
    fewest = min(len(trades), len(quotes))
    if fewest < FEWEST_ROWS:
        raise UsageError(
            f"directory {str(directory)!r} has a file of {fewest} rows; "
            f"expected {FEWEST_ROWS} or more, since fewer say nothing: take a longer stretch"
        )
    groups = {
        "quotes": quote_figures(quotes),
        "latency of quotes": latency_figures(quotes),
        "trades": trade_figures(trades, quotes),
        "latency of trades": latency_figures(trades),
    }
    if book is not None and _can_replay(book):
        groups["book"] = book_figures(book, trades)
    return groups


def _can_replay(book: Table) -> bool:
    """Whether the book starts with a snapshot and then changes."""
    return bool(len(book) and book.is_snapshot[0] and not book.is_snapshot.all())


def table(groups: dict[str, Figures]) -> Iterator[str]:
    """Lines of the comparison: name, figure, real figure, ratio."""
    for group, figures in groups.items():
        yield f"{group:36s} {'here':>10s} {'real':>10s} {'ratio':>7s}"
        for name, figure in figures.items():
            real = REAL[group].get(name)
            shown = f"{real:>10.4g}" if real is not None else f"{'-':>10s}"
            ratio = f"{figure / real:>7.2f}" if real else f"{'':>7s}"
            yield f"  {name:34s} {figure:>10.4g} {shown} {ratio}".rstrip()


def main(arguments: list[str]) -> int:
    """Run the comparison; returns the exit code."""
    if len(arguments) != 1:
        print(USAGE, file=sys.stderr)
        return UsageError.exit_code
    try:
        lines = list(table(measure(Path(arguments[0]))))
    except UsageError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

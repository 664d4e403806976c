"""The files that ``[data]`` names: one, or all that a pattern stands for, in order of time.

Where none of them is there, those that Tardis's own client leaves under its names are taken.

Knows names, and the times that a survey found; reads nothing.
"""

from collections.abc import Iterable, Sequence
from glob import escape
from itertools import pairwise
from pathlib import Path
from typing import Final

from mm.api import DataError
from mm_tardis import tally as ta
from mm_tardis.findings import Findings
from mm_tardis.table import BOOK, QUOTES, TICKERS, TRADES

_DATASETS: Final = (
    (TRADES, ("trades",)),
    (QUOTES, ("quotes", "book_ticker")),
    (BOOK, ("incremental_book_L2", "book_snapshot_25", "book_snapshot_5")),
    (TICKERS, ("derivative_ticker",)),
)
"""Kind of file -> datasets as Tardis calls them, the better one first."""

Names = Sequence[tuple[int, str]]
"""(kind, name or pattern)"""

_MAGIC: Final = frozenset("*?[")
_CHECK: Final = "check [data] tardis_root and the pattern"


def find_files(root: Path, name: str) -> list[Path]:
    """Return the file of this name, or those that match it as a pattern, sorted by name.

    Raises:
        DataError: nothing matches the pattern. (That a named file is there is found on opening.)
    """
    path = root / name
    if _MAGIC.isdisjoint(name):
        return [path]
    try:
        if path.exists():
            return [path]
        # What a name with a root of its own stands for is looked for from there.
        start = Path(path.anchor) if Path(name).is_absolute() else root
        pattern = str(path.relative_to(start))
        found = sorted(match for match in start.glob(pattern) if match.is_file())
    except (OSError, ValueError, NotImplementedError) as error:
        raise DataError(f"{path}: this pattern cannot be used: {error}; {_CHECK}") from None
    if not found:
        raise DataError(f"{path}: no file matches this pattern; {_CHECK}")
    return found


def choose_names(root: Path, names: Names, symbol: str) -> tuple[Names, str | None]:
    """Take what ``[data]`` names if any of it is there, else what Tardis's client has left.

    It writes ``<exchange>_<dataset>_<date>_<symbol>.csv.gz``; a folder of them need
    not be named file by file. Without a book or quotes among them nothing is taken.

    Returns:
        The names, and a sentence if they are not those of ``[data]``.
    """
    if any(_is_there(root, name) for _, name in names):
        return names, None
    of_symbol = escape(symbol.replace("/", "-").replace(":", "-"))
    found: list[tuple[int, str]] = []
    for kind, datasets in _DATASETS:
        patterns = (f"*_{dataset}_????-??-??_{of_symbol}.csv.gz" for dataset in datasets)
        found += [(kind, p) for p in patterns if _matches(root, p)][:1]
    if not {kind for kind, _ in found} & {QUOTES, BOOK}:
        return names, None
    taken = ", ".join(str(path.name) for _, name in found for path in _matches(root, name))
    return (
        found,
        f"none of the files that [data] names is in {root}, so Tardis's were taken: {taken}",
    )


def _matches(root: Path, pattern: str) -> list[Path]:
    """Files of a pattern, by name; none in a folder that may not be read, which opening tells."""
    try:
        return sorted(root.glob(pattern))
    except (OSError, ValueError):
        return []


def _is_there(root: Path, name: str) -> bool:
    try:
        return any(path.exists() for path in find_files(root, name))
    except (DataError, OSError, ValueError):
        return False


def has_no_changes(files: Iterable[Findings]) -> bool:
    """Whether the files of one kind are a book, row by level, without a single change.

    One message alone is no feed of snapshots; a second is needed to tell.
    """
    some = [found for found in files if found.kind == BOOK and not found.depth]
    return not any(found.count(ta.CHANGES) for found in some) and any(
        found.count(ta.GOES_FURTHER) + found.count(ta.AGAIN) for found in some
    )


def check_order(files: Sequence[Findings]) -> None:
    """Check that the files of one kind follow each other in time.

    Raises:
        DataError: one does not begin after the one before it ends.
    """
    filled = [found for found in files if found.rows]
    for before, after in pairwise(filled):
        if after.count(ta.FIRST) <= before.count(ta.LAST):
            raise DataError(
                f"{after.path}: its first row is of {after.count(ta.FIRST)}, expected one after"
                f" {before.count(ta.LAST)}, the last of {before.path}; name the files so that"
                " their order by name is that in time"
            )

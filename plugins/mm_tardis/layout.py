"""The header of a Tardis CSV file: what kind of file it is, and which column is what.

Knows column names only (protocols of Tardis: datasets "trades", "quotes" and "book_ticker",
"incremental_book_L2", "derivative_ticker"). A file's name says nothing about its kind.
"""

from collections.abc import Iterable
from typing import Final

import attrs
import numpy as np

from mm.api import DataError
from mm_tardis.table import (
    ASK_PRICE,
    ASK_SIZE,
    BOOK,
    EXCHANGE,
    EXCHANGE_TIME,
    FUNDING_TIME,
    IGNORED,
    LOCAL_TIME,
    PRICE,
    QUOTES,
    SIDE,
    SIZE,
    SNAPSHOT,
    SYMBOL,
    TICKERS,
    TRADES,
    Ints,
)

KIND_NAMES: Final = ("trades", "quotes", "book", "derivative_ticker")
"""By kind number; also what ``[data]`` calls them, with ``_csv``."""

_COMMON: Final = {
    "exchange": EXCHANGE,
    "symbol": SYMBOL,
    "timestamp": EXCHANGE_TIME,
    "local_timestamp": LOCAL_TIME,
}
_ROLES: Final = (
    _COMMON | {"side": SIDE, "price": PRICE, "amount": SIZE},
    _COMMON
    | {"ask_amount": ASK_SIZE, "ask_price": ASK_PRICE, "bid_price": PRICE, "bid_amount": SIZE},
    _COMMON | {"is_snapshot": SNAPSHOT, "side": SIDE, "price": PRICE, "amount": SIZE},
    _COMMON | {"funding_timestamp": FUNDING_TIME, "funding_rate": SIZE, "mark_price": PRICE},
)
"""By kind: the columns that a file must have. (Others, as ``id`` of trades, are not needed.)"""


@attrs.frozen(kw_only=True)
class Layout:
    """How to read the rows of one file."""

    kind: int
    columns: tuple[str, ...]
    roles: Ints
    """shape (columns,): what each column is."""

    def index(self, role: int) -> int:
        """Which column has a role."""
        return [int(r) for r in self.roles].index(role)


def read_header(path: object, header: str, expected: int | None) -> Layout:
    """Understand a header line.

    Args:
        path: for messages.
        header: the line.
        expected: the kind the file was given as; None takes any.

    Raises:
        DataError: columns are missing or double, or it is a file of another kind.
    """
    columns = tuple(header.split(","))
    kind = _recognise(columns)
    if expected is not None and kind not in (None, expected):
        assert kind is not None
        raise DataError(_mistaken(path, kind, expected, columns))
    if kind is None:
        likeliest = min(_by_preference(expected), key=lambda k: len(_missing(columns, k)))
        raise DataError(
            f"{path}:1: columns are missing for a {KIND_NAMES[likeliest]} file: "
            f"{', '.join(_missing(columns, likeliest))}; found {_shown(columns)}; "
            f"expected a Tardis CSV file with its header line"
        )
    roles = [_ROLES[kind].get(name, IGNORED) for name in columns]
    double = sorted({n for n in columns if n in _ROLES[kind] and columns.count(n) > 1})
    if double:
        raise DataError(
            f"{path}:1: the header has a column twice: {', '.join(double)}; "
            f"expected each once; remove one of them"
        )
    return Layout(kind=kind, columns=columns, roles=np.array(roles, np.int64))


def _recognise(columns: tuple[str, ...]) -> int | None:
    # A book has all the columns of trades, so it must be tried first.
    for kind in (BOOK, QUOTES, TRADES, TICKERS):
        if not _missing(columns, kind):
            return kind
    return None


def _missing(columns: Iterable[str], kind: int) -> list[str]:
    return [name for name in _ROLES[kind] if name not in set(columns)]


def _by_preference(expected: int | None) -> tuple[int, ...]:
    return (TRADES, QUOTES, BOOK, TICKERS) if expected is None else (expected,)


def _mistaken(path: object, kind: int, expected: int, columns: tuple[str, ...]) -> str:
    missing = _missing(columns, expected)
    lacks = f" (it lacks {', '.join(missing)})" if missing else ""
    return (
        f"{path}:1: data.{KIND_NAMES[expected]}_csv names a {KIND_NAMES[kind]} file, expected "
        f"{KIND_NAMES[expected]}{lacks}; give it as data.{KIND_NAMES[kind]}_csv"
    )


def _shown(columns: tuple[str, ...]) -> str:
    text = ",".join(columns)
    return repr(text if len(text) <= 100 else text[:100] + "…")

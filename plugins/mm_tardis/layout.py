"""The header of a Tardis CSV file: what kind of file it is, and which column is what.

Knows column names only (protocols of Tardis: datasets "trades", "quotes" and "book_ticker",
"incremental_book_L2", "book_snapshot_5" and "_25", "derivative_ticker"), and those of files that
cannot be read (``foreign``).
"""

import re
from collections.abc import Iterable
from typing import Final

import attrs
import numpy as np

from mm.api import DataError
from mm_tardis.foreign import foreign_kind, refuse_liquidations
from mm_tardis.table import (
    ASK_PRICE,
    ASK_SIZE,
    BOOK,
    COLUMN,
    EXCHANGE,
    EXCHANGE_TIME,
    FUNDING_TIME,
    ID,
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
"""By kind: the columns that a file must have."""

_OPTIONAL: Final[tuple[dict[str, int], ...]] = ({"id": ID}, {}, {}, {"settled_price": ASK_SIZE})
"""By kind: columns that are read where they are there; the last is of our own recordings."""

_LEVEL: Final = re.compile(r"(asks|bids)\[(\d{1,3})\]\.(price|amount)")
_LEVEL_ROLES: Final = {
    ("asks", "price"): ASK_PRICE,
    ("asks", "amount"): ASK_SIZE,
    ("bids", "price"): PRICE,
    ("bids", "amount"): SIZE,
}


@attrs.frozen(kw_only=True)
class Layout:
    """How to read the rows of one file."""

    kind: int
    columns: tuple[str, ...]
    roles: Ints
    """shape (columns,): what each column is."""
    slots: Ints | None = None
    """Of ``book_snapshot_N``: shape (columns,), which level a price or size is of."""

    @property
    def depth(self) -> int:
        """How many levels a side a row gives; 0 = a row is one level, or no book's."""
        return 0 if self.slots is None else int(self.slots.max()) // 2 + 1

    def index(self, role: int) -> int:
        """Which column has a role."""
        return role - COLUMN if role >= COLUMN else [int(r) for r in self.roles].index(role)

    def is_price(self, column: int) -> bool:
        """Whether a column with a number holds prices, not sizes."""
        return bool(self.roles[column] in (PRICE, ASK_PRICE))

    def level_role(self, role: int, level: int) -> int:
        """COLUMN plus the column that has a role for one level of ``book_snapshot_N``."""
        assert self.slots is not None
        for column, own in enumerate(self.roles):
            if own >= PRICE and (own - role) % 2 == 0 and self.slots[column] == level:
                return COLUMN + column
        return role


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
    foreign = foreign_kind(columns)
    if foreign is not None:
        given = "" if expected is None else f"data.{KIND_NAMES[expected]}_csv names "
        raise DataError(f"{path}:1: {given}{foreign}")
    if any(_LEVEL.fullmatch(name) for name in columns):
        return _read_levels(path, columns, expected)
    kind = _recognise(columns)
    if kind == TRADES and expected in (None, TRADES):
        refuse_liquidations(path)
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
    known = _ROLES[kind] | _OPTIONAL[kind]
    _refuse_double(path, columns, known)
    roles = [known.get(name, IGNORED) for name in columns]
    return Layout(kind=kind, columns=columns, roles=np.array(roles, np.int64))


def _read_levels(path: object, columns: tuple[str, ...], expected: int | None) -> Layout:
    """Understand the header of a ``book_snapshot_N`` file."""
    roles, slots = [], []
    for name in columns:
        level = _LEVEL.fullmatch(name)
        roles.append(_LEVEL_ROLES[level[1], level[3]] if level else _COMMON.get(name, IGNORED))
        slots.append(2 * int(level[2]) + (level[1] == "bids") if level else 0)
    depth = max(slots) // 2 + 1
    if expected not in (None, BOOK):
        assert expected is not None
        raise DataError(
            f"{path}:1: data.{KIND_NAMES[expected]}_csv names a book_snapshot_{depth} file,"
            f" expected {KIND_NAMES[expected]}; give it as data.book_csv"
        )
    needed = [
        *_COMMON,
        *(f"{side}[{n}].{what}" for n in range(depth) for side, what in _LEVEL_ROLES),
    ]
    missing = [name for name in needed if name not in columns]
    if missing:
        raise DataError(
            f"{path}:1: columns are missing for a book_snapshot_{depth} file:"
            f" {', '.join(missing[:8])}; found {_shown(columns)}; expected a Tardis CSV file with"
            " its header line"
        )
    _refuse_double(path, columns, needed)
    return Layout(
        kind=BOOK,
        columns=columns,
        roles=np.array(roles, np.int64),
        slots=np.array(slots, np.int64),
    )


def _refuse_double(path: object, columns: tuple[str, ...], known: Iterable[str]) -> None:
    double = sorted({name for name in known if columns.count(name) > 1})
    if double:
        raise DataError(
            f"{path}:1: the header has a column twice: {', '.join(double)}; "
            f"expected each once; remove one of them"
        )


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

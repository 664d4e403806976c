"""Rows of data as numbers: side, price and size as BitMEX has them, or a sentence why not.

Knows the words of Tardis files and nothing of books or messages.
"""

from itertools import islice
from typing import Final

from mm.api import DataError
from mm_bitmex.mock.ground_truth import BUY, SELL
from mm_bitmex.mock.source import BOOK, TRADES, Row, Steps

_SIDES: Final = {"buy": BUY, "sell": SELL, "bid": BUY, "ask": SELL}


def level_of(row: Row) -> tuple[str, float, int]:
    """(side, price, size) of a row of trades or of a book."""
    side = _SIDES.get(row[1])
    if side is None:
        raise DataError(
            f"a row made at {row[0]} µs has side {row[1]!r}, expected one of {', '.join(_SIDES)}; "
            f"BitMEX has no other, so take out such rows"
        )
    return side, float(row[2]), whole_size(row[3])


def sides_of(row: Row) -> list[tuple[str, float, int]]:
    """The levels of a quote; an empty side has none."""
    _, bid, bid_size, ask, ask_size = row
    found = [(BUY, bid, bid_size), (SELL, ask, ask_size)]
    return [(side, float(p), whole_size(size)) for side, p, size in found if p and size]


def whole_size(text: str) -> int:
    """Read a size.

    Raises:
        DataError: it is not a whole number of contracts.
    """
    if text.isdecimal():
        return int(text)
    size = float(text)
    if not size.is_integer():
        raise DataError(
            f"an amount is {text}, expected a whole number of contracts, as BitMEX has them; "
            f"play another symbol"
        )
    return int(size)


def sample_grid(steps: Steps, rows: int = 10_000) -> tuple[list[str], list[int]]:
    """Prices (texts) and sizes of the first rows of trades, quotes and book, to infer a grid."""
    prices, sizes = [], []
    every = (row for step in steps() if step.kind in (TRADES, BOOK) for row in step.rows)
    for row in islice(every, rows):
        prices.append(row[2])
        sizes.append(whole_size(row[3]))
    return prices, sizes

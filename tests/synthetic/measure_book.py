"""Statistics of the order book file: its rows, its levels, and how trades and quotes fit to it.

The counterpart of ``measure`` for the one file that is optional. Replays the book in plain Python.
"""

from typing import Final

import numpy as np
from tests.synthetic.measure import SECOND, Figures
from tests.synthetic.tables import Table

from mm.synthetic.ladder import ASK, BID, Book

EDGES: Final = (0, 1, 10, 50, 100, 250, 500, 1_000)  # ticks behind the touch
NAMES: Final = ("0", "1 to 9", "10 to 49", "50 to 99", "100 to 249", "250 to 499", "500 to 999",
                "1000 or more")  # fmt: skip


def book_figures(book: Table, trades: Table) -> Figures:
    """Rates, kinds and places of book rows, the shape of the snapshot, and the order of files."""
    replica = Book()
    begin = int(np.argmin(book.is_snapshot)) if not book.is_snapshot.all() else len(book)
    rows = list(zip(book.side.tolist(), book.price.tolist(), book.amount.tolist(), strict=True))
    for row in rows[:begin]:
        replica.side(row[0]).put(row[1], row[2])
    figures = {"snapshot levels": float(begin)} | _shape(replica)
    kinds, places, gaps = [0, 0, 0], [0] * len(NAMES), []
    for number, (side, price, amount) in enumerate(rows[begin:]):
        ladder = replica.side(side)
        distance = abs(ladder.best() - price) if (ladder.best() - price) * side > 0 else 0
        places[int(np.searchsorted(EDGES, distance, side="right")) - 1] += 1
        kinds[0 if amount == 0 else 1 if price not in ladder.lots else 2] += 1
        ladder.put(price, amount)
        if number % 100 == 0:
            gaps += [ladder.keys[1] - ladder.keys[0]]
    done = len(rows) - begin
    span_s = (book.local[-1] - book.local[begin - 1]) / SECOND
    figures |= {
        "rows per second": done / span_s,
        "gap behind the touch p50": float(np.median(gaps)),
    }
    for name, n in zip(("deletes [%]", "inserts [%]", "updates [%]"), kinds, strict=True):
        figures[name] = 100 * n / done
    for name, n in zip(NAMES, places, strict=True):
        figures[f"rows at {name} ticks [%]"] = 100 * n / done
    return figures | _trade_order(book, trades)


def _shape(book: Book) -> Figures:
    figures: Figures = {}
    for far in (100, 1_000):
        for name, side in (("bid", BID), ("ask", ASK)):
            start, end = book.side(side).ranks(0, far)
            figures[f"{name} levels within {far} ticks"] = float(end - start)
    return figures


def _trade_order(book: Table, trades: Table) -> Figures:
    """Whether an order's trade message came before its first book change."""
    first = np.flatnonzero(np.diff(trades.exchange, prepend=-1))
    before, together, known = 0, 0, 0
    keys = {
        key: row
        for row, key in reversed(
            list(enumerate(zip(book.exchange.tolist(), book.side.tolist(), book.price.tolist(),
                               strict=True)))
        )
    }  # fmt: skip
    for row in first:
        key = (int(trades.exchange[row]), -int(trades.side[row]), int(trades.price[row]))
        if key in keys:
            known += 1
            gap = int(book.local[keys[key]]) - int(trades.local[row])
            before += gap > 0
            together += gap == 0
    if not known:
        return {}
    return {
        "trades before the book [%]": 100 * before / known,
        "trades with the book [%]": 100 * together / known,
    }

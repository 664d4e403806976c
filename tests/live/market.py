"""A small, lively market as Tardis files: forty levels a side, a touch that moves, trades."""

import random
from pathlib import Path
from typing import Any

from tests.plugins.bitmex_mock_client import csv_file

from mm_bitmex.mock import Market, open_market

_LEVELS = 40
_STEP_MS = 20


def lively_market(directory: Path, seconds: float, seed: int = 0, **options: Any) -> Market:
    """Make the files of a market of so many seconds, unless they are there, and open it."""
    if not directory.exists():
        directory.mkdir()
        _write(directory, seconds, random.Random(seed))
    return open_market(directory, **options)


def _write(directory: Path, seconds: float, draw: random.Random) -> None:
    """A change every 20 ms; prices in tenths, of which bids stay below the middle, asks above."""
    middle = 645_000
    sizes: dict[tuple[str, int], int] = {}
    rows: list[str] = []
    trades: list[str] = []

    def put(ms: float, side: str, price: int, size: int, snapshot: str = "false") -> None:
        if size or sizes.get((side, price)):
            sizes[side, price] = size
            rows.append(f"{ms},{snapshot},{side},{price / 10:g},{size}")

    for depth in range(1, _LEVELS + 1):
        put(0, "ask", middle + depth, 100 * draw.randint(1, 50), "true")
        put(0, "bid", middle - depth, 100 * draw.randint(1, 50), "true")
    for step in range(1, round(seconds * 1000) // _STEP_MS):
        ms = step * _STEP_MS
        move = draw.choice((-1, 0, 0, 0, 0, 0, 1))
        if move:
            middle += move
            put(ms, "ask" if move > 0 else "bid", middle, 0)
            for side, away in (("bid", -1), ("ask", 1)):
                put(ms, side, middle + away, 100 * draw.randint(1, 50))
        side, away = draw.choice((("bid", -1), ("ask", 1)))
        size = 100 * draw.choice((0, 1, 5, 20))
        put(ms, side, middle + away * draw.randint(2, _LEVELS), size)
        if draw.random() < 0.1:
            taker, away = draw.choice((("sell", -1), ("buy", 1)))
            lots = draw.randint(1, 30)
            trades.append(f"{ms + 1},{step},{taker},{(middle + away) / 10:g},{lots * 100}")
    csv_file(directory, "book.csv", "is_snapshot,side,price,amount", *rows)
    csv_file(directory, "trades.csv", "id,side,price,amount", *trades)

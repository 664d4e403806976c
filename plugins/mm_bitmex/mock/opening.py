"""The way in: a market from a directory of Tardis files.

It joins where data come from, what the contract is and how it is spoken of.
"""

from pathlib import Path

from mm.api import MICRO, DataError
from mm_bitmex.mock.contract import contract_of
from mm_bitmex.mock.market import Market
from mm_bitmex.mock.rows import sample_grid
from mm_bitmex.mock.source import QUOTES, directory_tables, steps_of, symbol_of
from mm_bitmex.mock.wire import Wire, Year, iso


def open_market(
    directory: Path,
    *,
    symbol: str | None = None,
    profile: Year = "2026",
    quote_batch_us: int | None = None,
    loop: bool = False,
    start_s: float = 0.0,
    start_us: int | None = None,
) -> Market:
    """Open a market to play; it can be played once.

    Args:
        directory: of Tardis CSV files or of a recording.
        symbol: to play; None = that of the first row.
        profile: the year whose message forms are spoken.
        quote_batch_us: see ``Market``.
        loop: start again at the end of the data.
        start_s: s after the first book at which to start.
        start_us: µs, data time at which to start; goes before ``start_s``.

    Raises:
        DataError: the data cannot be used, or do not reach from before the start to after it.
    """
    tables = directory_tables(directory)
    symbol = symbol or symbol_of(tables)
    steps = steps_of(tables, symbol)
    prices, sizes = sample_grid(steps)
    # The grid of XBTUSD is known; quotes alone will do for it.
    if not prices and (symbol != "XBTUSD" or next(iter(steps()), None) is None):
        raise DataError(
            f"no trade and no level of the book is of {symbol!r}, expected some to play;"
            f" {symbol_of(tables)!r} is the symbol of the first row"
        )
    try:
        contract = contract_of(symbol, prices, sizes)
    except ArithmeticError as exc:
        raise DataError(
            f"a price of {symbol} is no number; look at the files with `mm data inspect`"
        ) from exc
    first_us = next((s.local_us for s in steps() if s.kind == QUOTES or s.snapshot), 0)
    if start_us is None:
        start_us = first_us + round(start_s * MICRO)
    elif start_us < first_us:
        raise DataError(
            f"{symbol}: the data begin at {iso(first_us)}, expected them to begin before "
            f"{iso(start_us)}, where to start; name a later moment"
        )
    return Market(
        steps, contract, Wire(profile), quote_batch_us=quote_batch_us, loop=loop, start_us=start_us
    )

"""The way in: a market from a directory of Tardis files.

It joins where data come from, what the contract is and how it is spoken of.
"""

from pathlib import Path

from mm.api import DataError
from mm_bitmex.mock.contract import contract_of
from mm_bitmex.mock.market import Market
from mm_bitmex.mock.rows import sample_grid
from mm_bitmex.mock.source import directory_tables, steps_of, symbol_of
from mm_bitmex.mock.wire import Wire, Year


def open_market(
    directory: Path,
    *,
    symbol: str | None = None,
    profile: Year = "2026",
    quote_batch_us: int | None = None,
    loop: bool = False,
) -> Market:
    """Open a market to play; it can be played once.

    Args:
        directory: of Tardis CSV files or of a recording.
        symbol: to play; None = that of the first row.
        profile: the year whose message forms are spoken.
        quote_batch_us: see ``Market``.
        loop: start again at the end of the data.

    Raises:
        DataError: the data cannot be used.
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
    return Market(steps, contract, Wire(profile), quote_batch_us=quote_batch_us, loop=loop)

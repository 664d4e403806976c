"""Files that look like ours and are not: known by their columns or, where those are the same, name.

Each is refused with what it is. A header that is none of these, and none of ours, is answered with
the columns that it lacks.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mm.api import DataError

_USE: Final = "expected trades, quotes, incremental_book_L2, book_snapshot_N or derivative_ticker"

_FOREIGN: Final = (
    ("a Tardis options_chain file", "a touch only with each change of its greeks",
     {"strike_price", "expiration", "bid_price", "ask_price"}),
    ("a file of candles (trade_bar)", "neither trades nor a touch",
     {"open", "high", "low", "close"}),
    ("trades as Binance offers them for download", "no arrival times and no Tardis columns",
     {"price", "is_buyer_maker"}),
    ("trades as BitMEX or Bybit offer them for download", "no arrival times",
     {"tickDirection", "trdMatchID"}),
    ("a bookTicker file as Binance offers it for download",
     "no arrival times and no Tardis columns",
     {"best_bid_price", "best_ask_price"}),
)  # fmt: skip
"""What it is, what it has or lacks, and the columns that tell."""

_LIQUIDATIONS: Final = "liquidations"


def foreign_kind(columns: Sequence[str]) -> str | None:
    """Say what a file with these columns is, if it is known and cannot be read."""
    for name, because, telling in _FOREIGN:
        if telling <= set(columns):
            return f"{name}, which has {because}, {_USE}; use one of those"
    return None


def refuse_liquidations(path: object) -> None:
    """Refuse a file of liquidations: their columns are those of trades.

    Raises:
        DataError: the file's name, or that of a folder or of the file it is a link to, says so.
    """
    own = Path(str(path))
    for place in (own, own.resolve()):
        is_named = "liquidation" in place.name.lower()
        if is_named or _LIQUIDATIONS in (parent.name.lower() for parent in place.parents):
            raise DataError(
                f"{path}:1: by its name this is a file of liquidations, which has the columns of"
                " trades and only the few that were forced, expected trades; name the trades file"
                " (or, if these are trades, give file and folder another name)"
            )

"""Market events: the columns every part of the pipeline speaks.

One event is one row of an array of dtype ``EVENT``. Times are int64 microseconds since the Unix
epoch, UTC; prices are int64 ticks; sizes are int64 lots. No float is an event.

Two clocks: ``ts_exchange`` is when the venue made the event and drives matching; ``ts_local`` is
when we (or the recorder) received it and drives the strategy.
"""

from typing import Final, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

Rows: TypeAlias = npt.NDArray[np.void]
"""A one-dimensional structured array; its dtype is named where it is used."""

EVENT: Final = np.dtype(
    [
        ("ts_local", "i8"),  # µs, when received
        ("ts_exchange", "i8"),  # µs, when made
        ("price", "i8"),  # ticks; a quote's bid price
        ("size", "i8"),  # lots; a quote's bid size; a level's absolute size, 0 = level removed
        ("ask_price", "i8"),  # ticks; quotes only (tickers: see TICKER)
        ("ask_size", "i8"),  # lots; quotes only
        ("row", "i8"),  # data row in its source (the first is 1); 0 if derived
        ("instrument", "i2"),  # index into the run's instruments
        ("kind", "i1"),  # TRADE, QUOTE, LEVEL, CLEAR or TICKER
        ("side", "i1"),  # trade: the taker's; level: BUY = bid; 0 = unknown or none
        ("end", "i1"),  # 1 on the last row of an atomic message
    ],
    align=True,
)

# The numbers are also the order of events that share a ts_local: trades, quotes, book, tickers.
TRADE: Final = 0
QUOTE: Final = 1  # a side with size 0 is empty
LEVEL: Final = 2
CLEAR: Final = 3  # the book is forgotten; the snapshot's levels follow in the same message

SNAPSHOT_JUMP_US: Final = 1_000_000
"""A recording has no CLEAR. A longer pause than this between two of its snapshot rows (ts_local)
means that a second one begins: the flag alone cannot tell a recorder that reconnected twice."""

TICKER: Final = 4
"""A derivative's ticker. It has columns of its own under the names below; they lie where other
kinds have a price or a size, so that every event is one row of one width."""

MARK_PRICE: Final = "price"
"""Column of a TICKER: the mark price [1e-6 ticks; 0 = not given]."""
FUNDING_RATE: Final = "size"
"""Column of a TICKER: the funding rate [1e-12; positive: longs pay]."""
FUNDING_TS: Final = "ask_price"
"""Column of a TICKER: when the rate applies [µs; 0 = not given]."""
SETTLED_PRICE: Final = "ask_size"
"""Column of a TICKER: the price at which the contract was settled [1e-6 ticks; 0 = it was not]."""

MICRO_TICKS: Final = 1_000_000
"""Mark prices do not lie on the grid of ticks; they are integers all the same."""

RATE_UNIT: Final = 1e-12

BUY: Final = 1
SELL: Final = -1


@attrs.frozen
class MarketBatch:
    """A stretch of the event stream, complete up to its watermark.

    Every event of the stream with ``previous watermark < ts_local <= watermark`` is in here, in
    order of ``ts_local``; ties in order of kind, then source row. So a batch never splits a
    message, and cutting the stream elsewhere changes nothing downstream.
    """

    events: Rows
    """dtype EVENT, shape (n,), n >= 0, C-contiguous."""
    watermark: int
    """µs, local time: nothing at or before this time will follow."""

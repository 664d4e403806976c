"""How large numbers may be, so that no sum and no product of them leaves 64 bits.

Prices are ticks and sizes lots, both int64, and compiled code says nothing when one overflows. So
each has a bound here that is enforced where numbers come in, and what is computed from them fits:

    one price           <= MOST_TICKS    the sum of two, a mid in half ticks, a spread: 2e15
    one size            <= MOST_LOTS     the sum of two: 2e17; the micro-price's size · 31: 3.1e18
    all that is traded  <= MOST_TRADED   a candle's volume, of any length; prints' fills of ours
    an order's numbers  <= MOST_ORDER    a price less another; a client id twice, for a draw's key
    a position          <= MOST_ORDER    with an order more: 9.2e18, which is what 64 bits hold

The doors: a connector that converts refuses the row, by file and line if there are any; the router
holds every batch of every connector to the first three; the host a strategy's orders to the
fourth; the ledger the position. What has no bound of its own is kept in floats, exact below 2**53
and good to 16 digits above: queues ahead, order flow, the risk gate's reach, and everything that is
a product of prices and sizes (turnover, profit, funding). A mark price is 1e-6 ticks, so at most
9e12 ticks, or its row is refused.
"""

from typing import Final

MOST_TICKS: Final = 10**15
"""Ticks of a price."""

MOST_LOTS: Final = 10**17
"""Lots of a trade, a quote or a level of the book."""

MOST_TRADED: Final = 9 * 10**18
"""Lots of all trades of a run together."""

MOST_ORDER: Final = 2**62 - 1
"""Price, size or client id of an order, and lots of a position."""

MOST_UNITS: Final = 10**15
"""Lots or ticks that a configuration may name; sums of a few are still exact as floats."""

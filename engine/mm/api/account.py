"""The account as a strategy may see it: what is known, not what is true.

It changes only by reports (fills, rejections, cancels), never by the market. That is what lets a
strategy decide many rows at once: until a report comes, its account is what it was.
"""

from typing import Final

import attrs
import numpy as np

from mm.api.features import NOBODY
from mm.api.market import Rows

WORKING: Final = np.dtype(
    [
        ("client_id", "i8"),
        ("price", "i8"),  # ticks, as last asked for
        ("size", "i8"),  # lots in total, as last asked for
        ("filled", "i8"),  # lots, as far as known
        ("instrument", "i2"),
        ("side", "i1"),
        ("cancelling", "i1"),  # 1: we asked for its end and have not heard back
    ],
    align=True,
)


@attrs.frozen(kw_only=True)
class Account:
    """Position and open orders as known at ``up_to``."""

    up_to: int
    """µs, local time."""
    position: tuple[int, ...]
    """Lots by instrument; negative = short."""
    average_price: tuple[float, ...]
    """Average entry price by instrument [price]; NaN while flat."""
    cost: tuple[float, ...]
    """What each position cost [settlement currency]: its value now less this is its P&L."""
    cash: float
    """Realised P&L less fees, with funding, from zero at the start [settlement currency; of several
    markets account.currency]."""
    working: Rows
    """dtype WORKING, in order of submission; sent counts as working until we hear otherwise."""
    next_client_id: int
    """One more than the number of NEW orders so far: names that never repeat, for the asking."""
    committed: int = 0
    """How many decisions of the strategy's last block stand."""
    woken: Rows = NOBODY
    """For the host: see ``ExecutionReport.woken``."""

"""The strategy's kernel as the venue's calls it: by addresses. Decides nothing itself."""

from typing import Final

import numpy as np

from mm.api import DECISION, ORDER, WORKING
from mm.api.addresses import rows_at
from mm_avellaneda.quoting import LIMITS, QUOTING, SLOT, decide_rows

LOTS: Final = np.dtype(np.int64)


def decide_at(
    rows: int,
    count: int,
    positions: int,
    instruments: int,
    working: int,
    open_orders: int,
    next_id: int,
    settings: int,
    orders: int,
    trace: int,
) -> int:
    """Call ``decide_rows`` on what stands at these addresses; see ``mm.api.DecisionKernel``."""
    none = np.zeros((count, 0))
    return decide_rows(
        rows_at(rows, count, QUOTING),
        rows_at(positions, instruments, LOTS),
        rows_at(working, open_orders, WORKING),
        next_id,
        rows_at(settings, instruments, LIMITS),
        np.zeros((instruments, 2), SLOT),
        rows_at(orders, 2 * count, ORDER),
        rows_at(trace, count, DECISION),
        none,
        none,
    )

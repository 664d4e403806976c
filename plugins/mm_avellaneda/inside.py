"""The strategy's kernel as the venue's calls it: by addresses. Decides nothing itself."""

import numpy as np

from mm.api import DECISION, ORDER, QUESTION, WORKING
from mm.api.addresses import rows_at
from mm_avellaneda.quoting import LIMITS, QUOTING, SLOT, decide_rows


def decide_at(question: int) -> int:
    """Call ``decide_rows`` on what stands at these addresses; see ``mm.api.DecisionKernel``."""
    asked = rows_at(question, 1, QUESTION)[0]
    none = np.zeros((asked["count"], 0))
    return decide_rows(
        rows_at(asked["rows"], asked["count"], QUOTING),
        rows_at(asked["positions"], asked["instruments"], np.int64),
        rows_at(asked["working"], asked["open_orders"], WORKING),
        asked["next_id"],
        rows_at(asked["settings"], asked["instruments"], LIMITS),
        np.zeros((asked["instruments"], 2), SLOT),
        rows_at(asked["orders"], 2 * asked["count"], ORDER),
        rows_at(asked["trace"], asked["count"], DECISION),
        none,
        none,
    )

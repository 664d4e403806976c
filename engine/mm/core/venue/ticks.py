"""The tick that holds when a command arrives: an exchange refuses prices off it.

All prices are counted in the finest tick of the run; while a coarser one is in force, only its
multiples are prices. A replace to another price ends the order, as one that would make a post-only
order take does.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mm.api import LIMIT, Instrument
from mm.api.jit import inner
from mm.core.venue.state import Rules


def tick_steps(instruments: Sequence[Instrument]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Write (instrument, from when [µs], ticks) of all instruments, shape (n, 3)."""
    rows = [(i, *step) for i, one in enumerate(instruments) for step in one.tick_steps]
    return np.array(rows, np.int64).reshape(len(rows), 3)


@inner
def off_tick(rules: Rules, command: Any) -> bool:
    """Say whether a limit price is off the tick in force when the command arrives."""
    ticks = 1
    for row in range(len(rules.steps)):
        if (
            rules.steps[row, 0] == command["instrument"]
            and rules.steps[row, 1] <= command["arrival"]
        ):
            ticks = int(rules.steps[row, 2])
    return bool(command["type"] == LIMIT and command["price"] % ticks != 0)

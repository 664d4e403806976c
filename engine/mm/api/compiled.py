"""How a strategy may decide inside the venue's kernel, where nothing passes through Python.

What it answers is what its ``decide`` answers; only where it is asked differs. A strategy may leave
all this out.
"""

from collections.abc import Callable
from typing import Any, Protocol

import attrs
import numpy as np
import numpy.typing as npt

from mm.api.parts import Strategy


@attrs.frozen(kw_only=True)
class DecisionKernel:
    """How a strategy is called from inside the venue's kernel; see ``mm.api.addresses``."""

    decide: Callable[..., int]
    """(rows, count, positions, instruments, working, open orders, next client id, settings,
    orders, trace) -> how many orders it gave. All are integers, arrays by address (``rows_at``):
    ``rows`` of the dtype below, ``positions`` int64 lots by instrument, ``working`` dtype WORKING,
    ``orders`` (zeros, dtype ORDER, room for ``orders_per_row`` a row) and ``trace`` (zeros, dtype
    DECISION, a row each) to be written. ``working`` has room for as many more rows as orders may
    be given, and may be changed. Must not raise, and must answer as ``decide`` does.
    """
    rows: "np.dtype[np.void]"
    """What ``observe`` gives."""
    settings: npt.NDArray[Any]
    """An array of any dtype, handed over by its address."""
    orders_per_row: int
    """At most."""


class CompiledStrategy(Strategy, Protocol):
    """What a strategy may also be: one that can be called from inside the venue's kernel.

    It must not use the account's money: average price, cost and cash.
    """

    def compiled(self) -> DecisionKernel | None:
        """Say how; None = not as it is configured. Called once, before any row."""
        ...

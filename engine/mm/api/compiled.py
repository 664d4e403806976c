"""How a strategy may decide inside the venue's kernel, where nothing passes through Python.

What it answers is what its ``decide`` answers; only where it is asked differs. A strategy may leave
all this out.
"""

from collections.abc import Callable
from typing import Any, Final, Protocol

import attrs
import numpy as np
import numpy.typing as npt

from mm.api.parts import Strategy

QUESTION: Final = np.dtype(
    [
        ("rows", "i8"),  # rows to decide, of the kernel's own dtype
        ("count", "i8"),  # how many
        ("positions", "i8"),  # int64, lots by instrument
        ("instruments", "i8"),  # how many
        ("working", "i8"),  # dtype WORKING; may be changed; room for as many more as orders
        ("open_orders", "i8"),  # rows of ``working``
        ("next_id", "i8"),  # the account's ``next_client_id``
        ("settings", "i8"),  # the kernel's own
        ("orders", "i8"),  # dtype ORDER, zeros, ``orders_per_row`` a row; to be written
        ("trace", "i8"),  # dtype DECISION, zeros, one a row; to be written
    ],
    align=True,
)
"""What a kernel is asked: arrays by address (``mm.api.addresses.rows_at``), and their lengths. A
minor step of the interface may add a column at the end."""


@attrs.frozen(kw_only=True)
class DecisionKernel:
    """How a strategy is called from inside the venue's kernel; see ``mm.api.addresses``."""

    decide: Callable[..., int]
    """(address of a QUESTION) -> how many orders it gave. Must not raise, and must answer as
    ``decide`` does."""
    rows: "np.dtype[np.void]"
    """What ``observe`` gives."""
    settings: npt.NDArray[Any]
    """An array of any dtype, handed over by its address."""
    orders_per_row: int
    """At most."""
    one_by_one: bool = False
    """Ask each row once and by itself, with the account known by then: it has a memory."""
    keeps: object = None
    """What must not be freed while the kernel is in use."""


class CompiledStrategy(Strategy, Protocol):
    """What a strategy may also be: one that can be called from inside the venue's kernel.

    A class that replaces ``decide`` of its base but not ``compiled`` is asked in Python.

    It must not use the account's money: average price, cost and cash.
    """

    def compiled(self, rows: "np.dtype[np.void]") -> DecisionKernel | None:
        """Say how, for rows of this dtype; None = not as it is configured. Called once, at first.

        Raises:
            ValueError: it cannot be compiled, and why.
        """
        ...

"""How the kernel sees a strategy: whom to call, on which rows, and where the loop stands.

The loop's data only; what is done with them stands in ``loop`` and ``woken``.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from mm.api import DECISION, ORDER, QUESTION, WORKING, Rows
from mm.api.addresses import Address

CURSOR: Final = np.dtype(
    [
        ("closed", "i8"),  # 1: decide here; 0: the block was decided already
        ("under_way", "i8"),  # 1: a block is being carried out
        ("start", "i8"),  # the first row that is not decided for good
        ("decided", "i8"),  # decisions made for good, of this message: rows, and when woken
        ("waking", "i8"),  # 1: the block is the one row that news have woken
        ("rows", "i8"),  # rows of the block; 0 = only time moves on
        ("horizon", "i8"),  # µs: of the block
        ("length", "i8"),  # rows that the next block is to have
        ("longest", "i8"),  # most rows in a block
        ("most_orders", "i8"),  # that the strategy may give for a row
        ("row_size", "i8"),  # bytes
        ("touch", "i8", (6,)),  # bytes from a row's start to each of TOUCH_FIELDS
        ("depth", "i8"),  # levels that a row shows
        ("levels", "i8", (4,)),  # bytes to each of DEPTH_FIELDS, if it shows any
        ("traded", "i8", (5,)),  # bytes to each of TRADED_FIELDS; -1 = it shows none
        ("mid", "i8"),  # bytes to the columns of these names; -1 = there is none
        ("fair", "i8"),
        ("orders", "i8"),  # orders that took effect, of this message
        ("given", "i8"),  # orders of the block
        ("sent", "i8"),  # NEW orders so far, of the whole run
        ("heard", "i8"),  # of the released reports, so many are in the account
        ("up_to", "i8"),  # µs: what the account is known up to
        ("raised", "i8"),  # 1: the strategy's function has raised; set from Python
    ],
    align=True,
)


class Decider(NamedTuple):
    """Who decides, on what, and where the answers go. Arrays are of one message of features."""

    decide: Address
    settings: int
    """Address of the strategy's settings."""
    rows: int
    """Address of the rows to decide on."""
    row_bytes: npt.NDArray[np.uint8]
    """The same rows, shape (n, row_size)."""
    instruments: npt.NDArray[np.int64]
    """Of each row."""
    last: npt.NDArray[np.uint8]
    """Each instrument's last row that was decided, shape (instruments, row_size)."""
    has_last: npt.NDArray[np.int64]
    """1: it has one."""
    woken: npt.NDArray[np.uint8]
    """The row that news have woken, shape (1, row_size)."""
    woken_ts: npt.NDArray[np.int64]
    """µs, shape (1,): its time."""
    prices: npt.NDArray[np.int64]
    """Shape (depth,): room for a side's levels."""
    sizes: npt.NDArray[np.int64]
    number: npt.NDArray[np.float64]
    """Shape (1,); and its bytes: how a number gets out of a row, or into it."""
    number_bytes: npt.NDArray[np.uint8]
    positions: npt.NDArray[np.int64]
    """Lots by instrument, for the strategy to see."""
    asked: Rows
    """dtype WORKING: open orders for the strategy to see, with room for what it sends."""
    question: Rows
    """dtype QUESTION, one row: what the strategy is called with."""
    blank_order: Rows
    """dtype ORDER, one row of zeros."""
    blank_trace: Rows
    """dtype DECISION, one row of zeros."""
    trace: Rows
    """dtype DECISION, with room for each row."""
    cursor: Rows
    """dtype CURSOR, one row."""


def idle_decider() -> Decider:
    """Make one that is never asked, since the blocks come decided."""
    no_bytes, no_numbers = np.zeros((0, 0), np.uint8), np.zeros(0, np.int64)
    return Decider(
        decide=0,
        settings=0,
        rows=0,
        row_bytes=no_bytes,
        instruments=no_numbers,
        last=no_bytes,
        has_last=no_numbers,
        woken=no_bytes,
        woken_ts=no_numbers,
        prices=no_numbers,
        sizes=no_numbers,
        number=np.zeros(0),
        number_bytes=np.zeros(0, np.uint8),
        positions=no_numbers,
        asked=np.zeros(0, WORKING),
        question=np.zeros(1, QUESTION),
        blank_order=np.zeros(1, ORDER),
        blank_trace=np.zeros(1, DECISION),
        trace=np.zeros(0, DECISION),
        cursor=np.zeros(1, CURSOR),
    )

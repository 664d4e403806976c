"""A follower of the market fed batch by batch, with rows that are due."""

from typing import Any

import numpy as np

from mm.run.market_columns import Follower

from .venue.replay import batches
from .venue.tapes import Event


def followed(
    follower: Follower,
    fields: "np.dtype[np.void]",
    tape: tuple[Event, ...],
    asked: list[tuple[int, int]],
    cuts: list[bool],
) -> tuple[Any, int]:
    """Fill a row for each (time, instrument) that is asked for.

    Returns:
        The rows, in order of time, and the last watermark: rows past it are as they were made.
    """
    rows: Any = np.zeros(len(asked), fields)
    for row, (ts, which) in zip(rows, sorted(asked), strict=True):
        row["ts"], row["instrument"] = ts, which
    before = -1
    for batch in batches(tape, cuts):
        due = (rows["ts"] > before) & (rows["ts"] <= batch.watermark)
        mine = rows[due]
        follower.push(batch.events, mine)
        rows[due] = mine
        before = batch.watermark
    return rows, before

"""What has arrived and was not handed on yet: bounded, with conflation as its policy.

The socket's reader puts rows in and never waits; the other side takes them out when the engine has
room. Beyond the bound, book and quotes are conflated (``conflate``); trades never are, so
they alone can grow without bound. Knows no task and no clock.
"""

from collections.abc import Sequence

import numpy as np

from mm.api import EVENT, Rows
from mm_bitmex.conflate import conflate


class Inbox:
    """Rows in order of arrival.

    Args:
        bound: rows that may wait before they are conflated.
    """

    def __init__(self, bound: int) -> None:
        self._bound = self._limit = bound
        self._waiting: list[Rows] = []
        self._rows = 0
        self.conflations = 0
        """How often rows were conflated."""
        self.left_out = 0
        """Rows of book and quotes that were left out thereby."""

    def __len__(self) -> int:
        return self._rows

    def put(self, rows: Rows) -> None:
        """Take a message: dtype EVENT, shape (n,), later than all before."""
        if not len(rows):
            return
        self._waiting.append(rows)
        self._rows += len(rows)
        if self._rows > self._limit:
            self._conflate()

    def take(self) -> Rows:
        """Give all that waits, in order."""
        rows = joined(self._waiting)
        self._waiting, self._rows, self._limit = [], 0, self._bound
        return rows

    def _conflate(self) -> None:
        rows = conflate(joined(self._waiting))
        self.conflations += 1
        self.left_out += self._rows - len(rows)
        self._waiting, self._rows = [rows], len(rows)
        # What is left may be all trades: look again only when there is as much once more.
        self._limit = max(self._bound, 2 * len(rows))


def joined(parts: Sequence[Rows]) -> Rows:
    """Join rows, dtype EVENT; none give none."""
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else np.zeros(0, EVENT)

"""Join as of: what was the latest value of a column when each row was made?

Knows rows with a time and an instrument, and one column of floats; not what the column means. The
latest value of each instrument is carried from batch to batch, so cutting the stream elsewhere
changes nothing.
"""

import numpy as np
import numpy.typing as npt

from mm.api import Rows


class LatestValue:
    """Follows one column of one stream of rows."""

    def __init__(self, instruments: int) -> None:
        """Start with no value known."""
        self._last = np.full(instruments, np.nan)

    def join(self, rows: Rows, source: Rows, column: str) -> npt.NDArray[np.float64]:
        """Give each row the value of its instrument's last source row with ``ts`` <= the row's.

        Args:
            rows: with ``ts`` and ``instrument``, shape (n,), in order of ``ts``.
            source: the same, shape (m,); both complete up to the same watermark.
            column: of ``source``, floats.

        Returns:
            Shape (n,); NaN where there is no such row yet.
        """
        values = np.full(len(rows), np.nan)
        for index in range(len(self._last)):
            mine, theirs = rows["instrument"] == index, source[source["instrument"] == index]
            known = np.concatenate([self._last[index : index + 1], theirs[column]])
            values[mine] = known[np.searchsorted(theirs["ts"], rows["ts"][mine], "right")]
            self._last[index] = known[-1]
        return values

"""Correlation of the mids of several instruments, from their changes on one grid of time.

    C  <-  w C + (1 - w) d d'     d = the mids' changes over a step, w = 0.5^(step / half-life)
    correlation_ij = C_ij / sqrt(C_ii C_jj)

A sum of outer products is a covariance whatever the data, so some instruments can have it. The
step is to be long beside the time in which one price follows the other: over shorter ones the
correlation of prices that do not move at the same moment goes to nothing (Epps 1979). Knows no
quotes. The mean of a change is taken to be 0: over seconds it is far below its deviation.
"""

import numpy as np

from mm.api import Floats


class Correlation:
    """An average with a half-life, of samples on a grid."""

    def __init__(
        self, instruments: int, *, step_us: int, half_life_us: float, min_samples: int
    ) -> None:
        """Start with nothing known.

        Args:
            instruments: how many.
            step_us: of the grid, which starts at the epoch [µs].
            half_life_us: after which a sample counts half [µs].
            min_samples: of which no fewer tell anything.
        """
        self._step = step_us
        self._kept = 0.5 ** (step_us / half_life_us)
        self._needed = min_samples
        self._samples = 0
        self._due = 0
        self._last: Floats | None = None
        self._products = np.zeros((instruments, instruments))

    def note(self, ts: int, mids: Floats) -> None:
        """Take the mids [price] as they are at ``ts`` [µs], in order; all of them are known."""
        if ts < self._due:
            return
        self._due = (ts // self._step + 1) * self._step
        if self._last is not None:
            change = mids - self._last
            fresh = (1.0 - self._kept) * np.outer(change, change)
            self._products = self._kept * self._products + fresh
            self._samples += 1
        self._last = mids.copy()

    def value(self) -> Floats | None:
        """Give the correlation, shape (n, n), 1 on its diagonal; None = too few samples.

        An instrument that has not moved has none with any other.
        """
        if self._samples < self._needed:
            return None
        scale = np.sqrt(np.diagonal(self._products))
        with np.errstate(divide="ignore", invalid="ignore"):
            found = self._products / (scale[:, None] * scale[None, :])
        found = np.clip(np.where(np.isfinite(found), found, 0.0), -1.0, 1.0)
        np.fill_diagonal(found, 1.0)
        return found

    def lacking(self) -> list[tuple[str, int, int]]:
        """Name it, with the samples that there are and that it takes, while they are too few."""
        if self._samples >= self._needed:
            return []
        return [("correlation", self._samples, self._needed)]

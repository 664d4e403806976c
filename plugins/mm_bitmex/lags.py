"""How late things were: percentiles of any number of lags, in bounded memory.

Lags fall into bins 5 % apart, so a percentile is right to 5 %. Knows lags, not what was late.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

_STEP: Final = 1.05
# From 1 µs to 3 hours: log(1e10) / log(1.05) bins. What is shorter is 1 µs, what is longer, 3 h.
_BINS: Final = 474
_WANTED: Final = (("p50", 0.5), ("p90", 0.9), ("p99", 0.99))


class Lags:
    """A histogram of lags."""

    def __init__(self) -> None:
        """Start with none."""
        self._counts = np.zeros(_BINS, np.int64)
        self._largest = 0

    def add(self, lags: npt.NDArray[np.int64]) -> None:
        """Take lags [µs], shape (n,)."""
        if not len(lags):
            return
        self._largest = max(self._largest, int(lags.max()))
        bins = np.log(np.maximum(lags, 1)) / np.log(_STEP)
        self._counts += np.bincount(np.minimum(bins, _BINS - 1).astype(np.int64), minlength=_BINS)

    def figures(self) -> dict[str, float]:
        """Give ``p50``, ``p90``, ``p99`` and ``max`` [ms]; empty if nothing was late at all."""
        total = int(self._counts.sum())
        if not total:
            return {}
        below = np.cumsum(self._counts)
        found = {
            name: float(_STEP ** (int(np.searchsorted(below, share * total)) + 1)) / 1000
            for name, share in _WANTED
        }
        largest = self._largest / 1000
        rounded = {name: round(min(value, largest), 3) for name, value in found.items()}
        return {**rounded, "max": round(largest, 3)}

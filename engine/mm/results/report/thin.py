"""Which points of a long line are drawn: as few as the eye can tell apart, extremes among them.

The time is cut into buckets of equal length, and of each the first, last, lowest and highest points
stay; a line drawn so is the line of all points, pixel for pixel, if no bucket is wider than a pixel
(Jugel et al., "M4: a visualization-oriented time series data aggregation", VLDB 2014). The first
missing point stays as well, so that a gap stays a gap; for that no library's thinning is used.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from mm.metrics import Floats, Times

BUCKETS: Final = 1200
"""About the pixels of a panel."""

Indices = npt.NDArray[np.intp]


def thinned(ts: Times, values: Floats, buckets: int = BUCKETS) -> Indices:
    """Say which points to draw.

    Args:
        ts: shape (n,), ascending.
        values: shape (n,); NaN = a gap.
        buckets: at least 1; with up to four points each, all points stay.

    Returns:
        Their places, ascending; at most five a bucket. Thinned again they are the same.
    """
    count = len(ts)
    if count <= 4 * buckets:
        return np.arange(count)
    bucket = (ts - ts[0]) * buckets // (int(ts[-1]) - int(ts[0]) + 1)
    starts = np.flatnonzero(np.diff(bucket, prepend=-1))
    missing = np.isnan(values)
    ends = np.append(starts[1:], count) - 1
    chosen = [starts, ends, _first(missing, bucket)]
    for extreme, nothing in ((np.minimum, np.inf), (np.maximum, -np.inf)):
        known = np.where(missing, nothing, values)
        best = np.repeat(extreme.reduceat(known, starts), np.diff(np.append(starts, count)))
        chosen.append(_first((known == best) & ~missing, bucket))
    return np.unique(np.concatenate(chosen))


def _first(which: npt.NDArray[np.bool_], bucket: Times) -> Indices:
    """The first place of each bucket that is marked, where one is."""
    places = np.flatnonzero(which)
    return places[np.unique(bucket[places], return_index=True)[1]]

"""The mid as it stood at whole multiples of a step, and at any time asked for.

Mids are bid + ask, in half ticks, so that all of them are whole numbers; 0 = not known, which is
what a one-sided touch leaves. Knows nothing of trades, nor why anyone wants mids.
"""

import attrs
import numpy as np
import numpy.typing as npt

from mm.api import QUOTE, Rows

Ints = npt.NDArray[np.int64]

UNKNOWN = 0
"""In place of a mid."""


@attrs.frozen
class Mids:
    """A stretch of the touch's history."""

    times: Ints
    """µs, local, ascending; shape (n,)."""
    values: Ints
    """Half ticks, shape (n + 1,): before the first time, then from each time on."""

    def at(self, times: Ints) -> Ints:
        """Give the mid as known at each time: quotes received then are known."""
        found: Ints = self.values[np.searchsorted(self.times, times, side="right")]
        return found


def mids_of(events: Rows, before: int) -> Mids:
    """Read the quotes of ``events`` (dtype EVENT); ``before``: the mid until the first."""
    quotes = events[events["kind"] == QUOTE]
    known = (quotes["size"] > 0) & (quotes["ask_size"] > 0)
    mids = np.where(known, quotes["price"] + quotes["ask_price"], UNKNOWN)
    return Mids(quotes["ts_local"].copy(), np.concatenate([[before], mids]).astype(np.int64))


class MidGrid:
    """Collects the mid at every whole multiple of a step."""

    def __init__(self, step_us: int) -> None:
        """Start with nothing; call ``restart`` first."""
        self.step_us = step_us
        self._next = 0
        self._times: list[Ints] = []
        self._values: list[Ints] = []

    def restart(self, ts: int) -> None:
        """Go on at the first multiple not before ``ts``."""
        self._next = -(-ts // self.step_us) * self.step_us

    def advance(self, mids: Mids, until: int) -> tuple[Ints, Ints]:
        """Sample up to and including ``until``; give the new (times [µs], mids [half ticks])."""
        times = np.arange(self._next, until + 1, self.step_us, dtype=np.int64)
        self._next += len(times) * self.step_us
        values = mids.at(times)
        self._times.append(times)
        self._values.append(values)
        return times, values

    def changes(self) -> tuple[Ints, Ints]:
        """Give (time [µs], change of the mid over one step before it [half ticks]), all known."""
        times = np.concatenate([np.zeros(0, np.int64), *self._times])
        values = np.concatenate([np.zeros(0, np.int64), *self._values])
        whole = np.diff(times) == self.step_us
        known = (values[1:] != UNKNOWN) & (values[:-1] != UNKNOWN)
        kept = np.flatnonzero(whole & known)
        return times[kept + 1], np.diff(values)[kept]

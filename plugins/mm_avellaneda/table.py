"""Models that are solved for every inventory at once: solved now and then, and looked up.

A table holds the distances of both quotes from the mid at -Q..Q lots, a lot being one order. It is
solved for one set of inputs (sigma, A, k) and kept while each stays within ``TOLERANCE`` of what it
was then, instrument by instrument; instruments with the same inputs share one. That memory is of
the market's rows alone and counts rows, not calls, so it doesn't depend on how they are cut.

With a horizon, tables are solved at times left of horizon * 2**(-n/32), when first needed, and
those to either side are interpolated. What a model quotes moves from its quotes at the end to the
stationary ones as 1 - exp(-tau/c), with several c that nobody knows beforehand; on a grid of
constant ratio r a straight line is off by at most (r - 1)^2 / 8 * 4/e^2 of that way, whatever c:
3e-5 with this r.

Knows nothing of orders or prices in ticks.
"""

import math
from typing import Final, TypeAlias

import attrs
import numpy as np

from mm.api import ConfigError, Floats, QuoteFunction, QuoteInputs, Rows
from mm.api.jit import kernel

TOLERANCE: Final = 0.01
"""Relative change of an input at which a table is made anew.

The estimates' own errors are several times that, and offsets move by about as much as their inputs:
on XBTUSD, quoting 8 USD from the mid, by less than a tick.
"""

_NODES_PER_OCTAVE: Final = 32

_Known: TypeAlias = tuple[float, float, float]
"""sigma [price/√s], A [1/s], k [1/price]."""


@kernel(allocates=False)
def between(table: Floats, lots: float) -> float:
    """Look up ``lots`` in a table of -Q..Q; parts of a lot by a straight line.

    Beyond its ends the line through the last two entries goes on.
    """
    last = len(table) - 1
    place = lots + last / 2.0
    i = min(max(math.floor(place), 0), last - 1)
    weight = place - i
    return float((1.0 - weight) * table[i] + weight * table[i + 1])


@attrs.frozen
class _Solved:
    """What has been solved for one set of inputs."""

    known: _Known
    nodes: dict[int, Floats] = attrs.field(factory=dict)
    """Number of a time left -> bid and ask, shape (2, 2Q + 1)."""


class Tabulated:
    """Prices rows by a model's tables."""

    def __init__(
        self, quotes: QuoteFunction, inputs: QuoteInputs, horizon_us: int, instruments: int
    ) -> None:
        """Start with nothing solved.

        Args:
            quotes: the model.
            inputs: all but sigma, A and k, which are the rows'.
            horizon_us: length of a session [µs]; 0 = without end.
            instruments: how many there are.
        """
        self._quotes = quotes
        self._inputs = inputs
        self._entries = 2 * inputs.max_inventory + 1
        self._horizon_us = horizon_us
        self._solved: list[_Solved | None] = [None] * instruments

    def price(self, rows: Rows) -> None:
        """Write ``bids`` and ``asks``, shape (n, 2Q + 1) each; NaN where the model is unknown."""
        bids, asks = rows["bids"], rows["asks"]
        names = ("instrument", "ts", "sigma", "A", "k")
        columns = zip(*(rows[name].tolist() for name in names), strict=True)
        for i, (instrument, ts, *known) in enumerate(columns):
            bids[i], asks[i] = self._table(instrument, ts, tuple(known))

    def _table(self, instrument: int, ts: int, known: _Known) -> Floats | tuple[float, float]:
        sigma, A, k = known
        if not (sigma >= 0.0 and A > 0.0 and k > 0.0):
            self._solved[instrument] = None
            return math.nan, math.nan
        solved = self._current(instrument, known)
        if not self._horizon_us:
            return self._node(solved, None)
        left_us = self._horizon_us - ts % self._horizon_us
        place = _NODES_PER_OCTAVE * math.log2(self._horizon_us / left_us)
        first = int(place)
        before, after = self._tau(first), self._tau(first + 1)
        weight = (before - left_us / 1e6) / (before - after)
        return (1.0 - weight) * self._node(solved, first) + weight * self._node(solved, first + 1)

    def _current(self, instrument: int, known: _Known) -> _Solved:
        """Return what is solved for these inputs or near them, or else something new."""
        solved = self._solved[instrument]
        if solved is None or _has_moved(known, solved.known):
            alike = (one for one in self._solved if one is not None and one.known == known)
            solved = self._solved[instrument] = next(alike, None) or _Solved(known)
        return solved

    def _tau(self, number: int) -> float:
        return float(self._horizon_us / 1e6 * 2.0 ** (-number / _NODES_PER_OCTAVE))

    def _node(self, solved: _Solved, number: int | None) -> Floats:
        """Return the table at one time left (None = without end), solving it if need be."""
        key = -1 if number is None else number
        if key not in solved.nodes:
            # One at a time, so that the digits do not depend on which others were needed.
            tau = None if number is None else np.array([self._tau(number)])
            try:
                solved.nodes[key] = self._solve(solved.known, tau)
            except (ConfigError, ArithmeticError):
                # The market is beyond the model, or beyond doubles: no quotes until it isn't.
                solved.nodes[key] = np.full((2, self._entries), math.nan)
        return solved.nodes[key]

    def _solve(self, known: _Known, tau: Floats | None) -> Floats:
        sigma, A, k = known
        lots = np.arange(self._entries, dtype=np.int64) - self._inputs.max_inventory
        bid, ask = self._quotes(attrs.evolve(self._inputs, sigma=sigma, A=A, k=k), lots, tau)
        table = np.stack([bid[0], ask[0]])
        # At the limit a side has no quote, and its position leaves nothing to quote. Parts of
        # the last lot do have one: where the line goes that leads there.
        table[0, -1] = 2.0 * table[0, -2] - table[0, -3]
        table[1, 0] = 2.0 * table[1, 1] - table[1, 2]
        return table


def _has_moved(now: _Known, then: _Known) -> bool:
    return any(abs(a - b) > TOLERANCE * abs(b) for a, b in zip(now, then, strict=True))

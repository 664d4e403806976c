"""What a survey found in one file: counts, extremes, places. A record; finds nothing itself."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Final

import attrs
import numpy as np

from mm.api import DataError
from mm_tardis import offset as of
from mm_tardis import snap
from mm_tardis import tally as ta
from mm_tardis.histogram import HALF, latency_of
from mm_tardis.layout import KIND_NAMES
from mm_tardis.lines import Identity
from mm_tardis.noise import Long
from mm_tardis.snap import NO_STEPS, Given
from mm_tardis.spool import PackedRows
from mm_tardis.stretches import new_stretches
from mm_tardis.table import Ints

_QUANTILES: Final = {"median": 0.5, "p99": 0.99}


@attrs.frozen(kw_only=True)
class Findings:
    """What one file holds."""

    path: Path
    kind: int
    exchange: str | None
    """As in the first row; None if there is no row."""
    symbol: str | None
    sha256: str
    """Of the bytes of the file as it lies there."""
    identity: Identity
    counts: Ints
    """shape (2 * TALLY,)."""
    histogram: Ints
    """shape (2 * HALF,), of feed latency."""
    cut_off: int = 0
    """Bytes at the end of a recording that were left out."""
    open_ended: bool = False
    """The last line has no line end."""
    given: Given = NO_STEPS
    """The steps that the survey was told of."""
    snapped: Ints = attrs.field(factory=lambda: np.zeros(snap.SNAPPED, np.int64))
    """shape (SNAPPED,): what was rounded to them."""
    long: Mapping[int, Long] = attrs.field(factory=dict)
    """First numbers with more digits than an exchange's have, by the grid's column."""
    shortened: Ints | None = None
    """As ``counts``, with long numbers rounded to 12 digits; None if there are none."""
    stretches: Ints = attrs.field(factory=new_stretches)
    """As ``new_stretches`` makes them: the grid of prices, by part of the file."""
    timing: Ints = attrs.field(factory=lambda: np.zeros(of.TIMING, np.int64))
    """shape (TIMING,): wrong time stamps."""
    offsets: Ints = attrs.field(factory=lambda: np.zeros((0, of.PIECE), np.int64))
    """shape (n, PIECE): how far the recorder's clock is behind, see ``offset``."""
    traded: float = 0.0
    """Contracts of all trades, to 15 digits."""
    most_mark: Decimal = Decimal(0)
    """The largest mark price of tickers,"""
    most_mark_row: int = 0
    """and the first data row that has it."""
    depth: int = 0
    """Levels a side of ``book_snapshot_N``; 0 = it is no such file."""
    others: Mapping[str, int] = attrs.field(factory=dict)
    """Rows of other symbols, by symbol; not counted otherwise."""
    keeps_repeats: bool = False
    """Trades that were there before are to be kept."""
    packed: PackedRows
    """The rows of the symbol, as the run is to read them."""
    fault: DataError | None = None
    """Why no grid can hold the numbers; ``counts`` are then the shortened ones."""

    @property
    def name(self) -> str:
        """What it holds, in a word."""
        return KIND_NAMES[self.kind]

    def count(self, column: int) -> int:
        """One number of the tally."""
        return int(self.counts[column])

    def timed(self, column: int) -> int:
        """One number about time stamps."""
        return int(self.timing[column])

    def line(self, column: int) -> int:
        """The line of the first row that was counted in a column."""
        return int(self.counts[ta.WHERE + column]) + 1

    @property
    def rows(self) -> int:
        """Data rows of the symbol in the file."""
        return self.count(ta.ROWS)

    @property
    def timed_rows(self) -> int:
        """Rows with an exchange time of their own, so with a feed latency."""
        return self.rows - self.count(ta.TIMELESS)

    def latency_us(self) -> dict[str, int] | None:
        """Least, median, 99th percentile and largest feed latency; the middle two within 2 %."""
        if self.timed_rows == 0:
            return None
        least, most = self.count(ta.LATENCY_MIN), self.count(ta.LATENCY_MAX)
        middle = {
            name: min(max(_quantile(self.histogram, share), least), most)
            for name, share in _QUANTILES.items()
        }
        return {"min": least, **middle, "max": most}


def _quantile(histogram: Ints, share: float) -> int:
    """The latency [µs] below which a share of the rows lie (nearest rank)."""
    # In order of latency: negative buckets from the far end, then the positive ones.
    ordered = np.concatenate([histogram[: HALF - 1 : -1], histogram[:HALF]])
    ranks = np.cumsum(ordered)
    place = int(np.searchsorted(ranks, share * ranks[-1]))
    return latency_of(2 * HALF - 1 - place if place < HALF else place - HALF)

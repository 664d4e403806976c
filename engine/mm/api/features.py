"""Features: what a transformer makes of the market and a strategy decides on."""

from collections.abc import Iterable
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from mm.api.instrument import Instrument
from mm.api.market import Rows

TOUCH_FIELDS: Final = [
    ("ts", "i8"),  # µs, local: the decision time
    ("bid", "i8"),  # ticks
    ("bid_size", "i8"),  # lots; 0 = no bid, and bid means nothing
    ("ask", "i8"),
    ("ask_size", "i8"),
    ("instrument", "i8"),
]
"""The columns every transformer's dtype starts with; what follows is the transformer's own."""

NOBODY: Final = np.zeros(0, TOUCH_FIELDS)
"""No instrument's touch."""

DEPTH_FIELDS: Final = [("bids", "i8"), ("bid_sizes", "i8"), ("asks", "i8"), ("ask_sizes", "i8")]
"""What ``strategy.depth`` adds: prices [ticks] and lots of the best levels, shape (depth,) each,
best first, 0 behind the last. They are what a taker would get, see ``mm.core.evidence``: where a
newer quote or print contradicts a level, it is not there."""

TRADED_FIELDS: Final = [
    ("bought", "i8"),  # lots, by takers
    ("sold", "i8"),
    ("prints", "i8"),  # how many; also those whose side is not known
    ("print_low", "i8"),  # ticks; 0 where there was none
    ("print_high", "i8"),
]
"""What ``strategy.trades`` adds: what was traded since the row of this instrument before.

A row that news of one's own have woken has zeros there: nothing that its row did not tell. What is
traded meanwhile comes with the next row."""

SIGNAL_FIELDS: Final = [*TOUCH_FIELDS, ("signal", "f8")]
"""The columns of a signal, for a transformer that ``strategy.signals`` may name.

``signal`` is how far the fair price is from the mid [price]; NaN = not known. The transformer gives
a row whenever that may have changed, and its configuration class has a field ``weight``. The host
adds, to each row of ``strategy.preprocessing``, a column by the signal's name with its latest value
by then, and ``fair`` [price] = ``mid`` + the sum of weight * signal, what is not known counting 0.
"""


@attrs.frozen
class Features:
    """Decision rows, complete up to the watermark."""

    rows: Rows
    """A dtype that starts with TOUCH_FIELDS, shape (n,), in order of ``ts``, n >= 0.

    A row at ``ts`` depends only on events with ``ts_local <= ts``.
    """
    watermark: int
    """µs: no row at or before this time will follow."""


def half_ticks(instruments: Iterable[Instrument]) -> npt.NDArray[np.float64]:
    """Give half the tick of each instrument [price], float64, by index."""
    return np.array([one.price(1) / 2.0 for one in instruments])


def mids(rows: Rows, half_ticks: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Give the middle of each row's touch [price], float64; NaN where it is one-sided.

    Args:
        rows: with the columns of TOUCH_FIELDS, shape (n,).
        half_ticks: of the run's instruments, see the function of that name.
    """
    both = (rows["bid_size"] > 0) & (rows["ask_size"] > 0)
    middle = (rows["bid"] + rows["ask"]) * half_ticks[rows["instrument"]]
    found: npt.NDArray[np.float64] = np.where(both, middle, np.nan)
    return found

"""The kernels' records: a row to decide on, what is set, and where the walk over the rows is."""

from typing import Final

import numpy as np

from mm.api import TOUCH_FIELDS

SEEN: Final = np.dtype([*TOUCH_FIELDS, ("mid", "f8"), ("fair", "f8")], align=True)  # [price]
"""A row to decide on."""

GRID: Final = np.dtype(
    [
        ("ticks_per_price", "f8"),  # numerator and denominator of 1/tick, both whole where the
        ("price_per_ticks", "f8"),  # tick is a decimal: 10 and 1 for 0.1
        ("half_spread", "f8"),  # [price]
        ("skew", "f8"),  # [price/lot]
        ("interval", "i8"),  # ticks
        ("levels", "i8"),
        ("quote_lots", "i8"),
        ("max_lots", "i8"),
    ],
    align=True,
)
"""What is set, an instrument each."""

CURSOR: Final = np.dtype(
    [
        ("ts", "i8"),  # µs
        ("decision", "i8"),
        ("instrument", "i8"),
        ("side", "i8"),
        ("first", "i8"),  # ticks, the side's first level; 0 = no quotes
        ("open", "i8"),  # rows of ``working`` in use
        ("sent", "i8"),  # rows of ``orders`` in use
        ("next_id", "i8"),
    ],
    align=True,
)
"""Where the walk is, and how far its arrays are filled."""

"""A row of features brought up to now: its time, its touch, and what follows from the touch.

What a transformer estimated stays as it was; of its columns only these two are known here, where a
row has them as f8: ``mid`` [price], the middle of the touch, NaN where it is one-sided; and
``fair``, which goes with it (see ``mm.api.features``). What was traded has been told by the row
itself, and is not told again.
"""

import numpy as np
import numpy.typing as npt

from mm.api import TRADED_FIELDS, Rows, mids


def has_number(dtype: "np.dtype[np.void]", name: str) -> bool:
    """Whether rows have an f8 column of that name."""
    return name in (dtype.names or ()) and dtype[name] == np.float64


def traded_columns(dtype: "np.dtype[np.void]") -> list[str]:
    """Names of the columns of TRADED_FIELDS, if rows have them all."""
    names = [name for name, _ in TRADED_FIELDS]
    return names if set(names) <= set(dtype.names or ()) else []


def bring_up(rows: Rows, touch: Rows, half_ticks: npt.NDArray[np.float64]) -> None:
    """Bring rows up to a later time, in place.

    Args:
        rows: dtype of the transformer's, shape (n,).
        touch: shape (n,): of the same instruments, when and what it is; dtype TOUCH_FIELDS, and
            DEPTH_FIELDS, which count where the rows have them.
        half_ticks: of the run's instruments, see ``mm.api``.
    """
    for name in touch.dtype.names or ():
        if name in (rows.dtype.names or ()):  # a strategy may have left the depth out
            rows[name] = touch[name]
    for name in traded_columns(rows.dtype):
        rows[name] = 0
    if not has_number(rows.dtype, "mid"):
        return
    before = rows["mid"].copy()
    rows["mid"] = mids(touch, half_ticks)
    if has_number(rows.dtype, "fair"):
        lean = rows["fair"] - before
        rows["fair"] = rows["mid"] + np.where(np.isnan(lean), 0.0, lean)

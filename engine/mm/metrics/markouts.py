"""What fills were worth a while later.

The *markout* of a fill after h is the way of the mid since, in our direction: side (mid(t + h) −
price), positive = the fill was good. At h = 0 it is the *effective* half-spread that the fill
earned; what is left after h is the *realised* half-spread; the difference is *adverse selection*:
the mid going against us because of who traded. Mids are those of decisions, so a markout is as
fine as decisions are.

Source: Huang and Stoll, "Dealer versus auction markets", J. Financial Economics 41 (1996), for the
spreads, as half-spreads per contract here.
"""

from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from mm.api import MICRO
from mm.metrics.errors import Floats, Mean, Times, jackknife

HORIZONS_S: Final = (0.1, 1.0, 5.0, 10.0, 60.0)


@attrs.frozen(kw_only=True)
class Fills:
    """Our fills, in order of time."""

    ts: Times
    """shape (n,), µs, at the venue."""
    price: Floats
    side: npt.NDArray[np.int64]
    """1 = we bought, -1 = we sold."""
    size: Floats
    """Contracts."""
    mid: Floats
    """At the fill; NaN = not known."""

    def where(self, chosen: npt.NDArray[np.bool_]) -> "Fills":
        """Some of them."""
        columns = attrs.asdict(self, recurse=False)
        return Fills(**{name: values[chosen] for name, values in columns.items()})


def markout(fills: Fills, horizon_s: float, mid_ts: Times, mids: Floats) -> Floats:
    """Give each fill's markout [price], shape (n,); NaN where the data end before.

    Args:
        fills: ours.
        horizon_s: how much later.
        mid_ts: shape (m,), µs, ascending.
        mids: shape (m,), mids from those times on; NaN is left out.
    """
    known = ~np.isnan(mids)
    mid_ts, mids = mid_ts[known], mids[known]
    later = fills.ts + round(horizon_s * MICRO)
    if not len(mid_ts):
        return np.full(len(fills.ts), np.nan)
    at = np.searchsorted(mid_ts, later, side="right") - 1
    told = (at >= 0) & (later <= mid_ts[-1])
    found: Floats = np.where(told, fills.side * (mids[np.maximum(at, 0)] - fills.price), np.nan)
    return found


def spreads(fills: Fills, horizon_s: float, mid_ts: Times, mids: Floats) -> dict[str, Mean]:
    """Give effective and realised half-spread and adverse selection [price], weighted by size.

    All three are of the fills whose mid is known then and later, so they add up.
    """
    effective = fills.side * (fills.mid - fills.price)
    realised = markout(fills, horizon_s, mid_ts, mids)
    effective = np.where(np.isnan(realised), np.nan, effective)
    realised = np.where(np.isnan(effective), np.nan, realised)
    columns = {
        "effective": effective,
        "realised": realised,
        "adverse_selection": effective - realised,
    }
    return {name: jackknife(values, fills.size, fills.ts) for name, values in columns.items()}

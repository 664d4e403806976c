"""Guéant's closed form for several instruments at once: what is held of one leans all quotes.

At each time at which any instrument has a row, all are priced by what was last known of each:

    bid_i = mid_i - markup_i - (2 q_i + delta)/2 slope_ii - sum_{j != i} lean_ij q_j

The row gets mark-up, slope and leans (``price``); what is held is known to whoever decides, and
moves the fair price by the last term (``moved``). Remembers what it has seen of the market, and
nothing of the account. The formula is in ``models.multi_asset``.

Source: O. Guéant, "Optimal market making" (2017, arXiv 1605.01862), (5.16) and (5.17).
"""

from itertools import pairwise
from typing import Final

import numpy as np

from mm.api import MICRO, Floats, Rows
from mm_avellaneda.config import AvellanedaConfig
from mm_avellaneda.correlation import Correlation
from mm_avellaneda.models.multi_asset import Assets, lines

_KNOWN: Final = ("mid", "sigma", "A", "k")


class Several:
    """Prices rows of all instruments of a run."""

    def __init__(self, config: AvellanedaConfig, instruments: int) -> None:
        """Start with nothing known."""
        table = config.correlation
        self._config = config
        self._last = np.full((instruments, len(_KNOWN)), np.nan)
        self._fixed = None if table.value is None else _constant(table.value, instruments)
        self._estimate = Correlation(
            instruments,
            step_us=round(table.interval_s * MICRO),
            half_life_us=table.half_life_s * MICRO,
            min_samples=table.min_samples,
        )

    def price(self, rows: Rows) -> None:
        """Write ``markup``, ``slope`` and ``leans`` into rows that were never seen before."""
        rows["markup"] = rows["slope"] = rows["leans"] = np.nan
        ends = np.flatnonzero(np.diff(rows["ts"])) + 1
        for start, end in pairwise((0, *ends.tolist(), len(rows))):
            self._price(rows[start:end])

    def _price(self, rows: Rows) -> None:
        """Price the rows of one time."""
        for name, column in zip(_KNOWN, self._last.T, strict=True):
            column[rows["instrument"]] = rows[name]
        if len(rows) == 0 or not np.isfinite(self._last[:, 0]).all():
            return
        self._estimate.note(int(rows["ts"][0]), self._last[:, 0])
        correlation = self._fixed if self._fixed is not None else self._estimate.value()
        sigma, intensity, decay = self._last[:, 1:].T
        sound = (sigma >= 0.0) & (intensity > 0.0) & (decay > 0.0) & np.isfinite(sigma)
        if correlation is None or not sound.all():
            return
        config = self._config
        markup, skew = lines(
            Assets(
                sigma=sigma,
                A=intensity,
                k=decay,
                delta=np.full(len(sigma), float(config.delta)),
                correlation=correlation,
                gamma=float(config.gamma),
                xi=float(config.xi),
            )
        )
        own = rows["instrument"]
        rows["markup"] = markup[own]
        rows["slope"] = np.diagonal(skew)[own]
        leans = skew[own]
        leans[np.arange(len(own)), own] = 0.0  # the slope has it
        rows["leans"] = leans

    def lacking(self) -> list[tuple[str, int, int]]:
        """What the estimate of the correlation lacks; nothing where it is given."""
        return [] if self._fixed is not None else self._estimate.lacking()


def moved(rows: Rows, held: Floats) -> Floats:
    """Give the fair price of each row once others' inventories have moved it [price].

    Args:
        rows: as ``Several.price`` left them.
        held: of each instrument [model units].
    """
    fair: Floats = rows["fair"] - (rows["leans"] * held).sum(axis=1)
    return fair


def _constant(value: float, instruments: int) -> Floats:
    correlation = np.full((instruments, instruments), value)
    np.fill_diagonal(correlation, 1.0)
    return correlation

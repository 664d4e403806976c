"""What a report draws by other axes than time: markouts, profit and fills by hour, inventory.

Markouts are those of ``Run.metrics``. Knows no library that draws.
"""

from collections.abc import Mapping
from typing import Any, Final

import attrs
import numpy as np
import numpy.typing as npt

from mm.api import MICRO
from mm.metrics import Floats, Times
from mm.results.measures import Account, fills_of
from mm.results.run import Run

_PERIODS_S: Final = {
    "second": 1, "ten seconds": 10, "minute": 60, "ten minutes": 600, "hour": 3600, "day": 86_400,
}  # fmt: skip

_MOST_PERIODS: Final = 100
_FEW_PERIODS: Final = 4
_BARS: Final = 40


@attrs.frozen(kw_only=True)
class Curve:
    """Mean markout by horizon, of some fills."""

    name: str
    """all, buy, sell, or the rule that filled."""
    fills: int
    horizon_s: Floats
    """shape (n,); those at which anything is known."""
    value: Floats
    """shape (n,) [price]."""
    error: Floats
    """shape (n,), standard errors; 0 where there is none to be told."""


@attrs.frozen(kw_only=True)
class Periods:
    """What was earned and filled, by equal stretches of UTC time."""

    name: str
    """second, minute, hour, …"""
    start: Times
    """shape (n,), µs."""
    profit: Floats
    """shape (n,), change of equity."""
    buys: npt.NDArray[np.int64]
    sells: npt.NDArray[np.int64]


@attrs.frozen(kw_only=True)
class Held:
    """Share of time by position."""

    position: Floats
    """shape (n,), contracts: the middle of each bar."""
    share: Floats
    """shape (n,); sums to 1."""
    width: float


def curves(metrics: Mapping[str, Any]) -> list[Curve]:
    """Give a curve for each side, and for each rule."""
    found = []
    for name, means in metrics["markouts"].items():
        rows = [(float(h), m) for h, m in means.items() if m["count"]]
        if rows:
            columns = zip(*((h, m["value"], m["error"]) for h, m in rows), strict=True)
            horizon, value, error = (np.array(column, np.float64) for column in columns)
            found.append(
                Curve(
                    name=name,
                    fills=max(m["count"] for _, m in rows),
                    horizon_s=horizon,
                    value=value,
                    error=np.nan_to_num(error),
                )
            )
    return found


def periods(run: Run, held: Account) -> Periods | None:
    """Cut the run into hours, or what it is long enough for; None = it has no length."""
    if not len(held.ts) or held.ts[-1] <= held.ts[0]:
        return None
    first, last = int(held.ts[0]), int(held.ts[-1])
    name = _period((last - first) / MICRO)
    length = _PERIODS_S[name] * MICRO
    edges = np.arange(first // length, last // length + 2) * length
    until = np.searchsorted(held.ts, edges[1:], side="left") - 1
    profit = np.diff(np.nan_to_num(held.equity)[until], prepend=0.0)
    fills, _ = fills_of(run)
    place = np.clip((fills.ts - edges[0]) // length, 0, len(profit) - 1)
    buys, sells = (
        np.bincount(place[fills.side == side], minlength=len(profit)) for side in (1, -1)
    )
    return Periods(name=name, start=edges[:-1], profit=profit, buys=buys, sells=sells)


def _period(span_s: float) -> str:
    """An hour if that makes some bars, and not too many; else what comes nearest to it."""
    names = list(_PERIODS_S)
    place = names.index("hour")
    while place + 1 < len(names) and span_s / _PERIODS_S[names[place]] > _MOST_PERIODS:
        place += 1
    while place > 0 and span_s / _PERIODS_S[names[place]] < _FEW_PERIODS:
        place -= 1
    return names[place]


def inventory_shares(ts: Times, position: Floats) -> Held | None:
    """Say how long each position was held that was taken up at ``ts`` [µs]; None = no time."""
    lasted = np.diff(ts).astype(np.float64)
    if not lasted.sum() > 0:
        return None
    position = position[:-1]
    values = np.unique(position)
    if len(values) <= _BARS:
        share = np.array([lasted[position == value].sum() for value in values])
        width = float(np.diff(values).min()) if len(values) > 1 else 1.0
        return Held(position=values, share=share / share.sum(), width=width)
    share, edges = np.histogram(position, _BARS, weights=lasted)
    return Held(
        position=(edges[1:] + edges[:-1]) / 2,
        share=share / share.sum(),
        width=float(edges[1] - edges[0]),
    )

"""The probability of backtest overfitting, by combinatorially symmetric cross-validation.

Time is cut into an even number of parts. For each way to take half of them, the set that did best
there is looked up on the other half: if it is below the middle there, choosing it taught nothing.

Source: Bailey, Borwein, López de Prado and Zhu, "The probability of backtest overfitting", Journal
of Computational Finance 20 (2017). Knows no parameters: a set is a column.
"""

import itertools
from typing import Final, Literal

import attrs
import numpy as np

from mm.metrics import Floats

PARTS: Final = 16
"""Of the time: 12 870 ways to take half of them."""
_AT_ONCE: Final = 1 << 20
"""Numbers of a table that is worked on at a time."""
_TIE: Final = 1e-9
"""Statistics this close, of their size, are alike: sums in another order differ in a last digit."""

_ALIKE: Final = 1e-13
"""A variance below this share of the squares is what rounding leaves of none."""

Statistic = Literal["mean", "sharpe"]


@attrs.frozen(kw_only=True)
class Overfitting:
    """How the best sets of halves of the time did on the other halves."""

    probability: float
    """Share of the halves whose best set was at or below the middle on the other half."""
    loss: float
    """Share of the halves whose best set lost money on the other half."""
    logits: Floats
    """Shape (halves,): ln(w / (1 - w)), w the rank on the other half over N + 1."""


def overfitting(blocks: Floats, parts: int = PARTS, statistic: Statistic = "mean") -> Overfitting:
    """Choose on every half of the time, and look at the other.

    Args:
        blocks: shape (T, N), N >= 2, T a multiple of ``parts``.
        parts: even, at least 2.
        statistic: by which the best is chosen and ranked; sets that are alike share their ranks.

    Raises:
        ValueError: the shape is not as above.
    """
    count, sets = blocks.shape
    if parts < 2 or parts % 2 or count % parts or sets < 2:
        raise ValueError(
            f"{count} blocks of {sets} sets in {parts} parts: expected two sets, and an even number"
            " of parts that divides the blocks"
        )
    cut = blocks.reshape(parts, count // parts, sets)
    sums, squares = cut.sum(axis=1), (cut**2).sum(axis=1)
    halves = np.array(list(itertools.combinations(range(parts), parts // 2)))
    taken = np.zeros((len(halves), parts))
    np.put_along_axis(taken, halves, 1.0, axis=1)
    half = count // 2
    step = max(1, _AT_ONCE // sets)
    shares, lost = [], 0
    for start in range(0, len(taken), step):
        inside = taken[start : start + step]
        outside = 1 - inside
        seen, earned = inside @ sums, outside @ sums
        later = earned
        if statistic == "sharpe":
            seen = _sharpe(seen, inside @ squares, half)
            later = _sharpe(earned, outside @ squares, half)
        rows = np.arange(len(inside))
        best = np.argmax(seen >= seen.max(axis=1, keepdims=True) - _close(seen), axis=1)
        shares.append(_rank(later, later[rows, best]) / (sets + 1))
        lost += int((earned[rows, best] < 0).sum())
    share = np.concatenate(shares)
    logits: Floats = np.log(share / (1 - share))
    return Overfitting(
        probability=float(np.mean(share <= 0.5)), loss=lost / len(taken), logits=logits
    )


def _sharpe(sums: Floats, squares: Floats, count: int) -> Floats:
    """Give the ratio from sums of blocks and of their squares; 0 where nothing varies."""
    mean = sums / count
    spread = (squares - count * mean**2) / max(count - 1, 1)
    varies = spread > _ALIKE * squares
    found: Floats = np.where(varies, mean, 0.0) / np.sqrt(np.where(varies, spread, 1.0))
    return found


def _close(values: Floats) -> Floats:
    found: Floats = _TIE * np.abs(values).max(axis=1, keepdims=True)
    return found


def _rank(values: Floats, chosen: Floats) -> Floats:
    """Rank the chosen one of each row, 1 the lowest; of those that are alike, the middle."""
    near = _close(values)
    below = (values < chosen[:, None] - near).sum(axis=1)
    alike = (np.abs(values - chosen[:, None]) <= near).sum(axis=1)
    found: Floats = below + (alike + 1) / 2
    return found

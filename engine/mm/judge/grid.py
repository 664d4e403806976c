"""The sets as points: levels of a parameter, neighbours of a set, the Pareto front.

Knows what a parameter's values are (numbers, words, switches), not what they mean.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs
import numpy as np
import numpy.typing as npt

from mm.metrics import Floats

MOST_LEVELS: Final = 12
"""More different numbers than this are put into bins."""
BINS: Final = 8

Codes = npt.NDArray[np.int64]


@attrs.frozen(kw_only=True)
class Levels:
    """The values that a parameter takes, in order."""

    names: tuple[str, ...]
    codes: Codes
    """Shape (N,): which level each set has."""
    binned: bool
    """Whether a level is a range of numbers."""


def levels(values: Sequence[Any]) -> Levels:
    """Sort the values of a parameter into levels: numbers ascending, words by the alphabet.

    More than ``MOST_LEVELS`` different numbers become ``BINS`` ranges that hold as many sets each.
    """
    if not all(_is_number(value) for value in values):
        names = sorted({str(value) for value in values})
        codes = np.array([names.index(str(value)) for value in values], np.int64)
        return Levels(names=tuple(names), codes=codes, binned=False)
    numbers = np.array(values, np.float64)
    distinct, codes = np.unique(numbers, return_inverse=True)
    if len(distinct) <= MOST_LEVELS:
        return Levels(names=tuple(f"{one:g}" for one in distinct), codes=codes, binned=False)
    inner = np.unique(np.quantile(numbers, np.arange(1, BINS) / BINS))
    found = np.unique(np.searchsorted(inner, numbers, side="right"), return_inverse=True)[1]
    ranges = [numbers[found == code] for code in range(int(found.max()) + 1)]
    return Levels(
        names=tuple(f"{one.min():.3g} – {one.max():.3g}" for one in ranges),
        codes=found,
        binned=True,
    )


def neighbours(columns: Mapping[str, Sequence[Any]], chosen: int) -> list[int]:
    """Find the sets next to one.

    On a grid these differ from it in one parameter: by one step of a number, or in a word. Where
    sets were drawn at random there are none, and the nearest by rank stand for them, two for each
    parameter.

    Args:
        columns: parameter -> its value in each set.
        chosen: the number of the set.
    """
    ranks, words = _ranks(columns)
    apart = np.abs(ranks - ranks[:, chosen : chosen + 1])
    differ = (apart > 0).sum(axis=0)
    step = np.where(words[:, None], np.minimum(apart, 1), apart).sum(axis=0)
    found = np.flatnonzero((differ == 1) & (step == 1))
    if len(found):
        return [int(one) for one in found]
    most = np.maximum(ranks.max(axis=1), 1)[:, None]
    away = (np.where(words[:, None], apart > 0, apart / most) ** 2).sum(axis=0)
    away[chosen] = np.inf
    order = [int(one) for one in np.argsort(away, kind="stable") if math.isfinite(away[one])]
    return order[: 2 * len(columns)]


def pareto(objectives: Floats) -> npt.NDArray[np.bool_]:
    """Say which sets no other beats: at least as good in all, and better in one.

    Args:
        objectives: shape (N, k), each the larger the better; a set with a NaN is never among them.
    """
    front = np.asarray(~np.isnan(objectives).any(axis=1))
    with np.errstate(invalid="ignore"):
        for place in np.argsort(-objectives.sum(axis=1), kind="stable"):
            if front[place]:  # what beats a set has the larger sum, so it came before
                one = objectives[place]
                front &= ~((objectives <= one).all(axis=1) & (objectives < one).any(axis=1))
    return front


def _ranks(columns: Mapping[str, Sequence[Any]]) -> tuple[Codes, npt.NDArray[np.bool_]]:
    """Each parameter's place among its values, shape (k, N), and whether these are words."""
    ranks, words = [], []
    for values in columns.values():
        number = all(_is_number(value) for value in values)
        kinds = np.array(values, np.float64) if number else np.array([str(v) for v in values])
        ranks.append(np.unique(kinds, return_inverse=True)[1])
        words.append(not number)
    return np.array(ranks, np.int64), np.array(words)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

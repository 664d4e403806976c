"""What each parameter matters: the mean of the sets at each of its levels, beside that of all.

Main effects of a design of experiments (Box, Hunter and Hunter, "Statistics for experimenters",
1978). On a full grid they are free of the other parameters; of sets drawn at random they are so on
average. Errors are those of paired runs: the level's mean minus that of all, block by block.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from mm.judge.grid import levels
from mm.judge.paired import error_of_sum
from mm.metrics import Floats


@attrs.frozen(kw_only=True)
class Effect:
    """What one parameter matters."""

    key: str
    levels: tuple[str, ...]
    binned: bool
    """Whether a level is a range of numbers."""
    sets: tuple[int, ...]
    """How many have each level."""
    mean: Floats
    """Shape (levels,): what the sets at a level earned on average [settlement currency]."""
    effect: Floats
    """Shape (levels,): how much more that is than the average of all sets."""
    error: Floats
    """Shape (levels,), standard errors of ``effect``."""
    spread: float
    """How much more the best level earned than the worst."""
    spread_error: float
    share: float
    """Of the variance between sets, what this parameter alone explains (Pearson's correlation
    ratio, squared); NaN if all sets earned the same."""


def main_effects(blocks: Floats, columns: Mapping[str, Sequence[Any]]) -> list[Effect]:
    """Give the effect of each parameter, the one with the largest spread first.

    Args:
        blocks: shape (T, N), T >= 2.
        columns: parameter -> its value in each set; one that takes a single value is left out.
    """
    found = [_effect(blocks, key, values) for key, values in columns.items()]
    return sorted((one for one in found if len(one.levels) > 1), key=lambda one: -one.spread)


def _effect(blocks: Floats, key: str, values: Sequence[Any]) -> Effect:
    grouped = levels(values)
    count = len(grouped.names)
    at = [blocks[:, grouped.codes == code].mean(axis=1) for code in range(count)]
    means = np.stack(at, axis=1)
    apart = means - blocks.mean(axis=1, keepdims=True)
    total = means.sum(axis=0)
    high, low = int(np.argmax(total)), int(np.argmin(total))
    sets = np.bincount(grouped.codes, minlength=count)
    earned = blocks.sum(axis=0)
    whole = float(((earned - earned.mean()) ** 2).sum())
    between = float((sets * (total - earned.mean()) ** 2).sum())
    return Effect(
        key=key,
        levels=grouped.names,
        binned=grouped.binned,
        sets=tuple(int(one) for one in sets),
        mean=total,
        effect=apart.sum(axis=0),
        error=error_of_sum(apart),
        spread=float(total[high] - total[low]),
        spread_error=float(error_of_sum(means[:, high] - means[:, low])),
        share=between / whole if whole > 0 else float("nan"),
    )

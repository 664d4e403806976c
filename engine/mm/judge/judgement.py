"""All that is judged of one study: the best set, and what speaks for and against it.

Knows parameters by name and value, and what was earned block by block; writes no words.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs
import numpy as np

from mm.judge.effects import Effect, main_effects
from mm.judge.forward import Step, walk_forward
from mm.judge.grid import neighbours
from mm.judge.overfitting import PARTS, Overfitting, Statistic, overfitting
from mm.judge.paired import Differences, differences, errors_apart
from mm.judge.sharpe import Deflated, autocorrelation, deflated
from mm.metrics import Floats

_STEPS: Final = 4
"""Of the walk forward: the second half of the time is judged in so many pieces."""


@attrs.frozen(kw_only=True)
class Judgement:
    """What can be said of a study of at least two sets."""

    best: int
    """Number of the best set."""
    lead: Differences
    """How much more it earned than each set."""
    alike: int
    """How many other sets are within one standard error of it, or above it."""
    neighbours: tuple[int, ...]
    apart: tuple[int, ...]
    """Neighbours that it can be told from: better by ``needed`` standard errors."""
    needed: float
    likeness: float
    """Correlation of neighbouring blocks of the best set."""
    sharpe: Deflated
    overfitting: Overfitting
    effects: tuple[Effect, ...]
    split: Step
    """Chosen on the first half of the time, judged on the second."""
    forward: tuple[Step, ...]

    @property
    def distinct(self) -> bool:
        """Whether the best set can be told from every neighbour."""
        return len(self.apart) == len(self.neighbours)


def judge(
    blocks: Floats,
    columns: Mapping[str, Sequence[Any]],
    best: int,
    statistic: Statistic = "mean",
    walk: tuple[int, int] | None = None,
) -> Judgement:
    """Judge a study.

    Args:
        blocks: shape (T, N), N >= 2, T a multiple of 16: what each set earned in each block.
        columns: parameter -> its value in each set.
        best: the number of the best set.
        statistic: by which a best set is chosen on a part of the time.
        walk: blocks that a choice of the walk-forward looks back, and is held for; None = half of
            the time, and an eighth.

    Raises:
        ValueError: the walk does not fit into the time.
    """
    lead = differences(blocks, best)
    others = np.arange(blocks.shape[1]) != best
    near = neighbours(columns, best)
    needed = errors_apart(len(near))
    half = len(blocks) // 2
    back, ahead = walk or (half, half // _STEPS)
    if not (2 <= back < len(blocks) and ahead >= 1):
        raise ValueError(f"{back} and {ahead} blocks do not fit into {len(blocks)}")
    return Judgement(
        best=best,
        lead=lead,
        alike=int((others & (lead.total <= lead.error)).sum()),
        neighbours=tuple(near),
        apart=tuple(
            n for n in near if lead.total[n] > 0 and lead.total[n] > needed * lead.error[n]
        ),
        needed=needed,
        likeness=autocorrelation(blocks[:, best]),
        sharpe=deflated(blocks, best),
        overfitting=overfitting(blocks, PARTS, statistic),
        effects=tuple(main_effects(blocks, columns)),
        split=walk_forward(blocks, half, len(blocks) - half, statistic)[0],
        forward=tuple(walk_forward(blocks, back, ahead, statistic)),
    )

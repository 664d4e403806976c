"""Choosing on the past, judging on what came after.

Walk-forward (Pardo, "The evaluation and optimization of trading strategies", 1992): the best set of
some blocks is held for the next few, then chosen anew. Each block is judged by a choice that did
not know it. Knows no parameters: a set is a column.
"""

import attrs
import numpy as np

from mm.judge.overfitting import Statistic
from mm.judge.sharpe import sharpes
from mm.metrics import Floats


@attrs.frozen(kw_only=True)
class Step:
    """A choice, and what came of it. Money is in settlement currency."""

    train: tuple[int, int]
    """Blocks that it was made on: first, and the one after the last."""
    test: tuple[int, int]
    """Blocks that it is judged by."""
    chosen: int
    """Number of the set."""
    trained: float
    """What it earned where it was chosen."""
    earned: float
    """What it earned afterwards."""
    average: float
    """What all sets earned afterwards, on average: choosing blindly."""
    most: float
    """What the best set in hindsight earned afterwards."""
    better: float
    """Share of the other sets that it was better than afterwards; half of those alike."""


def walk_forward(
    blocks: Floats, train: int, test: int, statistic: Statistic = "mean"
) -> list[Step]:
    """Choose on ``train`` blocks, hold for ``test`` blocks, move on by as many.

    Args:
        blocks: shape (T, N), N >= 2; a rest shorter than ``test`` is judged as it is.
        train: how many blocks a choice looks back, at least 2.
        test: how many it is held for.
        statistic: by which the best is chosen.
    """
    found = []
    for start in range(0, len(blocks) - train, test):
        edge = start + train
        until = min(edge + test, len(blocks))
        past, after = blocks[start:edge], blocks[edge:until].sum(axis=0)
        by = past.sum(axis=0) if statistic == "mean" else np.nan_to_num(sharpes(past))
        chosen = int(np.argmax(by))
        others = np.delete(after, chosen)
        worse = (others < after[chosen]).sum() + (others == after[chosen]).sum() / 2
        found.append(
            Step(
                train=(start, edge),
                test=(edge, until),
                chosen=chosen,
                trained=float(past[:, chosen].sum()),
                earned=float(after[chosen]),
                average=float(after.mean()),
                most=float(after.max()),
                better=float(worse / len(others)),
            )
        )
    return found

"""Choosing on some data sets, judging on those after them: folds that walk forward.

Of each fold the best set on its training data sets is looked up on its test data sets, which the
choice does not see. Figures are means over data sets, so both sides compare; test over training is
the walk-forward efficiency of Pardo, "The evaluation and optimization of trading strategies"
(1992). Knows no parameters, no blocks and no figure by name: a set is a column.
"""

import math
from typing import Final

import attrs
import numpy as np

from mm.metrics import Floats

FALLS_AWAY: Final = 0.5
"""Share of the figure in sample below which what is left out of sample is little."""


@attrs.frozen(kw_only=True)
class Split:
    """How data sets are cut into folds, in their order in time."""

    train: int
    """Data sets that a choice is made on."""
    test: int = 1
    """Data sets that it is judged by, right after."""
    step: int | None = None
    """By how many the next fold starts later; None = as ``test``, so that each is judged once."""
    anchored: bool = False
    """Whether every choice looks back to the first data set; ``train`` is then the first one's."""

    def folds(self, count: int) -> list[tuple[range, range]]:
        """Cut ``count`` data sets: of each fold, those to choose on and those to judge by.

        Raises:
            ValueError: they do not suffice for one fold.
        """
        if count < self.train + self.test:
            raise ValueError(
                f"{self.train} to choose on and {self.test} to judge by do not fit into {count}"
            )
        return [
            (range(0 if self.anchored else edge - self.train, edge), range(edge, edge + self.test))
            for edge in range(self.train, count - self.test + 1, self.step or self.test)
        ]


@attrs.frozen(kw_only=True)
class Fold:
    """A choice, and what came of it. Figures are means over data sets, the larger the better."""

    train: tuple[int, int]
    """Data sets that it was made on: first, and the one after the last."""
    test: tuple[int, int]
    """Data sets that it is judged by."""
    chosen: int
    """Number of the set."""
    inside: float
    """Its figure where it was chosen."""
    outside: float
    """Its figure where it is judged."""
    average: float
    """The figure of all sets where it is judged, on average: choosing blindly."""
    better: float
    """Share of the other sets that it was better than there; half of those alike."""

    @property
    def ratio(self) -> float:
        """``outside`` over ``inside``; NaN where that says nothing: nothing was made inside."""
        return self.outside / self.inside if self.inside > 0 else math.nan

    @property
    def falls_away(self) -> bool:
        """Whether less than half of the figure is left, or than of one below 0."""
        if self.inside <= 0:
            return self.outside < self.inside
        return not self.ratio >= FALLS_AWAY


def judge_folds(figures: Floats, split: Split) -> list[Fold]:
    """Choose and judge, fold by fold.

    Args:
        figures: shape (D, N), N >= 2: of each data set, in order of time, the figure of each set.
            NaN = it has none: then the set is not chosen, and not judged, where that matters.
        split: how to cut the D data sets.

    Returns:
        The folds in which a set could be chosen.

    Raises:
        ValueError: there is not one fold in D data sets.
    """
    found = []
    for train, test in split.folds(len(figures)):
        inside, outside = figures[list(train)].mean(axis=0), figures[list(test)].mean(axis=0)
        if np.isnan(inside).all():
            continue
        chosen = int(np.nanargmax(inside))
        others = np.delete(outside, chosen)
        others = others[~np.isnan(others)]
        mine = outside[chosen]
        worse = (others < mine).sum() + (others == mine).sum() / 2
        known = outside[~np.isnan(outside)]
        found.append(
            Fold(
                train=(train.start, train.stop),
                test=(test.start, test.stop),
                chosen=chosen,
                inside=float(inside[chosen]),
                outside=float(mine),
                average=float(known.mean()) if len(known) else math.nan,
                better=float(worse / len(others)) if len(others) else math.nan,
            )
        )
    return found


def efficiency(folds: list[Fold]) -> float:
    """Give test over training of all folds together; NaN where nothing was made in training."""
    inside = math.fsum(one.inside for one in folds)
    return math.fsum(one.outside for one in folds) / inside if inside > 0 else math.nan

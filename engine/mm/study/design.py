"""What a study is made of: axes, constraints, and the sampler that makes sets of them."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import attrs

from mm.api import UsageError
from mm.judge import Split
from mm.study.axes import Axis, Set, refuse_two_axes, set_of, with_value
from mm.study.check import Base
from mm.study.constraints import Constraint, Constraints
from mm.study.samplers import draw_sets, sets_of
from mm.study.source import Listed, Source
from mm.suggest import did_you_mean

DRAWING: Final = ("random", "sobol", "latin")
LEARNING: Final = ("tpe", "nsga2")
"""Samplers that choose a set by the results of others."""

SAMPLERS: Final = ("grid", *DRAWING, *LEARNING)


@attrs.frozen
class Objective:
    """A figure that a study is to make as high, or as low, as it can."""

    figure: str
    """Of the summary, or a path, such as ``metrics.ratios.sharpe``."""
    lowest: bool = False


def objectives_of(maximize: Iterable[str], minimize: Iterable[str]) -> list[Objective]:
    """Make objectives of the names of figures."""
    return [*map(Objective, maximize), *(Objective(one, lowest=True) for one in minimize)]


@attrs.frozen(kw_only=True)
class Design:
    """Axes with what makes sets of them."""

    axes: Sequence[Axis]
    sampler: str = "grid"
    runs: int | None = None
    """How many sets; None = of a grid, all."""
    seed: int = 0
    constraints: Sequence[Constraint] = ()
    objectives: Sequence[Objective] = ()
    storage: str | None = attrs.field(default=None, repr=False)
    """URL of a database for Optuna's trials, which may hold a password; None = a file."""
    each: str | None = None
    """Key of an axis of data sets, every one of which each set is to be run over."""
    prune: bool = False
    """Whether a set that is worse than the middle of earlier ones ends before its last data set."""
    split: Split | None = None
    """How a report is to cut the data sets into training and test."""
    where: str = ""
    """What is to stand before a fault, with a blank behind it."""

    def check(self) -> None:
        """Hold what was asked for against the sampler.

        Raises:
            UsageError: they do not fit.
        """
        fault = self._fault()
        if fault is not None:
            raise UsageError(f"{self.where}{fault}")
        refuse_two_axes(self.axes)

    def _fault(self) -> str | None:
        name, learns = self.sampler, self.sampler in LEARNING
        if name not in SAMPLERS:
            near = did_you_mean(name, SAMPLERS)
            return f"sampler {name!r}{near or ','} expected one of: {', '.join(SAMPLERS)}"
        if not self.axes:
            return "nothing varies, expected at least one axis"
        if name == "grid" and self.runs is not None:
            return "a grid has as many runs as combinations; leave runs out, or name a sampler"
        if name != "grid" and self.runs is None:
            return f"the sampler {name} is to be told how many runs"
        if learns and not self.objectives:
            return f"the sampler {name} needs an objective, such as the figure equity"
        if name == "tpe" and len(self.objectives) > 1:
            return "the sampler tpe has one objective; for several, expected nsga2"
        if self.each is not None and not any(
            axis.key == self.each and axis.span is None for axis in self.axes
        ):
            return f"each: {self.each} is no axis with a list of values"
        if self.each is not None and len(self.axes) < 2:
            return f"each: {self.each} is the only axis; expected another, which makes the sets"
        if self.prune and (self.each is None or name != "tpe"):
            return "prune: is for the sampler tpe with an axis each, over whose values sets run"
        if self.storage is not None and not learns:
            return f"the sampler {name} keeps no trials, so it needs no storage"
        if self.objectives and not learns:
            return f"the sampler {name} has no objective; expected one of: {', '.join(LEARNING)}"
        return None

    @property
    def learns(self) -> bool:
        """Whether sets depend on the results of others."""
        return self.sampler in LEARNING

    @property
    def directions(self) -> list[str]:
        """Which way each objective is to go, in Optuna's words."""
        return ["minimize" if one.lowest else "maximize" for one in self.objectives]

    def source(self, base: Base, folder: Path | None = None) -> Source:
        """Make what gives the sets, all that is known of them checked.

        Args:
            base: the run file.
            folder: where a sampler that learns keeps its trials; None = nowhere.

        Raises:
            MMError: a set is faulty, or nothing satisfies the constraints.
        """
        self.check()
        if self.learns:
            if self.each is not None:
                from mm.study.days import OverDays

                return OverDays(self, base, folder)
            from mm.study.learning import Learning  # a second, which only these samplers need

            return Learning(self, base, folder)
        sets = self.sets(base)
        return Listed(sets, base.check_all(sets))

    def sets(self, base: Base) -> list[Set]:
        """Make the sets of a study that does not learn.

        Raises:
            MMError: the run file is faulty, or nothing satisfies the constraints.
        """
        constraints = self.constraints_of(base)
        if self.sampler == "grid":
            sets = sets_of(self.axes, constraints.hold)
        else:
            assert self.runs is not None
            drawn = [axis for axis in self.axes if axis.key != self.each]
            sets = draw_sets(self.sampler, drawn, self.runs, self.seed, constraints)
            for axis in self.axes:
                if axis.key == self.each:
                    sets = [with_value(one, axis, value) for one in sets for value in axis.values]
        if not sets:
            raise UsageError(f"{self.where}no set satisfies the constraints; drop one of them")
        return sets

    def constraints_of(self, base: Base) -> Constraints:
        """Read the constraints for a run file.

        Raises:
            MMError: the run file is faulty, or one names a key that it does not know.
        """
        if not self.constraints:
            return Constraints((), {})
        found = Constraints(self.constraints, base.content())
        values = [(a, a.values[0] if a.span is None else a.span.low) for a in self.axes]
        found.refuse_unknown(one.path for axis, value in values for one in axis.overrides(value))
        return found

    def corners(self) -> list[Set]:
        """Sets in which each value, and each end of a span, stands once: to check them by."""
        ends = [
            axis.values if axis.span is None else (axis.span.at(0), axis.span.at(1 - 2**-53))
            for axis in self.axes
        ]
        longest = max(map(len, ends))
        return [
            set_of(self.axes, [values[min(n, len(values) - 1)] for values in ends])
            for n in range(longest)
        ]

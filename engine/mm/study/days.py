"""Sets that learn, each run over every data set of an axis, one after the other, or until pruned.

What the sampler hears of a set is the mean of its objective. With pruning a set ends early whose
mean so far, at its best, is below the median of earlier sets after as many data sets: the rule of
Optuna's ``MedianPruner``. Earlier sets are those whose results the sampler knew, so as with sets
themselves it does not matter which process was quick, nor how many there are.
"""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, median
from typing import Any, Final

import attrs

from mm.api import MMError
from mm.study.axes import Set, with_value
from mm.study.check import Base, Checked
from mm.study.design import Design
from mm.study.learning import AHEAD, Learning
from mm.study.results import figures_of, value_of
from mm.study.source import Asked

STARTUP: Final = 5
"""Sets that must have come to their end before one is pruned, as in ``MedianPruner``."""


@attrs.define
class _Trial:
    """A set on its way through the data sets."""

    number: int
    one: Set
    given: int = 0
    rows: list[dict[str, Any]] = attrs.field(factory=list)
    steps: list[float] = attrs.field(factory=list)
    """The mean of the objective after one data set, after two …"""
    pruned: str = ""
    """Why; empty = it is not."""


class OverDays:
    """A source of sets, each over every data set."""

    def __init__(self, design: Design, base: Base, folder: Path | None = None) -> None:
        """Check what can be checked beforehand.

        Args:
            design: with a sampler that learns and an axis of data sets, ``each``.
            base: the run file.
            folder: for a copy of all trials; None = none.

        Raises:
            MMError: as ``Learning``; or a data set is faulty.
        """
        self._design, self._base = design, base
        (self._each,) = (axis for axis in design.axes if axis.key == design.each)
        inner = attrs.evolve(
            design, axes=[axis for axis in design.axes if axis is not self._each], each=None,
            prune=False,
        )  # fmt: skip
        first = with_value(Set({}, ()), self._each, self._each.values[0])
        self._inner = Learning(
            inner,
            Base(base.path, base.registry, [*base.overrides, *first.texts], base.text),
            folder,
        )
        corner = inner.corners()[0]
        base.check_all(with_value(corner, self._each, day) for day in self._each.values)
        self._days = len(self._each.values)
        self._open: list[_Trial] = []
        self._ended: dict[int, list[float]] = {}
        """Number -> steps, of each set that came to its end, neither failed nor pruned."""
        self.total = self._inner.total * self._days
        self.asked = 0
        self.checked: Sequence[Checked] = ()

    def ask(self) -> Asked | None:
        """Give the next data set of the first set that is ready for it, or a new set."""
        trial = next((one for one in self._open if one.given == len(one.rows) < self._days), None)
        if trial is None:
            new = self._inner.ask()
            if new is None:
                return None
            trial = _Trial(new.number, new.one)
            self._open.append(trial)
        if self._design.prune and not trial.pruned:
            trial.pruned = self._verdict(trial)
        number = trial.number * self._days + trial.given
        one = with_value(trial.one, self._each, self._each.values[trial.given])
        trial.given += 1
        self.asked += 1
        try:
            return Asked(number, one, self._base.check(one), pruned=trial.pruned)
        except MMError as error:
            return Asked(number, one, None, f"{type(error).__name__}: {error}")

    def tell(self, number: int, row: dict[str, Any]) -> None:
        """Hear what came of a set over a data set.

        Raises:
            UsageError: runs have no such figure as an objective.
        """
        at, _ = divmod(number, self._days)
        trial = next(one for one in self._open if one.number == at)
        trial.rows.append(row)
        objective = self._design.objectives[0].figure
        value = None if trial.pruned or row["status"] == "failed" else value_of(row, objective)
        if value is not None and len(trial.steps) == len(trial.rows) - 1:
            trial.steps.append(fmean([*self._values(trial, objective)]))
        if len(trial.rows) == self._days:
            self._open.remove(trial)
            if len(trial.steps) == self._days:
                self._ended[at] = trial.steps
            self._inner.tell(at, self._whole(trial))

    def _values(self, trial: _Trial, figure: str) -> list[float]:
        known = [value_of(row, figure) for row in trial.rows if row["status"] != "failed"]
        return [value for value in known if value is not None]

    def _verdict(self, trial: _Trial) -> str:
        """Say why a set is to be pruned; empty = it is not."""
        done = len(trial.steps)
        if done == 0 or done < len(trial.rows):
            return ""
        known = [steps for at, steps in self._ended.items() if at <= trial.number - AHEAD]
        lowest = self._design.objectives[0].lowest
        bar = is_pruned(trial.steps, known, lowest=lowest)
        if bar is None:
            return ""
        best = (min if lowest else max)(trial.steps)
        figure = self._design.objectives[0].figure
        return (
            f"pruned after {done} of {self._days}: {figure} was {best:.4g}"
            f" at its best, and {bar:.4g} is the middle of {len(known)} earlier sets"
        )

    def _whole(self, trial: _Trial) -> dict[str, Any]:
        """Make one row of those of all data sets: the mean of each objective."""
        first = trial.rows[0]
        failed = next((row for row in trial.rows if row["status"] == "failed"), None)
        steps = trial.steps if len(self._design.objectives) == 1 else []
        whole = {"key": first["key"], "digest": first["digest"], "error": None, "metrics": {}}
        if failed is not None:
            return whole | {"status": "failed", "error": failed["error"], "summary": {}}
        ran = trial.rows[: len(trial.steps)] if trial.pruned else trial.rows
        names = figures_of(first)
        summary: dict[str, Any] = dict.fromkeys(names)
        for one in self._design.objectives:
            values = self._values(attrs.evolve(trial, rows=ran), one.figure)
            if one.figure in summary and len(values) == len(ran):
                summary[one.figure] = fmean(values)
        status = "pruned" if trial.pruned else "complete"
        return whole | {"status": status, "summary": summary, "steps": steps}


def is_pruned(
    steps: Sequence[float], known: Sequence[Sequence[float]], *, lowest: bool = False
) -> float | None:
    """Hold a set against earlier ones after as many data sets, by the median rule.

    Args:
        steps: of the set, so far, at least one.
        known: of sets that came to their end.
        lowest: whether low is good.

    Returns:
        The median that it is worse than at its best; None = it is not to be pruned.
    """
    if len(known) < STARTUP:
        return None
    bar = median(one[len(steps) - 1] for one in known)
    worse = min(steps) > bar if lowest else max(steps) < bar
    return bar if worse else None

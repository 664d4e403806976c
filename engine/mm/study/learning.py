"""Samplers that learn from results: Optuna's TPE and NSGA-II, made repeatable.

The sampler of the n-th set is seeded by the study's seed and n, and knows the results of all sets
but the last few, whichever were ready. So the n-th set is decided by the seed and by results, not
by which process was quick; and since results are on disk, a study that was killed finds its way
back by asking again. Of Optuna's own state there is a copy for its tools, see ``trials``.
"""

import warnings
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from mm.api import MMError, UsageError
from mm.extras import need
from mm.study.axes import Axis, Set, set_of
from mm.study.check import Base, Checked
from mm.study.design import Design
from mm.study.results import figures_of, value_of
from mm.study.samplers import keyed, no_draw
from mm.study.source import Asked
from mm.study.trials import Trials, space_of
from mm.suggest import did_you_mean

AHEAD: Final = 8
"""Sets that may run at once: the n-th is chosen by the results of those up to n - 8."""

_TRIES: Final = 200
"""Draws for one set that satisfies the constraints."""


class Learning:
    """A source of sets, each chosen by the results of earlier ones."""

    def __init__(self, design: Design, base: Base, folder: Path | None = None) -> None:
        """Check what can be checked beforehand: each axis's values, and the ends of each span.

        Args:
            design: with a sampler that learns.
            base: the run file.
            folder: for a copy of all trials; None = none.

        Raises:
            MMError: a set would be faulty, or Optuna is not installed.
        """
        assert design.runs is not None
        need("sweep", f"the sampler {design.sampler}", "optuna")
        self._optuna = import_module("optuna")
        self._optuna.logging.set_verbosity(self._optuna.logging.WARNING)
        self._design = design
        self._base = base
        self._constraints = design.constraints_of(base)
        base.check_all(design.corners())
        self._spaces = {axis.key: space_of(axis, self._optuna) for axis in design.axes}
        self._study = self._optuna.create_study(directions=design.directions)
        self._copy = None if folder is None else Trials(design, folder)
        self._trials: list[Any] = []
        self._asked: dict[int, Asked] = {}  # until its result is passed on
        self._rows: dict[int, dict[str, Any]] = {}
        self._told = 0
        self.total = design.runs
        self.checked: Sequence[Checked] = ()
        self.asked = 0

    def ask(self) -> Asked | None:
        """Choose the next set; None = all were chosen, or it waits for a result."""
        number = self.asked
        if number == self.total:
            return None
        while self._told <= number - AHEAD:
            if self._told not in self._rows:
                return None
            self._pass_on()
        one = self._choose(number)
        self.asked += 1
        try:
            asked = Asked(number, one, self._base.check(one))
        except MMError as error:
            asked = Asked(number, one, None, f"{type(error).__name__}: {error}")
        self._asked[number] = asked
        return asked

    def tell(self, number: int, row: dict[str, Any]) -> None:
        """Hear what came of a set; the sampler hears it in the order of their numbers.

        Raises:
            UsageError: runs have no such figure as an objective.
        """
        if row["status"] != "failed":
            names = figures_of(row)
            for one in self._design.objectives:
                if one.figure not in names:
                    near = did_you_mean(one.figure, names)
                    raise UsageError(
                        f"{self._design.where}objective {one.figure}: runs have no such figure"
                        f"{near or ','} expected one of the summary or the metrics, such as"
                        " equity or metrics.ratios.sharpe"
                    )
        self._rows[number] = row
        if self._told + len(self._rows) == self.total:
            while self._rows:
                self._pass_on()

    def _choose(self, number: int) -> Set:
        for attempt in range(_TRIES):
            with warnings.catch_warnings():  # of what Optuna calls experimental
                warnings.simplefilter("ignore")
                self._study.sampler = self._sampler(number, attempt)
                trial = self._study.ask(self._spaces)
            axes = self._design.axes
            one = set_of(axes, [_value(axis, trial.params[axis.key]) for axis in axes])
            if self._constraints.hold(one):
                self._trials.append(trial)
                return one
            self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)
        raise no_draw(_TRIES)

    def _sampler(self, number: int, attempt: int) -> Any:
        seed = int.from_bytes(keyed(self._design.seed, number, attempt)[:4], "big")
        samplers = self._optuna.samplers
        if self._design.sampler == "tpe":
            return samplers.TPESampler(seed=seed, constant_liar=True)
        return samplers.NSGAIISampler(seed=seed, population_size=20)

    def _pass_on(self) -> None:
        """Tell the sampler the next result."""
        number = self._told
        row, asked = self._rows.pop(number), self._asked.pop(number)
        found = [value_of(row, one.figure) for one in self._design.objectives]
        known = [value for value in found if value is not None]
        values = (
            known
            if row["status"] not in ("failed", "pruned") and len(known) == len(found)
            else None
        )
        states = self._optuna.trial.TrialState
        state = states.FAIL if values is None else None
        for step, value in enumerate(row.get("steps", ())):
            self._trials[number].report(value, step)
        if row["status"] == "pruned":
            state = states.PRUNED
        self._study.tell(self._trials[number], values, state=state)
        self._told += 1
        if self._copy is not None:
            self._copy.add(asked, row, values)


def _value(axis: Axis, chosen: Any) -> Any:
    if axis.span is None:
        return axis.values[chosen]
    return chosen if axis.span.shape == "integer" else axis.span.rounded(chosen)

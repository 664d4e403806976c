"""What may be learnt from many sets of parameters that were run over the same market.

    sharpe        the Sharpe ratio of the best of many: how likely it is more than luck
    overfitting   how often the best on one half of the time is below the middle on the other
    paired        how much better the best set is than another, with the error of paired runs
    effects       what each parameter matters, with errors
    grid          levels of a parameter, neighbours of a set, the Pareto front
    forward       choosing on the past, judging on what came after
    folds         the same over data sets, such as days
    judgement     all of this of one study

Pure functions over numpy arrays. ``blocks`` has shape (T, N): what each of N sets earned in each of
T equal stretches of time, in settlement currency. Nothing here reads a file or knows a run.
"""

from mm.judge.effects import Effect, main_effects
from mm.judge.folds import FALLS_AWAY, Fold, Split, efficiency, judge_folds
from mm.judge.forward import Step, walk_forward
from mm.judge.grid import Levels, levels, neighbours, pareto
from mm.judge.judgement import Judgement, judge
from mm.judge.overfitting import Overfitting, overfitting
from mm.judge.paired import Differences, differences, errors_apart
from mm.judge.sharpe import (
    Deflated,
    autocorrelation,
    deflated,
    expected_maximum,
    independent_trials,
    moments,
    probabilistic,
    sharpes,
)

__all__ = [
    "FALLS_AWAY",
    "Deflated",
    "Differences",
    "Effect",
    "Fold",
    "Judgement",
    "Levels",
    "Overfitting",
    "Split",
    "Step",
    "autocorrelation",
    "deflated",
    "differences",
    "efficiency",
    "errors_apart",
    "expected_maximum",
    "independent_trials",
    "judge",
    "judge_folds",
    "levels",
    "main_effects",
    "moments",
    "neighbours",
    "overfitting",
    "pareto",
    "probabilistic",
    "sharpes",
    "walk_forward",
]

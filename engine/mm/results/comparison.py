"""Runs held against each other: what differs in their configurations, and in what they came to.

Draws are keyed by the seed and by what they are for, so two runs over the same market share their
luck: their difference is known far better than either of them. Its error is worked out from the
difference of the two equity curves, step by step. Pure; prints nothing.
"""

from collections.abc import Sequence
from typing import Any, Final

import attrs
import numpy as np

from mm.config.edit import leaves
from mm.metrics import jackknife
from mm.results.measures import account
from mm.results.run import Run

_STEP_US: Final = 1_000_000

_APART: Final = ("output.", "plugins.", "engine.channel_capacity", "strategy.max_block")
"""Keys that do not bear on what a run comes to."""

FIGURES: Final = (
    ("equity", ("profit", "equity")),
    ("spread", ("profit", "spread_capture")),
    ("inventory", ("profit", "inventory_pnl")),
    ("fees", ("profit", "fees")),
    ("funding", ("profit", "funding")),
    ("drawdown", ("profit", "drawdown")),
    ("sharpe", ("ratios", "sharpe")),
    ("orders", ("orders", "orders")),
    ("fill ratio", ("orders", "fill_ratio")),
    ("time to fill [s]", ("orders", "time_to_fill_s")),
    ("quoting both sides", ("quoting", "both")),
    ("bid at touch", ("quoting", "bid_at_touch")),
    ("ask at touch", ("quoting", "ask_at_touch")),
    ("inventory sd", ("inventory", "sd")),
    ("largest position", ("inventory", "largest")),
    ("markout 1 s", ("markouts", "all", "1", "value")),
    ("markout 1 s, error", ("markouts", "all", "1", "error")),
    ("markout 10 s", ("markouts", "all", "10", "value")),
    ("markout 10 s, error", ("markouts", "all", "10", "error")),
)
"""(name for people, path in ``Run.metrics``)"""


@attrs.frozen(kw_only=True)
class Difference:
    """How much more a run earned than the first."""

    equity: float
    """Settlement currency."""
    error: float
    """Standard error, by the jackknife over blocks of time; NaN = not known."""


@attrs.frozen(kw_only=True)
class Comparison:
    """Several runs side by side; the first is what the others are held against."""

    runs: tuple[Run, ...]
    config: dict[str, tuple[Any, ...]]
    """Key -> value in each run, of the keys that differ; None = absent."""
    figures: dict[str, tuple[float, ...]]
    """Name -> value in each run."""
    differences: tuple[Difference, ...]
    """Of each run from the first; the first's is zero."""
    same_data: bool
    """Whether all read the same bytes, without which differences are not paired."""


def compare(runs: Sequence[Run]) -> Comparison:
    """Hold runs against the first of them."""
    flat = [
        {".".join(path): value for path, value in leaves(run.config, numbered=True)} for run in runs
    ]
    keys = dict.fromkeys(key for one in flat for key in one)
    config = {
        key: tuple(one.get(key) for one in flat)
        for key in keys
        if not key.startswith(_APART) and len({repr(one.get(key)) for one in flat}) > 1
    }
    figures = {
        "fills": tuple(float(run.summary["fills"]) for run in runs),
        **{name: tuple(_figure(run, path) for run in runs) for name, path in FIGURES},
    }
    return Comparison(
        runs=tuple(runs),
        config=config,
        figures=figures,
        differences=tuple(difference(runs[0], run) for run in runs),
        same_data=len({_data(run) for run in runs}) == 1,
    )


def difference(base: Run, other: Run) -> Difference:
    """Find how much more ``other`` earned than ``base``, with the error of paired runs."""
    mine, theirs = account(base, _STEP_US), account(other, _STEP_US)
    grid = np.intersect1d(mine.ts, theirs.ts)
    whole = float(other.summary["equity"] or 0.0) - float(base.summary["equity"] or 0.0)
    if len(grid) < 2 or base is other:
        return Difference(equity=whole, error=0.0 if base is other else float("nan"))
    apart = theirs.equity[np.isin(theirs.ts, grid)] - mine.equity[np.isin(mine.ts, grid)]
    steps = np.diff(np.nan_to_num(apart))
    mean = jackknife(steps, np.ones(len(steps)), grid[1:])
    return Difference(equity=whole, error=mean.error * len(steps))


def _figure(run: Run, path: Sequence[str]) -> float:
    found: Any = run.metrics
    for key in path:
        found = found[key]
    return float(found)


def _data(run: Run) -> str:
    """What a run read, as far as its summary says."""
    s = run.summary
    return repr((s["symbol"], s["rows"], s["first_ts"], s["last_ts"]))

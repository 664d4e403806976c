"""``mm simulate``: many simulated paths of a run file, and how they compare with theory.

Only the table goes to stdout, or with ``--json`` only the JSON; all else goes to stderr.
"""

import argparse
import json
import math
import sys
import time
from pathlib import Path
from typing import Any, Final

from mm.cli.running import counting, warn_if_cold
from mm.config import LoadedConfig, load_config
from mm.picture import check_place
from mm.simulate.expected import STRATEGIES, Expected, expect, model_of, strategy_of
from mm.simulate.paper import text_of
from mm.simulate.picture import draw
from mm.simulate.processes import simulate
from mm.simulate.runs import check_simulated
from mm.simulate.statistics import NAMES, Estimate, Outcomes, statistics, z_score

_LABELS: Final = {
    "profit_mean": ("profit, mean", "settlement currency"),
    "profit_sd": ("profit, sd", "settlement currency"),
    "final_q_mean": ("final inventory, mean", "quotes"),
    "final_q_sd": ("final inventory, sd", "quotes"),
    "spread_mean": ("spread, mean", "price"),
    "fills_mean": ("fills, mean", "fills a path"),
}


def run(args: argparse.Namespace) -> int:
    """Carry out ``mm simulate``; return the exit code.

    Raises:
        MMError: what kept a part from doing its work.
    """
    if args.plot:
        check_place(Path(args.plot))
    loaded = _load(args, args.strategy)
    warn_if_cold(quiet=args.json)
    expected = expect(loaded)
    outcomes = _simulate(loaded, args)
    found = statistics(outcomes)
    if args.json:
        print(json.dumps(_content(loaded, args, found, expected), indent=2, allow_nan=False))
    else:
        print(_table(loaded, args, found, expected))
    if args.plot:
        _plot(args, loaded, outcomes)
    return 0


def _load(args: argparse.Namespace, strategy: str | None) -> LoadedConfig:
    """Load the run file; the flags are for the table of whichever strategy it names."""
    flags = {"seed": args.seed}
    loaded = load_config(args.config, None, args.set, **flags)
    check_simulated(loaded)
    table = f"strategy.{loaded.config.strategy.kind.lower()}"
    own = [] if strategy is None else [f'{table}.model="{model_of(strategy)}"']
    own += [] if args.gamma is None else [f"{table}.gamma={args.gamma!r}"]
    return load_config(args.config, None, [*own, *args.set], **flags) if own else loaded


def _simulate(loaded: LoadedConfig, args: argparse.Namespace) -> Outcomes:
    started = time.perf_counter()
    with counting(args.paths, "paths", quiet=args.json) as progress:
        outcomes = simulate(loaded, args.paths, args.processes, progress)
    if not args.json:
        print(f"{args.paths} paths in {time.perf_counter() - started:.1f} s", file=sys.stderr)
    return outcomes


def _named(loaded: LoadedConfig) -> tuple[str, float | None]:
    """Name of the strategy as the paper has it, and its gamma."""
    table = loaded.config.parts.strategy.config
    model = getattr(table, "model", loaded.config.strategy.kind)
    return strategy_of(model), getattr(table, "gamma", None)


def _content(
    loaded: LoadedConfig,
    args: argparse.Namespace,
    found: dict[str, Estimate],
    expected: Expected,
) -> dict[str, Any]:
    strategy, gamma = _named(loaded)
    numbers: dict[str, float | None] = {}
    for name in NAMES:
        numbers[name] = _number(found[name].value)
        numbers[f"{name}_se"] = _number(found[name].se)
    return {
        "strategy": strategy,
        "gamma": gamma,
        "seed": loaded.config.engine.seed,
        "paths": args.paths,
        **numbers,
        "exact": expected.exact,
        "paper": expected.paper,
    }


def _number(value: float) -> float | None:
    """JSON has no NaN."""
    return value if math.isfinite(value) else None


def _table(
    loaded: LoadedConfig,
    args: argparse.Namespace,
    found: dict[str, Estimate],
    expected: Expected,
) -> str:
    """Lay out each statistic with what it is compared with."""
    strategy, gamma = _named(loaded)
    aversion = "" if gamma is None else f", gamma {gamma:g}"
    lines = [f"{strategy}{aversion}, {args.paths} paths, seed {loaded.config.engine.seed}"]
    head = ("statistic", "simulated", "± SE", "exact", "z", "paper")
    lines.append("{:<22}{:>11}{:>9}{:>11}{:>7}{:>8}   unit".format(*head))
    for name in NAMES:
        label, unit = _LABELS[name]
        cells = _cells(name, found[name], expected)
        lines.append(f"{label:<22}" + "".join(cells) + f"   {unit}")
    return "\n".join(lines)


def _cells(name: str, found: Estimate, expected: Expected) -> list[str]:
    exact = None if expected.exact is None else expected.exact[name]
    paper = None if expected.paper is None else expected.paper.get(name)
    z = None if exact is None else z_score(found, exact)
    return [
        _cell(found.value, 11, ".4f"),
        _cell(found.se, 9, ".4f"),
        _cell(exact, 11, ".4f"),
        _cell(z, 7, "+.2f"),
        f"{'–' if paper is None else text_of(name, paper):>8}",
    ]


def _cell(value: float | None, width: int, form: str) -> str:
    if value is None or not math.isfinite(value):
        return f"{'–':>{width}}"
    text = format(value, form)
    # A mean that is zero by symmetry comes out as minus nothing.
    return f"{text.lstrip('-') if float(text) == 0.0 else text:>{width}}"


def _plot(args: argparse.Namespace, loaded: LoadedConfig, outcomes: Outcomes) -> None:
    """Draw the profits; where the command line names no strategy, those of both the paper's."""
    strategy, gamma = _named(loaded)
    profits = {strategy: outcomes.profit}
    others = [name for name in STRATEGIES if name != strategy]
    if args.strategy is None and strategy in STRATEGIES:
        for other in others:
            profits[other] = _simulate(_load(args, other), args).profit
    aversion = "" if gamma is None else f"gamma = {gamma:g}, "
    seed = loaded.config.engine.seed
    draw(Path(args.plot), profits, f"{aversion}{args.paths} paths, seed {seed}")

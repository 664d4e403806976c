"""Runs started from Python: from a script, or from a cell of a notebook.

    run = mm.backtest("config/ethusdt.toml", {"strategy.avellaneda.gamma": 0.2})

The same planning, running and writing down as ``mm backtest``. Results come back as a ``Run``.
"""

import inspect
import sys
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import attrs
import trio

from mm.api import NoConfig, PluginError, Strategy, StrategyOffer, UsageError
from mm.blame import ungrouped
from mm.cli.display import run_shown
from mm.cli.notebook import in_notebook
from mm.cli.running import plan_and_run, warn_if_cold
from mm.config import LoadedConfig, load_config
from mm.config.edit import key_text, run_file_text, toml_text
from mm.registry import Plugin, Registry, build_registry, load_registry
from mm.results import Run, open_run
from mm.results.opening import table_path
from mm.results.table import read_table
from mm.run.build import Options
from mm.run.session import Plan, Result, plan_run
from mm.schema import SCHEMA

_AS_CONFIGURED: Final = "as configured"


def backtest(
    config: str | Path | Mapping[str, Any] | LoadedConfig,
    overrides: Mapping[str, Any] | None = None,
    *,
    strategy: type[Any] | Strategy | None = None,
    run_dir: str | Path | None = _AS_CONFIGURED,
    progress: bool = True,
) -> Run:
    """Replay data and simulate a strategy, to the end.

    Args:
        config: a run file's path, its content as nested dicts, or one that is loaded.
        overrides: ``{"strategy.avellaneda.gamma": 0.2}``: keys set as ``--set`` does; not with a
            loaded one.
        strategy: a class or an object to decide, in place of ``strategy.kind``. A class is called
            with nothing or, if it takes two, with its configuration and the ``Context``; its
            configuration is its attribute ``Config``, an attrs class, or there is none.
        run_dir: folder to make the run's directory in; left out, ``output.csv_path``; None = keep
            the results in memory alone.
        progress: show how far it is, on a terminal or in one line of a notebook's cell.

    Returns:
        The run; with the status ``interrupted`` if it was ended by Ctrl-C, and results up to then.

    Raises:
        MMError: what kept it from starting, or what a part failed with; the results of a run that
            failed are in its directory.
        KeyboardInterrupt: it was interrupted before there was anything to write down, or twice.
        RuntimeError: called under Trio; await ``abacktest`` there.
    """
    run = partial(
        abacktest, config, overrides, strategy=strategy, run_dir=run_dir, progress=progress
    )
    return trio.run(run)


async def abacktest(
    config: str | Path | Mapping[str, Any] | LoadedConfig,
    overrides: Mapping[str, Any] | None = None,
    *,
    strategy: type[Any] | Strategy | None = None,
    run_dir: str | Path | None = _AS_CONFIGURED,
    progress: bool = True,
) -> Run:
    """Do as ``backtest``, under Trio. If cancelled, it leaves what was written so far."""
    loaded = _loaded(config, overrides, strategy, run_dir)
    return await _run(loaded, progress, in_memory=run_dir is None)


def _loaded(
    config: str | Path | Mapping[str, Any] | LoadedConfig,
    overrides: Mapping[str, Any] | None,
    strategy: type[Any] | Strategy | None,
    run_dir: str | Path | None,
) -> LoadedConfig:
    if isinstance(config, LoadedConfig):
        if overrides or strategy is not None or run_dir != _AS_CONFIGURED:
            raise UsageError(
                "a loaded configuration is run as it is, expected no overrides, strategy or"
                " run_dir beside it; give the path of the run file instead"
            )
        return config
    text = None
    path = Path("<dict>")
    if isinstance(config, Mapping):
        text = run_file_text(config)
    else:
        path = Path(config)
    sets = [f"{key}={toml_text(value)}" for key, value in (overrides or {}).items()]
    registry = None
    if strategy is not None:
        offer = _offer(strategy)
        registry = _with(load_registry(), offer)
        sets.append(f"strategy.kind={toml_text(offer.name)}")
    output = None if run_dir in (None, _AS_CONFIGURED) else str(run_dir)
    return load_config(path, registry, sets, text=text, output=output)


def _offer(strategy: type[Any] | Strategy) -> StrategyOffer:
    """Offer a strategy that no plugin does."""
    if not isinstance(strategy, type):
        name = type(strategy).__name__
        return StrategyOffer(name=name, config=NoConfig, build=lambda config, context: strategy)
    config = getattr(strategy, "Config", NoConfig)
    try:
        wanted = len(inspect.signature(strategy).parameters)
    except (TypeError, ValueError):
        wanted = 0
    if wanted not in (0, 2):
        raise UsageError(
            f"{strategy.__name__} takes {wanted} arguments, expected none, or its configuration"
            " and the context"
        )

    def build(config: Any, context: Any) -> Strategy:
        made: Strategy = strategy(config, context) if wanted else strategy()
        return made

    return StrategyOffer(name=strategy.__name__, config=config, build=build)


def _with(registry: Registry, offer: StrategyOffer) -> Registry:
    """Put an offer beside those of plugins.

    Raises:
        PluginError: its name is taken.
    """
    names = [one.name for one in registry.offers("strategy")]
    if offer.name in names:
        raise PluginError(
            f"a plugin offers a strategy {key_text([offer.name])} already; rename the class"
        )
    mine = Plugin("script", "this script", "", (("strategy", offer),))
    return build_registry([*registry.plugins, mine], registry.disabled)


async def _run(loaded: LoadedConfig, progress: bool, *, in_memory: bool) -> Run:
    if not in_memory:
        return open_run((await _carry_out(loaded, progress)).directory)
    with tempfile.TemporaryDirectory(prefix="mm-run-") as folder:
        config = loaded.config
        output = attrs.evolve(config.output, csv_path=folder)
        there = attrs.evolve(loaded, config=attrs.evolve(config, output=output))
        directory = (await _carry_out(there, progress)).directory
        found = open_run(directory)
        tables = {name: read_table(table_path(directory, name)) for name in SCHEMA}
        text = (directory / "config.toml").read_text(encoding="utf-8")
    return Run(None, {**found.summary, "run_dir": None}, text, tables.__getitem__)


async def _carry_out(loaded: LoadedConfig, progress: bool) -> Result:
    shown = progress and (sys.stderr.isatty() or in_notebook())
    warn_if_cold(quiet=not progress)

    async def carry_out(plan: Plan, reading: trio.CancelScope) -> Result:
        return await run_shown(plan, Options(), reading, shown=shown)

    with ungrouped():
        result = await plan_and_run(lambda: plan_run(loaded), carry_out, survive=True)
    if result is None:
        raise KeyboardInterrupt
    if result.error is not None:
        raise result.error
    return result

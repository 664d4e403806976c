"""mm: a deterministic, event-driven market-making engine.

    run = mm.backtest("config/ethusdt.toml", {"strategy.avellaneda.gamma": 0.2})
    run.trades, run.equity("1s"), run.summary, run.explain(17)

The names here, ``mm.api`` for plugins and ``mm.testing`` for their tests are public; everything
else is private.

    api/      what a plugin may touch: events, orders, account, offers, hooks, errors
    testing/  what a plugin's tests may touch
    core/     pure state machines and kernels: no Trio, no clock, no files
    run/      the Trio tasks that host them, and the wiring
    results/  what a run left behind, as columns
    cli/      arguments in, text out
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mm.results import Run, Table, open_run, runs
    from mm.scripting import abacktest, backtest
    from mm.study.results import Sweep
    from mm.sweeping import asweep, sweep

__all__ = [
    "Run",
    "Sweep",
    "Table",
    "abacktest",
    "asweep",
    "backtest",
    "open_run",
    "runs",
    "sweep",
]

_MODULES = {
    "Run": "mm.results",
    "Table": "mm.results",
    "open_run": "mm.results",
    "runs": "mm.results",
    "abacktest": "mm.scripting",
    "backtest": "mm.scripting",
    "Sweep": "mm.study",
    "asweep": "mm.sweeping",
    "sweep": "mm.sweeping",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for: ``import mm`` itself takes no time."""
    if name not in _MODULES:
        raise AttributeError(f"module 'mm' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_MODULES[name]), name)

"""Sweeps started from Python: from a script, or from a cell of a notebook.

    found = mm.sweep("config/ethusdt.toml", {"strategy.avellaneda.gamma": [0.05, 0.1]})
    found.best("equity")["set"], found.to_pandas()

The same sets, processes and rows as ``mm sweep``.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import trio

from mm.api import UsageError
from mm.cli.sweeping import carry_out_shown
from mm.config.edit import run_file_text, toml_text
from mm.registry import load_registry
from mm.simulate.processes import cores
from mm.study import Rows, Study, Sweep, axes_of, check_sets, sets_of


def sweep(
    config: str | Path | Mapping[str, Any],
    vary: Mapping[str, Iterable[Any]],
    overrides: Mapping[str, Any] | None = None,
    *,
    output: str | Path | None = None,
    processes: int | None = None,
    progress: bool = True,
) -> Sweep:
    """Run every combination of some settings over the same market.

    Args:
        config: a run file's path, or its content as nested dicts.
        vary: ``{"strategy.avellaneda.gamma": [0.05, 0.1]}``: keys and the values each is to take.
        overrides: keys that are set for all, as ``--set`` does.
        output: the study's folder; what has a row there is not run again. None = keep the rows in
            memory alone.
        processes: runs at a time; None = one a core.
        progress: say on stderr how far it is.

    Returns:
        The rows; with the status ``interrupted``, and the rows up to then, after Ctrl-C.

    Raises:
        MMError: nothing was run; ConfigError has every fault of any set.
        RuntimeError: called under Trio; await ``asweep`` there.
    """
    run = partial(
        asweep, config, vary, overrides, output=output, processes=processes, progress=progress
    )
    return trio.run(run)


async def asweep(
    config: str | Path | Mapping[str, Any],
    vary: Mapping[str, Iterable[Any]],
    overrides: Mapping[str, Any] | None = None,
    *,
    output: str | Path | None = None,
    processes: int | None = None,
    progress: bool = True,
) -> Sweep:
    """Do as ``sweep``, under Trio. If cancelled, what is done is in ``output``."""
    text = run_file_text(config) if isinstance(config, Mapping) else None
    path = Path("<dict>") if isinstance(config, Mapping) else Path(config)
    if processes is not None and processes < 1:
        raise UsageError(f"processes is {processes}, expected at least 1, or None")
    fixed = [f"{key}={toml_text(value)}" for key, value in (overrides or {}).items()]
    sets = sets_of(axes_of(vary))
    study = Study(
        config=path,
        text=text,
        overrides=tuple(fixed),
        sets=tuple(sets),
        loaded=tuple(check_sets(path, load_registry(), fixed, sets, text)),
        processes=processes or cores(),
    )
    with _folder(output) as folder, Rows(folder) as rows:
        found = await carry_out_shown(study, rows, lambda place, row: None, quiet=not progress)
    return Sweep(found, len(sets), None if output is None else folder)


@contextmanager
def _folder(output: str | Path | None) -> Iterator[Path]:
    """The study's folder; a temporary one, if none is named."""
    if output is not None:
        yield Path(output)
        return
    with tempfile.TemporaryDirectory(prefix="mm-sweep-") as folder:
        yield Path(folder)

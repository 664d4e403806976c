"""Sweeps started from Python: from a script, or from a cell of a notebook.

    found = mm.sweep("config/ethusdt.toml", {"strategy.avellaneda.gamma": [0.05, 0.1]})
    found.best("equity")["set"], found.to_pandas()

The same sets, processes and rows as ``mm sweep``.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import trio

from mm.api import UsageError
from mm.cli.sweeping import carry_out_shown, shop_of
from mm.config.edit import run_file_text, toml_text
from mm.registry import load_registry
from mm.study import Base, Design, Rows, Shop, Study, Sweep, axes_of, objectives_of, read_study
from mm.study.constraints import parse_constraint


def sweep(
    config: str | Path | Mapping[str, Any],
    vary: Mapping[str, Iterable[Any] | str] | None = None,
    overrides: Mapping[str, Any] | None = None,
    *,
    where: Sequence[str] = (),
    sampler: str = "grid",
    runs: int | None = None,
    seed: int = 0,
    each: str | None = None,
    prune: bool = False,
    maximize: str | Sequence[str] = (),
    minimize: str | Sequence[str] = (),
    output: str | Path | None = None,
    processes: int | None = None,
    dask: str | None = None,
    progress: bool = True,
) -> Sweep:
    """Run many sets of some settings over the same market.

    Args:
        config: a run file's path, or its content as nested dicts; without ``vary``, the path of a
            study file, which says all down to ``minimize`` but ``overrides``.
        vary: ``{"strategy.avellaneda.gamma": [0.05, 0.1]}``: keys and the values each is to take,
            ``"log(0.01, 1, 5)"``, or ``"uniform(0.05, 0.1)"`` to draw from (``loguniform``,
            ``integer``). ``{"day": {"mon": {"data.trades_csv": …}, …}}`` sets several keys at once.
        overrides: keys that are set for all, as ``--set`` does.
        where: comparisons that every set is to satisfy, such as ``"strategy.a < strategy.b"``.
        sampler: ``grid``: every combination; ``random``, ``sobol`` or ``latin``: drawn; ``tpe`` or
            ``nsga2``: chosen by the results of others.
        runs: how many sets, but for a grid.
        seed: of the draws.
        each: a key of ``vary`` over whose every value, such as a day, each set drawn is run.
        prune: with ``tpe`` and ``each``: end a set early that is worse than the middle of others.
        maximize: what ``tpe`` and ``nsga2`` are to make high: ``equity``, or a path, such as
            ``metrics.ratios.sharpe``.
        minimize: what they are to make low.
        output: the study's folder; what has a row there is not run again. None = a study file's,
            or else keep the rows in memory alone.
        processes: runs at a time; None = one a core, or a thread of the Dask workers.
        dask: address of a Dask scheduler, such as ``tcp://10.0.0.1:8786``, on whose workers runs
            are made; ``local``: on one in this process. None = processes of this machine.
        progress: say on stderr how far it is.

    Returns:
        The rows; with the status ``interrupted``, and the rows up to then, after Ctrl-C.

    Raises:
        MMError: nothing was run; ConfigError has every fault of any set.
        RuntimeError: called under Trio; await ``asweep`` there.
    """
    study, folder = _study(
        config,
        vary,
        overrides,
        where,
        sampler,
        runs,
        seed,
        each,
        prune,
        maximize,
        minimize,
        output,
        processes,
    )
    with shop_of(study.base, dask, processes) as shop:
        return trio.run(_carry_out, study, folder, shop, progress)


async def asweep(
    config: str | Path | Mapping[str, Any],
    vary: Mapping[str, Iterable[Any] | str] | None = None,
    overrides: Mapping[str, Any] | None = None,
    *,
    where: Sequence[str] = (),
    sampler: str = "grid",
    runs: int | None = None,
    seed: int = 0,
    each: str | None = None,
    prune: bool = False,
    maximize: str | Sequence[str] = (),
    minimize: str | Sequence[str] = (),
    output: str | Path | None = None,
    processes: int | None = None,
    dask: str | None = None,
    progress: bool = True,
) -> Sweep:
    """Do as ``sweep``, under Trio. If cancelled, what is done is in ``output``."""
    study, folder = _study(
        config,
        vary,
        overrides,
        where,
        sampler,
        runs,
        seed,
        each,
        prune,
        maximize,
        minimize,
        output,
        processes,
    )
    shop = shop_of(study.base, dask, processes)
    entered = await trio.to_thread.run_sync(shop.__enter__) if dask else shop.__enter__()
    with ExitStack() as stack:
        stack.push(shop.__exit__)
        return await _carry_out(study, folder, entered, progress)


async def _carry_out(study: Study, output: Path | None, shop: Shop, progress: bool) -> Sweep:
    done: dict[int, str] = {}

    def note(number: int, row: dict[str, Any]) -> None:
        done[number] = row["key"]

    with _folder(output) as folder, Rows(folder) as rows:
        await carry_out_shown(study, rows, shop, note, quiet=not progress)
        lines = [rows.line(done[number]) for number in sorted(done)]
    return Sweep(lines, study.source.total, output, study.base.text)


def _study(
    config: str | Path | Mapping[str, Any],
    vary: Mapping[str, Iterable[Any] | str] | None,
    overrides: Mapping[str, Any] | None,
    where: Sequence[str],
    sampler: str,
    runs: int | None,
    seed: int,
    each: str | None,
    prune: bool,
    maximize: str | Sequence[str],
    minimize: str | Sequence[str],
    output: str | Path | None,
    processes: int | None,
) -> tuple[Study, Path | None]:
    """Make a study of what ``sweep`` is given, and say where its folder is."""
    if processes is not None and processes < 1:
        raise UsageError(f"processes is {processes}, expected at least 1, or None")
    path, text = Path("<dict>"), None
    if vary is None:
        if isinstance(config, Mapping):
            raise UsageError("vary is absent, expected keys with their values beside a run file")
        study = read_study(Path(config))
        path, design, output = study.base, study.design, output or study.output
    else:
        if isinstance(config, Mapping):
            text = run_file_text(config)
        else:
            path = Path(config)
        design = Design(
            axes=axes_of(vary), sampler=sampler, runs=runs, seed=seed, each=each, prune=prune,
            constraints=[parse_constraint(one, "where") for one in where],
            objectives=objectives_of(_names(maximize), _names(minimize)),
        )  # fmt: skip
    fixed = [f"{key}={toml_text(value)}" for key, value in (overrides or {}).items()]
    base = Base(path, load_registry(), fixed, text)
    folder = None if output is None else Path(output)
    return Study.of(base, design, folder, processes), folder


def _names(figures: str | Sequence[str]) -> Sequence[str]:
    return [figures] if isinstance(figures, str) else figures


@contextmanager
def _folder(output: Path | None) -> Iterator[Path]:
    """The study's folder; a temporary one, if none is named."""
    if output is not None:
        yield output
        return
    with tempfile.TemporaryDirectory(prefix="mm-sweep-") as folder:
        yield Path(folder)

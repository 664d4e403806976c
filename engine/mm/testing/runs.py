"""Whole runs from a test: a configuration file in, a result out."""

from collections.abc import Sequence
from pathlib import Path

import trio

from mm.config import load_config
from mm.run.build import Options
from mm.run.session import Result, plan_run, run_plan


async def run_config(
    path: Path, overrides: Sequence[str] = (), *, output: Path, speed: float | None = None
) -> Result:
    """Run a configuration to its end.

    Args:
        path: of the TOML file.
        overrides: ``a.b.c=value``, as after ``--set``.
        output: directory for the run's own directory.
        speed: as after ``--speed``.

    Returns:
        How it ended. A failed run has its ``error`` set; what kept it from starting is raised.
    """
    loaded = load_config(path, overrides=overrides, output=str(output))
    plan = await plan_run(loaded)
    return await run_plan(plan, Options(speed=speed), trio.CancelScope())

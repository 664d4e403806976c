"""A paced run that is looked at all the while, as a page looks at it."""

from pathlib import Path

import trio

from mm.config import load_config
from mm.run.build import Options
from mm.run.health import Hearing
from mm.run.session import Plan, plan_run, run_plan
from mm.web.board import Snapshot
from mm.web.sample import EngineView


async def looked_at(
    run_file: Path, output: Path, speed: float
) -> tuple[Plan, list[Snapshot], Path]:
    """Run a file at ``speed`` times real time: what it was made of, its states, and its folder."""
    seen: list[Snapshot] = []
    plan = await plan_run(load_config(run_file, None, [f"output.csv_path={output}"]))
    view = EngineView(plan, Hearing(plan.parts.connector).listener(), 0.0)
    async with trio.open_nursery() as nursery:

        async def look() -> None:
            while True:
                seen.append(view.look(len(seen) / 5))
                await trio.sleep(0.002)

        nursery.start_soon(look)
        result = await run_plan(plan, Options(speed=speed), trio.CancelScope())
        seen.append(view.look(len(seen) / 5))
        nursery.cancel_scope.cancel()
    return plan, seen, result.directory

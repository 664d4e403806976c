"""A process that makes one run after the other: a job on each line of stdin, its outcome on stdout.

Started as ``python -m mm.study.worker``. What it has imported, compiled, loaded and read serves
all its runs; their files are removed once they have been hashed and measured.
"""

import contextlib
import json
import shutil
import signal
import sys
import tempfile
from typing import Any, Final

import trio

from mm.config import LoadedConfig, load_config
from mm.registry import Registry, load_registry
from mm.results import open_run
from mm.results.measures import as_json
from mm.run.build import Options
from mm.run.session import Result, plan_run, run_plan
from mm.study.market import MarketMemory
from mm.study.rows import failure

FIGURES: Final = (
    "decisions", "orders", "fills", "filled_qty", "turnover", "position", "max_position",
    "realized_pnl", "unrealized_pnl", "spread_capture", "inventory_pnl", "funding", "fees_paid",
    "rebates_earned", "equity", "max_drawdown",
)  # fmt: skip
"""Of ``summary.json``: what a row keeps."""


def main() -> int:
    """Work until stdin ends. Ctrl-C is the parent's business, who ends us."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    registry: Registry | None = None
    memory = MarketMemory()
    with tempfile.TemporaryDirectory(prefix="mm-sweep-") as scratch:
        for line in sys.stdin:
            job = json.loads(line)
            registry = registry or load_registry()
            with contextlib.redirect_stdout(sys.stderr):  # a plugin's print is no outcome
                outcome = _outcome(job, registry, scratch, memory)
            print(json.dumps(outcome), flush=True)
    return 0


def _outcome(
    job: dict[str, Any], registry: Registry, scratch: str, memory: MarketMemory
) -> dict[str, Any]:
    try:
        loaded = load_config(
            job["config"], registry, job["overrides"], text=job["text"], output=scratch
        )
        result = trio.run(_run, loaded, memory)
    except Exception as error:  # of whatever kind: it is this set's, and the others go on
        text = f"{type(error).__name__}: {error}"
        return failure(text)
    run = open_run(result.directory)
    failed = result.error is not None
    outcome = {
        "status": result.status,
        "digest": None if failed else run.digest,
        "error": result.summary["error"],
        "summary": {name: run.summary[name] for name in FIGURES},
        "metrics": {} if failed else as_json(dict(run.metrics)),
    }
    shutil.rmtree(result.directory)
    return outcome


async def _run(loaded: LoadedConfig, memory: MarketMemory) -> Result:
    plan = await plan_run(loaded, await memory.survey(loaded))
    return await run_plan(plan, Options(), trio.CancelScope())


if __name__ == "__main__":
    sys.exit(main())

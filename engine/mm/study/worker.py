"""A process that makes one run after the other: a job a line comes in, an outcome a line goes out.

Forked by the foreman, or started as ``python -m mm.study.worker FOLDER`` with the connection as
stdin. What it has imported, compiled, loaded and read serves all its runs; their files are removed
once they have been hashed and measured.
"""

import json
import os
import shutil
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import trio

from mm.config import LoadedConfig, load_config
from mm.registry import Registry, load_registry
from mm.results import open_run
from mm.results.measures import as_json, equity_blocks
from mm.run.build import Options
from mm.run.rundir import config_digest
from mm.run.session import Result, plan_run, run_plan
from mm.study.market import MarketMemory
from mm.study.rows import failure

FIGURES: Final = (
    "decisions", "orders", "fills", "filled_qty", "turnover", "position", "max_position",
    "realized_pnl", "unrealized_pnl", "spread_capture", "inventory_pnl", "funding", "fees_paid",
    "rebates_earned", "equity", "max_drawdown",
)  # fmt: skip
"""Of ``summary.json``: what a row keeps."""


def main(scratch: str) -> int:
    """Work until stdin ends. Ctrl-C is the parent's business, who ends us."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection = socket.socket(fileno=os.dup(0))
    os.dup2(2, 1)  # a plugin's print is no outcome
    serve(connection, None, scratch)
    return 0


def serve(connection: socket.socket, registry: Registry | None, scratch: str) -> None:
    """Make the runs that are asked for, until nobody asks any more.

    Args:
        connection: after an empty line, a job a line comes in, and an outcome a line goes out.
        registry: the installed parts, if they are loaded.
        scratch: folder for files.
    """
    memory = MarketMemory()
    with (
        connection,
        connection.makefile("rw", encoding="utf-8") as lines,
        tempfile.TemporaryDirectory(dir=scratch) as folder,
    ):
        print(file=lines, flush=True)  # we are here
        for line in lines:
            registry = registry or load_registry()
            outcome = _outcome(json.loads(line), registry, folder, memory)
            print(json.dumps(outcome), file=lines, flush=True)


def _outcome(
    job: dict[str, Any], registry: Registry, scratch: str, memory: MarketMemory
) -> dict[str, Any]:
    try:
        loaded = load_config(
            job["config"], registry, job["overrides"], text=job["text"], output=scratch
        )
        written = Path(job["market"]) if job["market"] else None
        result = trio.run(_run, loaded, memory, written)
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
        "blocks": None if failed else equity_blocks(run),
        "run_file": {
            "path": str(loaded.path.resolve()),
            "overrides": job["overrides"],
            "digest": config_digest(loaded.text),
        },
    }
    shutil.rmtree(result.directory)
    return outcome


async def _run(loaded: LoadedConfig, memory: MarketMemory, written: Path | None) -> Result:
    plan = await plan_run(loaded, await memory.survey(loaded, written))
    return await run_plan(plan, Options(), trio.CancelScope())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

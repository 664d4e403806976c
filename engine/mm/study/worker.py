"""A process that makes one run after the other: a job a line comes in, an outcome a line goes out.

Forked by the foreman, or started by ``command`` with the connection as stdin; then it ends with its
parent, also in the middle of a run. What it has imported, compiled, loaded and read serves all its
runs; their files are removed once they have been hashed and measured. Elsewhere than where the
study was planned it first looks whether here is what is there.
"""

import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Final

import trio

from mm.api import MMError
from mm.config import LoadedConfig, load_config
from mm.registry import Registry, load_registry
from mm.results import open_run
from mm.results.measures import as_json, equity_blocks
from mm.run.build import Options
from mm.run.rundir import config_digest
from mm.run.session import Result, plan_run, run_plan
from mm.run.survey import Market
from mm.study.check import file_hashes, versions_of
from mm.study.market import MarketMemory
from mm.study.rows import failure

_LOOKS_EVERY_S: Final = 0.5

FIGURES: Final = (
    "decisions", "orders", "fills", "filled_qty", "turnover", "position", "max_position",
    "realized_pnl", "unrealized_pnl", "spread_capture", "inventory_pnl", "funding", "fees_paid",
    "rebates_earned", "equity", "max_drawdown",
)  # fmt: skip
"""Of ``summary.json``: what a row keeps."""


def command(module: str, *arguments: str) -> list[str]:
    """Give the command that calls ``main`` of a module, which ``-m`` would import twice."""
    call = f"import sys; from {module} import main; sys.exit(main(*sys.argv[1:]))"
    return [sys.executable, "-c", call, *arguments]


def main(scratch: str, parent: str) -> int:
    """Work until stdin ends. Ctrl-C is the parent's business, who ends us.

    The parent tells its number: it may be gone before we could ask for it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    watcher = threading.Thread(target=_end_with, args=(int(parent), scratch), daemon=True)
    watcher.start()
    connection = socket.socket(fileno=os.dup(0))
    os.dup2(2, 1)  # a plugin's print is no outcome
    try:
        serve(connection, None, scratch)
    finally:
        # A parent that was killed lets go of the connection before it is seen to be gone.
        watcher.join(4 * _LOOKS_EVERY_S)
    return 0


def _end_with(parent: int, scratch: str) -> None:
    """End this process when its parent is gone, who would have removed its files."""
    while os.getppid() == parent:
        time.sleep(_LOOKS_EVERY_S)
    # As another program, so that no thread of ours writes there meanwhile.
    remove = "import shutil, sys; shutil.rmtree(sys.argv[1], ignore_errors=True)"
    try:
        os.execv(sys.executable, [sys.executable, "-I", "-c", remove, scratch])
    finally:
        os._exit(1)


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
        if (refused := _other_versions(job, registry)) or job.get("check"):
            return {"refused": refused} if refused else {"status": "ready"}
        loaded = load_config(
            job["config"], registry, job["overrides"], text=job["text"], output=scratch
        )
        written = Path(job["market"]) if job["market"] else None
        result = trio.run(_run, loaded, memory, written, job)
    except _RefusedError as error:
        return {"refused": str(error)}
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


async def _run(
    loaded: LoadedConfig, memory: MarketMemory, written: Path | None, job: dict[str, Any]
) -> Result:
    if "data" in job:
        market = await _same_market(loaded, memory, job)
    else:
        market = await memory.survey(loaded, written)
    plan = await plan_run(loaded, market)
    return await run_plan(plan, Options(), trio.CancelScope())


# --- on another machine ---------------------------------------------------------------------------


class _RefusedError(Exception):
    """Here is not what there is where the study was planned; the text says what."""


def _other_versions(job: dict[str, Any], registry: Registry) -> str:
    """Say which packages differ from those that the study was checked with; empty = none."""
    if "versions" not in job:
        return ""
    here, there = (
        dict(one.rsplit(" ", 1) for one in names)
        for names in (versions_of(registry), job["versions"])
    )
    return "; ".join(
        f"has {name} {here[name]}, not {there[name]}" if name in here and name in there
        else f"has no {name}" if name in there else f"has {name}, which is not here"
        for name in sorted({*here, *there}) if here.get(name) != there.get(name)
    )  # fmt: skip


async def _same_market(loaded: LoadedConfig, memory: MarketMemory, job: dict[str, Any]) -> Market:
    """Read the market here, by path.

    Raises:
        _RefusedError: it cannot be read, or a file is another one.
    """
    for key, digest in file_hashes(loaded.files).items():
        if job["files"].get(key) != digest:
            raise _RefusedError(f"has another file at {loaded.files[key]}, of {key}")
    try:
        market = await memory.survey(loaded)
    except (MMError, OSError) as error:
        raise _RefusedError(f"cannot read the data: {error}") from error
    here = {one.path: str(one.sha256) for one in market.survey.sources}
    for path, digest in job["data"]:
        if here.get(path) != digest:
            raise _RefusedError(
                f"has other bytes at {path}: their sha256 is {here.get(path, 'none')[:12]}, not"
                f" {digest[:12]}"
            )
    return market

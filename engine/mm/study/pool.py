"""Sets given out to worker processes, one at a time each; outcomes are written down as they come.

A worker that dies costs the run it had in hand, which another worker makes; a set that loses two
is a failed row. Which worker makes which run does not show in the rows.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any, Final

import attrs
import trio

from mm.api.jit import is_cold
from mm.blame import ungrouped
from mm.study.check import Base
from mm.study.desk import Desk, Job
from mm.study.rows import Rows, failure
from mm.study.source import Source

_COMMAND: Final = (sys.executable, "-m", "mm.study.worker")
_TRIES: Final = 2


@attrs.frozen(kw_only=True)
class Study:
    """What is to be run."""

    base: Base
    source: Source
    processes: int


async def carry_out(
    study: Study, rows: Rows, report: Callable[[int, dict[str, Any]], None]
) -> list[dict[str, Any]]:
    """Run every set that has no row yet, or one that failed.

    Args:
        study: what to run.
        rows: of the study's folder.
        report: given the number and the row of each set, as it becomes known.

    Returns:
        Each set's row, in order.

    Raises:
        DataError: the data cannot be used.
    """
    desk = Desk(study.base, study.source, rows, report)
    await desk.survey()
    first = await desk.next()
    if first is not None:
        desk.take_back(first)
        if is_cold("mm"):
            await _work(study.base, desk, 1)  # one process compiles, the others read what it left
        with ungrouped():
            async with trio.open_nursery() as nursery:
                for _ in range(study.processes):
                    nursery.start_soon(_work, study.base, desk)
    return [rows.found[desk.keys[number]] for number in range(study.source.total)]


async def _work(base: Base, desk: Desk, most: int | None = None) -> None:
    """Start workers, one after the other if they die, and give them runs until none is left.

    Args:
        base: of all sets.
        desk: gives the runs.
        most: how many to make; None = as many as there are.
    """
    job = await desk.next()
    while job is not None and most != 0:
        process = await trio.lowlevel.open_process(
            _COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # a terminal's Ctrl-C is for us; they end with our pipe
        )
        try:
            while job is not None and most != 0:
                outcome = await _outcome(process, base, job)
                if outcome is None:
                    _mourn(desk, job)
                    break
                desk.done(job, outcome)
                most = None if most is None else most - 1
                job = await desk.next() if most != 0 else None
        finally:
            process.kill()
            with trio.CancelScope(shield=True):
                await process.wait()
        job = await desk.next() if most != 0 else None


async def _outcome(process: trio.Process, base: Base, job: Job) -> dict[str, Any] | None:
    """Have a worker make a run; None = it died."""
    assert process.stdin is not None
    assert process.stdout is not None
    overrides = [*base.overrides, *job.asked.one.texts]
    asked = json.dumps({"config": str(base.path), "text": base.text, "overrides": overrides})
    answer = b""
    try:
        await process.stdin.send_all(asked.encode() + b"\n")
        while not answer.endswith(b"\n"):
            piece = await process.stdout.receive_some()
            if not piece:
                return None
            answer += piece
    except trio.BrokenResourceError:
        return None
    found: dict[str, Any] = json.loads(answer)
    return found


def _mourn(desk: Desk, job: Job) -> None:
    """Have the run of a worker that died made by another, or give it up."""
    job.tries += 1
    if job.tries < _TRIES:
        desk.take_back(job)
    else:
        desk.done(job, failure("the process that ran it died, twice"))

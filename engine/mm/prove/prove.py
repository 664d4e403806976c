"""Spread trials over worker processes, compare what they came to, and say what made a difference.

The run as configured goes first, alone and in this process: it says what the digest is, it
compiles what must be compiled, and if it fails it fails as ``mm backtest`` would.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Final

import attrs
import trio

from mm.config import LoadedConfig
from mm.prove.difference import Difference, first_difference
from mm.prove.trial import Outcome, quiet, start_run
from mm.prove.variations import Variation, one_at_a_time, variations
from mm.prove.worker import Job

MOMENT: Final = "nothing but the moment"
"""The cause of a run that differs from itself."""


@attrs.frozen(kw_only=True)
class Verdict:
    """What the trials showed."""

    digest: str
    """Of the run as configured."""
    trials: int
    """Trials made, beside that run."""
    identical: bool
    variation: Variation | None = None
    """The first trial that came out otherwise."""
    cause: str | None = None
    """What it had to vary for that: a field of Variation, or MOMENT; None = several together."""
    difference: Difference | None = None
    error: str | None = None
    """What stopped that trial, if it did not come to its end."""


@attrs.frozen(kw_only=True)
class Bench:
    """What all trials share."""

    loaded: LoadedConfig
    job: Job
    """Without trials."""
    scratch: Path
    processes: int
    """Workers at a time."""
    report: Callable[[int], None]
    """Told how many trials are done, but not of those that look for the cause."""


async def prove(bench: Bench, schedules: int) -> Verdict:
    """Make the run as configured, then ``schedules`` trials; stop at the first that differs.

    Raises:
        MMError: the run as configured failed.
    """
    first = await start_run(quiet(bench.loaded, bench.scratch), Variation())
    if first.error is not None:
        raise first.error
    digest = str(first.summary["digest"])
    parted = await _first_parting(bench, variations(schedules), digest)
    if parted is None:
        return Verdict(digest=digest, trials=schedules, identical=True)
    done, variation, outcome = parted
    return Verdict(
        digest=digest,
        trials=done,
        identical=False,
        variation=variation,
        cause=await _cause(attrs.evolve(bench, report=_unheard), variation, digest),
        difference=first_difference(first.directory, Path(outcome.directory)),
        error=outcome.error,
    )


def _unheard(done: int) -> None:
    pass


async def _cause(bench: Bench, variation: Variation, digest: str) -> str | None:
    """Vary one thing at a time. The run as configured had a hash seed of its own, unlike trials."""
    plain = [Variation(), Variation()]
    if await _first_parting(bench, plain, digest) is not None:
        digests = [(await _alone(bench, trial)).digest for trial in plain]
        if digests[0] != digests[1]:
            return MOMENT
        if digests[0] != digest:
            return "hash_seed"
    for name, alone in one_at_a_time(variation):
        if await _first_parting(bench, [alone], digest) is not None:
            return name
    return None


async def _alone(bench: Bench, variation: Variation) -> Outcome:
    """Make one trial in a process of its own."""
    outcomes: list[Outcome] = []
    limit = trio.CapacityLimiter(1)
    await _work(bench, [variation], limit, lambda _, outcome: outcomes.append(outcome))
    return outcomes[0]


async def _first_parting(
    bench: Bench, trials: Iterable[Variation], digest: str
) -> tuple[int, Variation, Outcome] | None:
    """Make the trials, a few workers at a time; (trials done, the odd one, its outcome)."""
    groups = [list(group) for _, group in groupby(trials, key=lambda trial: trial.hash_seed)]
    found: list[tuple[int, Variation, Outcome]] = []
    done = 0
    limit = trio.CapacityLimiter(bench.processes)
    async with trio.open_nursery() as nursery:

        def note(variation: Variation, outcome: Outcome) -> None:
            nonlocal done
            done += 1
            bench.report(done)
            if outcome.digest == digest and outcome.error is None:
                shutil.rmtree(outcome.directory)
            else:
                found.append((done, variation, outcome))
                nursery.cancel_scope.cancel()

        for group in groups:
            nursery.start_soon(_work, bench, group, limit, note)
    return found[0] if found else None


async def _work(
    bench: Bench,
    trials: list[Variation],
    limit: trio.CapacityLimiter,
    note: Callable[[Variation, Outcome], None],
) -> None:
    """Have one process make these trials, and note each as it comes out."""
    job = attrs.evolve(bench.job, trials=[attrs.asdict(trial) for trial in trials])
    environment = {**os.environ, "PYTHONHASHSEED": str(trials[0].hash_seed)}
    async with limit, trio.open_nursery() as nursery:
        process = await nursery.start(
            partial(
                trio.run_process,
                [sys.executable, "-m", "mm.prove.worker"],
                stdin=job.text().encode(),
                stdout=subprocess.PIPE,
                env=environment,
            )
        )
        pending = b""
        made = iter(trials)
        async for piece in process.stdout:
            *lines, pending = (pending + piece).split(b"\n")
            for line in lines:
                note(next(made), Outcome(**json.loads(line)))

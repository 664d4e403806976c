"""What the verbs that run something share: a count meanwhile, Ctrl-C, and how the end is told."""

import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TypeVar

import trio

from mm.api.jit import is_cold
from mm.cli.display import summary_table
from mm.health import EXIT_CODE as SICK
from mm.health import verdict
from mm.run.interrupt import EXIT_CODE, graceful_interrupts
from mm.run.session import Result

PlanT = TypeVar("PlanT")
ResultT = TypeVar("ResultT")

_LINE_EVERY_S: Final = 10.0


def warn_if_cold(*, quiet: bool) -> None:
    """Say on stderr why the first run of a version takes longer."""
    if not quiet and is_cold("mm"):
        print(
            "compiling kernels, once for this version: half a minute to a minute …", file=sys.stderr
        )


@contextmanager
def compiling_beside(config: str, overrides: Sequence[str]) -> Iterator[Callable[[], object]]:
    """Compile the run's kernels in a second process while the data are read, where none are there.

    Gives what waits for it. Should it fail, the run compiles them itself.
    """
    if not is_cold("mm"):
        yield lambda: None
        return
    command = [sys.executable, "-m", "mm.run.warm", config, *overrides]
    silent = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=silent, stdout=silent, stderr=silent) as process:
        try:
            yield process.wait
        finally:
            process.kill()


@contextmanager
def counting(total: int, noun: str, *, quiet: bool = False) -> Iterator[Callable[[int], None]]:
    """Give what says on stderr how many are done: in place on a terminal, else every 10 s."""
    drawn = sys.stderr.isatty() and not quiet
    told_s = time.monotonic()

    def show(done: int) -> None:
        nonlocal told_s
        if drawn:
            print(f"\r{done} of {total} {noun}", end="", file=sys.stderr, flush=True)
        elif not quiet and time.monotonic() - told_s >= _LINE_EVERY_S:
            told_s = time.monotonic()
            print(f"{done} of {total} {noun}", file=sys.stderr)

    try:
        yield show
    finally:
        if drawn:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)  # clear the line


async def plan_and_run(
    plan: Callable[[], Awaitable[PlanT]],
    carry_out: Callable[[PlanT, trio.CancelScope], Awaitable[ResultT]],
    *,
    survive: bool = False,
) -> ResultT | None:
    """Plan and run with Ctrl-C handled; None if it came before there was anything to write down.

    Args:
        plan: makes the plan; cancelled by Ctrl-C.
        carry_out: runs it, and stops reading when the scope is cancelled.
        survive: a second Ctrl-C cancels all of it (None, or KeyboardInterrupt in a group), where
            else it would end the process.

    Raises:
        MMError: the plan could not be made.
    """
    planning, reading, everything = trio.CancelScope(), trio.CancelScope(), trio.CancelScope()

    def stop() -> None:
        planning.cancel()
        reading.cancel()

    with everything, graceful_interrupts(stop, everything.cancel if survive else None):
        made = None
        with planning:
            made = await plan()
        if made is None or reading.cancel_called:
            return None
        return await carry_out(made, reading)
    return None


def never_began() -> int:
    """Say what a Ctrl-C during the plan leaves; return the exit code."""
    print("mm: interrupted before the run began; nothing was written", file=sys.stderr)
    return EXIT_CODE


def finish(result: Result | None, *, as_json: bool, report: bool = False) -> int:
    """Print what a run came to; return the exit code.

    Args:
        result: None = it never began.
        as_json: print ``summary.json`` and nothing else on stdout.
        report: write a report into its directory, also if it failed; said on stdout, or stderr
            where that is for JSON.

    Raises:
        BaseException: what a part failed with, after the results have been shown.
    """
    if result is None:
        return never_began()
    sick = verdict(result.summary["health"])
    if sick is not None:  # beside JSON, stdout has no room for it
        print(sick, file=sys.stderr if as_json else sys.stdout)
    if as_json:
        print(json.dumps(result.summary, indent=2))
    else:
        print(summary_table(result.summary))
        print(result.directory)
    if report:
        from mm.results import open_run

        print(open_run(result.directory).report(), file=sys.stderr if as_json else sys.stdout)
    if result.error is not None:
        raise result.error
    if result.status == "interrupted":
        return EXIT_CODE
    return SICK if result.status == "complete_with_defects" else 0

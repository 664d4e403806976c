"""A study carried out with its progress shown on stderr and Ctrl-C handled.

For ``mm sweep`` and ``mm.sweep``. Prints nothing on stdout.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import trio

from mm.blame import ungrouped
from mm.cli.running import warn_if_cold
from mm.run.interrupt import graceful_interrupts
from mm.study import (
    Base,
    Cluster,
    Objective,
    Outlook,
    Progress,
    Rows,
    Shop,
    Study,
    Workshop,
    carry_out,
)

_REDRAWN_S: Final = 0.5
_LINE_EVERY_S: Final = 5.0

Tell = Callable[[int, dict[str, Any]], None]


@contextmanager
def shop_of(base: Base, dask: str | None, processes: int | None) -> Iterator[Shop]:
    """Say where workers come from: this machine, or the Dask cluster at an address.

    Enter it before Trio runs, and before a file is open that its processes would inherit.

    Raises:
        MMError: the cluster cannot be used.
    """
    if dask is not None:
        with Cluster(base, dask, processes) as cluster:
            yield cluster
        return
    with Workshop(base) as shop:
        if not trio.lowlevel.in_trio_run():
            shop.prepare()
        yield shop


async def carry_out_shown(
    study: Study, rows: Rows, shop: Shop, tell: Tell, *, quiet: bool
) -> list[str] | None:
    """Run what has no row yet.

    Args:
        study: what to run.
        rows: of the study's folder.
        shop: where workers come from.
        tell: given the number and the row of each set, as it becomes known.
        quiet: show nothing.

    Returns:
        The key of each set's row, in order; None = it was interrupted.

    Raises:
        MMError: nothing could be run.
    """
    warn_if_cold(quiet=quiet)
    watch = _Shown(study, tell, quiet=quiet)
    with trio.CancelScope() as scope, graceful_interrupts(scope.cancel), ungrouped():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch.show)
            try:
                return await carry_out(study, rows, shop, watch)
            finally:
                watch.end()
                nursery.cancel_scope.cancel()
    return None


class _Shown:
    """Hears how a study goes, and says so: in place on a terminal, else a line now and then."""

    def __init__(self, study: Study, tell: Tell, *, quiet: bool) -> None:
        best = (*study.objectives, Objective("equity"))[0]
        self._progress = Progress(study.source.total, best.figure, lowest=best.lowest)
        self._tell = tell
        self._quiet = quiet
        self._drawn = sys.stderr.isatty() and not quiet
        self._ran = False

    def look(self, outlook: Outlook) -> None:
        self._progress.expect(outlook.processes)
        if not self._quiet:
            print(outlook, file=sys.stderr)

    def begin(self, number: int, rows: int) -> None:
        self._ran = True
        self._progress.begin(number, rows, trio.current_time())

    def done(self, number: int, row: dict[str, Any]) -> None:
        self._progress.done(number, row, trio.current_time())
        self._tell(number, row)

    async def show(self) -> None:
        while not self._quiet:
            await trio.sleep(_REDRAWN_S if self._drawn else _LINE_EVERY_S)
            if self._ran:
                line = self._progress.line(trio.current_time())
                start, stop = ("\r\x1b[K", "") if self._drawn else ("", "\n")
                print(f"{start}{line}", end=stop, file=sys.stderr, flush=True)

    def end(self) -> None:
        if self._drawn and self._ran:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)  # clear the line
        if self._ran and not self._quiet:
            print(self._progress.end(trio.current_time()), file=sys.stderr)

"""A study carried out with its progress shown on stderr and Ctrl-C handled.

For ``mm sweep`` and ``mm.sweep``. Prints nothing on stdout.
"""

from collections.abc import Callable
from typing import Any

import trio

from mm.cli.running import counting, warn_if_cold
from mm.run.interrupt import graceful_interrupts
from mm.study import Rows, Study, Workshop, carry_out


async def carry_out_shown(
    study: Study,
    rows: Rows,
    shop: Workshop,
    tell: Callable[[int, dict[str, Any]], None],
    *,
    quiet: bool,
) -> list[dict[str, Any]]:
    """Run what has no row yet.

    Args:
        study: what to run.
        rows: of the study's folder.
        shop: where workers come from.
        tell: given the number and the row of each set, as it becomes known.
        quiet: show nothing.

    Returns:
        Each set's row, in order; fewer than there are sets, if it was interrupted.

    Raises:
        MMError: nothing could be run.
    """
    warn_if_cold(quiet=quiet)
    known: dict[int, dict[str, Any]] = {}
    with (
        trio.CancelScope() as scope,
        graceful_interrupts(scope.cancel),
        counting(study.source.total, "sets", quiet=quiet) as count,
    ):

        def report(place: int, row: dict[str, Any]) -> None:
            known[place] = row
            count(len(known))
            tell(place, row)

        await carry_out(study, rows, shop, report)
    return [known[place] for place in sorted(known)]

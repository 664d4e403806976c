"""Stopping in a strategy's own code at a moment of the data: ``mm backtest --debug-at``.

The strategy is asked in plain Python, one decision at a time, which changes no result. At each
moment asked for, the debugger opens on the first line of its ``on_row``, or of its ``decide``.
"""

import pdb
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from mm.api import Account, Decisions, Rows, RowStrategy, Strategy, UsageError
from mm.times import exact_clock


class Debugger(pdb.Pdb):
    """The debugger, which says whether it was left for good."""

    left = False

    def __init__(self, **keywords: Any) -> None:
        """As ``pdb.Pdb``; Ctrl-C stays the run's."""
        super().__init__(nosigint=True, **keywords)

    def set_quit(self) -> None:
        """Note it: what runs the function returns as if it had come to its end."""
        self.left = True
        super().set_quit()


class DebuggedStrategy:
    """A strategy that is stopped in at given moments; else it is the one it wraps."""

    def __init__(
        self,
        strategy: Strategy,
        moments: Iterable[int],
        debugger: Callable[[], Debugger] = Debugger,
    ) -> None:
        """Stop at the first decision at or after each of ``moments`` [µs]."""
        self.requires = strategy.requires
        self._strategy = strategy
        self._moments = sorted(moments)
        self._debugger = debugger

    def observe(self, rows: Rows) -> Rows:
        """Ask the strategy."""
        return self._strategy.observe(rows)

    def notes(self) -> Sequence[str]:
        """Ask the strategy, and tell of moments that never came."""
        said: Sequence[str] = getattr(self._strategy, "notes", tuple)()
        missed = [exact_clock(moment) for moment in self._moments]
        return (*said, *(f"--debug-at: nothing was decided at or after {one}" for one in missed))

    def decide(self, rows: Rows, account: Account) -> Decisions:
        """Ask the strategy; in the debugger, if a moment has come.

        Raises:
            UsageError: the debugger was left by its ``quit``.
        """
        ts = int(rows["ts"][0])
        if not self._moments or self._moments[0] > ts:
            return self._strategy.decide(rows, account)
        self._moments = [moment for moment in self._moments if moment > ts]
        print(
            f"mm: {exact_clock(ts)} ({ts} µs), position {account.position},"
            f" {len(account.working)} orders open; s steps, p shows a value, c goes on",
            file=sys.stderr,
        )
        debugger = self._debugger()
        decisions = self._stopped(debugger, rows, account)
        if debugger.left:
            raise UsageError(
                f"left in the debugger at {exact_clock(ts)}; what was done before is written"
            )
        return decisions

    def _stopped(self, debugger: Debugger, rows: Rows, account: Account) -> Decisions:
        """Decide with the debugger open on the first line of the strategy's own code."""
        strategy: Any = self._strategy
        call: Any = debugger.runcall
        if not isinstance(strategy, RowStrategy):
            decisions: Decisions = call(strategy.decide, rows, account)
            return decisions
        strategy.on_row = partial(call, strategy.on_row)  # type: ignore[method-assign]
        try:
            return strategy.decide(rows, account)
        finally:
            del strategy.on_row

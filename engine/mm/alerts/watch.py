"""Looks at a run twice a second, and hands on what fires: the task beside a live run.

    look ──figures──► Rules ──events──► outbox ──► deliver ──► webhook or command   (a line a rule)
                                  └───► tell: the log, the view, the page

A fault in here is told and ends the alerts, never the run.
"""

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Final, Literal

import attrs
import trio

from mm.alerts.delivery import Line, deliver
from mm.alerts.message import message, sentence
from mm.alerts.rules import Event, Rule, Rules
from mm.api import MMError, News

LOOK_S: Final = 0.5
LAST_S: Final = 5.0
"""For what is to be told when the run ends."""


@attrs.frozen(kw_only=True)
class Run:
    """What alerts know of the run that they watch."""

    symbol: str
    look: Callable[[], Mapping[str, float]]
    """Gives its figures, by the names of ``mm.run.figures``."""
    tell: Callable[[News], None]
    """Takes a line for the log, the view and the page."""
    show: Callable[[tuple[str, ...]], None]
    """Takes the names of the rules that fire."""


@asynccontextmanager
async def alerting(run: Run, lines: Sequence[tuple[Rule, Line]]) -> AsyncIterator[None]:
    """Watch a run while the block runs, and tell what is left once it ends."""
    if not lines:
        yield
        return
    watcher = _Watcher(run, lines)
    looking = trio.CancelScope()
    async with trio.open_nursery() as nursery:
        for rule, line in lines:
            nursery.start_soon(watcher.deliver, rule.name, line)
        nursery.start_soon(watcher.look_on, looking)
        yield
        looking.cancel(reason="the run has ended")
        await watcher.finish()
        nursery.cancel_scope.cancel(reason="the run has ended, and that is told")


class _Watcher:
    def __init__(self, run: Run, lines: Sequence[tuple[Rule, Line]]) -> None:
        self._run = run
        self._lines = {rule.name: line for rule, line in lines}
        self._rules = Rules([rule for rule, _ in lines])

    async def look_on(self, looking: trio.CancelScope) -> None:
        """Look, and hand on what fires, until ``looking`` is cancelled."""
        with looking:
            try:
                while True:
                    self._look()
                    await trio.sleep(LOOK_S)
            except Exception as error:  # ours: the run goes on without alerts
                self._say("error", "alerts_ended", f"alerts have ended: {error!r}")

    async def deliver(self, name: str, line: Line) -> None:
        """Deliver a rule's alerts, until cancelled."""
        try:
            await deliver(line, lambda why: self._complain(name, why))
        except Exception as error:  # ours: the other rules and the run go on
            self._complain(name, f"no more of it will be: {error!r}")

    async def finish(self) -> None:
        """Tell that the run has ended, where a rule fires; wait no longer than is fair."""
        for event in self._rules.end(trio.current_time()):
            self._pass_on(event)
        with trio.move_on_after(LAST_S) as waiting:
            for line in self._lines.values():
                await line.outbox.until_idle()
        if waiting.cancelled_caught:
            late = [name for name, line in self._lines.items() if not line.outbox.is_idle]
            self._complain(", ".join(late), f"the run has ended, and {LAST_S:g} s were not enough")

    def _look(self) -> None:
        try:
            figures = self._run.look()
        except MMError:  # a part failed, which the run itself tells
            return
        for event in self._rules.step(trio.current_time(), figures):
            self._pass_on(event)
        self._run.show(self._rules.firing)

    def _pass_on(self, event: Event) -> None:
        level: Literal["info", "warning"] = "info" if event.kind == "resolved" else "warning"
        self._say(level, "alert", sentence(event, self._run.symbol))
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._lines[event.rule.name].outbox.put(partial(message, event, self._run.symbol, at))

    def _complain(self, name: str, why: str) -> None:
        self._say("error", "alert_not_told", f"alert {name!r} was not delivered: {why}")

    def _say(self, level: Literal["info", "warning", "error"], event: str, text: str) -> None:
        self._run.tell(News(ts=time.time_ns() // 1000, level=level, event=event, text=text))

"""Where the time of a run goes: by phase, and within a phase by task.

Each box of the diagram is a task, so an instrument of Trio's sees what each takes; two readings of
a clock for each of their steps are all it costs. What other threads do (unpack, hash, parse) is the
process' time less that of Trio's thread. It knows no kernel: where strategy, venue and ledger share
one (``closed_loop``), that is one row. Nothing of it is in the results.
"""

import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs
import trio
from trio.lowlevel import Task

START: Final = "start"
"""Imports and configuration."""
SURVEY: Final = "survey"
"""The data read and checked, the parts built; on a first run, the wait for the compiler, too."""
RUN: Final = "run"
"""To the results on the disk."""

THREADS: Final = "other threads"
TRIO: Final = "Trio and the rest"

_LEAST: Final = 0.01
"""Share of its phase below which a task has no row of its own."""


@attrs.frozen
class Line:
    """One row of the table."""

    phase: str
    part: str
    """A task's module; "" = the phase as a whole."""
    cpu_s: float
    wall_s: float | None = None
    """None = of a part, and of the start, which began before anybody looked."""


class Profile(trio.abc.Instrument):
    """Sums what the process and its tasks take, phase by phase.

    To be given to ``trio.run`` as an instrument, and told when a phase begins.
    """

    def __init__(self) -> None:
        """The start ends with the first call of ``begin``."""
        self._phase = START
        self._tasks: dict[tuple[str, str], float] = {}
        self._totals = {START: (time.process_time(), 0.0, time.thread_time())}
        self._began = self._now()
        self._step_s = 0.0

    def begin(self, phase: str) -> None:
        """The phase before is over."""
        now = self._now()
        cpu, wall, thread = (after - before for after, before in zip(now, self._began, strict=True))
        total = self._totals.get(self._phase, (0.0, 0.0, 0.0))
        self._totals[self._phase] = (total[0] + cpu, total[1] + wall, total[2] + thread)
        self._phase, self._began = phase, now

    def before_task_step(self, task: Task) -> None:
        """Look at the clock of Trio's thread."""
        self._step_s = time.thread_time()

    def after_task_step(self, task: Task) -> None:
        """Look again; the difference is the task's."""
        if task.name.startswith("<"):  # Trio's own
            return
        key = self._phase, _module(task.name)
        self._tasks[key] = self._tasks.get(key, 0.0) + time.thread_time() - self._step_s

    def lines(self) -> Iterator[Line]:
        """All rows, each phase followed by its parts, the largest first; ends the last phase."""
        self.begin(self._phase)
        for phase, (cpu_s, wall_s, thread_s) in self._totals.items():
            yield Line(phase, "", cpu_s, None if phase == START else wall_s)
            if phase == START:
                continue
            tasks = {name: took for (of, name), took in self._tasks.items() if of == phase}
            parts = {**tasks, THREADS: cpu_s - thread_s, TRIO: thread_s - sum(tasks.values())}
            for name, took in sorted(parts.items(), key=lambda item: -item[1]):
                if took > _LEAST * cpu_s:
                    yield Line(phase, name, took)

    @staticmethod
    def _now() -> tuple[float, float, float]:
        return time.process_time(), time.perf_counter(), time.thread_time()


def as_table(lines: Iterator[Line], summary: Mapping[str, Any]) -> str:
    """Draw the rows as text, with the time per row of data and per decision.

    Args:
        lines: of a profile.
        summary: of the run, for its numbers of rows and decisions.
    """
    rows, decisions = sum(summary["rows"].values()), summary["decisions"]
    out = [f"{'phase':<24}{'CPU s':>8}{'wall s':>8}{'ns a row':>10}{'µs a decision':>15}"]
    for line in lines:
        name = f"  {line.part}" if line.part else line.phase
        wall = "" if line.wall_s is None else f"{line.wall_s:.2f}"
        per_row = f"{line.cpu_s / rows * 1e9:.0f}" if rows else ""
        per_decision = f"{line.cpu_s / decisions * 1e6:.1f}" if decisions else ""
        out.append(f"{name:<24}{line.cpu_s:>8.2f}{wall:>8}{per_row:>10}{per_decision:>15}")
    return "\n".join(out)


def _module(name: str) -> str:
    """``mm.run.sinks.record`` is of ``sinks``, ``mm_x.part._read`` of ``mm_x.part``."""
    words = name.split(".")
    if words[:2] == ["mm", "run"]:
        return words[2]
    return ".".join(words[:2])

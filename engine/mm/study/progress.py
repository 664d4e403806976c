"""How far a study is: what is done, how fast, how long it takes yet, and the best so far.

Times are given, in seconds on any clock; it has none of its own.
"""

import math
from typing import Any, Final

import attrs

from mm.study.results import value_of

_RUN_PER_SURVEY: Final = 0.25
"""Of the time in which data are surveyed, what a run over them takes: a guess before the first."""


@attrs.frozen(kw_only=True)
class Outlook:
    """What lies ahead when the data have been surveyed."""

    sets: int
    known: int
    """Sets that have a row already."""
    rows: int
    """Of the data, in all runs that are to be made; 0 = not known."""
    survey_s: float
    """How long it took to survey each market once."""
    surveyed: int
    """Rows that were surveyed."""
    processes: int

    def __str__(self) -> str:
        left = self.sets - self.known
        text = _count(self.sets, "set")
        if self.known:
            text += f", {self.known} of them done already"
        if not left:
            return text
        text += f", {min(self.processes, left)} at a time"
        if self.surveyed and self.rows:
            guess_s = self.rows / self.surveyed * self.survey_s * _RUN_PER_SURVEY / self.processes
            text += f"; {short(self.rows)} rows to decide on, perhaps {span(guess_s)}"
        return text


class Progress:
    """Counts runs as they begin and end."""

    def __init__(self, sets: int, figure: str, *, lowest: bool = False) -> None:
        """Count up to ``sets``; ``figure`` says which is best, the highest or the ``lowest``."""
        self._sets = sets
        self._figure = figure
        self._lowest = lowest
        self._processes = 1
        self._done = 0
        self._failed = 0
        self._pruned = 0
        self._begun_s = math.nan
        self._running: dict[int, tuple[float, int]] = {}  # number -> since when, rows
        self._spent_s = 0.0  # by all processes together
        self._rows = 0
        self._runs = 0
        self._best: tuple[float, dict[str, Any]] | None = None

    def expect(self, processes: int) -> None:
        """Hear how many runs are made at a time."""
        self._processes = processes

    def begin(self, number: int, rows: int, now_s: float) -> None:
        """Hear that the run of a set begins, over so many rows of data."""
        if math.isnan(self._begun_s):
            self._begun_s = now_s
        self._running[number] = (now_s, rows)

    def done(self, number: int, row: dict[str, Any], now_s: float) -> None:
        """Hear what came of a set, whether it was run now or earlier."""
        self._done += 1
        self._failed += row["status"] == "failed"
        self._pruned += row["status"] == "pruned"
        if number in self._running:
            since_s, rows = self._running.pop(number)
            self._spent_s += now_s - since_s
            self._rows += rows
            self._runs += 1
        value = value_of(row, self._figure)
        better = self._best is None or (
            value is not None and (value < self._best[0] if self._lowest else value > self._best[0])
        )
        if value is not None and better:
            self._best = value, row["set"]

    def left_s(self, now_s: float) -> float | None:
        """Say how long the rest will take; None = no run has ended yet.

        Each run is taken to last as long as those before did on average, also those in hand.
        """
        if not self._runs:
            return None
        mean_s = self._spent_s / self._runs
        waiting = self._sets - self._done - len(self._running)
        in_hand_s = sum(max(0.0, mean_s - (now_s - since)) for since, _ in self._running.values())
        at_once = max(1, min(self._processes, waiting + len(self._running)))
        return (waiting * mean_s + in_hand_s) / at_once

    def line(self, now_s: float) -> str:
        """Say it all in a line."""
        parts = [f"{self._done} of {_count(self._sets, 'set')}"]
        if self._failed:
            parts.append(f"{self._failed} failed")
        if self._pruned:
            parts.append(f"{self._pruned} pruned")
        if self._runs and now_s > self._begun_s:
            parts.append(f"{short(self._rows / (now_s - self._begun_s))} rows/s")
        if self._best is not None:
            value, values = self._best
            where = ", ".join(f"{key.rpartition('.')[2]}={one}" for key, one in values.items())
            parts.append(f"best {self._figure} {value:.4g} ({where})")
        left_s = self.left_s(now_s)
        if left_s is not None and self._done < self._sets:
            parts.append(f"{span(left_s)} left")
        return ", ".join(parts)

    def end(self, now_s: float) -> str:
        """Say what there was, when all is over."""
        parts = [f"{_count(self._done, 'set')}: {self._runs} run"]
        if not math.isnan(self._begun_s):
            parts[0] += f" in {span(now_s - self._begun_s)}"
        if self._done > self._runs + self._pruned:
            parts.append(f"{self._done - self._runs - self._pruned} known")
        if self._pruned:
            parts.append(f"{self._pruned} pruned")
        if self._failed:
            parts.append(f"{self._failed} failed")
        return ", ".join(parts)


def span(seconds: float) -> str:
    """Write a length of time so that one sees how long it is."""
    if seconds < 100:
        return f"{math.ceil(seconds)} s"
    if seconds < 6000:
        return f"{math.ceil(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


def short(count: float) -> str:
    """Write a large number with three digits."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count:.3g}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"

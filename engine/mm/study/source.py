"""Where the sets of a study come from while it runs: a list, or a sampler that learns of results.

Each set has a number. What is asked for is checked; it may be a set that cannot be run.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import attrs

from mm.study.axes import Set
from mm.study.check import Checked


@attrs.frozen
class Asked:
    """A set that is to be run."""

    number: int
    one: Set
    checked: Checked | None
    """None = it did not pass; ``fault`` says why."""
    fault: str = ""
    pruned: str = ""
    """Why it is not run though it could be; empty = it is."""


class Source(Protocol):
    """Gives sets, and hears what came of them."""

    total: int
    """How many there will be."""
    asked: int
    """How many were given."""
    checked: Sequence[Checked]
    """Of sets that are known beforehand."""

    def ask(self) -> Asked | None:
        """Give the next set; None = all were given, or the next waits for results."""

    def tell(self, number: int, row: dict[str, Any]) -> None:
        """Hear what came of a set."""


class Listed:
    """Sets that are known beforehand."""

    def __init__(self, sets: Sequence[Set], checked: Sequence[Checked]) -> None:
        """Take the sets, and what was found when they were checked."""
        self._sets = sets
        self.checked = checked
        self.total = len(sets)
        self.asked = 0

    def ask(self) -> Asked | None:
        """Give the next set; None = all were given."""
        number = self.asked
        if number == self.total:
            return None
        self.asked += 1
        return Asked(number, self._sets[number], self.checked[number])

    def tell(self, number: int, row: dict[str, Any]) -> None:
        """Ignore it."""

"""What a trial does otherwise than the run file says. Pure: numbers only."""

from collections.abc import Iterator
from typing import Final

import attrs

_CAPACITIES: Final = (0, 1, 2, 64)
_BLOCKS: Final = (1, 2, 7, 256, 1000)
TRIALS_PER_PROCESS: Final = 16
"""Trials that share a process and its hash seed: starting one costs as much as two trials."""


@attrs.frozen(kw_only=True)
class Variation:
    """One way to run; a field that is None is as the run file has it."""

    schedule: int | None = None
    """Seed by which Trio shuffles its tasks."""
    capacity: int | None = None
    """Messages a channel holds."""
    cut: int | None = None
    """Seed by which the stream is cut into batches."""
    block: int | None = None
    """Most decisions in a block."""
    apart: bool | None = None
    """Whether strategy and venue are tasks of their own, though they could be one kernel."""
    hash_seed: int = 0
    """PYTHONHASHSEED of its process."""

    def __str__(self) -> str:
        parts = [
            f"{name.replace('_', ' ')} {value}"
            for name, value in attrs.asdict(self).items()
            if value is not None
        ]
        return ", ".join(parts)


def variations(count: int) -> list[Variation]:
    """Give ``count`` trials that vary everything at once."""
    return [
        Variation(
            schedule=number,
            capacity=_CAPACITIES[number % len(_CAPACITIES)],
            cut=number,
            block=_BLOCKS[number % len(_BLOCKS)],
            apart=number % 2 == 1,
            hash_seed=1 + (number - 1) // TRIALS_PER_PROCESS,
        )
        for number in range(1, count + 1)
    ]


def one_at_a_time(found: Variation) -> Iterator[tuple[str, Variation]]:
    """Take a trial that came out otherwise apart: each thing it varied, alone."""
    for name in ("schedule", "capacity", "cut", "block", "apart", "hash_seed"):
        yield name, Variation(**{name: getattr(found, name)})

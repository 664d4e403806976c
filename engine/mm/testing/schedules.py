"""Repeatable schedules: Trio shuffles runnable tasks, here by a seed."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import trio


@contextmanager
def schedule(seed: int) -> Iterator[None]:
    """Make every ``trio.run`` inside shuffle its tasks by ``seed``.

    Relies on two private names of Trio's, those its own hypothesis support uses; without the
    second, insertion order of a set leaks in (tried with trio 0.35).
    """
    run: Any = trio._core._run
    before = run._r, run._ALLOW_DETERMINISTIC_SCHEDULING
    run._r, run._ALLOW_DETERMINISTIC_SCHEDULING = random.Random(seed), True
    try:
        yield
    finally:
        run._r, run._ALLOW_DETERMINISTIC_SCHEDULING = before

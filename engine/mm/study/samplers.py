"""Samplers that need no results: every combination, or so many sets drawn from the axes.

The n-th set of ``random`` is decided by the seed and n alone, so more runs extend a study; so does
``sobol``. ``latin`` shares each axis out among the runs: another number of runs, another study.
"""

import hashlib
import itertools
import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any, Final

from mm.api import UsageError
from mm.extras import need
from mm.study.axes import Axis, Set, set_of
from mm.study.constraints import Constraints

_TRIES: Final = 1000
"""Draws for one set that satisfies the constraints."""


def sets_of(axes: Sequence[Axis], hold: Callable[[Set], bool] = lambda one: True) -> list[Set]:
    """Make every combination that satisfies ``hold``, the last axis moving fastest.

    Raises:
        UsageError: an axis has no list of values.
    """
    for axis in axes:
        if axis.span is not None:
            raise UsageError(
                f"{axis.where} {axis.key}: is to be drawn from, so there is no end of combinations;"
                " expected a list of values, or a sampler such as random"
            )
    combinations = itertools.product(*(axis.values for axis in axes))
    return [one for values in combinations if hold(one := set_of(axes, values))]


def draw_sets(
    sampler: str, axes: Sequence[Axis], runs: int, seed: int, constraints: Constraints
) -> list[Set]:
    """Draw sets from the axes.

    Args:
        sampler: ``random``, ``sobol`` or ``latin``.
        axes: to draw from; of a list, each value is as likely.
        runs: how many sets; of ``sobol`` and ``latin``, those that do not satisfy the constraints
            are left out of them.
        seed: of the draws.
        constraints: that each set is to satisfy.

    Raises:
        UsageError: the constraints leave nothing to draw, or scipy is not installed.
    """
    if sampler == "random":
        return [_drawn(axes, seed, number, constraints) for number in range(runs)]
    shares = _low_discrepancy(sampler, len(axes), runs, seed)
    drawn = (_picked(axes, row) for row in shares)
    return [one for one in drawn if constraints.hold(one)]


def _drawn(axes: Sequence[Axis], seed: int, number: int, constraints: Constraints) -> Set:
    for attempt in range(_TRIES):
        one = _picked(axes, [_share(seed, number, attempt, axis.key) for axis in axes])
        if constraints.hold(one):
            return one
    raise no_draw(_TRIES)


def no_draw(tries: int) -> UsageError:
    """Say that the constraints leave too little to draw."""
    return UsageError(
        f"none of {tries} draws satisfies the constraints; widen the axes or drop a constraint"
    )


def keyed(*key: object) -> bytes:
    """Chance that its key decides: the bytes of a hash."""
    return hashlib.sha256("\x1f".join(map(str, key)).encode()).digest()


def _picked(axes: Sequence[Axis], shares: Sequence[float]) -> Set:
    return set_of(axes, [axis.pick(share) for axis, share in zip(axes, shares, strict=True)])


def _share(*key: object) -> float:
    """A uniform draw from [0, 1) that its key decides: 53 bits of a hash."""
    return math.ldexp(int.from_bytes(keyed(*key)[:8], "big") >> 11, -53)


def _low_discrepancy(sampler: str, axes: int, runs: int, seed: int) -> Iterator[list[float]]:
    """Rows of a share for each axis: Owen-scrambled Sobol points, or a Latin hypercube."""
    need("sweep", f"the sampler {sampler}", "scipy")
    qmc: Any = import_module("scipy.stats.qmc")
    if sampler == "latin":
        points = qmc.LatinHypercube(axes, rng=seed).random(runs)
    else:
        with warnings.catch_warnings():  # that only powers of two are balanced: more may follow
            warnings.simplefilter("ignore", UserWarning)
            points = qmc.Sobol(axes, rng=seed).random(runs)
    yield from (list(map(float, row)) for row in points)

"""Tick sizes that hold from a moment on, as a run file says them: ``2024-08-01T12:00:00Z 0.1``.

Knows no data: what prices tell of changes is the connector's to find.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from itertools import pairwise
from math import gcd, lcm
from typing import Final, TypeAlias

TickPeriods: TypeAlias = tuple[tuple[int, Decimal], ...]
"""(from when [µs, exchange], tick size), in order of time."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LEAST: Final = Decimal("1e-12")


def parse_periods(tick_size: Decimal | None, changes: Sequence[str]) -> TickPeriods:
    """Read ``instrument.tick_size`` and ``instrument.tick_changes``; none = one tick, or unknown.

    Raises:
        ValueError: says which change is wrong, and how.
    """
    if not changes:
        return ()
    if tick_size is None:
        raise ValueError("tick_changes needs tick_size, the tick until the first change; give it")
    periods = [(0, tick_size), *(_parse(place, text) for place, text in enumerate(changes))]
    for place, (before, after) in enumerate(pairwise(periods)):
        if after[0] <= before[0]:
            raise ValueError(
                f"tick_changes[{place}] is of {changes[place].split()[0]}, expected a time after"
                " the change before it; sort them by time"
            )
    return tuple(periods)


def _parse(place: int, text: str) -> tuple[int, Decimal]:
    try:
        moment, size = text.split()
        tick = Decimal(size)
        ts = (datetime.fromisoformat(moment) - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, TypeError, InvalidOperation):
        ts, tick = -1, Decimal(0)
    if ts < 0 or not (tick.is_finite() and tick >= _LEAST):
        raise ValueError(
            f"tick_changes[{place}] is {text!r}, expected a time with its zone and a tick size of"
            " at least 1e-12, as in '2024-08-01T12:00:00Z 0.1'"
        )
    return ts, tick


def common_step(steps: Iterable[Decimal]) -> Decimal:
    """Give the largest step of which all are multiples: of a/b, it is gcd(a) / lcm(b)."""
    ratios = [Fraction(step) for step in steps]
    numerator = gcd(*(ratio.numerator for ratio in ratios))
    return Decimal(numerator) / Decimal(lcm(*(ratio.denominator for ratio in ratios)))

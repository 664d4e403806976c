"""One integrator of ordinary differential equations: Dormand and Prince's pair of orders 5 and 4.

Steps are as long as the difference between the two orders allows. For equations that are not
stiff; knows nothing of what is integrated. Made of plain sums, so equal inputs give equal bits.

Source: J. Dormand and P. Prince, "A family of embedded Runge-Kutta formulae", J. Comp. Appl. Math.
6 (1980).
"""

from collections.abc import Callable

import numpy as np

from mm.api import Floats

_STAGES = (
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
"""Weights of the earlier slopes in each stage; the last stage is the answer of order 5."""

_ERROR = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)
"""Order 5 less order 4."""

_MOST_STEPS = 20_000
"""Some ten seconds on a grid of some hundred points; an equation that needs more is stiff."""


def integrate(
    slope: Callable[[Floats], Floats], start: Floats, time: float, tolerance: float
) -> Floats | None:
    """Follow y' = slope(y) from ``start`` for ``time``.

    Args:
        tolerance: largest error of any component in one step, in y's unit.

    Returns:
        y at the end; None if that takes too many steps.
    """
    y, first, done = start, slope(start), 0.0
    step = min(time, tolerance**0.2 * time)
    for _ in range(_MOST_STEPS):
        if done >= time:
            return y
        step = min(step, time - done)
        ahead, slopes = _stages(slope, y, first, step)
        error = step * float(np.abs(_weighted(_ERROR, slopes)).max()) / tolerance
        if error <= 1.0:
            # Adding up steps must end at the very end, whatever they round to.
            done = time if step == time - done else done + step
            y, first = ahead, slopes[-1]
        # Usual safety factor and bounds; an infinite or missing error shrinks the step.
        growth = 0.9 * max(error, 1e-10) ** -0.2 if np.isfinite(error) else 0.0
        step *= min(5.0, max(0.2, growth))
    return None


def _stages(
    slope: Callable[[Floats], Floats], y: Floats, first: Floats, step: float
) -> tuple[Floats, list[Floats]]:
    """Give y one step on, and the slopes of all seven stages; the last is that at the new y."""
    slopes, ahead = [first], y
    for weights in _STAGES:
        ahead = y + step * _weighted(weights, slopes)
        slopes.append(slope(ahead))
    return ahead, slopes


def _weighted(weights: tuple[float, ...], slopes: list[Floats]) -> Floats:
    total = weights[0] * slopes[0]
    for weight, each in zip(weights[1:], slopes[1:], strict=True):
        total = total + weight * each
    return total

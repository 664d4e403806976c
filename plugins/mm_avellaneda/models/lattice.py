"""Positive linear systems on a chain of inventories: what every exact model comes down to.

The models' value functions turn into a positive vector v over inventories -Q..Q with

    -v'_n + d_n v_n - e (v_{n-1} + v_{n+1}) = 0,    v_n(T) given, no neighbour beyond the ends.

Quotes need ln(v_n / v_{n+1}) to full relative accuracy also where v is 1e-1000 of its largest.
So nothing here subtracts, and sizes are kept as logarithms. A library's ``eigh`` loses those tails,
and its matrix exponential turns small values negative. Knows chains, not what they stand for.

    ground_steps      without an end: the positive eigenvector f, by ratios from the ends inward
    finite_steps      with a time left: w = v/f, which moves as a Markov chain's expectation does

w is 1 in the long run, so finite answers run into the stationary ones to the last digit. While
its values are too far apart for doubles (the first moments before the end, in the far tails), it
takes small steps in logarithms; then one matrix of probabilities, squared, takes it any time on.
"""

import math

import attrs
import numpy as np

from mm.api import Floats

_SPREAD = 300.0
"""Largest ln(max w / min w) that is left to plain doubles, whose logarithms reach to -708."""

_TERMS = 100
"""Of the series of exp: what is left, 1/100!, is below exp(-_SPREAD) and a double's digits."""

_EVENTS = 64.0
"""Expected in one small step: more would sum more terms, less would take more steps."""

_NEGLIGIBLE = -45.0
"""Logarithm of a term that a sum does not feel: 1e-19."""

_ALIKE = 1e-15
"""Rows of probabilities this near to each other will not change any more."""


@attrs.frozen
class Chain:
    """The linear system. Time is in units of 1/coupling, so that e is 1."""

    diagonal: Floats
    """d_n / e, shape (n,), n >= 3, n = 2Q + 1; finite."""
    log_end: Floats
    """ln v(T), shape (n,); finite."""


def ground_steps(chain: Chain) -> Floats:
    """Give ln(f_n / f_{n+1}), shape (n - 1,), of the positive eigenvector f."""
    return _ground(chain.diagonal)


def finite_steps(chain: Chain, times: Floats) -> Floats:
    """Give ln(v_n / v_{n+1}), shape (m, n - 1), at times left [1/coupling], shape (m,), >= 0.

    Times are worked off in ascending order, from each to the next; equal differences share one
    matrix, so a grid of times costs little more than one.
    """
    ground = ground_steps(chain)
    walk = _walk(ground)
    log_f = np.concatenate([[0.0], -np.cumsum(ground)])
    log_w = chain.log_end - log_f
    order = np.argsort(times, kind="stable")
    # Differences of a grid differ in their last bits; 1e-13 of the whole moves no 12th digit.
    grain = 1e-13 * float(times.max(initial=0.0))
    made: dict[int, Floats] = {}
    answer = np.empty((len(times), len(ground)))
    for place, time in zip(order, np.diff(times[order], prepend=0.0), strict=True):
        rest, log_w = _small_steps(walk, float(time), log_w)
        if rest > grain:
            key = round(rest / grain)
            if key not in made:
                made[key] = _probabilities(walk, rest)
            peak = log_w.max()
            log_w = peak + np.log(made[key] @ np.exp(log_w - peak))
        answer[place] = ground - np.diff(log_w)
        if times[place] == 0.0:
            answer[place] = -np.diff(chain.log_end)
    return answer


def _ground(diagonal: Floats) -> Floats:
    """Give ln(f_n / f_{n+1}) of the positive eigenvector of tridiag(-1, d, -1).

    For a trial eigenvalue the ratios f_{n+1} / f_n follow from both ends inward, and what is left
    over at the lowest point of d says on which side of the eigenvalue the trial is. Bisection
    between the bounds min(d) - 2 (Gershgorin) and min(d) (Rayleigh) ends at neighbouring doubles.
    """
    base = float(diagonal.min())
    lowest = int(diagonal.argmin())
    left = (diagonal[:lowest] - base).tolist()
    right = (diagonal[:lowest:-1] - base).tolist()
    low, high = -2.0, 0.0
    while low < (middle := 0.5 * (low + high)) < high:
        a, b = _inward(left, middle), _inward(right, middle)
        if a is None or b is None or a[-1] + b[-1] > -middle:
            high = middle
        else:
            low = middle
    a, b = _inward(left, low), _inward(right, low)
    assert a is not None
    assert b is not None  # low is below the eigenvalue, where all pivots are positive
    return np.concatenate([np.log(a[1:]), -np.log(b[:0:-1])])


def _inward(diagonal: list[float], eigenvalue: float) -> list[float] | None:
    """Ratios f_outer / f_inner from an end inward, after a 0; None if one is not positive."""
    ratios = [0.0]
    for value in diagonal:
        pivot = value - eigenvalue - ratios[-1]
        if pivot <= 0.0:
            return None
        ratios.append(1.0 / pivot)
    return ratios


@attrs.frozen
class _Walk:
    """The Markov chain by which w moves: w' = w (time left growing) under its generator.

    With rates f_{n±1} / f_n to the neighbours, one step at the fastest rate goes each way with
    these probabilities; they come from sums of rates, so each row's sum is 1.
    """

    rate: float
    """Fastest rate of leaving a site [coupling]."""
    down: Floats
    """Probability of n -> n - 1, shape (n,); 0 at the lower end."""
    up: Floats
    stay: Floats


def _walk(ground: Floats) -> _Walk:
    down = np.concatenate([[0.0], np.exp(ground)])
    up = np.concatenate([np.exp(-ground), [0.0]])
    leave = down + up
    rate = float(leave.max())
    return _Walk(rate, down / rate, up / rate, (rate - leave) / rate)


def _small_steps(walk: _Walk, time: float, log_w: Floats) -> tuple[float, Floats]:
    """Step until ``log_w`` is within ``_SPREAD`` or the time is used up; return the time left."""
    with np.errstate(divide="ignore"):
        logs = np.log(walk.down[1:]), np.log(walk.up[:-1]), np.log(walk.stay)
    while time > 0.0 and np.ptp(log_w) > _SPREAD:
        step = min(time, _EVENTS / walk.rate)
        log_w = _small_step(logs, math.log(step * walk.rate), log_w)
        time -= step
    return time, log_w


def _small_step(logs: tuple[Floats, Floats, Floats], log_time: float, log_w: Floats) -> Floats:
    """Average over how many events there were, all in logarithms, with ``_EVENTS`` at most."""
    down, up, stay = logs
    term, total = log_w, log_w
    # Every site has heard of every other after as many events as there are sites.
    for count in range(1, len(log_w) + _TERMS + 4 * int(_EVENTS)):
        grown = stay + term
        grown[1:] = np.logaddexp(grown[1:], down + term[:-1])
        grown[:-1] = np.logaddexp(grown[:-1], up + term[1:])
        term = grown + (log_time - math.log(count))
        total = np.logaddexp(total, term)
        if (term - total).max() < _NEGLIGIBLE:
            break
    answer: Floats = total - total.max()
    return answer


def _probabilities(walk: _Walk, time: float) -> Floats:
    """Give the matrix of probabilities of being at j after ``time``, having started at i."""
    events = walk.rate * time
    squarings = max(0, math.ceil(math.log2(max(events, 1.0))))
    matrix = _few_events(walk, math.ldexp(events, -squarings))
    for _ in range(squarings):
        matrix = matrix @ matrix
        matrix /= matrix.sum(axis=1, keepdims=True)
        if np.ptp(matrix, axis=0).max() < _ALIKE:
            break
    return matrix


def _few_events(walk: _Walk, events: float) -> Floats:
    """Average over how many events there were, of which at most one is expected."""
    term = np.eye(len(walk.stay))
    total = term.copy()
    for count in range(1, _TERMS):
        grown = walk.stay[:, None] * term
        grown[1:] += walk.down[1:, None] * term[:-1]
        grown[:-1] += walk.up[:-1, None] * term[1:]
        term = grown * (events / count)
        total += term
    answer: Floats = total / total.sum(axis=1, keepdims=True)
    return answer

"""The micro-price's arithmetic: from counted transitions to an adjustment for each state.

Knows states by number: ``x = spread bucket · buckets + imbalance bucket``. The mirror of a state is
the same spread with bid and ask exchanged; in it, everything happens with the opposite sign.

Source: S. Stoikov, "The micro-price: a high-frequency estimator of future prices" (2018), section
3, with his symbols Q, R1, R2, g1 and B. His own estimate is made symmetric in the same way.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from mm.api.jit import kernel

Floats: TypeAlias = npt.NDArray[np.float64]

TERMS = 6
"""Of the sum over B^i: Stoikov's; each is a further move of the mid, and the sum has settled."""

PRIOR = 1.0
"""Imaginary transitions out of each state that end the walk with no move of the mid.

They keep the system solvable whatever was seen, and pull states seen rarely towards 0.
"""


@kernel
def mirror(x: int, buckets: int) -> int:
    """Give the state with bid and ask exchanged."""
    return x // buckets * buckets + buckets - 1 - x % buckets


@kernel
def solve(matrix: Floats, right: Floats) -> None:
    """Solve ``matrix · X = right`` by elimination; X replaces ``right``, and ``matrix`` is used up.

    Without pivoting, which a strictly diagonally dominant matrix does not need. LAPACK would do;
    its last digits differ between processors.
    """
    size = len(matrix)
    for i in range(size):
        right[i] /= matrix[i, i]
        matrix[i] /= matrix[i, i]
        for j in range(size):
            if j != i and matrix[j, i] != 0.0:
                factor = matrix[j, i]
                matrix[j] -= factor * matrix[i]
                right[j] -= factor * right[i]


@kernel
def system(stay: Floats, moved: Floats, jumps: Floats, buckets: int) -> tuple[Floats, Floats]:
    """Make ``I − Q`` and ``(R1 K | R2)`` of counts, made symmetric; see ``adjustments``."""
    states = len(jumps)
    matrix = np.zeros((states, states))
    right = np.zeros((states, states + 1))
    for x in range(states):
        mx = mirror(x, buckets)
        total = 2.0 * PRIOR
        for y in range(states):
            my = mirror(y, buckets)
            matrix[x, y] = -(stay[x, y] + stay[mx, my])
            right[x, y + 1] = moved[x, y] + moved[mx, my]
            total += right[x, y + 1] - matrix[x, y]
        right[x, 0] = jumps[x] - jumps[mx]
        matrix[x] /= total
        right[x] /= total
        matrix[x, x] += 1.0
    return matrix, right


@kernel
def first_move(stay: Floats, moved: Floats, jumps: Floats, buckets: int) -> tuple[Floats, Floats]:
    """Give g1, the mid's expected next move, and B, where that leads; see ``adjustments``."""
    matrix, right = system(stay, moved, jumps, buckets)
    solve(matrix, right)
    return right[:, 0].copy(), right[:, 1:].copy()


@kernel
def adjustments(stay: Floats, moved: Floats, jumps: Floats, buckets: int) -> Floats:
    """Give the micro-price less the mid, for each state::

        g1 = (1 − Q)^−1 R1 K,    B = (1 − Q)^−1 R2,    G* = g1 + B g1 + B² g1 + …

    Args:
        stay: counts of steps from x to y in which the mid stayed; shape (states, states).
        moved: the same where it moved.
        jumps: sum of the moves of the mid out of x [half ticks]; shape (states,).
        buckets: of imbalance.

    Returns:
        G* [half ticks], shape (states,); exactly opposite for mirrored states.
    """
    states = len(jumps)
    term, b = first_move(stay, moved, jumps, buckets)
    total = np.zeros(states)
    for _ in range(TERMS):
        following = np.zeros(states)
        for x in range(states):
            total[x] += term[x]
            for y in range(states):
                following[x] += b[x, y] * term[y]
        term = following
    result = np.zeros(states)
    for x in range(states):
        result[x] = (total[x] - total[mirror(x, buckets)]) / 2.0
    return result

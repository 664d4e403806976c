"""Keyed randomness: a draw is a hash of what it is for, not the next number of a stream.

So a result does not change with batch size, with another strategy's draws, or with parallelism,
and two runs that differ in one parameter see the same luck. The mixer is Chris Wellons'
"lowbias32" (nullprogram.com, 2018: avalanche bias 0.17 bits), chained over the 32-bit halves of
the key; 32 bits so that compiled int64 and plain Python agree.
"""

from typing import Final

from mm.api.jit import kernel

FILL: Final = 1
"""Purpose: whether a print fills a resting order; keyed by order id and the print's number in
the run (its row starts anew with each file)."""

_MASK: Final = 0xFFFFFFFF


@kernel
def _mix(state: int, word: int) -> int:
    x = int(state ^ word) & _MASK  # int: a numpy scalar would warn where Python is exact
    x = x ^ (x >> 16)
    x = (x * 0x7FEB352D) & _MASK
    x = x ^ (x >> 15)
    x = (x * 0x846CA68B) & _MASK
    return (x ^ (x >> 16)) + 0x9E3779B9 & _MASK


@kernel
def _absorb(state: int, key: int) -> int:
    return _mix(_mix(state, int(key) & _MASK), (int(key) >> 32) & _MASK)


@kernel
def uniform(seed: int, purpose: int, first: int, second: int) -> float:
    """Draw a number in [0, 1) that depends on nothing but the four keys (int64).

    53 random bits, so every value is a multiple of 2**-53.
    """
    state = _absorb(_absorb(_absorb(_absorb(0x243F6A88, seed), purpose), first), second)
    high = _mix(state, 1) >> 5
    low = _mix(state, 2) >> 6
    return (high * 67108864.0 + low) / 9007199254740992.0

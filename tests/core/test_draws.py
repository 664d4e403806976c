"""Keyed draws."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mm.api.draws import FILL, uniform

KEYS = st.integers(0, 2**63 - 1)


@given(KEYS, KEYS, KEYS)
def test_compiled_and_plain_draws_are_the_same_number(seed: int, first: int, second: int) -> None:
    plain = getattr(uniform, "py_func", uniform)
    assert uniform(seed, FILL, first, second) == plain(seed, FILL, first, second)


@given(KEYS, KEYS, KEYS)
def test_a_draw_lies_in_the_unit_interval(seed: int, first: int, second: int) -> None:
    assert 0.0 <= uniform(seed, FILL, first, second) < 1.0


def test_draws_are_uniform_along_each_key() -> None:
    """Kolmogorov-Smirnov at 4 sigma: sup |F_n - F| < 2.3 / sqrt(n)."""
    n = 20_000
    for key in range(3):
        keys = [7, 11, 13]
        sample = []
        for value in range(n):
            keys[key] = value
            sample.append(uniform(keys[0], FILL, keys[1], keys[2]))
        gaps = np.abs(np.sort(sample) - (np.arange(n) + 0.5) / n)
        assert gaps.max() < 2.3 / np.sqrt(n)


def test_neighbouring_keys_give_unrelated_draws() -> None:
    """Correlation of draws at keys n and n + 1 stays within 4 / sqrt(n)."""
    n = 20_000
    sample = np.array([uniform(1, FILL, 1, value) for value in range(n + 1)])
    assert abs(np.corrcoef(sample[:-1], sample[1:])[0, 1]) < 4 / np.sqrt(n)

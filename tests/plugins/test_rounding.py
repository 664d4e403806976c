"""Rounding to significant digits: bit for bit as Python's own format does, which is exact."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mm_sinks.rounding import Floats, rounded

DIGITS = (12, 15)


def plainly(values: Floats, significant: int) -> Floats:
    return np.array([float(format(v, f".{significant}g")) for v in values.tolist()], np.float64)


def assert_same(values: Floats, significant: int) -> None:
    found, expected = rounded(values, significant), plainly(values, significant)
    differ = np.flatnonzero(found.view(np.int64) != expected.view(np.int64))
    differ = differ[~(np.isnan(found[differ]) & np.isnan(expected[differ]))]
    assert [(values[i], found[i], expected[i]) for i in differ[:5]] == []


@pytest.mark.parametrize("significant", DIGITS)
def test_a_hundred_thousand_values_of_every_size(significant: int) -> None:
    random = np.random.default_rng(significant)
    for width in (1, 6, 12, 25, 300):
        sizes = np.power(10.0, random.uniform(-width, width, 20_000))
        assert_same(sizes * random.choice([-1.0, 1.0], 20_000), significant)


@pytest.mark.parametrize("significant", DIGITS)
def test_values_about_halfway_between_two_decimals(significant: int) -> None:
    """m + 1/2 in units of the last digit, and the floats next to it: where rounding is decided."""
    random = np.random.default_rng(significant)
    wholes = random.integers(10 ** (significant - 1), 10**significant, 20_000)
    for places in range(23):
        near = (wholes + 0.5) / np.float64(10.0**places)
        assert_same(near, significant)
        assert_same(np.nextafter(near, 0), significant)
        assert_same(np.nextafter(near, np.inf), significant)


@pytest.mark.parametrize("significant", DIGITS)
def test_powers_of_ten_and_their_neighbours(significant: int) -> None:
    powers = np.array([float(f"1e{k}") for k in range(-30, 30)])
    down, up = np.nextafter(powers, 0), np.nextafter(powers, np.inf)
    almost = powers * (1 - 10.0**-significant)
    for values in (powers, down, up, almost, np.nextafter(almost, 0), np.nextafter(almost, 1e300)):
        assert_same(values, significant)


@settings(max_examples=300)
@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=30), st.sampled_from(DIGITS))
def test_any_bits_at_all(bits: list[int], significant: int) -> None:
    values = np.array([struct.unpack("<d", struct.pack("<Q", one))[0] for one in bits])
    assert_same(values, significant)


def test_zero_infinity_and_what_is_not_known_stay() -> None:
    values = np.array([0.0, -0.0, np.inf, -np.inf, np.nan])
    found = rounded(values, 15)
    np.testing.assert_array_equal(found, values)
    assert np.signbit(found).tolist()[:2] == [False, True]


def test_none_is_none() -> None:
    assert len(rounded(np.zeros(0), 15)) == 0

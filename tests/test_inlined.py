"""Functions that are only linked: right, told when they raise, and neither run nor kept."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm.api.inlined import _LinkedLibrary
from mm.api.jit import inner, kernel


@inner
def scaled(values: "np.ndarray[tuple[int], np.dtype[np.float64]]", n: int, by: float) -> float:
    """One of the values, several times."""
    if n >= len(values):
        raise IndexError("there are not so many")
    return float(values[n] * by)


@inner
def ratio(values: "np.ndarray[tuple[int], np.dtype[np.float64]]", n: int) -> float:
    """Two levels below Python."""
    return scaled(values, n, 3.0) / (1.0 + scaled(values, 0, 1.0) ** 2)


@kernel
def total(values: "np.ndarray[tuple[int], np.dtype[np.float64]]", count: int) -> float:
    """Call them from Python, by a kernel."""
    result = 0.0
    for n in range(count):
        result += ratio(values, n)
    return result


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9))
def test_the_sum_is_the_one_that_python_makes(values: list[float]) -> None:
    expected = 0.0
    for value in values:
        expected += value * 3.0 / (1.0 + (values[0] * 1.0) ** 2)
    assert total(np.array(values), len(values)) == expected


def test_what_it_raises_comes_out_of_the_kernel() -> None:
    with pytest.raises(IndexError, match="there are not so many"):
        total(np.zeros(2), 3)


def test_numba_still_asks_our_library_and_the_engine_knows_no_such_function() -> None:
    total(np.zeros(1), 1)
    functions: tuple[Any, ...] = (scaled, ratio)
    for function in functions:
        overloads = function.overloads.values()
        assert overloads
        for compiled in overloads:
            assert type(compiled.library) is _LinkedLibrary
            engine = compiled.library._codegen._engine
            assert not engine.is_symbol_defined(compiled.fndesc.llvm_func_name)


SCRIPT = """
from mm.api.jit import inner, kernel

@inner
def half(x):
    return x / 2

@kernel
def quarter(x):
    return half(half(x))
"""


def test_only_the_kernel_is_kept(tmp_path: Path) -> None:
    (tmp_path / "striped.py").write_text(SCRIPT)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "c")}
    command = [sys.executable, "-c", "from striped import quarter; print(quarter(12.0))"]
    for _ in range(2):  # compiled, and loaded
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        assert done.stdout == "3.0\n"
        kept = [path.name.partition("-")[0] for path in (tmp_path / "c").rglob("*.nbc")]
        assert kept == ["striped.quarter"]

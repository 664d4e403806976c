"""Functions and arrays by their addresses, so that one kernel can call any plugin's function.

A kernel is compiled for the types of its arguments; taking a function as one costs 15 µs a call,
and another dtype of rows another compilation. An address is a number. What stands at it is for both
sides to agree on: nothing in here can check it.

Under ``NUMBA_DISABLE_JIT=1`` the address of a function is the function itself.

Not imported by ``mm.api`` itself: see ``mm.api.jit``.
"""

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any, Final, TypeAlias

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, register_jitable

from mm.api.jit import compiled_function

PLAIN: Final = bool(numba.config.DISABLE_JIT)  # type: ignore[attr-defined]

Address: TypeAlias = Any
"""An int; or, without the compiler, the function."""

RULE: Final = numba.float64(*[numba.float64] * 6)
"""The type of a fill model's two rules."""
_DECIDE: Final = numba.int64(numba.int64)
_KEPT: Final[list[Any]] = []
"""Compiled functions of which somebody has the address: they must outlive it."""


def rule_address(function: Callable[..., float]) -> Address:
    """Compile a fill model's rule; see ``mm.api.parts.PrintRule``."""
    return _address(function, RULE)


def decide_address(function: Callable[..., int]) -> Address:
    """Compile a strategy's decision; see ``mm.api.DecisionKernel``."""
    return _address(function, _DECIDE)


def python_address(function: Callable[[int], int]) -> tuple[Address, object]:
    """Let kernels call a function in Python, which must not raise.

    Returns:
        The address, and what must be kept for as long as it may be called.
    """
    if PLAIN:
        return function, function
    callback = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(function)
    return ctypes.cast(callback, ctypes.c_void_p).value, callback


@cache
def _address(function: Callable[..., Any], signature: Any) -> Address:
    if PLAIN:
        return function
    compiled = compiled_function(function, signature)
    _KEPT.append(compiled)
    return compiled.address


if PLAIN:

    def rows_at(address: Any, count: Any, dtype: Any) -> Any:
        """Look at ``count`` rows of ``dtype`` that stand at ``address``; nothing is copied."""
        if count == 0:
            return np.zeros(0, dtype)  # ctypes has no empty memory
        size = count * np.dtype(dtype).itemsize
        return np.frombuffer((ctypes.c_char * size).from_address(int(address)), dtype)

    def call_rule(rule: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any) -> Any:
        """Call what ``rule_address`` gave."""
        return rule(a, b, c, d, e, f)

    def call_decide(decide: Any, question: Any) -> Any:
        """Call what ``decide_address`` gave."""
        return decide(question)

else:

    @intrinsic
    def _as_pointer(_context: Any, address: Any) -> Any:
        def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], cgutils.voidptr_t)

        return types.voidptr(types.int64), generate

    @register_jitable
    def rows_at(address: Any, count: Any, dtype: Any) -> Any:
        """Look at ``count`` rows of ``dtype`` that stand at ``address``; nothing is copied."""
        pointer: Any = _as_pointer(address)  # type: ignore[call-arg]
        return numba.carray(pointer, (count,), dtype)

    def _caller(result: Any, kind: Any, arguments: int) -> Any:
        """Make the code that calls an address, of so many arguments of one kind."""

        def generate(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
            function_type = ir.FunctionType(result, [kind] * arguments)
            return builder.call(builder.inttoptr(given[0], function_type.as_pointer()), given[1:])

        return generate

    @intrinsic
    def call_rule(_context: Any, rule: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any) -> Any:
        """Call what ``rule_address`` gave."""
        double = ir.DoubleType()
        return types.float64(types.int64, *[types.float64] * 6), _caller(double, double, 6)

    @intrinsic
    def call_decide(_context: Any, decide: Any, question: Any) -> Any:
        """Call what ``decide_address`` gave."""
        word = ir.IntType(64)
        return types.int64(types.int64, types.int64), _caller(word, word, 1)

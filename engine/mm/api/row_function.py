"""``on_row`` compiled for the types of its state and rows; or the line that cannot be, and why.

Knows the compiler's errors, of which it tells what matters. Imported when a strategy is compiled.
"""

import inspect
import re
from collections.abc import Callable
from typing import Any, Final

import numba
import numpy as np
from numba.core import errors, types
from numba.core import ir as numba_ir
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import AnalysisPass, register_pass
from numba.core.typed_passes import NopythonTypeInference

from mm.api.jit import compiled_function
from mm.api.row_types import AccountType, PadType


@register_pass(mutates_CFG=False, analysis_only=True)  # type: ignore[no-untyped-call]
class _RefuseNarrowing(AnalysisPass):
    """Refuse a fraction where a whole number is kept: it would be cut off without a word."""

    _name = "mm_refuse_narrowing"

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def run_pass(self, state: Any) -> bool:
        for block in state.func_ir.blocks.values():
            for statement in block.body:
                if isinstance(statement, numba_ir.SetAttr):
                    self._check(statement, state.typemap)
        return False

    def _check(self, statement: Any, kinds: Any) -> None:
        target, value = kinds[statement.target.name], kinds[statement.value.name]
        if not isinstance(target, types.Record) or statement.attr not in target.fields:
            return
        if isinstance(target.typeof(statement.attr), types.Integer | types.Boolean) and isinstance(
            value, types.Float
        ):
            raise errors.TypingError(
                f"self.{statement.attr} begins as a whole number and is given a fraction; begin"
                f" with a float, such as 0.0",
                loc=statement.loc,
            )


class _Checking(CompilerBase):
    def define_pipelines(self) -> list[Any]:
        builder: Any = DefaultPassBuilder
        manager = builder.define_nopython_pipeline(self.state)
        manager.add_pass_after(_RefuseNarrowing, NopythonTypeInference)
        manager.finalize()
        return [manager]


def row_function(
    function: Callable[..., None], state: "np.dtype[Any]", rows: "np.dtype[Any]"
) -> Any:
    """Compile ``on_row(self, row, account, orders)`` for a state and rows of these dtypes.

    Returns:
        A compiled function, with its ``address``.

    Raises:
        ValueError: it cannot be compiled; says in which line, and why.
    """
    signature = types.void(
        numba.from_dtype(state), numba.from_dtype(rows), AccountType(), PadType()
    )
    try:
        return compiled_function(function, signature, pipeline_class=_Checking, boundscheck=True)
    except (errors.NumbaError, errors.UnsupportedBytecodeError) as error:
        raise ValueError(f"{_place(error, function)}: {_reason(str(error))}") from None
    except KeyError as error:  # how numba says that a record has no such attribute
        name = error.args[0]
        raise ValueError(
            f"{_place(error, function, f'self.{name}')}: self.{name} is not among the numbers that"
            f" __init__ left on self: {', '.join(state.names or ())}"
        ) from None


_TELLING: Final = re.compile(
    r"^[ -]*(?:TypingError: )?(self\.\w+ begins as .*|Unknown attribute .*|NameError: .*"
    r"|Untyped global name .*|Field .*|Cannot unify .*|No conversion .*|missing a required .*"
    r"|too many positional .*|got an unexpected .*|Invalid use of .*|The '.*' construct .*)$",
    re.MULTILINE,
)
_ACCOUNT: Final = " (compiled, it has position, working and next_client_id)"


def _place(error: Exception, function: Callable[..., None], text: str = "") -> str:
    """File and line at fault, as well as they are known."""
    code = function.__code__
    known = getattr(error, "loc", None)
    if known is not None:
        return f"{known.filename}:{known.line}"
    try:
        lines, first = inspect.getsourcelines(function)
    except OSError:  # it stands in no file
        lines, first = [], code.co_firstlineno
    at = next((n for n, line in enumerate(lines) if text and text in line), 0)
    return f"{code.co_filename}:{first + at}"


def _reason(text: str) -> str:
    """What is wrong, out of all that the compiler says."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    telling = _TELLING.search(text)
    if telling is None:
        return next((line.strip() for line in text.splitlines() if "Failed in" not in line), text)
    return telling[1] + (_ACCOUNT if telling[1].endswith("of type Account") else "")

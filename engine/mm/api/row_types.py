"""What ``on_row`` is given, as the compiler knows it: the account and the pad, by address.

Both are one address with a type of its own, on which ``account.position`` and ``orders.quote(…)``
mean what ``Account`` and ``OrderPad`` mean by them. So a function that was compiled for a strategy
is called with four numbers, whatever its state and rows are, and one kernel can call them all.

Knows numba's public extension interface and no more. Imported when a strategy is compiled.
"""

import inspect
import re
from collections.abc import Callable
from typing import Any, Final

import numba
import numpy as np
from llvmlite import ir
from numba.core import errors, types
from numba.core import ir as numba_ir
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import AnalysisPass, register_pass
from numba.core.typed_passes import NopythonTypeInference
from numba.extending import (
    intrinsic,
    models,
    overload_attribute,
    overload_method,
    register_jitable,
    register_model,
)

from mm.api.account import WORKING
from mm.api.addresses import rows_at
from mm.api.compiled import QUESTION
from mm.api.jit import compiled_function
from mm.api.orders import CANCEL, CANCEL_ALL, GTC, IOC, LIMIT, MARKET, NEW, ORDER, REPLACE

PAD: Final = np.dtype(
    [
        ("question", "i8"),  # address of the QUESTION
        ("instrument", "i8"),
        ("decision", "i8"),  # which row of the block
        ("most", "i8"),  # room for orders
        ("sent", "i8"),  # orders written, and those that had no room
        ("next_id", "i8"),
        ("wanted_bid", "i8"),  # what ``quote`` was asked for; for the trace
        ("wanted_ask", "i8"),
    ],
    align=True,
)
"""Where the pad stands."""


class _AccountType(types.Type):
    def __init__(self) -> None:
        super().__init__(name="Account")


class _PadType(types.Type):
    def __init__(self) -> None:
        super().__init__(name="OrderPad")


@register_model(_AccountType)
@register_model(_PadType)
class _Address(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, ir.IntType(64))  # type: ignore[no-untyped-call]


@intrinsic
def _address_of(_context: Any, handle: Any) -> Any:
    return types.int64(handle), lambda _context, _builder, _signature, given: given[0]


@register_jitable
def _question(account: Any) -> Any:
    return rows_at(_address_of(account), 1, QUESTION)[0]  # type: ignore[call-arg]


@overload_attribute(_AccountType, "position")
def _position(account: Any) -> Any:
    def get(account: Any) -> Any:
        asked = _question(account)
        return rows_at(asked["positions"], asked["instruments"], np.int64)

    return get


@overload_attribute(_AccountType, "working")
def _working(account: Any) -> Any:
    def get(account: Any) -> Any:
        asked = _question(account)
        return rows_at(asked["working"], asked["open_orders"], WORKING)

    return get


@overload_attribute(_AccountType, "next_client_id")
def _next_client_id(account: Any) -> Any:
    def get(account: Any) -> Any:
        return np.int64(_question(account)["next_id"])

    return get


@register_jitable
def _pad(orders: Any) -> Any:
    return rows_at(_address_of(orders), 1, PAD)[0]  # type: ignore[call-arg]


@register_jitable
def _open_orders(pad: Any) -> Any:
    asked = rows_at(pad["question"], 1, QUESTION)[0]
    return rows_at(asked["working"], asked["open_orders"], WORKING)


@register_jitable
def _write(
    pad: Any, action: Any, client_id: Any, price: Any, size: Any, side: Any, kind: Any, tif: Any,
    post_only: Any,
) -> None:  # fmt: skip
    at = pad["sent"]
    pad["sent"] += 1
    if at >= pad["most"]:
        return
    asked = rows_at(pad["question"], 1, QUESTION)[0]
    order = rows_at(asked["orders"], pad["most"], ORDER)[at]
    order["decision"] = pad["decision"]
    order["action"] = action
    order["client_id"] = client_id
    order["instrument"] = pad["instrument"]
    order["price"] = price
    order["size"] = size
    order["side"] = side
    order["type"] = kind
    order["tif"] = tif
    order["post_only"] = 1 if post_only else 0


@register_jitable
def _new(
    pad: Any, side: Any, price: Any, size: Any, kind: Any, tif: Any, post_only: Any
) -> Any:  # fmt: skip
    client_id = pad["next_id"]
    pad["next_id"] += 1
    _write(pad, NEW, client_id, price, size, side, kind, tif, post_only)
    return client_id


@register_jitable
def _side_of(pad: Any, client_id: Any) -> Any:
    for order in _open_orders(pad):
        if order["client_id"] == client_id:
            return np.int64(order["side"])
    return np.int64(0)


@overload_method(_PadType, "limit")
def _limit(
    orders: Any, side: Any, price: Any, size: Any, post_only: Any = False, tif: Any = GTC
) -> Any:
    def send(
        orders: Any, side: Any, price: Any, size: Any, post_only: Any = False, tif: Any = GTC
    ) -> Any:
        return _new(_pad(orders), side, price, size, LIMIT, tif, post_only)

    return send


@overload_method(_PadType, "market")
def _market(orders: Any, side: Any, size: Any) -> Any:
    def send(orders: Any, side: Any, size: Any) -> Any:
        return _new(_pad(orders), side, 0, size, MARKET, IOC, False)

    return send


@overload_method(_PadType, "replace")
def _replace(orders: Any, client_id: Any, price: Any, size: Any, post_only: Any = False) -> Any:
    def send(orders: Any, client_id: Any, price: Any, size: Any, post_only: Any = False) -> None:
        pad = _pad(orders)
        side = _side_of(pad, client_id)
        _write(pad, REPLACE, client_id, price, size, side, 0, 0, post_only)

    return send


@overload_method(_PadType, "cancel")
def _cancel(orders: Any, client_id: Any) -> Any:
    def send(orders: Any, client_id: Any) -> None:
        pad = _pad(orders)
        _write(pad, CANCEL, client_id, 0, 0, _side_of(pad, client_id), 0, 0, False)

    return send


@overload_method(_PadType, "cancel_all")
def _cancel_all(orders: Any) -> Any:
    def send(orders: Any) -> None:
        _write(_pad(orders), CANCEL_ALL, 0, 0, 0, 0, 0, 0, False)

    return send


@overload_method(_PadType, "quote")
def _quote(orders: Any, side: Any, price: Any, size: Any) -> Any:
    def send(orders: Any, side: Any, price: Any, size: Any) -> None:
        pad = _pad(orders)
        if side > 0:
            pad["wanted_bid"] = price if size > 0 else 0
        else:
            pad["wanted_ask"] = price if size > 0 else 0
        for order in _open_orders(pad):
            if order["side"] != side or order["instrument"] != pad["instrument"]:
                continue
            client_id, filled = order["client_id"], order["filled"]
            if order["cancelling"] == 1:
                return
            if size <= 0:
                _write(pad, CANCEL, client_id, 0, 0, side, 0, 0, False)
            elif order["price"] != price or order["size"] - filled > size:
                _write(pad, REPLACE, client_id, price, filled + size, side, 0, 0, True)
            return
        if size > 0:
            _new(pad, side, price, size, LIMIT, GTC, True)

    return send


@intrinsic
def call_on_row(_context: Any, on_row: Any, state: Any, row: Any, account: Any, pad: Any) -> Any:
    """Call what ``row_address`` gave, with the address of each."""

    def generate(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        word = ir.IntType(64)
        kind = ir.FunctionType(ir.VoidType(), [word] * 4).as_pointer()
        builder.call(builder.inttoptr(given[0], kind), given[1:])

    return types.void(*[types.int64] * 5), generate


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
        numba.from_dtype(state), numba.from_dtype(rows), _AccountType(), _PadType()
    )
    try:
        return compiled_function(function, signature, pipeline_class=_Checking, boundscheck=True)
    except errors.NumbaError as error:
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
    lines, first = inspect.getsourcelines(function)
    at = next((n for n, line in enumerate(lines) if text and text in line), 0)
    return f"{code.co_filename}:{first + at}"


def _reason(text: str) -> str:
    """What is wrong, out of all that the compiler says."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    telling = _TELLING.search(text)
    if telling is None:
        return next((line.strip() for line in text.splitlines() if "Failed in" not in line), text)
    return telling[1] + (_ACCOUNT if telling[1].endswith("of type Account") else "")

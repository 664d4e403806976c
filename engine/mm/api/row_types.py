"""What ``on_row`` is given, as the compiler knows it: the account and the pad, by address.

Both are one address with a type of its own, on which ``account.position`` and ``orders.quote(…)``
mean what ``Account`` and ``OrderPad`` mean by them. So a function that was compiled for a strategy
is called with four numbers, whatever its state and rows are, and one kernel can call them all.

Knows numba's public extension interface and no more. Imported when a strategy is compiled.
"""

from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba.core import types
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


class AccountType(types.Type):
    """The address of a QUESTION."""

    def __init__(self) -> None:
        super().__init__(name="Account")


class PadType(types.Type):
    """The address of a PAD."""

    def __init__(self) -> None:
        super().__init__(name="OrderPad")


@register_model(AccountType)
@register_model(PadType)
class _Address(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, ir.IntType(64))  # type: ignore[no-untyped-call]


@intrinsic
def _address_of(_context: Any, handle: Any) -> Any:
    return types.int64(handle), lambda _context, _builder, _signature, given: given[0]


@register_jitable
def _question(account: Any) -> Any:
    return rows_at(_address_of(account), 1, QUESTION)[0]  # type: ignore[call-arg]


@overload_attribute(AccountType, "position")
def _position(account: Any) -> Any:
    def get(account: Any) -> Any:
        asked = _question(account)
        return rows_at(asked["positions"], asked["instruments"], np.int64)

    return get


@overload_attribute(AccountType, "working")
def _working(account: Any) -> Any:
    def get(account: Any) -> Any:
        asked = _question(account)
        return rows_at(asked["working"], asked["open_orders"], WORKING)

    return get


@overload_attribute(AccountType, "next_client_id")
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


@overload_method(PadType, "limit")
def _limit(
    orders: Any, side: Any, price: Any, size: Any, post_only: Any = False, tif: Any = GTC
) -> Any:
    def send(
        orders: Any, side: Any, price: Any, size: Any, post_only: Any = False, tif: Any = GTC
    ) -> Any:
        return _new(_pad(orders), side, price, size, LIMIT, tif, post_only)

    return send


@overload_method(PadType, "market")
def _market(orders: Any, side: Any, size: Any) -> Any:
    def send(orders: Any, side: Any, size: Any) -> Any:
        return _new(_pad(orders), side, 0, size, MARKET, IOC, False)

    return send


@overload_method(PadType, "replace")
def _replace(orders: Any, client_id: Any, price: Any, size: Any, post_only: Any = False) -> Any:
    def send(orders: Any, client_id: Any, price: Any, size: Any, post_only: Any = False) -> None:
        pad = _pad(orders)
        side = _side_of(pad, client_id)
        _write(pad, REPLACE, client_id, price, size, side, 0, 0, post_only)

    return send


@overload_method(PadType, "cancel")
def _cancel(orders: Any, client_id: Any) -> Any:
    def send(orders: Any, client_id: Any) -> None:
        pad = _pad(orders)
        _write(pad, CANCEL, client_id, 0, 0, _side_of(pad, client_id), 0, 0, False)

    return send


@overload_method(PadType, "cancel_all")
def _cancel_all(orders: Any) -> Any:
    def send(orders: Any) -> None:
        _write(_pad(orders), CANCEL_ALL, 0, 0, 0, 0, 0, 0, False)

    return send


@overload_method(PadType, "quote")
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

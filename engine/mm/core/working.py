"""Our open orders as far as we know: what was sent, less what we heard of its end.

An order counts as working from the moment it is decided until a report says that it is over; one
that our own risk gate refused never does, and a replace that it refused changes nothing. So
between two reports nothing here changes but by our own sends, and a strategy can count them
along itself.
"""

from collections.abc import Iterator
from typing import Final

import attrs
import numpy as np

from mm.api import (
    CANCEL,
    CANCEL_ALL,
    CANCELLED,
    EXPIRED,
    FILLED,
    NEW,
    REJECTED,
    WORKING,
    ExecutionReport,
    Rows,
)


@attrs.define
class _Order:
    """One order, in the columns of WORKING."""

    client_id: int
    price: int
    size: int
    filled: int
    instrument: int
    side: int
    cancelling: int = 0

    def columns(self) -> tuple[int, ...]:
        """Give all of it; ``attrs.astuple`` takes five times as long, and this is asked often."""
        return (
            self.client_id, self.price, self.size, self.filled, self.instrument, self.side,
            self.cancelling,
        )  # fmt: skip


class WorkingOrders:
    """Folds execution reports into the table of open orders."""

    def __init__(self) -> None:
        """Start with none."""
        self._orders: dict[int, _Order] = {}
        self.sent = 0
        """NEW orders so far."""

    def apply(self, report: ExecutionReport) -> None:
        """Take the commands that went out, then what we heard."""
        if len(report.orders):
            self.sent += int(np.count_nonzero(report.orders["action"] == NEW))
            for command in _columns(report.orders, _COMMAND):
                self._send(*command)
        if len(report.reports):
            for event in _columns(report.reports, _EVENT):
                self._hear(*event)

    def rows(self) -> Rows:
        """List them, dtype WORKING, in order of submission."""
        return np.array([order.columns() for order in self._orders.values()], WORKING)

    def _send(
        self,
        refused: int,
        action: int,
        instrument: int,
        client_id: int,
        price: int,
        size: int,
        side: int,
        order_id: int,
    ) -> None:
        if refused:
            return
        if action == NEW:
            self._orders[order_id] = _Order(client_id, price, size, 0, instrument, side)
            return
        for order in self._orders.values():
            if order.instrument != instrument:
                continue
            if action == CANCEL_ALL or (action == CANCEL and order.client_id == client_id):
                order.cancelling = 1
            elif order.client_id == client_id:
                order.price, order.size = price, size

    def _hear(self, kind: int, order_id: int, size: int, leaves: int) -> None:
        if kind == FILLED and order_id in self._orders:
            self._orders[order_id].filled += size
            if leaves == 0:
                del self._orders[order_id]
        elif kind in (REJECTED, CANCELLED, EXPIRED):
            self._orders.pop(order_id, None)


_COMMAND: Final = (
    "refused", "action", "instrument", "client_id", "price", "size", "side", "order_id",
)  # fmt: skip
_EVENT: Final = ("kind", "order_id", "size", "leaves")


def _columns(rows: Rows, names: tuple[str, ...]) -> Iterator[tuple[int, ...]]:
    """Read some columns row by row, as plain integers."""
    return zip(*(rows[name].tolist() for name in names), strict=True)

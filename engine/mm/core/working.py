"""Our open orders as far as we know: what was sent, less what we heard of its end.

An order counts as working from the moment it is decided until a report says that it is over; one
that our own risk gate refused never does, and a replace that it refused changes nothing. So
between two reports nothing here changes but by our own sends, and a strategy can count them
along itself.
"""

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


class WorkingOrders:
    """Folds execution reports into the table of open orders."""

    def __init__(self) -> None:
        """Start with none."""
        self._orders: dict[int, Rows] = {}
        self.sent = 0
        """NEW orders so far."""

    def apply(self, report: ExecutionReport) -> None:
        """Take the commands that went out, then what we heard."""
        for order in report.orders:
            self._send(order)
        for event in report.reports:
            self._hear(event)

    def rows(self) -> Rows:
        """List them, dtype WORKING, in order of submission."""
        if not self._orders:
            return np.zeros(0, WORKING)
        return np.concatenate(list(self._orders.values()))

    def _send(self, order: np.void) -> None:
        if order["action"] == NEW:
            self.sent += 1
        if order["refused"]:
            return
        if order["action"] == NEW:
            row = np.zeros(1, WORKING)
            for name in ("client_id", "price", "size", "instrument", "side"):
                row[name] = order[name]
            self._orders[int(order["order_id"])] = row
            return
        for row in self._orders.values():
            if row["instrument"][0] != order["instrument"]:
                continue
            if order["action"] == CANCEL_ALL:
                row["cancelling"] = 1
            elif row["client_id"][0] == order["client_id"]:
                self._change(row, order)

    def _change(self, row: Rows, order: np.void) -> None:
        if order["action"] == CANCEL:
            row["cancelling"] = 1
        else:
            row["price"], row["size"] = order["price"], order["size"]

    def _hear(self, event: np.void) -> None:
        order_id = int(event["order_id"])
        if event["kind"] == FILLED and order_id in self._orders:
            self._orders[order_id]["filled"] += event["size"]
            if event["leaves"] == 0:
                del self._orders[order_id]
        elif event["kind"] in (REJECTED, CANCELLED, EXPIRED):
            self._orders.pop(order_id, None)

"""Working orders, by example."""

from typing import Any

import numpy as np
import pytest

from mm.api import (
    ACCEPTED,
    CANCEL,
    CANCEL_ALL,
    CANCELLED,
    DECISION,
    EXPIRED,
    FILLED,
    MARK,
    NEW,
    ORDER,
    REJECTED,
    REPLACE,
    REPORT,
    ExecutionReport,
)
from mm.core.working import WorkingOrders

FIRST = {"action": NEW, "order_id": 1, "client_id": 7, "price": 100, "size": 5, "side": 1}
SECOND = {"action": NEW, "order_id": 2, "client_id": 8, "price": 101, "size": 3, "side": -1}


def after(orders: list[dict[str, int]], reports: list[dict[str, int]]) -> list[tuple[int, ...]]:
    """(client id, price, size, filled, cancelling) of what works after those commands and news."""
    working = WorkingOrders()
    working.apply(
        ExecutionReport(
            up_to=1,
            committed=1,
            orders=table(orders, ORDER),
            trace=np.zeros(1, DECISION),
            marks=np.zeros(2, MARK),
            reports=table(reports, REPORT),
        )
    )
    fields = ["client_id", "price", "size", "filled", "cancelling"]
    return [row[fields].item() for row in working.rows()]


def table(rows: list[dict[str, int]], dtype: np.dtype[np.void]) -> np.ndarray[Any, Any]:
    filled = np.zeros(len(rows), dtype)
    for row, values in zip(filled, rows, strict=True):
        for name, value in values.items():
            row[name] = value
    return filled


def test_a_sent_order_works_before_anything_is_heard_of_it() -> None:
    assert after([FIRST, SECOND], []) == [(7, 100, 5, 0, 0), (8, 101, 3, 0, 0)]


def test_an_accepted_order_goes_on_working() -> None:
    news = [{"order_id": 1, "kind": ACCEPTED, "size": 5, "leaves": 5}]
    assert after([FIRST], news) == [(7, 100, 5, 0, 0)]


@pytest.mark.parametrize("kind", [REJECTED, CANCELLED, EXPIRED])
def test_an_order_that_ended_works_no_more(kind: int) -> None:
    assert after([FIRST, SECOND], [{"order_id": 1, "kind": kind}]) == [(8, 101, 3, 0, 0)]


def test_a_filled_order_works_while_something_is_left() -> None:
    part = {"order_id": 1, "kind": FILLED, "size": 2, "leaves": 3}
    rest = {"order_id": 1, "kind": FILLED, "size": 3, "leaves": 0}
    assert after([FIRST], [part]) == [(7, 100, 5, 2, 0)]
    assert after([FIRST], [part, rest]) == []


def test_a_replaced_order_shows_what_was_last_asked_for() -> None:
    change = {"action": REPLACE, "client_id": 7, "price": 99, "size": 4}
    assert after([FIRST, SECOND, change], []) == [(7, 99, 4, 0, 0), (8, 101, 3, 0, 0)]


def test_a_cancelled_order_works_until_the_venue_confirms() -> None:
    assert after([FIRST, SECOND, {"action": CANCEL, "client_id": 7}], []) == [
        (7, 100, 5, 0, 1),
        (8, 101, 3, 0, 0),
    ]


def test_cancel_all_marks_the_orders_of_its_instrument_only() -> None:
    elsewhere = SECOND | {"instrument": 1}
    assert after([FIRST, elsewhere, {"action": CANCEL_ALL, "instrument": 1}], []) == [
        (7, 100, 5, 0, 0),
        (8, 101, 3, 0, 1),
    ]

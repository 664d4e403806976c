"""The table of working orders keeps step with what the venue reports."""

from collections import defaultdict

from hypothesis import given, settings

from mm.api import FILLED, NEW
from mm.core.working import WorkingOrders

from .replay import replay
from .strategies import sessions
from .tapes import Session


@settings(max_examples=100)
@given(sessions())
def test_an_order_works_until_its_last_report_leaves_nothing_open(session: Session) -> None:
    outcome, answers = replay(session)
    working = WorkingOrders()
    for answer in answers:
        working.apply(answer)
    over = {report["order_id"] for report in outcome.reports if report["leaves"] == 0}
    filled: dict[int, int] = defaultdict(int)
    for report in outcome.reports:
        filled[report["order_id"]] += report["size"] if report["kind"] == FILLED else 0
    new = [(order_id, order) for _, order_id, order in outcome.sent if order.action == NEW]
    assert working.sent == len(new)
    assert [
        row[["client_id", "instrument", "side", "filled"]].item() for row in working.rows()
    ] == [
        (order.client_id, order.instrument, order.side, filled[order_id])
        for order_id, order in new
        if order_id not in over
    ]

"""What viewers are shown: each what it lacks, whatever it missed, and nothing without bound."""

import json
import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mm.web.board import MOST_FILLS, MOST_LINES, MOST_POINTS, Board, Snapshot
from mm.web.gauges import health_text, metrics_text


def snapshot(n: int, trouble: str = "") -> Snapshot:
    return Snapshot(
        ts=n * 250_000,
        texts={"symbol": "XBTUSD", "state": f"state {n}"},
        numbers={"equity": float(n), "fills_total": n, "unknown": math.nan},
        point=(float(n), None, None, None, 0.0, float(n)),
        fills=[{"n": n}] if n % 3 == 0 else [],
        log=[{"n": n}] if n % 5 == 0 else [],
        alerts=("big",),
        trouble=trouble,
    )


class Viewer:
    """Puts together what it is sent, as the page does."""

    def __init__(self) -> None:
        self.seen = 0
        self.points: list[Any] = []
        self.fills: list[Any] = []
        self.lines: list[Any] = []
        self.texts: Any = None

    def look(self, board: Board) -> bool:
        message = json.loads(board.since(self.seen))
        if message["whole"]:
            self.points, self.fills, self.lines = [], [], []
        self.points += message["points"]
        self.fills += message["fills"]
        self.lines += message["log"]
        self.texts, self.seen = message["texts"], message["number"]
        return bool(message["whole"])


@given(st.lists(st.booleans(), min_size=1, max_size=200))
def test_a_viewer_that_looks_now_and_then_ends_with_what_one_that_saw_all_has(
    looks: list[bool],
) -> None:
    board, lazy, eager = Board(), Viewer(), Viewer()
    for n, look in enumerate(looks):
        board.add(snapshot(n))
        eager.look(board)
        if look:
            lazy.look(board)
    lazy.look(board)
    assert lazy.__dict__ == eager.__dict__
    assert eager.texts["state"] == f"state {len(looks) - 1}"
    assert [point[0] for point in eager.points] == [250.0 * n for n in range(len(looks))]


def test_a_stalled_viewer_costs_nothing_and_is_sent_one_message_however_long_it_slept() -> None:
    board, viewer = Board(), Viewer()
    board.add(snapshot(0))
    viewer.look(board)
    for n in range(1, 50_000):
        board.add(snapshot(n))
    assert viewer.look(board)  # points were thinned out meanwhile: it gets all
    fresh = Viewer()
    fresh.look(board)
    assert fresh.__dict__ == viewer.__dict__
    assert MOST_POINTS / 2 <= len(viewer.points) <= MOST_POINTS
    assert (len(viewer.fills), len(viewer.lines)) == (MOST_FILLS, MOST_LINES)
    assert viewer.texts["state"] == "state 49999"
    times = [point[0] for point in viewer.points]
    assert times[0] == 0.0
    assert times == sorted(set(times))
    assert times[-1] > 0.99 * 250 * 50_000
    assert len(board.since(0)) < 200_000


def test_an_unknown_number_is_given_all() -> None:
    board = Board()
    board.add(snapshot(3))
    for seen in (0, 99, -5):
        assert json.loads(board.since(seen))["whole"]


def test_a_past_can_be_put_in_its_place() -> None:
    board, viewer = Board(), Viewer()
    board.add(snapshot(3))
    viewer.look(board)
    board.replace([[1.0, 2.0, None]], snapshot(6))
    assert viewer.look(board)
    assert (viewer.points, viewer.fills) == ([[1.0, 2.0, None]], [{"n": 6}])


def test_metrics_are_what_prometheus_reads_and_leave_out_what_is_not_known() -> None:
    board = Board()
    assert metrics_text(board) == b""
    board.add(snapshot(7))
    lines = metrics_text(board).decode().splitlines()
    assert 'mm_equity{symbol="XBTUSD"} 7.0' in lines
    assert "# TYPE mm_fills_total counter" in lines
    assert 'mm_fills_total{symbol="XBTUSD"} 7.0' in lines
    assert not any("unknown" in line for line in lines)


def test_health_is_200_while_all_is_well_else_503_and_why() -> None:
    board = Board()
    assert health_text(board)[0] == 503
    board.add(snapshot(1))
    status, body = health_text(board)
    assert (status, json.loads(body)) == (
        200, {"ok": True, "trouble": "", "alerts": ["big"], "state": "state 1",
              "data_time_us": 250_000},
    )  # fmt: skip
    board.add(snapshot(2, trouble="no book"))
    status, body = health_text(board)
    assert (status, json.loads(body)["trouble"]) == (503, "no book")

"""What is said of a study on its way: counts, speed, the best so far, and the time left."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm.study import Outlook, Progress
from mm.study.progress import short, span


def row(equity: float | None, status: str = "complete", gamma: float = 0.1) -> dict[str, Any]:
    values = {"strategy.avellaneda.gamma": gamma}
    return {"status": status, "set": values, "summary": {"equity": equity}, "metrics": {}}


def test_a_line_says_it_all() -> None:
    progress = Progress(6, "equity")
    progress.expect(2)
    progress.done(0, row(1.0), 0.0)  # known from before
    assert progress.line(0.0) == "1 of 6 sets, best equity 1 (gamma=0.1)"
    progress.begin(1, 1000, 10.0)
    progress.begin(2, 1000, 10.0)
    progress.done(1, row(3.0, gamma=0.2), 12.0)
    progress.begin(3, 1000, 12.0)
    progress.done(2, row(None, "failed"), 14.0)
    assert progress.line(14.0) == (
        "3 of 6 sets, 1 failed, 500 rows/s, best equity 3 (gamma=0.2), 4 s left"
    )
    assert progress.end(14.0) == "3 sets: 2 run in 4 s, 1 known, 1 failed"


def test_the_best_may_be_the_lowest() -> None:
    progress = Progress(2, "equity", lowest=True)
    for number, equity in enumerate((2.0, 1.0, 3.0)):
        progress.done(number, row(equity, gamma=equity), 0.0)
    assert "best equity 1 (gamma=1.0)" in progress.line(0.0)


@given(
    lasts=st.integers(1, 100), processes=st.integers(1, 8), rounds=st.integers(1, 6),
    look=st.floats(0.0, 1.0, exclude_max=True),
)  # fmt: skip
def test_the_time_left_is_right_from_the_first_run_on(
    lasts: int, processes: int, rounds: int, look: float
) -> None:
    """All runs last as long, so that one knows: whenever one looks, it is what it will be."""
    progress = Progress(processes * rounds, "equity")
    progress.expect(processes)
    assert progress.left_s(0.0) is None
    for turn in range(rounds):
        numbers = range(turn * processes, (turn + 1) * processes)
        for number in numbers:
            progress.begin(number, 5, turn * lasts)
        if turn:
            now_s = (turn + look) * lasts
            assert progress.left_s(now_s) == pytest.approx(rounds * lasts - now_s, abs=1e-9)
        for number in numbers:
            progress.done(number, row(1.0), (turn + 1) * lasts)
    assert progress.left_s(rounds * lasts) == 0


def test_what_lies_ahead() -> None:
    outlook = Outlook(
        sets=24, known=4, rows=20_000_000, survey_s=2.0, surveyed=1_000_000, processes=2
    )
    assert str(outlook) == (
        "24 sets, 4 of them done already, 2 at a time; 20 M rows to decide on, perhaps 5 s"
    )
    done = Outlook(sets=1, known=1, rows=0, survey_s=1.0, surveyed=0, processes=2)
    assert str(done) == "1 set, 1 of them done already"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (0.2, "1 s"), (99.0, "99 s"), (200, "4 min"), (7200, "2.0 h")],
)
def test_a_length_of_time_can_be_read(seconds: float, text: str) -> None:
    assert span(seconds) == text


@given(st.floats(0, 1e12))
def test_a_large_number_keeps_three_digits(value: float) -> None:
    figure, _, unit = short(value).partition(" ")
    size = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9}[unit]
    assert math.isclose(float(figure) * size, value, rel_tol=0.005)

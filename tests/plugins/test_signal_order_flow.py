"""Order flow: what each change of the touch counts, the sliding window, and the fit."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.plugins.signal_market import START, S, context, push, quote, stream, trade

from mm.api import BUY, EVENT, MarketBatch, Rows
from mm_signals import build_order_flow
from mm_signals.config import OrderFlowConfig
from mm_signals.host import TOUCH
from mm_signals.order_flow import FLOW, MIN_WINDOWS, STEPS, flow, slide, slope

BEFORE = (1000, 20, 1001, 30)


def flow_of(after: tuple[int, int, int, int], before: tuple[int, int, int, int] = BEFORE) -> int:
    touch, event = np.zeros(1, TOUCH), np.zeros(1, EVENT)
    for name, value in zip(("bid", "bid_size", "ask", "ask_size"), before, strict=True):
        touch[name] = value
    for name, value in zip(("price", "size", "ask_price", "ask_size"), after, strict=True):
        event[name] = value
    return int(flow(touch[0], event[0]))


# Worked by hand from (10) of the paper, one side at a time.
CASES = [
    ("bid the same, size up", (1000, 25, 1001, 30), 25 - 20),
    ("bid the same, size down", (1000, 5, 1001, 30), 5 - 20),
    ("bid up: its new size came", (1001, 7, 1002, 30), 7 + 30),
    ("bid down: its old size left", (999, 50, 1001, 30), -20),
    ("ask the same, size up", (1000, 20, 1001, 44), -(44 - 30)),
    ("ask the same, size down", (1000, 20, 1001, 6), 30 - 6),
    ("ask up: its old size left", (1000, 20, 1002, 50), 30),
    ("ask down: its new size came", (999, 8, 1000, 9), -20 - 9),
    ("nothing", BEFORE, 0),
]


@pytest.mark.parametrize(("after", "e"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_each_way_the_touch_can_change_counts_what_the_paper_says(
    after: tuple[int, int, int, int], e: int
) -> None:
    assert flow_of(after) == e


@given(
    pairs=st.lists(st.tuples(st.integers(-99, 99), st.integers(-9, 9)), min_size=2, max_size=20),
    beta=st.floats(-3, 3),
)
def test_the_slope_is_that_of_least_squares_but_never_below_nought(
    pairs: list[tuple[int, int]], beta: float
) -> None:
    table = np.array(pairs, np.float64)
    table[:, 1] += beta * table[:, 0]
    found = slope(table, len(table))
    if np.ptp(table[:, 0]) == 0:
        assert found == 0.0
    else:
        expected = np.polyfit(table[:, 0], table[:, 1], 1)[0]
        assert found == pytest.approx(max(expected, 0.0), abs=1e-9)


@given(st.lists(st.tuples(st.integers(0, 150), st.integers(-9, 9)), max_size=30))
def test_the_sliding_sum_is_of_the_last_hundred_steps(moves: list[tuple[int, int]]) -> None:
    state, steps = np.zeros(1, FLOW), np.zeros(STEPS)
    now, log = 0, []
    for ahead, e in moves:
        now += ahead
        slide(state[0], steps, now)
        steps[now % STEPS] += e
        state["sum"] += e
        log.append((now, e))
        assert state["sum"][0] == sum(e for at, e in log if at > now - STEPS)


def test_it_is_beta_times_the_flow_of_the_window() -> None:
    rng = np.random.default_rng(1)
    bid, size, rows = 1000, 50, [quote(START, 1000, 50, 1002, 50)]
    for i in range(60):
        up = bool(rng.random() < 0.5)
        bid += 1 if up else -1
        rows.append(quote(START + i * S + S // 2, bid, size, bid + 2, size))
    # Up: the bid's new 50 came, the ask's old 50 left: 100 lots move the mid by a tick of 0.5.
    signal = push(build_order_flow(OrderFlowConfig(), context()), stream(*rows))["signal"]
    assert np.abs(signal[np.isfinite(signal)]) == pytest.approx(0.5, rel=1e-12)
    assert set(np.sign(signal[np.isfinite(signal)])) == {-1.0, 1.0}


def run(*rows: Any, **settings: float) -> Rows:
    events = stream(*rows)
    return build_order_flow(OrderFlowConfig(**settings), context()).push(  # type: ignore[arg-type]
        MarketBatch(events, START + 10**9)
    )


def test_it_is_known_after_thirty_windows() -> None:
    rows = [quote(START + i * S + S // 2, 1000 + i, 5, 1002 + i, 5) for i in range(60)]
    # The first window has no mid at its start; the one that ends it is learnt at the next event.
    assert run(*rows)["ts"][0] == START + (MIN_WINDOWS + 1) * S + S // 2


def test_it_fades_at_the_next_event_of_any_kind_once_the_window_has_passed() -> None:
    rng = np.random.default_rng(2)
    bids = 1000 + np.cumsum(rng.choice([-1, 1], 60))
    rows = [quote(START + i * S + S // 2, int(b), 5, int(b) + 2, 5) for i, b in enumerate(bids)]
    out = run(*rows, trade(START + 70 * S, BUY))
    assert (out["ts"][-1], out["signal"][-1]) == (START + 70 * S, 0.0)


def test_the_ring_forgets_windows_older_than_it_is_long() -> None:
    def rows(first: int, count: int, size: int) -> list[Any]:
        rng = np.random.default_rng(3)
        bids = 1000 + np.cumsum(rng.choice([-1, 1], count))
        return [
            quote(START + (first + i) * S + S // 2, int(b), size, int(b) + 2, size)
            for i, b in enumerate(bids)
        ]

    late = rows(100, 60, 50)
    both = run(*rows(0, 60, 500), *late, fit_windows=30)
    alone = run(*late, fit_windows=30)
    end = START + 150 * S
    assert both[both["ts"] > end].tobytes() == alone[alone["ts"] > end].tobytes()

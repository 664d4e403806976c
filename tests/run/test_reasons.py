"""Why each side stood or not, and for how long: shares of time that add up, however it is cut."""

import math
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm.api import (
    BUY,
    CLAMP_NAMES,
    DECISION,
    MARK,
    MAX_POSITION,
    NO_CLAMP,
    NO_MODEL,
    ONE_SIDED,
    ORDER,
    PASSIVE,
    REASON_NAMES,
    REJECTED,
    REPORT,
    RISK_LOSS,
    RISK_ORDER_SIZE,
    RISK_STALE,
    SELL,
    ExecutionReport,
    Rows,
)
from mm.run.reasons import REASONS, Reasons
from mm.run.why import WORDS, share_text
from mm.scripting import backtest

EXAMPLE = Path(__file__).parents[2] / "example" / "backtest.toml"


def report(trace: Rows, refusals: list[tuple[int, int, int]] = []) -> ExecutionReport:  # noqa: B006
    """A report of decisions; ``refusals``: (ts, side, reason), of instrument 0."""
    reports = np.zeros(len(refusals), REPORT)
    for row, (ts, side, reason) in zip(reports, refusals, strict=True):
        row["ts_known"] = row["ts_decided"] = ts
        row["side"], row["reason"], row["kind"] = side, reason, REJECTED
    return ExecutionReport(
        up_to=0, committed=len(trace), orders=np.zeros(0, ORDER), trace=trace,
        marks=np.zeros(0, MARK), reports=reports,
    )  # fmt: skip


def decision(
    ts: int, bid: tuple[int, int], ask: tuple[int, int], touch: tuple[int, int] = (99, 101)
) -> np.void:
    """A decision; of each side the price wanted and the clamp."""
    row = np.zeros(1, DECISION)
    row["ts"], (row["bid"], row["ask"]) = ts, touch
    row["quote_bid"], row["bid_clamp"] = bid
    row["quote_ask"], row["ask_clamp"] = ask
    found: np.void = row[0]
    return found


def rows(*decisions: np.void) -> Rows:
    return np.array([row.item() for row in decisions], DECISION)


def test_each_reason_lasts_until_the_next_decision() -> None:
    reasons = Reasons(1)
    no = (0, NO_MODEL)
    reasons.take(report(rows(
        decision(100, no, no),
        decision(200, (99, NO_CLAMP), (101, PASSIVE)),
        decision(300, (0, MAX_POSITION), (101, NO_CLAMP)),
        decision(400, no, no),
        decision(500, (0, ONE_SIDED), (0, ONE_SIDED), touch=(99, 0)),
        decision(600, (0, ONE_SIDED), (0, ONE_SIDED), touch=(0, 0)),
        decision(700, (0, NO_CLAMP), (101, NO_CLAMP)),
    )))  # fmt: skip
    assert reasons.shares(0, 1000) == {
        "bid": {
            "warming_up": 0.2, "quoting": 0.1, "max_position": 0.1, "no_model": 0.1,
            "one_sided": 0.1, "no_book": 0.1, "not_wanted": 0.3,
        },
        "ask": {
            "warming_up": 0.2, "held_back": 0.1, "quoting": 0.4, "no_model": 0.1,
            "one_sided": 0.1, "no_book": 0.1,
        },
    }  # fmt: skip
    assert (reasons.code(0, BUY), reasons.code(0, SELL)) == ("not_wanted", "quoting")


def test_what_our_risk_gate_refuses_is_not_called_quoting() -> None:
    reasons = Reasons(1)
    wanted = (99, NO_CLAMP), (101, NO_CLAMP)
    trace = rows(*(decision(ts, *wanted) for ts in (0, 100, 200)))
    reasons.take(report(trace, [(100, BUY, RISK_ORDER_SIZE), (200, SELL, RISK_LOSS)]))
    assert reasons.shares(0, 400) == {
        "bid": {"quoting": 0.75, "risk_order_size": 0.25},
        "ask": {"quoting": 0.5, "risk_max_loss": 0.5},
    }


def test_before_the_first_decision_all_is_warming_up_and_no_time_has_no_shares() -> None:
    assert Reasons(2).shares(5, 25) == {"bid": {"warming_up": 1.0}, "ask": {"warming_up": 1.0}}
    assert Reasons(1).shares(-1, -1) == {"bid": {}, "ask": {}}


def test_each_instrument_has_shares_of_its_own() -> None:
    reasons = Reasons(2)
    quoted = decision(0, (99, NO_CLAMP), (101, NO_CLAMP))
    other = decision(50, (0, NO_CLAMP), (0, NO_CLAMP))
    other["instrument"] = 1
    reasons.take(report(rows(quoted, other)))
    assert reasons.shares(0, 100, 0)["bid"] == {"quoting": 1.0}
    assert reasons.shares(0, 100, 1)["bid"] == {"warming_up": 0.5, "not_wanted": 0.5}
    assert reasons.shares(0, 100)["bid"] == {
        "quoting": 0.5, "warming_up": 0.25, "not_wanted": 0.25,
    }  # fmt: skip


side_st = st.tuples(st.sampled_from([0, 50]), st.integers(0, len(CLAMP_NAMES) - 1))
step_st = st.tuples(
    st.integers(0, 10**9), side_st, side_st, st.tuples(*2 * [st.sampled_from([0, 60])]),
    st.sampled_from([None, *range(RISK_ORDER_SIZE, RISK_STALE + 1)]),
)  # fmt: skip


def by_hand(steps: list[Any], after: int) -> tuple[int, dict[str, int]]:
    """Our bid's times by reason, one decision after the other in plain Python; the whole time."""
    lasted: dict[str, int] = defaultdict(int)
    now, state, has_model = 0, "warming_up", False
    for gap, (price, clamp), (_, other), (bid, ask), refused in steps:
        lasted[state] += gap
        now += gap
        has_model |= bid > 0 and ask > 0 and not clamp == other == NO_MODEL
        if refused is not None:
            state = REASON_NAMES[refused]
        elif price:
            state = "held_back" if CLAMP_NAMES[clamp] == "passive" else "quoting"
        elif not bid and not ask:
            state = "no_book"
        else:
            name = CLAMP_NAMES[clamp]
            state = "not_wanted" if name in ("", "passive") else name
            state = "warming_up" if state == "no_model" and not has_model else state
    lasted[state] += after
    return now + after, {name: us for name, us in lasted.items() if us}


@given(st.lists(step_st, max_size=12), st.integers(0, 10**9), st.data())
def test_shares_add_up_to_one_and_do_not_depend_on_the_cut(
    steps: list[Any], after: int, data: st.DataObject
) -> None:
    steps = [(gap + 1, *rest) for gap, *rest in steps]  # refusals name a time: no two at one
    whole, expected = by_hand(steps, after)
    reasons, now = Reasons(1), 0
    held: list[np.void] = []
    refusals = []
    for gap, bid, ask, touch, refused in steps:
        now += gap
        held.append(decision(now, bid, ask, touch))
        refusals += [] if refused is None else [(now, BUY, refused)]
        if data.draw(st.booleans()):
            reasons.take(report(rows(*held), refusals))
            held, refusals = [], []
    reasons.take(report(rows(*held), refusals))
    shares = reasons.shares(0, now + after)
    assert shares["bid"] == {
        name: us / whole for name, us in sorted(expected.items(), key=lambda p: REASONS.index(p[0]))
    }
    if whole:
        assert all(math.isclose(sum(side.values()), 1.0) for side in shares.values())


def test_instruments_are_followed_apart_and_their_times_counted_together() -> None:
    reasons = Reasons(2)
    trace = rows(*(decision(ts, (99, NO_CLAMP), (101, NO_CLAMP)) for ts in (100, 200)))
    trace["instrument"] = 1
    reasons.take(report(trace))
    assert reasons.shares(0, 400)["bid"] == {"quoting": 300 / 800, "warming_up": 500 / 800}


def test_every_reason_has_words_and_small_shares_are_not_nil() -> None:
    assert set(WORDS) == set(REASONS)
    assert share_text({"no_book": 1e-6, "quoting": 1 - 1e-6}) == (
        "quoting over 99.9 %, no book under 0.1 %"
    )


@pytest.mark.parametrize("closed_loop", [True, False])
def test_a_run_says_what_its_sides_were_and_what_it_wanted_agrees(closed_loop: bool) -> None:
    run = backtest(EXAMPLE, {"engine.closed_loop": closed_loop}, run_dir=None)
    sides, wanted = run.summary["sides"], run.metrics["quoting"]
    for side in ("bid", "ask"):
        assert math.isclose(sum(sides[side].values()), 1.0)
        # ``presence`` counts from the first decision to the last, in another way.
        start, end = run.quotes["ts_decided"].astype("M8[us]").astype(int)[[0, -1]].tolist()
        scale = (end - start) / (run.summary["last_ts"] - run.summary["first_ts"])
        quoted = sides[side]["quoting"] + sides[side]["held_back"]
        assert math.isclose(quoted, wanted[side] * scale, abs_tol=1e-3)

"""What holds for every session, however it is cut up."""

from collections import defaultdict

import attrs
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mm.api import (
    BOOK_CROSSED,
    FILLED,
    FUNDING,
    LIMIT,
    RISK_COLLAR,
    RISK_LOSS,
    RISK_ORDER_RATE,
    RISK_ORDER_SIZE,
    RISK_POSITION,
    RISK_STALE,
    SETTLED,
    TAKER,
    TRADE,
)

from .naive_parts import Report
from .replay import END, replay
from .strategies import sessions
from .tapes import Session

REFUSALS = (
    RISK_ORDER_SIZE, RISK_POSITION, RISK_ORDER_RATE, RISK_COLLAR, RISK_LOSS, RISK_STALE,
)  # fmt: skip
CUTS = st.lists(st.booleans(), min_size=1, max_size=5)
LENGTHS = st.lists(st.integers(1, 6), min_size=1, max_size=5)


@settings(max_examples=40)
@given(sessions(), CUTS)
def test_cutting_the_stream_elsewhere_changes_nothing(session: Session, cuts: list[bool]) -> None:
    whole, _ = replay(session)
    assert replay(session, cuts)[0] == whole


@settings(max_examples=50)
@given(sessions(choices=3), CUTS, LENGTHS)
def test_blocks_of_decisions_give_what_one_at_a_time_gives(
    session: Session, cuts: list[bool], lengths: list[int]
) -> None:
    """The rest of a block that met a changed account is decided again, as the engine does."""
    singly, _ = replay(session)
    assert replay(session, cuts, lengths)[0] == singly


@settings(max_examples=40)
@given(sessions(), LENGTHS)
def test_an_answer_holds_all_that_is_known_by_then_and_no_more(
    session: Session, lengths: list[int]
) -> None:
    """But what our own gate refuses at the very time of the last answer is told with the next."""
    before = -1
    for answer in replay(session, lengths=lengths)[1]:
        known = answer.reports["ts_known"]
        assert known.tolist() == sorted(known.tolist())
        assert np.all(known <= answer.up_to)
        refused = np.isin(answer.reports["reason"], REFUSALS)
        assert np.all((before < known) | (refused & (known == before)))
        before = answer.up_to
    assert before == END


@settings(max_examples=40)
@given(sessions(plain=True))
def test_no_report_is_known_before_its_event_and_the_way_back(session: Session) -> None:
    heard = defaultdict(list)
    for event in session.tape:
        heard[event.ts_exchange].append(event.ts_local)
    for report in replay(session)[0].reports:
        if report["reason"] in REFUSALS or report["kind"] in (FUNDING, SETTLED):
            continue
        assert report["ts_known"] >= report["ts_venue"] + session.response
        assert report["ts_known"] >= min(heard[report["ts_venue"]])


@settings(max_examples=40)
@given(sessions(plain=True))
def test_nothing_happens_to_an_order_before_it_can_have_arrived(session: Session) -> None:
    outcome, _ = replay(session)
    sent = {order_id: ts for ts, order_id, _ in outcome.sent}
    for report in outcome.reports:
        if report["reason"] in REFUSALS or report["kind"] in (FUNDING, SETTLED):
            continue
        filled = report["kind"] == FILLED
        decided = sent[report["order_id"]] if filled else report["ts_decided"]
        assert report["ts_venue"] > decided + session.entry


@settings(max_examples=50)
@given(sessions())
def test_prints_and_orders_are_never_used_beyond_their_size(session: Session) -> None:
    """Rows are made to differ, so that a fill names its print."""
    tape = tuple(attrs.evolve(event, row=n + 1) for n, event in enumerate(session.tape))
    of_print: dict[int, int] = defaultdict(int)
    of_order: dict[int, int] = defaultdict(int)
    outcome, _ = replay(attrs.evolve(session, tape=tape))
    largest: dict[int, int] = defaultdict(int)
    for report in outcome.reports:
        order = report["order_id"]
        if report["kind"] != FILLED:
            largest[order] = max(largest[order], report["size"])
            continue
        if report["rule"] != BOOK_CROSSED:
            of_print[report["source_row"]] += report["size"]
        of_order[order] += report["size"]
        assert report["size"] > 0
        assert report["leaves"] >= 0
        assert of_order[order] <= largest[order]
    of_print.pop(0, None)
    for row, used in of_print.items():
        assert tape[row - 1].kind == TRADE
        assert used <= tape[row - 1].size


@settings(max_examples=50)
@given(sessions())
def test_makers_fill_at_their_price_and_takers_within_their_limit(session: Session) -> None:
    outcome, _ = replay(session)
    kinds = {order_id: command.type for _, order_id, command in outcome.sent if order_id}
    price: dict[int, int] = {}
    for report in outcome.reports:
        order = report["order_id"]
        if report["kind"] != FILLED:
            price[order] = report["price"]
        elif report["rule"] != TAKER:
            assert report["price"] == price[order]
        elif kinds[order] == LIMIT:
            assert (price[order] - report["price"]) * report["side"] >= 0


@settings(max_examples=50)
@given(sessions())
def test_the_fills_of_an_instrument_are_the_position_that_reduce_only_orders_see(
    session: Session,
) -> None:
    """A reduce-only order never leaves a larger position, nor one on the other side."""
    outcome, _ = replay(session)
    reduce_only = {order_id for _, order_id, c in outcome.sent if order_id and c.reduce_only}
    position: dict[int, int] = defaultdict(int)
    for report in outcome.reports:
        if report["kind"] != FILLED:
            continue
        before = position[report["instrument"]]
        position[report["instrument"]] += report["side"] * report["size"]
        if report["order_id"] in reduce_only:
            assert before * report["side"] < 0
            assert abs(position[report["instrument"]]) == abs(before) - report["size"]


@settings(max_examples=50)
@given(sessions())
def test_what_the_gate_refuses_never_reaches_the_venue(session: Session) -> None:
    outcome, _ = replay(session)
    sent = zip(outcome.sent, outcome.kept_back, strict=True)
    refused = {order_id for (_, order_id, _), kept in sent if kept and order_id}
    told = [report for report in outcome.reports if report["order_id"] in refused]
    assert all(report["reason"] in REFUSALS for report in told)
    assert outcome.refused == sum(outcome.kept_back)


@settings(max_examples=50)
@given(sessions())
def test_an_order_never_falls_back_in_its_queue(session: Session) -> None:
    """Only a replace that gives up its place puts lots ahead of an order again."""
    ahead: dict[int, float] = {}
    for report in replay(session)[0].reports:
        order = report["order_id"]
        if report["ahead_entry"] < 0:
            ahead.pop(order, None)
        else:
            assert report["ahead"] <= ahead.get(order, report["ahead_entry"])
            ahead[order] = report["ahead"]


@settings(max_examples=40)
@given(sessions(), st.data())
def test_the_past_does_not_move_with_the_future(session: Session, data: st.DataObject) -> None:
    """Whatever comes after a time, what was known by that time stays."""
    ts = data.draw(st.integers(90, 120))
    past = tuple(event for event in session.tape if event.ts_local <= ts)
    whole, _ = replay(session)
    cut, _ = replay(attrs.evolve(session, tape=past))
    assert known_by(whole.reports, ts) == known_by(cut.reports, ts)
    assert [row for row in whole.sent if row[0] <= ts] == [row for row in cut.sent if row[0] <= ts]


def known_by(reports: list[Report], ts: int) -> list[Report]:
    return [report for report in reports if report["ts_known"] <= ts]

"""Several markets in one venue: what happens on one is what happens there in a run of its own."""

from collections.abc import Iterator
from typing import Any

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from mm.api import BUY
from mm.core.venue import SimulatedVenue

from .naive_parts import Outcome
from .replay import replay, terms_of
from .strategies import sessions
from .tapes import Decision, Event, Session, cancel, limit, messages, trade


def alone(session: Session) -> Session:
    """Leave out what ties a market to others: chance, one loss limit, a schedule's first day."""
    model = "queue" if session.model in ("probabilistic", "poisson") else session.model
    return attrs.evolve(
        session,
        tape=tuple(_of_first(session)),
        decisions=tuple(
            Decision(one.ts, (tuple(c for c in one.choices[0] if c.instrument == 0),))
            for one in session.decisions
        ),
        instruments=1,
        model=model,
        jitter=0.0,
        limits=attrs.evolve(session.limits, loss=0.0),
        funding=None,
        wakes=False,
    )


def _of_first(session: Session) -> Iterator[Event]:
    """Give the first instrument's events; the last one left of a message ends it."""
    for message in messages(session.tape):
        mine = [event for event in message if event.instrument == 0]
        for event in mine:
            yield attrs.evolve(event, end=int(event is mine[-1]))


def at_the_same_times(first: Session, second: Session) -> tuple[Session, Session]:
    """Have both decide, or do nothing, whenever either decides: each decision looks for silence."""
    times = sorted({one.ts for session in (first, second) for one in session.decisions})
    both = []
    for session in (first, second):
        told: dict[int, tuple[Any, ...]] = dict.fromkeys(times, ())
        for one in session.decisions:
            told[one.ts] += one.choices[0]
        decisions = tuple(Decision(ts, (commands,)) for ts, commands in told.items())
        both.append(attrs.evolve(session, decisions=decisions))
    return both[0], both[1]


def together(first: Session, second: Session) -> Session:
    """Put the tapes together by local time, and the decisions of each time."""
    parts: list[tuple[int, int, list[Event]]] = []
    for instrument, session in enumerate((first, second)):
        for message in messages(session.tape):
            moved = [attrs.evolve(event, instrument=instrument) for event in message]
            parts.append((message[0].ts_local, instrument, moved))
    parts.sort(key=lambda part: part[:2])
    decisions = []
    for one, other in zip(first.decisions, second.decisions, strict=True):
        moved_commands = tuple(attrs.evolve(c, instrument=1) for c in other.choices[0])
        decisions.append(Decision(one.ts, (one.choices[0] + moved_commands,)))
    tape = tuple(event for part in parts for event in part[2])
    return attrs.evolve(first, tape=tape, decisions=tuple(decisions), instruments=2)


def reports(outcome: Outcome, instrument: int) -> list[dict[str, Any]]:
    """What was reported of an instrument, but for the numbers that count through all."""
    through = ("order_id", "instrument")
    return [
        {name: value for name, value in report.items() if name not in through}
        for report in outcome.reports
        if report["instrument"] == instrument
    ]


@settings(max_examples=80)
@given(
    sessions(),
    sessions(),
    st.lists(st.booleans(), max_size=4),
    st.sampled_from([(1,), (7,), (3, 1)]),
)
def test_each_market_is_as_it_would_be_alone(
    first: Session, second: Session, cuts: list[bool], lengths: tuple[int, ...]
) -> None:
    """Whatever their clocks, latencies, fill models and limits."""
    pair = at_the_same_times(alone(first), alone(second))
    venue = SimulatedVenue(markets=[terms_of(one) for one in pair], seed=0)
    both, _ = replay(together(*pair), cuts, lengths, venue=venue)
    known = [report["ts_known"] for report in both.reports]
    assert known == sorted(known)
    for instrument, session in enumerate(pair):
        expected, _ = replay(session)
        assert reports(both, instrument) == reports(expected, 0)


def test_commands_do_not_pile_up_behind_one_to_a_market_that_is_silent() -> None:
    """A thousand cancels on the second market, while one to the first is never heard of."""
    first = Session(tape=(trade(1, 100, 1, BUY, 1),), decisions=(), entry=5)
    tape = tuple(trade(ts, 100, 1, BUY, ts) for ts in range(2, 2000))
    second = Session(tape=tape, decisions=(), entry=0)
    venue = SimulatedVenue(markets=[terms_of(first), terms_of(second)], seed=0)
    decisions = [Decision(1, ((limit(1, BUY, 90, 1),),))]
    for ts in range(2, 1900, 2):
        command = attrs.evolve(cancel(7), instrument=1)
        decisions.append(Decision(ts, ((command,),)))
    events = tuple(attrs.evolve(event, instrument=1) for event in tape)
    session = attrs.evolve(
        first, tape=(*first.tape, *events), decisions=tuple(decisions), instruments=2
    )
    outcome, _ = replay(session, venue=venue)
    assert len(outcome.reports) == len(decisions) - 1  # each cancel is rejected, the order waits
    assert len(venue._commands) <= 64

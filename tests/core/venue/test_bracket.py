"""Shadow venues do what the main one did, with another fill model."""

from typing import cast

import attrs
import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mm.api import CLEAR, FILLED, LEVEL, ExecutionReport, Rows
from mm.core.bracket import Bracket, Shadow
from mm.core.ledger import Ledger

from .replay import fill_model, real_venue, replay
from .strategies import resting, sessions, tapes
from .tapes import Command, Decision, Event, Session


@attrs.define
class Notes:
    """Takes what a ledger would, and keeps it."""

    answers: list[ExecutionReport] = attrs.field(factory=list)

    def apply(self, answer: ExecutionReport) -> None:
        self.answers.append(answer)


def shadowed(session: Session, lengths: list[int], model: str) -> tuple[Notes, Notes]:
    """Play a session with a shadow; what the main venue and the shadow reported."""
    shadow, main = Notes(), Notes()
    venue = real_venue(session, fill_model(model, session.crosses), alone=True)
    bracket = Bracket([Shadow(name="", venue=venue, ledger=cast(Ledger, shadow))])
    main.answers = replay(session, lengths=lengths, bracket=bracket)[1]
    return main, shadow


def same(ours: list[Rows], theirs: list[Rows]) -> bool:
    """Compare tables by what they show, so that NaN is NaN and padding does not count."""
    return repr(np.concatenate(ours).tolist()) == repr(np.concatenate(theirs).tolist())


LENGTHS = st.lists(st.integers(1, 6), min_size=1, max_size=5)


@settings(max_examples=50)
@given(sessions(), LENGTHS)
def test_the_chosen_model_as_a_shadow_gives_the_main_result(
    session: Session, lengths: list[int]
) -> None:
    main, shadow = shadowed(session, lengths, session.model)
    for table in ("reports", "orders", "marks"):
        ours = [getattr(answer, table) for answer in main.answers]
        theirs = [getattr(answer, table) for answer in shadow.answers]
        assert same(ours, theirs)


@settings(max_examples=40)
@given(sessions(), LENGTHS)
def test_every_shadow_carries_out_the_same_commands(session: Session, lengths: list[int]) -> None:
    main, shadow = shadowed(session, lengths, "pessimistic")
    ours = [answer.orders for answer in main.answers]
    theirs = [answer.orders for answer in shadow.answers]
    assert same(ours, theirs)


def filled(session: Session, model: str) -> int:
    reports = replay(attrs.evolve(session, model=model))[0].reports
    return sum(report["size"] for report in reports if report["kind"] == FILLED)


@settings(max_examples=40)
@given(tapes(1), resting())
def test_a_resting_order_fills_no_less_under_a_kinder_model(
    tape: tuple[Event, ...], order: Command
) -> None:
    """For one passive order, whose fills do not change what happens to it later.

    Changes of levels come in the order in which they were made. One that comes late is set against
    other prints by each model, as far as that model had moved the order up before: parts of a lot.
    With several, a kinder model may fill another one first and leave less of a print.
    """
    made = [event.ts_exchange for event in tape if event.kind in (LEVEL, CLEAR)]
    assume(made == sorted(made))
    session = Session(tape, (Decision(100, ((attrs.evolve(order, post_only=1),),)),))
    kinds = ("prob_power", "prob_power_2", "prob_power_3", "prob_log", "prob_log_2")
    worst, queue, best = (filled(session, name) for name in ("pessimistic", "queue", "optimistic"))
    assert worst <= queue
    for name in kinds:
        assert queue <= filled(session, name) <= best

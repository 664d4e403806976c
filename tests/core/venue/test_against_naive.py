"""The compiled venue and the naive one tell the same story, word for word."""

from hypothesis import given, settings

from .naive import simulate
from .replay import replay
from .strategies import sessions
from .tapes import Session


@settings(max_examples=300)
@given(sessions())
def test_the_venue_reports_what_the_naive_one_reports(session: Session) -> None:
    outcome, _ = replay(session)
    expected = simulate(session)
    assert outcome.reports == expected.reports
    assert outcome.sent == expected.sent
    assert outcome.marks == expected.marks
    assert outcome == expected

"""Worked examples of funding: when it is due, what counts, and that it is paid once."""

import attrs

from mm.core.venue import FundingSchedule

from .replay import replay, story
from .tapes import Event, Session, ticker, trade

MARK = 50_250_000


def told(*tape: Event, funding: FundingSchedule | None = None) -> list[str]:
    return story(replay(Session(tape, (), funding=funding))[0])


def quiet(ts: int) -> Event:
    return trade(ts, 100, 1, 1, 1)


def test_the_last_rate_and_mark_announced_before_the_time_count() -> None:
    """Due at 10: the second ticker's rate, and the mark of the third, which has no rate."""
    tape = (ticker(1, MARK, 5, 10), ticker(2, 0, 7, 10), ticker(3, MARK + 1, 9, 0), quiet(10))
    assert told(*tape) == [f"funding 7 on {MARK + 1} at 10"]


def test_funding_is_paid_at_the_first_event_made_at_or_after_its_time() -> None:
    assert told(ticker(1, MARK, 5, 10), quiet(9)) == []
    report = replay(Session((ticker(1, MARK, 5, 10), quiet(12)), (), response=4))[0].reports[0]
    assert (report["ts_venue"], report["ts_known"]) == (10, 16)


def test_a_ticker_that_still_names_a_time_that_was_paid_does_not_make_it_due_again() -> None:
    """Also one made before the time and heard after it."""
    late = attrs.evolve(ticker(12, MARK, 5, 10), ts_exchange=9)
    tape = (ticker(1, MARK, 5, 10), quiet(10), ticker(11, MARK, 5, 10), late, quiet(13))
    assert told(*tape) == [f"funding 5 on {MARK} at 10"]


def test_a_time_that_is_past_when_it_is_first_announced_is_not_paid() -> None:
    assert told(ticker(20, MARK, 5, 10), quiet(21)) == []


def test_a_ticker_that_names_the_next_time_too_early_does_not_cancel_what_is_owed() -> None:
    """Made at 9, one before the funding of 10 is due, as seen with a recorder's slow clock."""
    tape = (ticker(1, MARK, 5, 10), ticker(9, MARK, 7, 20), quiet(10), quiet(20))
    assert told(*tape) == [f"funding 5 on {MARK} at 10", f"funding 7 on {MARK} at 20"]
    silence = (ticker(1, MARK, 5, 10), ticker(9, MARK, 7, 20), quiet(40))
    assert told(*silence) == [f"funding 5 on {MARK} at 10", f"funding 7 on {MARK} at 20"]


def test_a_schedule_is_paid_for_every_time_also_those_in_a_silence() -> None:
    """Every 10 µs from 5 on: the stream starts at 5, which is past; then 15, and 25 and 35."""
    schedule = FundingSchedule(rate=3, first_us=86_400_000_000 + 5, interval_us=10)
    tape = (quiet(5), quiet(14), quiet(15), quiet(16), quiet(40))
    assert told(*tape, funding=schedule) == [
        "funding 3 on 0 at 15",
        "funding 3 on 0 at 25",
        "funding 3 on 0 at 35",
    ]


def test_a_schedule_does_not_listen_to_the_ticker() -> None:
    schedule = FundingSchedule(rate=3, first_us=86_400_000_000 + 5, interval_us=10)
    tape = (ticker(5, MARK, 9, 8), quiet(10), quiet(15))
    assert told(*tape, funding=schedule) == [f"funding 3 on {MARK} at 15"]


def test_a_schedule_names_the_next_time_of_the_day() -> None:
    """BitMEX: every eight hours from 04:00 UTC."""
    hour = 3_600_000_000
    schedule = FundingSchedule(rate=1, first_us=4 * hour, interval_us=8 * hour)
    day = 20_000 * 24 * hour
    times = [schedule.after(day + h * hour) // hour - 20_000 * 24 for h in (0, 3, 4, 13, 20, 23)]
    assert times == [4, 4, 12, 20, 28, 28]

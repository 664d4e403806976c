"""What fires when: worked examples, and what holds whatever a quantity does."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm.alerts.message import message, sentence
from mm.alerts.quantities import QUANTITIES, value_of
from mm.alerts.rules import Condition, Event, Rule, Rules, parse_condition
from mm.run.figures import FIGURES

SILENCE = Condition("silence_s", ">", 30.0)


def rules(for_s: float = 0.0, every_s: float = 60.0) -> Rules:
    return Rules([Rule(name="quiet", condition=SILENCE, for_s=for_s, every_s=every_s)])


def told(rules: Rules, *looks: tuple[float, float]) -> list[tuple[float, str]]:
    """Look at each (time, silence); say when what was told."""
    return [
        (now_s, event.kind)
        for now_s, value in looks
        for event in rules.step(now_s, {"silence_seconds": value})
    ]


def test_a_rule_fires_once_and_clears() -> None:
    looks = ((0, 0.0), (1, 31.0), (2, 32.0), (3, 30.0), (4, 0.0))
    assert told(rules(), *looks) == [(1, "firing"), (3, "resolved")]


def test_it_is_told_again_while_it_lasts() -> None:
    looks = [(float(n), 40.0) for n in range(150)]
    assert told(rules(), *looks) == [(0, "firing"), (60, "firing"), (120, "firing")]


def test_what_flutters_is_told_once_in_every_s() -> None:
    looks = [(float(n), 40.0 if n % 2 == 0 else 0.0) for n in range(100)]
    assert told(rules(), *looks) == [
        (0, "firing"), (1, "resolved"), (60, "firing"), (61, "resolved"),
    ]  # fmt: skip


def test_it_has_to_last_for_s_before_it_fires() -> None:
    looks = ((0, 40.0), (4, 40.0), (5, 0.0), (6, 40.0), (15, 40.0), (16, 40.0))
    assert told(rules(for_s=10.0), *looks) == [(16, "firing")]


def test_what_is_not_known_changes_nothing() -> None:
    looks = ((0, 40.0), (1, math.nan), (2, math.inf), (3, 0.0), (4, math.nan))
    assert told(rules(), *looks) == [(0, "firing"), (3, "resolved")]


def test_the_end_of_the_run_is_told_of_what_fires_only() -> None:
    followed = rules()
    told(followed, (0, 0.0))
    assert followed.end(1.0) == []
    told(followed, (2, 40.0))
    (event,) = followed.end(5.0)
    assert (event.kind, event.value, event.lasted_s) == ("ended", 40.0, 3.0)


@given(
    st.lists(st.tuples(st.floats(0.01, 50), st.floats(0, 60) | st.just(math.nan)), max_size=80),
    st.floats(0, 40),
    st.floats(1, 90),
)
def test_whatever_happens_firing_and_clearing_alternate_and_keep_their_distance(
    steps: list[tuple[float, float]], for_s: float, every_s: float
) -> None:
    followed, now_s, fired_s, firing = rules(for_s, every_s), 0.0, -math.inf, False
    known = [(0.0, 0.0)]  # looks at which the quantity was known
    for step_s, value in steps:
        now_s += step_s
        if not math.isnan(value):
            known.append((now_s, value))
        for event in followed.step(now_s, {"silence_seconds": value}):
            if event.kind == "firing":
                assert value > 30
                assert now_s - fired_s >= every_s - 1e-9
                began_s = max(t for t, v in known if v <= 30)
                assert now_s - began_s >= for_s
                fired_s, firing = now_s, True
            else:
                assert (event.kind, firing) == ("resolved", True)
                assert value <= 30
                firing = False
        assert followed.firing == (("quiet",) if firing else ())
        assert not (firing and known[-1][1] <= 30), "cleared, and not told"


@given(st.sampled_from(sorted(QUANTITIES)), st.sampled_from((">", ">=", "<", "<=")), st.floats(
    allow_nan=False, allow_infinity=False
))  # fmt: skip
def test_a_condition_is_read_as_it_is_written(name: str, sign: str, limit: float) -> None:
    read = parse_condition(f"  {name}{sign} {limit!r} ")
    assert (read.quantity, read.sign, read.limit) == (name, sign, limit)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("silence > 30", "unknown quantity 'silence', did you mean 'silence_s'?"),
        ("zebra > 30", "unknown quantity 'zebra', expected one of: silence_s, gap_s, loss"),
        ("silence_s = 30", "'silence_s = 30' is no condition, expected one such as"),
        ("", "'' is no condition"),
        ("silence_s > thirty", "the limit 'thirty' is no finite number"),
        ("silence_s > 1e999", "the limit '1e999' is no finite number"),
    ],
)
def test_what_is_no_condition_is_one_sentence(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=f"^{fault[:12].replace('(', '.')}") as caught:
        parse_condition(text)
    assert fault in str(caught.value)


def test_every_quantity_is_made_of_a_figure_that_is_shown_elsewhere() -> None:
    assert {one.figure for one in QUANTITIES.values()} <= set(FIGURES)
    assert value_of("loss", {"equity": -2.0}) == 2.0
    assert value_of("loss", {"equity": 2.0}) == 0.0
    assert value_of("inventory", {"position_contracts": -5.0}) == 5.0
    assert value_of("lag_ms", {"arrival_to_engine_lag_p99_seconds": 0.25}) == 250.0
    assert value_of("disk_free_mb", {"disk_free_bytes": 5e6}) == 5.0
    assert math.isnan(value_of("gap_s", {}))


def test_an_alert_is_a_sentence_and_one_line_of_json() -> None:
    rule = Rule(name="quiet", condition=SILENCE, for_s=0.0, every_s=60.0)
    event = Event(rule=rule, kind="resolved", value=0.25, lasted_s=45.0)
    text = "XBTUSD: quiet: silence_s > 30 is over: it is 0.25 s, after 45 s"
    assert sentence(event, "XBTUSD") == text
    written = message(event, "XBTUSD", "2026-01-01T00:00:00.000+00:00", 2)
    assert b"\n" not in written
    assert json.loads(written) == {
        "text": text, "alert": "quiet", "state": "resolved", "when": "silence_s > 30",
        "quantity": "silence_s", "value": 0.25, "unit": "s", "lasted_s": 45.0,
        "symbol": "XBTUSD", "at": "2026-01-01T00:00:00.000+00:00", "left_out": 2,
    }  # fmt: skip

"""One client's conversation: each request, in each state, and its answer."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.plugins.bitmex_mock_client import small_market

from mm_bitmex.mock import Market, parse_faults
from mm_bitmex.mock.feed import Message
from mm_bitmex.mock.link import Act, Link, Outgoing
from mm_bitmex.mock.plan import Plan
from mm_bitmex.mock.session import MAX_ERRORS, Session


def session_of(market: Market, faults: str = "") -> Session:
    return Session(market, Link(Plan(parse_faults(faults), 0), 1))


def said(items: list[Outgoing]) -> list[dict[str, Any]]:
    return [json.loads(item.text) for item in items if isinstance(item, Message)]


def kinds(items: list[Outgoing]) -> list[str]:
    """What each answer is: its topic if acknowledged, table and action, or status."""
    names = []
    for m in said(items):
        if "table" in m:
            names.append(f"{m['table']} {m['action']}")
        else:
            names.append(str(m.get("subscribe") or m.get("unsubscribe") or m.get("status")))
    return names


def ask(session: Session, *topics: str, op: str = "subscribe") -> list[Outgoing]:
    return session.receive(json.dumps({"op": op, "args": list(topics)}), 0.0)


@pytest.fixture
def market(tmp_path: Path) -> Market:
    return small_market(tmp_path)


def test_2026_answers_topic_by_topic_and_2021_acknowledges_all_first(tmp_path: Path) -> None:
    topics = ("trade:XBTUSD", "quote:XBTUSD")
    new = session_of(small_market(tmp_path))
    assert kinds(ask(new, *topics)) == [
        "trade:XBTUSD", "trade partial", "quote:XBTUSD", "quote partial",
    ]  # fmt: skip
    old = session_of(small_market(tmp_path, profile="2021"))
    assert kinds(ask(old, *topics)) == [
        "trade:XBTUSD", "quote:XBTUSD", "trade partial", "quote partial",
    ]  # fmt: skip


def test_the_query_string_subscribes_too(market: Market) -> None:
    path = "/realtime?subscribe=instrument,orderBookL2_25:XBTUSD"
    welcome, *rest = session_of(market).open(path, 0.0, 0, 9)
    assert said([welcome])[0]["info"]
    assert kinds(rest) == [
        "instrument", "instrument partial", "orderBookL2_25:XBTUSD", "orderBookL2_25 partial",
    ]  # fmt: skip


def test_a_bare_string_is_echoed_as_a_bare_string(market: Market) -> None:
    request = {"op": "subscribe", "args": "trade:XBTUSD"}
    ack = said(session_of(market).receive(json.dumps(request), 0.0))[0]
    assert ack["request"] == request


@pytest.mark.parametrize(
    ("text", "status", "error"),
    [
        ('{"op":"subscribe","args":["nope:XBTUSD"]}', 400, "Unknown table: nope"),
        ('{"op":"subscribe","args":["trade:ABC"]}', 400, "Unknown or expired symbol."),
        ('{"op":"subscribe","args":["order"]}', 401, "User requested an account-locked"),
        ('{"op":"unsubscribe","args":["trade"]}', 400, "You are not subscribed to this topic"),
        ('{"op":"authKeyExpires","args":["k",1,"s"]}', 401, "Signature not valid."),
        ('{"op":"cancelAllAfter","args":60000}', 401, "Signature not valid."),
        ('{"op":"ping"}', 400, "Unrecognized request."),
        ('{"op":"subscribe","args":[]}', 400, "Unrecognized request."),
        ('{"op":"subscribe","args":[7]}', 400, "Unrecognized request."),
        ('{"op":["subscribe"]}', 400, "Unrecognized request."),
        ("[]", 400, "Unrecognized request."),
        ("{", 400, "Unrecognized request."),
        ("[" * 100_000, 400, "Unrecognized request."),
    ],
)
def test_what_cannot_be_is_refused(market: Market, text: str, status: int, error: str) -> None:
    (answer,) = said(session_of(market).receive(text, 0.0))
    assert answer["status"] == status
    assert answer["error"].startswith(error)


def test_ping_is_answered_by_pong_and_help_by_a_list_of_topics(market: Market) -> None:
    session = session_of(market)
    (pong,) = session.receive("ping", 0.0)
    assert isinstance(pong, Message)
    assert pong.text == "pong"
    (help_text,) = said(session.receive("help", 0.0))
    assert "trade" in help_text["subscriptionSubjects"]["public"]


def test_a_second_subscription_is_an_error_and_one_after_unsubscribing_is_not(
    market: Market,
) -> None:
    session = session_of(market)
    ask(session, "trade:XBTUSD")
    (again,) = said(ask(session, "trade:XBTUSD"))
    assert again["error"] == "You are already subscribed to this topic: trade:XBTUSD"
    assert kinds(ask(session, "trade:XBTUSD", op="unsubscribe")) == ["trade:XBTUSD"]
    assert session.topics == ()
    assert kinds(ask(session, "trade:XBTUSD")) == ["trade:XBTUSD", "trade partial"]


def test_messages_flow_for_what_is_subscribed_and_for_nothing_else(market: Market) -> None:
    session = session_of(market)
    ask(session, "trade:XBTUSD")
    seen = []
    while market.due_us is not None:
        for message in market.advance():
            seen += kinds(session.publish(message, 0.0))
    assert seen == ["trade insert", "trade insert"]


def test_too_many_errors_end_the_session(market: Market) -> None:
    session = session_of(market)
    for _ in range(MAX_ERRORS):
        assert len(session.receive("junk", 0.0)) == 1
    assert session.receive("junk", 0.0)[1:] == [Act("close", amount=1008)]


def test_a_late_partial_holds_the_changes_back(market: Market) -> None:
    session = session_of(market, "late_partial=2")
    assert kinds(ask(session, "orderBookL2:XBTUSD")) == ["orderBookL2:XBTUSD"]
    assert session.publish(market.advance()[0], 1.0) == []
    assert session.wake_at == 2.0
    assert kinds(session.wake(2.0)) == ["orderBookL2 partial"]
    assert session.wake_at is None


def test_a_change_can_overtake_the_partial(market: Market) -> None:
    session = session_of(market, "delta_before_partial")
    ask(session, "orderBookL2:XBTUSD")
    assert kinds(session.publish(market.advance()[0], 1.0)) == ["orderBookL2 update"]
    assert kinds(session.wake(2.0)) == ["orderBookL2 partial"]


def test_a_partial_can_come_twice_but_not_for_ever(market: Market) -> None:
    session = session_of(market, "duplicate_partial,delay_s=1")
    ask(session, "orderBookL2:XBTUSD")
    assert kinds(session.wake(1.0)) == ["orderBookL2 partial"]
    assert session.wake_at is None


def test_what_a_client_cannot_see_is_mended_once_faults_are_over(market: Market) -> None:
    session = session_of(market, "drop,count=1")
    ask(session, "orderBookL2:XBTUSD")
    assert session.publish(market.advance()[0], 0.0) == []
    assert session.wake_at == 2.0
    assert kinds(session.wake(2.0)) == ["orderBookL2 partial"]

"""Faults: how they are asked for, that each can be seen, and that a seed repeats them."""

import json
from pathlib import Path

import pytest
from tests.plugins.bitmex_mock_client import (
    SUBSCRIBE,
    Reader,
    connected,
    small_market,
    synthetic_market,
    texts,
)
from trio.testing import MockClock

from mm.api import UsageError
from mm_bitmex.mock import fault_list, open_exchange, parse_faults
from mm_bitmex.mock.faults import NAMES, SETTINGS
from mm_bitmex.mock.feed import Message
from mm_bitmex.mock.link import HUGE_BYTES, Act, Kind, Link, Outgoing
from mm_bitmex.mock.plan import InjectedFault, Plan

DELETE = Message('{"data":[{"id":7}]}', "orderBookL2", "XBTUSD", "delete", 1)


def test_a_list_of_faults_is_read() -> None:
    faults = parse_faults("drop=0.25, half_open ,late_partial,clock_skew=-3,for=30,count=2")
    assert faults.shares == {"drop": 0.25, "half_open": 1.0}
    assert (faults.late_partial, faults.clock_skew, faults.for_s, faults.count) == (2, -3, 30, 2)
    assert parse_faults("").shares == {}


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ("dorp=1", "unknown fault 'dorp', did you mean 'drop'?"),
        ("drop=2", "fault 'drop' is '2', expected a number: share of messages that are lost"),
        ("drop=", "fault 'drop' is '', expected a number"),
        ("drop=nan", "fault 'drop' is 'nan', expected a number"),
        ("for=-1", "fault 'for' is '-1', expected a number"),
        ("count=inf", "fault 'count' is 'inf', expected a number"),
        ("drop=1,drop=1", "fault 'drop' is given twice"),
        ("count", "fault 'count' has no number; write count=N"),
    ],
)
def test_a_list_that_makes_no_sense_is_one_sentence(spec: str, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_faults(spec)
    assert str(caught.value).startswith(text)


def test_every_name_is_listed_with_its_meaning() -> None:
    lines = fault_list().splitlines()
    assert [line.split()[0] for line in lines] == [*NAMES, *SETTINGS]


def delivered(spec: str, *messages: Message) -> list[Outgoing]:
    link = Link(Plan(parse_faults(spec), 0), 1)
    return [item for message in messages for item in link.deliver(message, 0.0)]


def act_kinds(items: list[Outgoing]) -> list[str]:
    return [item.kind if isinstance(item, Act) else "text" for item in items]


@pytest.mark.parametrize(
    ("spec", "kinds"),
    [
        ("", ["text"]),
        ("drop", []),
        ("missing_delete", []),
        ("duplicate", ["text", "text"]),
        ("delay", ["pause", "text"]),
        ("split", ["split"]),
        ("disconnect", ["text", "cut"]),
        ("close_1011", ["text", "close"]),
        ("half_open", ["text", "silence"]),
        ("slow_loris", ["text", "dribble"]),
        ("huge", ["text", "text"]),
    ],
)
def test_a_fault_does_what_its_name_says(spec: str, kinds: list[Kind]) -> None:
    assert act_kinds(delivered(spec, DELETE)) == kinds


def test_a_reordered_message_comes_after_the_next() -> None:
    second = Message("second", "trade", "XBTUSD", "insert", 2)
    out = delivered("reorder", DELETE, second)
    assert [item.text for item in out] == ["second", DELETE.text]


def test_an_unknown_id_stands_in_a_true_row() -> None:
    (out,) = delivered("unknown_id", DELETE)
    assert json.loads(out.text) == {"data": [{"id": 97}]}


def test_a_huge_frame_precedes_the_message() -> None:
    huge, after = delivered("huge", DELETE)
    assert len(huge.text) > HUGE_BYTES
    assert after is DELETE


def test_missing_deletes_leave_other_changes_alone() -> None:
    insert = Message("x", "orderBookL2", "XBTUSD", "insert", 1)
    assert delivered("missing_delete", insert) == [insert]


def test_faults_end_after_their_time_or_their_number() -> None:
    timed, counted = Plan(parse_faults("drop,for=10"), 0), Plan(parse_faults("drop,count=2"), 0)
    timed.begin(5.0)
    assert [timed.hits("drop", 1, 1, now) for now in (5.0, 14.9, 15.0)] == [True, True, False]
    assert [counted.hits("drop", 1, n, 0.0) for n in (1, 2, 3)] == [True, True, False]
    assert timed.over(15.0)
    assert counted.over(0.0)


def test_a_draw_depends_on_seed_fault_connection_and_message_only() -> None:
    def injected_faults(seed: int, order: list[int]) -> set[InjectedFault]:
        plan = Plan(parse_faults("drop=0.3,delay=0.3"), seed)
        for number in order:
            for name in ("delay", "drop"):
                plan.hits(name, 1, number, 0.0)
        return set(plan.injected_faults)

    forth = injected_faults(1, list(range(200)))
    assert forth == injected_faults(1, list(range(199, -1, -1)))
    assert forth != injected_faults(2, list(range(200)))
    # 400 draws at 0.3: mean 120, standard deviation 9.2; five of them either way.
    assert 74 < len(forth) < 166


async def run(spec: str, seed: int, path: Path) -> tuple[list[str], tuple[InjectedFault, ...]]:
    """Everything that a client hears of a small market."""
    market = small_market(path, loop=False)
    found: list[str] = []
    async with (
        open_exchange(market, faults=spec, seed=seed, port=None) as exchange,
        connected(exchange) as socket,
    ):
        await socket.send_message(SUBSCRIBE)
        found += await texts(socket)
    return found, exchange.injected_faults


MIXED = "drop=0.2,duplicate=0.2,reorder=0.2,junk=0.2,delay=0.2,unknown_id=0.2,split=0.2"


async def test_the_same_seed_gives_the_same_frames(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    first = await run(MIXED, 3, tmp_path)
    assert first == await run(MIXED, 3, tmp_path)
    assert first[1]
    assert first != await run(MIXED, 4, tmp_path)


@pytest.mark.parametrize("spec", ["drop=0.1", "reorder=0.1", "missing_delete=0.3", "empty_partial"])
@pytest.mark.parametrize("seed", range(2))
async def test_after_faults_the_book_is_whole_again(
    spec: str, seed: int, autojump_clock: MockClock, tmp_path: Path
) -> None:
    market = synthetic_market(tmp_path, 5, seed)
    faults = f"{spec},for=1"
    async with open_exchange(market, faults=faults, seed=seed, port=None) as exchange:
        async with connected(exchange) as socket:
            await socket.send_message(SUBSCRIBE)
            heard = await texts(socket)
        assert exchange.injected_faults
        partials = [i for i, text in enumerate(heard) if '"orderBookL2","action":"partial"' in text]
        assert len(partials) == 2
        reader = Reader()
        for text in heard[partials[1] :]:
            reader.take(text)
        assert reader.book == exchange.book("XBTUSD")


@pytest.mark.parametrize(
    ("spec", "status"),
    [("refuse_403", 403), ("refuse_419", "419"), ("refuse_429", 429), ("refuse_503", 503)],
)
async def test_a_subscription_can_be_refused_in_band(
    spec: str, status: object, tmp_path: Path, autojump_clock: MockClock
) -> None:
    heard, injected_faults = await run(f"{spec},count=1", 0, tmp_path)
    assert json.loads(heard[1])["status"] == status
    assert '"subscribe":"trade:XBTUSD"' in heard[2]
    assert [injected_fault.name for injected_fault in injected_faults] == [spec]


async def test_junk_is_never_a_message_of_the_market(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    healthy, _ = await run("", 0, tmp_path)
    spoiled, _ = await run("junk", 0, tmp_path)
    assert [text for text in spoiled if text in healthy] == healthy
    assert len(spoiled) > len(healthy)

"""What is shown of a live run: one calm picture on a terminal, lines elsewhere."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
import trio
from rich.console import Console
from trio.testing import MockClock

from mm.api import WORKING, Account, Health, News
from mm.cli.live_log import LiveLog
from mm.cli.live_state import live_state
from mm.cli.live_view import picture, show_view
from mm.config import load_config
from mm.run.session import Plan, plan_run

LIVE = Path(__file__).parents[2] / "example" / "live.toml"
TS = 1_795_000_000_123_000  # 2026-11-18 11:06:40.123 UTC

HEALTH = Health(
    state="live",
    is_live=True,
    touch=(645_977, 123, 645_978, 45),
    rows={"trades": 1, "quotes": 2, "book": 3, "derivative_ticker": 0},
    counters={"connections": 2, "gaps": 1, "resubscriptions": 3},
    gaps=(),
    lags={
        "exchange_to_arrival": {"p50": 8.1, "p90": 20.0, "p99": 120.5, "max": 300.0},
        "arrival_to_engine": {"p50": 0.2, "p90": 0.4, "p99": 1.5, "max": 9.0},
    },
    news=(
        News(ts=TS, level="warning", event="gap", text="the book is not known: " + "because " * 20),
    ),
)


@pytest.fixture
def plan() -> Plan:
    """The shipped run file, with the grid given so that nobody is asked, and some state."""
    sets = ("instrument.tick_size=0.1", "instrument.lot_size=100")
    plan = trio.run(plan_run, load_config(LIVE, None, sets))
    working = np.zeros(2, WORKING)
    working["side"], working["price"], working["size"] = (1, -1), (645_970, 645_981), (3, 2)
    progress = plan.parts.progress
    progress.fills, progress.decisions, progress.position, progress.equity = 7, 1234, -5, 1.5e-6
    progress.account = Account(
        up_to=0, position=(-5,), average_price=(64_597.25,), cost=(0.0,), cash=0.0,
        working=working, next_client_id=3,
    )  # fmt: skip
    return plan


def drawn(plan: Plan, health: Health) -> list[str]:
    out = io.StringIO()
    state = live_state(plan.parts.progress, health, plan.parts.instruments[0])
    Console(file=out, width=80).print(picture(plan, state, health, health.news, 83.4))
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_the_picture_says_all_in_eighty_columns(plan: Plan) -> None:
    lines = drawn(plan, HEALTH)
    assert lines[:-1] == [
        "XBTUSD     live, 1:23 min, paper trading",
        "market                  12300 × 64597.7 │ 64597.8 × 4500",
        "ours                        300 × 64597 │ 64598.1 × 200",
        "position   -500 @ 64597.25",
        "P&L        +0.00000150, 7 fills, 1,234 decisions",
        "lag        exchange to arrival 8.1, 120.5; arrival to engine 0.2, 1.5 ms",
        "link       2 connections, 1 gaps, 3 resubscriptions, 0 rows left out",
    ]
    assert lines[-1].startswith("11:06:40 the book is not known: because")
    assert max(map(len, lines)) <= 80


def test_a_market_that_is_not_known_shows_no_prices(plan: Plan) -> None:
    lines = drawn(plan, attrs.evolve(HEALTH, touch=(0, 0, 0, 0)))
    assert lines[1].split() == ["market", "no", "bid", "│", "no", "ask"]


async def test_the_picture_is_drawn_four_times_a_second_and_then_wiped(
    plan: Plan, autojump_clock: MockClock
) -> None:
    out = io.StringIO()
    console = Console(file=out, width=80, force_terminal=True, force_interactive=True)
    with trio.move_on_after(1.1):
        await show_view(plan.parts.progress, plan, console)
    assert out.getvalue().count("not started") == 5 + 1  # rich draws once more to wipe it
    assert "\x1b[2J" not in out.getvalue()


def logged(act: Callable[[LiveLog], None], *, as_json: bool) -> str:
    out = io.StringIO()
    act(LiveLog(out, as_json=as_json))
    return out.getvalue()


def test_news_are_a_line_each_for_people_or_for_programs() -> None:
    news = [News(ts=TS, level="warning", event="gap", text="lost")]
    assert logged(lambda log: log.news(news), as_json=False) == (
        "11:06:40.123 warning: gap: lost\n"
    )
    assert json.loads(logged(lambda log: log.news(news), as_json=True)) == {
        "ts": "2026-11-18T11:06:40.123+00:00", "level": "warning", "event": "gap", "text": "lost",
    }  # fmt: skip


async def test_fills_and_every_ten_seconds_the_state_are_logged(
    plan: Plan, autojump_clock: MockClock
) -> None:
    out = io.StringIO()
    with trio.move_on_after(20.5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(LiveLog(out, as_json=True).follow, plan.parts.progress, plan)
            await trio.sleep(5)
            plan.parts.progress.fills += 2
    lines: list[dict[str, Any]] = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["fills", "status", "status"]
    assert (lines[0]["fills"], lines[0]["position"]) == (9, "-500")
    assert (lines[1]["our_bid"], lines[1]["our_ask"]) == ("64597", "64598.1")
    assert lines[1]["state"] == "not started"

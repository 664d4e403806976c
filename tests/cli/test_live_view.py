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
from tests.run.test_markets import both
from tests.short_market import cut_sample
from trio.testing import MockClock

from mm.api import (
    BELOW_ZERO,
    BUY,
    DECISION,
    EVENT,
    MARK,
    MAX_POSITION,
    NO_CLAMP,
    NO_MODEL,
    ONE_SIDED,
    ORDER,
    PASSIVE,
    QUOTE,
    REJECTED,
    REPORT,
    RISK_COLLAR,
    RISK_LOSS,
    WORKING,
    Account,
    ExecutionReport,
    Gap,
    Health,
    MarketBatch,
    News,
    Rows,
)
from mm.cli.display import _line
from mm.cli.live_log import LiveLog
from mm.cli.live_view import picture, show_view
from mm.config import load_config
from mm.run.health import Hearing
from mm.run.live_state import live_state
from mm.run.reasons import Reasons
from mm.run.session import Plan, plan_run
from mm.run.why import why

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
    decide(plan, bid=(645_970, NO_CLAMP), ask=(645_982, PASSIVE))
    return plan


def decide(
    plan: Plan,
    bid: tuple[int, int],
    ask: tuple[int, int],
    touch: tuple[int, int] = (645_977, 645_978),
    refused: int = 0,
) -> None:
    """Have a decision made: of each side the price and the clamp; the bid may be refused."""
    trace, reports = np.zeros(1, DECISION), np.zeros(int(refused > 0), REPORT)
    trace["ts"], trace["sigma"], trace["A"], trace["k"] = TS, 1.0, np.nan, np.nan
    trace["bid"], trace["ask"] = touch
    trace["quote_bid"], trace["bid_clamp"] = bid
    trace["quote_ask"], trace["ask_clamp"] = ask
    reports["ts_decided"], reports["side"] = TS, BUY
    reports["kind"], reports["reason"] = REJECTED, refused
    none, marks = np.zeros(0, ORDER), np.zeros(0, MARK)
    plan.parts.books.reasons.take(
        ExecutionReport(
            up_to=TS, committed=1, orders=none, trace=trace, marks=marks, reports=reports
        )
    )


def whys(plan: Plan, health: Health | None = HEALTH) -> tuple[str, str]:
    return tuple(one.text for one in why(plan.parts, health))  # type: ignore[return-value]


class Grid:
    """A transformer that does not tell how far it is."""

    dtype = EVENT

    def push(self, batch: MarketBatch) -> Rows:
        return batch.events


NO: tuple[int, int] = (0, NO_MODEL)
GAP = Gap(start=TS, end=None, reason="the connection ended")


def test_before_a_model_is_there_it_says_which_estimate_is_how_far(plan: Plan) -> None:
    plan.parts.books.reasons = Reasons(1)
    assert whys(plan)[0] == "warming up: sigma 0 of 60 samples, A and k 0 of 8 samples"
    events = np.zeros(24, EVENT)
    events["ts_local"] = TS + 500_000 * np.arange(24)
    events["kind"], events["price"], events["ask_price"] = QUOTE, 645_977, 645_978
    events["size"] = events["ask_size"] = 1
    plan.parts.transformer.push(MarketBatch(events, int(events["ts_local"][-1])))
    assert whys(plan)[0] == "warming up: sigma 22 of 60 samples, A and k 0 of 8 samples"


def test_a_book_that_is_not_trusted_comes_before_all_else(plan: Plan) -> None:
    lost = attrs.evolve(HEALTH, is_live=False, gaps=(GAP,))
    text = "no quote: book not trusted since 11:06:40, the connection ended"
    assert whys(plan, lost) == (text, text)
    new = attrs.evolve(HEALTH, is_live=False, state="connecting", rows={"book": 0})
    assert whys(plan, new)[0] == "no quote: there is no book yet"
    over = attrs.evolve(HEALTH, is_live=False, state="stopped")
    assert whys(plan, over)[0] == "no quote: the book is not listened to (stopped)"


@pytest.mark.parametrize(
    ("decision", "works", "text"),
    [
        ({"bid": (645_971, NO_CLAMP)}, True, "quoting 300 at 64597, moving to 64597.1"),
        ({"bid": (645_971, NO_CLAMP)}, False, "an order at 64597.1 is on its way or was refused"),
        ({"bid": (0, MAX_POSITION)}, False, "no quote: the position is at the limit"),
        ({"bid": (0, MAX_POSITION)}, True,
         "cancelling 300 at 64597: the position is at the limit"),
        ({"bid": (0, ONE_SIDED), "touch": (645_977, 0)}, False,
         "no quote: the market has no ask to judge by"),
        ({"bid": (0, BELOW_ZERO)}, False, "no quote: the model's price is not above zero"),
        ({"bid": (0, NO_CLAMP)}, False, "no quote: the strategy wants no quote"),
        ({"bid": (0, NO_CLAMP)}, True, "quoting 300 at 64597"),
        ({"bid": (645_971, NO_CLAMP), "refused": RISK_LOSS}, False,
         "no quote: the loss reached risk.max_loss; quoting has ended"),
        ({"bid": (645_971, NO_CLAMP), "refused": RISK_COLLAR}, True,
         "keeping 300 at 64597: the price is outside risk.price_collar"),
    ],
)  # fmt: skip
def test_each_reason_is_one_plain_sentence(
    decision: dict[str, Any], works: bool, text: str, plan: Plan
) -> None:
    account = plan.parts.progress.account
    if account is not None and not works:
        plan.parts.progress.account = attrs.evolve(account, working=account.working[1:])
    decide(plan, ask=(645_981, NO_CLAMP), **decision)
    assert whys(plan) == (text, "quoting 200 at 64598.1")


def test_a_model_that_is_lost_names_the_estimate(plan: Plan) -> None:
    plan.parts.progress.account = None
    silent = attrs.evolve(plan.parts, transformer=Grid())
    decide(plan, bid=NO, ask=NO)
    assert why(silent, HEALTH)[0].text == "no quote: no estimate of A, k"


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_the_picture_fits_from_60_to_200_columns_and_loses_no_word(width: int, plan: Plan) -> None:
    lines = drawn(plan, HEALTH, width)
    assert max(map(len, lines)) <= width
    words = " ".join(" ".join(lines[:-1]).split())
    for sentence in (
        "our bid quoting 300 at 64597 our ask quoting 200 at 64598.1, moving to 64598.2, held at"
        " the touch: the model's price would take position -500 @ 64597.25",
        "exchange to arrival 8.1, 120.5; arrival to engine 0.2, 1.5 ms",
        "2 connections, 1 gaps, 3 resubscriptions, 0 rows left out",
        "12300 × 64597.7 │ 64597.8 × 4500",
    ):
        assert sentence in words


def drawn(plan: Plan, health: Health, width: int = 80) -> list[str]:
    out = io.StringIO()
    state = live_state(plan.parts, health)
    Console(file=out, width=width).print(picture(plan, state, health, health.news, 83.4, width))
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_the_picture_says_all_in_eighty_columns(plan: Plan) -> None:
    lines = drawn(plan, HEALTH)
    assert lines[:-1] == [
        "XBTUSD     live, 1:23 min, paper trading",
        "market                  12300 × 64597.7 │ 64597.8 × 4500",
        "our bid    quoting 300 at 64597",
        "our ask    quoting 200 at 64598.1, moving to 64598.2, held at the touch: the",
        "           model's price would take",
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
        await show_view(
            plan.parts.progress, plan, Hearing(plan.parts.connector).listener(), console
        )
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
    out, progress = io.StringIO(), plan.parts.progress
    hear = Hearing(plan.parts.connector).listener()
    with trio.move_on_after(20.5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(LiveLog(out, as_json=True).follow, progress, plan, hear)
            await trio.sleep(5)
            plan.parts.progress.fills += 2
    lines: list[dict[str, Any]] = [json.loads(line) for line in out.getvalue().splitlines()]
    events = [line["event"] for line in lines]
    assert events == ["our_bid", "our_ask", "fills", "status", "status"]
    _, _, fills, status, _ = lines
    assert (fills["fills"], fills["position"]) == (9, "-500")
    assert (status["our_bid"], status["our_ask"]) == ("64597", "64598.1")
    assert status["state"] == "not started"
    assert status["bid_why"] == "no quote: there is no book yet"


async def test_a_sides_changes_are_logged_once_and_not_too_often(
    plan: Plan, autojump_clock: MockClock
) -> None:
    out, progress = io.StringIO(), plan.parts.progress

    def hear() -> Health:
        return attrs.evolve(HEALTH, news=())

    quoted, gone = (645_970, NO_CLAMP), (0, MAX_POSITION)
    with trio.move_on_after(40):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(LiveLog(out, as_json=True).follow, progress, plan, hear)
            await trio.sleep(1.1)
            for what in (gone, quoted, gone, quoted, gone):  # three are told, the rest after 15 s
                decide(plan, bid=what, ask=(645_982, PASSIVE))
                await trio.sleep(0.5)
            await trio.sleep(20)
            decide(plan, bid=quoted, ask=(645_982, PASSIVE))
    told = [json.loads(line) for line in out.getvalue().splitlines()]
    bids = [(line["reason"], line.get("changes")) for line in told if line["event"] == "our_bid"]
    assert bids == [
        ("quoting", None), ("max_position", None), ("quoting", None), ("max_position", 3),
        ("quoting", None),
    ]  # fmt: skip
    assert [line["event"] for line in told].count("our_ask") == 1


def test_a_log_on_a_full_disk_leaves_lines_out() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with full.open("wb", buffering=0) as file:
        log = LiveLog(io.TextIOWrapper(file, write_through=True), as_json=False)
        log.note("nobody will read this")
        log.note("nor this")


@pytest.fixture
def pair(tmp_path: Path) -> Plan:
    """A run of two markets, of which the second was never decided on."""
    cut_sample(tmp_path, 5)
    path = tmp_path / "both.toml"
    path.write_text(both(tmp_path), encoding="utf-8")
    plan = trio.run(plan_run, load_config(path))
    decide(plan, bid=(645_970, NO_CLAMP), ask=(645_982, PASSIVE))
    return plan


@pytest.mark.parametrize("width", [60, 120])
def test_of_several_markets_each_is_drawn_and_the_sum_once(width: int, pair: Plan) -> None:
    lines = drawn(pair, attrs.evolve(HEALTH, markets=(HEALTH, HEALTH)), width)
    assert max(map(len, lines)) <= width
    words = [" ".join(line.split()) for line in lines]
    assert words[0] == "2 mkts live, 1:23 min, paper trading"
    for name in ("symbol one:XBTUSD", "symbol two:XBTUSD"):
        at = words.index(name)
        assert words[at + 1] == "market 12300 × 64597.7 │ 64597.8 × 4500"
        assert words[at + 2].startswith("our bid ")
        assert "position 0" in words[at + 3 :]
    assert sum(line.startswith("P&L ") for line in words) == 1


async def test_of_several_markets_each_sides_reason_is_logged_with_its_name(
    pair: Plan, autojump_clock: MockClock
) -> None:
    out, progress = io.StringIO(), pair.parts.progress
    with trio.move_on_after(11):
        await LiveLog(out, as_json=True).follow(progress, pair, lambda: None)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    told = [(one["event"], one["symbol"]) for one in lines if one["event"].startswith("our_")]
    assert told == [(f"our_{side}", f"{name}:XBTUSD") for name in ("one", "two")
                    for side in ("bid", "ask")]  # fmt: skip
    bids = [one["text"] for one in lines if one["event"] == "our_bid"]
    assert bids[0].startswith("one:XBTUSD: an order at 64597 is on its way")
    assert bids[1].startswith("two:XBTUSD: warming up: ")
    (status,) = (one for one in lines if one["event"] == "status")
    markets = [one for one in lines if one["event"] == "market"]
    assert "bid" not in status
    assert [(one["symbol"], one["bid"], one["fills"]) for one in markets] == [
        ("one:XBTUSD", "64597.7", 0), ("two:XBTUSD", "", 0),
    ]  # fmt: skip


def test_the_line_of_progress_names_every_position(pair: Plan) -> None:
    text = _line(pair.parts.progress, pair, 1.0)
    assert "positions one:XBTUSD 0, two:XBTUSD 0, P&L" in text

"""The page, the figures and the folder of a run of several markets: each is told, the sum once."""

import json
from pathlib import Path

import attrs
import pytest
import trio
from tests.report.browser import opened
from tests.run.test_markets import both
from tests.short_market import cut_sample
from tests.web.looks import looked_at

from mm.api import Gap, Health
from mm.results import open_run
from mm.run.figures import FIGURES, OWN, Figures
from mm.run.live_state import live_state, names
from mm.run.session import Plan
from mm.web.board import Board, Snapshot
from mm.web.disk import read_folder
from mm.web.gauges import metrics_text
from mm.web.guard import Address
from mm.web.sample import EngineView
from mm.web.serve import serving

NAMES = ("one:XBTUSD", "two:XBTUSD")


def of_market(*, live: bool, touch: tuple[int, int, int, int]) -> Health:
    gaps = () if live else (Gap(start=0, end=None, reason="gone"),)
    lags = {"arrival_to_engine": {"p50": 1.0, "p90": 2.0, "p99": 250.0 + 10 * live, "max": 300.0}}
    return Health(
        state="live", is_live=live, touch=touch, rows={"book": 1}, counters={"gaps": 1 - live},
        gaps=gaps, lags=lags, news=(),
    )  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, list[Snapshot], Path]:
    """A run of two markets: what it was made of, its states, and its folder."""
    folder = tmp_path_factory.mktemp("several")
    cut_sample(folder, 60)
    path = folder / "both.toml"
    path.write_text(both(folder), encoding="utf-8")
    return trio.run(looked_at, path, folder / "runs", 300.0)


def test_each_market_is_told_and_the_sum_once(
    run: tuple[Plan, list[Snapshot], Path],
) -> None:
    plan, seen, directory = run
    found, last = open_run(directory), seen[-1]
    assert names(plan.parts) == last.texts["symbol"] == ", ".join(NAMES)
    assert last.texts["unit"] == "USD"
    assert last.texts["equity"] == f"{found.summary['equity']:+.8f}"
    assert [one["name"] for one in last.texts["markets"]] == list(NAMES)
    for one, part in zip(last.texts["markets"], found.parts, strict=True):
        assert one["own_fills"] == f"{part.summary['fills']:,}"
        assert one["position"].split(" @ ")[0] == f"{part.summary['position']:g}"
        means = found.metrics["markets"][part.summary["symbol"]]["markouts"]["all"]
        told = {row[0]: row for row in one["markouts"]}
        assert told
        assert told.keys() == {f"after {h} s" for h, mean in means.items() if mean["count"]}
        for horizon, mean in means.items():
            if mean["count"]:
                _, text, count = told[f"after {horizon} s"]
                assert text.split(" ± ")[0] == f"{mean['value']:+.4g}"
                assert int(count.split()[0]) == mean["count"]
    fills = [one for state in seen for one in state.fills]
    assert {one["market"] for one in fills} == {0, 1}
    assert last.point is not None
    assert len(last.point) == 6 + 5
    assert last.point[4] == found.parts[0].summary["position"]
    assert last.point[10] == found.parts[1].summary["position"]


def test_a_folder_says_the_same_of_each_market(run: tuple[Plan, list[Snapshot], Path]) -> None:
    _, seen, directory = run
    reading, last = read_folder(directory), seen[-1].texts
    texts = reading.snapshot.texts
    assert texts["symbol"] == last["symbol"]
    for ours, theirs in zip(texts["markets"], last["markets"], strict=True):
        for key in ("name", "position", "own_fills", "sides", "markouts"):
            assert ours[key] == theirs[key], key
    assert {len(point) for point in reading.points} == {1 + 6 + 5}
    assert {one["market"] for one in reading.snapshot.fills} == {0, 1}
    assert len(reading.snapshot.fills) == len(open_run(directory).trades)


def test_prometheus_is_told_each_market_by_its_symbol(
    run: tuple[Plan, list[Snapshot], Path],
) -> None:
    _, seen, directory = run
    board = Board()
    board.add(seen[-1])
    lines = [line for line in metrics_text(board).decode().splitlines() if line[0] != "#"]
    found = dict(line.rsplit(" ", 1) for line in lines)
    summary = open_run(directory).summary
    for entry in summary["markets"]:
        label = f'{{symbol="{entry["symbol"]}"}}'
        assert float(found[f"mm_fills_total{label}"]) == entry["fills"]
        assert float(found[f"mm_position_contracts{label}"]) == entry["position"]
        assert float(found[f"mm_market_equity{label}"]) == pytest.approx(entry["equity"])
    assert float(found['mm_equity{symbol=""}']) == pytest.approx(summary["equity"])
    assert 'mm_fills_total{symbol=""}' not in found  # or a sum over symbols would count it twice


def test_live_markets_are_doubted_one_by_one(run: tuple[Plan, list[Snapshot], Path]) -> None:
    plan = run[0]
    good = of_market(live=True, touch=(645_000, 100, 645_001, 200))
    lost = of_market(live=False, touch=(0, 0, 0, 0))
    lags = {f"{name} arrival_to_engine": good.lags["arrival_to_engine"] for name in NAMES}
    health = attrs.evolve(good, is_live=False, lags=lags, markets=(good, lost))
    state = live_state(plan.parts, health)
    first, second = state.markets
    assert (first.bid, first.ask_size) == ("64500", "20000")
    assert (second.bid, second.ask) == ("", "")
    assert first.bid_why.reason != "untrusted"
    assert second.bid_why.text == "no quote: book not trusted since 00:00:00, gone"
    figures = Figures(plan.parts, 0.0)
    whole = figures.look(state, health, 1.0)
    own = dict(figures.look_at_each(state, health))
    assert set(whole) <= set(FIGURES)
    assert set(own[NAMES[0]]) == set(OWN) - {"exchange_to_arrival_lag_p99_seconds"}
    assert whole["arrival_to_engine_lag_p99_seconds"] == 0.26
    assert own[NAMES[1]]["arrival_to_engine_lag_p99_seconds"] == 0.25
    assert (own[NAMES[0]]["book_trusted"], own[NAMES[1]]["book_trusted"]) == (1.0, 0.0)
    largest = max((one.contracts for one in state.markets), key=abs)
    assert whole["position_contracts"] == largest
    view = EngineView(plan, lambda: health, 0.0)
    assert view.look(1.0).trouble == f"{NAMES[1]}: {second.bid_why.text}"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_the_page_shows_all_markets_and_charts_the_one_chosen(
    run: tuple[Plan, list[Snapshot], Path], tmp_path: Path, dark: bool
) -> None:
    _, seen, _ = run
    async with serving(Address("127.0.0.1", 0), None) as (hub, used):
        for one in seen:
            hub.publish(one)
        async with opened(used.url, tmp_path, dark=dark) as page:
            await page.until(f"document.body?.dataset.number === '{hub.board.number}'")
            rows = json.loads(await page.evaluate(
                "JSON.stringify([...document.getElementById('markets').rows].map((row) =>"
                " [...row.cells].map((cell) => cell.textContent)))"
            ))  # fmt: skip
            texts = seen[-1].texts
            assert rows[1:] == [
                [one["name"], f"{one['market_bid']} │ {one['market_ask']}", one["bid"], one["ask"],
                 one["position"], one["own_fills"]]
                for one in texts["markets"]
            ]  # fmt: skip
            for number, one in enumerate(texts["markets"]):
                button = f"document.querySelectorAll('#choice button')[{number}]"
                assert await page.evaluate(f"{button}.textContent") == one["name"]
                await page.evaluate(f"{button}.click()")
                for place in ("bid", "ask", "position", "market_bid"):
                    text = await page.evaluate(f"document.getElementById('{place}').textContent")
                    assert text == one[place]
                table = json.loads(await page.evaluate(
                    "JSON.stringify([...document.getElementById('markouts').rows].map((row) =>"
                    " [...row.cells].map((cell) => cell.textContent)))"
                ))  # fmt: skip
                assert table == one["markouts"]
            await page.command(
                "Emulation.setDeviceMetricsOverride",
                width=390, height=844, deviceScaleFactor=2, mobile=True,
            )  # fmt: skip
            await page.until("innerWidth === 390")
            assert await page.evaluate("document.documentElement.scrollWidth") <= 390
            assert page.complaints() == []

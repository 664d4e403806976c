"""The page of a run of several markets: the sum, each market, and one axis of time."""

from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest
from tests.report.browser import Page, opened
from tests.report.reading import charts, painted, read
from tests.results.test_unfinished import as_killed
from tests.short_market import DATA, STRATEGY, VENUE, cut_sample

import mm
from mm.results.report.content import (
    Panel,
    buckets_for,
    history,
    line_of,
    own_panels,
    sum_panels,
)
from mm.results.report.markets import _SHOWN
from mm.results.report.tables import number
from mm.results.report.theme import LIGHT
from mm.results.report.timeline import timeline

NAMES = ("one:XBTUSD", "two:XBTUSD", "three:XBTUSD")
SOME = 'symbol = "XBTUSD"\nexchange = "{}"\nexecution.latency_ms = {}\n'


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> mm.Run:
    """The same data as of three markets, which are reached in different times."""
    folder = tmp_path_factory.mktemp("several")
    cut_sample(folder, 75)
    path = folder / "run.toml"
    markets = "".join(
        "[[market]]\n" + SOME.format(name.partition(":")[0], 5 * (n + 1))
        for n, name in enumerate(NAMES)
    )
    shared = STRATEGY.replace('symbol = "XBTUSD"\n', "") + DATA.format(data=folder) + VENUE
    money = 'currency = "XBT"\n[account]\ncurrency = "USD"\nrates = ["XBT one:XBTUSD"]\n'
    path.write_text(shared + money + markets, encoding="utf-8")
    return mm.backtest(path, run_dir=folder / "runs", progress=False)


@pytest.fixture(scope="module")
def page(run: mm.Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run.report(tmp_path_factory.mktemp("page") / "page.html")


def test_the_library_takes_every_figure_and_nothing_is_loaded(page: Path) -> None:
    found = charts(page)
    assert {f"{name}-{n}" for n in range(3) for name in ("timeline", "markouts", "inventory")} < (
        found.keys()
    )
    for figure in found.values():
        go.Figure(painted(figure, LIGHT))
    assert read(page).loads == []
    assert page.stat().st_size < 3_500_000


def test_each_market_has_its_own_quotes_fills_and_position(page: Path, run: mm.Run) -> None:
    numbers = set()
    for n, part in enumerate(run.parts):
        data = charts(page)[f"timeline-{n}"]["data"]
        assert len(part.trades) > 0
        own = [one for one in data if one["mode"] == "markers"]
        assert sorted(stamp for one in own for stamp in one["x"]) == sorted(
            np.datetime_as_string(part.trades["ts_venue"], unit="us").tolist()
        )
        numbers |= {story.partition(":")[0] for one in own for story in one["text"]}
        lines = {one["name"]: one for one in data if one.get("name")}
        last = part.quotes["best_bid"][-1]
        assert lines["best bid"]["y"][-1] == last
        assert lines["position"]["y"][-1] == run.summary["markets"][n]["position"]
    assert numbers == {f"Fill {place + 1}" for place in range(len(run.trades))}


def test_the_sum_is_the_accounts_and_its_sources_add_up(page: Path, run: mm.Run) -> None:
    lines = {one["name"]: one for one in charts(page)["timeline"]["data"] if one.get("name")}
    assert lines["equity"]["y"][-1] == run.positions["equity"][-1]
    for name, entry in zip(NAMES, run.summary["markets"], strict=True):
        assert lines[name]["y"][-1] == entry["position"]
    past = history(run)
    assert past.sources["spread"][-1] == pytest.approx(run.summary["spread_capture"])
    assert sum(past.sources.values()) == pytest.approx(np.nan_to_num(past.account.equity))


def test_tables_are_those_of_the_summary_and_the_metrics(page: Path, run: mm.Run) -> None:
    rows = {row[0]: row for row in read(page).rows if len(row) == 11}
    for entry in run.summary["markets"]:
        row, means = rows[entry["symbol"]], run.metrics["markets"][entry["symbol"]]
        assert row[1:6] == ["XBT", *(number(entry[key]) for key in (
            "fills", "position", "max_position", "equity"))]  # fmt: skip
        mean = means["markouts"]["all"]["1"]
        assert row[8].split(" ± ")[0] == (number(mean["value"], 4) if mean["count"] else "–")
    pairs = [tuple(row) for row in read(page).rows if len(row) == 2]
    assert ("equity", number(run.summary["equity"])) in pairs
    for entry in run.summary["markets"]:
        assert ("equity", number(entry["equity"])) in pairs


def test_the_same_run_gives_the_same_bytes(page: Path, run: mm.Run, tmp_path: Path) -> None:
    assert run.path is not None
    again = mm.open_run(run.path).report(tmp_path / "again.html")
    assert again.read_bytes() == page.read_bytes()


def test_of_many_markets_each_has_fewer_points(run: mm.Run) -> None:
    crowd = mm.Run(run.path, {**run.summary, "markets": [*run.summary["markets"]] * 4},
                   run.config_text, run._read)  # fmt: skip
    assert (buckets_for(run), buckets_for(crowd)) == (1200, 300)
    fine, coarse = (own_panels(run.parts[0], buckets) for buckets in (1200, 20))
    for one, other in zip(fine, coarse, strict=True):
        assert all(len(line.ts) <= 5 * 20 for line in other.lines)
        assert [line.of for line in one.lines] == [line.of for line in other.lines]
    assert [panel.name for panel in sum_panels(run, history(run))] == [
        "equity", "drawdown", "positions",
    ]  # fmt: skip


def test_a_killed_run_tells_what_each_market_had(run: mm.Run, tmp_path: Path) -> None:
    found = mm.open_run(as_killed(run, tmp_path / "killed"))
    for now, entry in zip(found.summary["markets"], run.summary["markets"], strict=True):
        for name in ("symbol", "fills", "maker_fills", "filled_qty", "position", "currency"):
            assert now[name] == entry[name], name
        assert now["fees_paid"] == pytest.approx(entry["fees_paid"])
        assert (now["equity"], now["rate"]) == (None, None)
    words = " ".join(read(found.report(tmp_path / "killed.html")).words)
    assert "The run was killed." in words


async def ranges(shown: Page) -> dict[str, list[object]]:
    """The stretch of time that each chart over time shows; of those that are drawn."""
    found: dict[str, list[object]] = await shown.evaluate(
        "Object.fromEntries([...document.querySelectorAll('.chart[id^=timeline]')]"
        ".filter((chart) => chart._fullLayout)"
        ".map((chart) => [chart.id, chart._fullLayout.xaxis.range]))"
    )
    return found


async def settle(shown: Page) -> None:
    """Wait until a click or a drag has been drawn."""
    frames = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    await shown.evaluate(frames + ".then(() => null)")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_markets_are_chosen_and_zoomed_together(
    page: Path, tmp_path: Path, dark: bool
) -> None:
    async with opened(page, tmp_path / "profile", dark=dark) as shown:
        before = await ranges(shown)
        assert list(before) == ["timeline", "timeline-0", "timeline-1"]
        assert len(before) == 1 + _SHOWN
        assert len({str(one) for one in before.values()}) == 1
        box = await shown.evaluate(
            "(() => { document.querySelector('#timeline-1').scrollIntoView();"
            " const box = document.querySelector('#timeline-1 .nsewdrag').getBoundingClientRect();"
            " return [box.x, box.y + box.height / 2, box.width]; })()"
        )
        await shown.drag(
            (box[0] + box[2] * 0.4, box[1]), (box[0] + box[2] * 0.6, box[1])
        )  # fmt: skip
        first = "document.querySelector('#timeline')._fullLayout.xaxis.range[0]"
        await shown.until(f"{first} !== '{before['timeline'][0]}'")
        button = "document.querySelector('button[data-market=\"2\"]')"
        assert await shown.evaluate(f"{button}.textContent") == NAMES[2]
        await shown.evaluate(f"{button}.click()")
        await shown.until("!!document.querySelector('#timeline-2')._fullLayout")
        await settle(shown)
        after = await ranges(shown)
        assert list(after) == ["timeline", "timeline-0", "timeline-1", "timeline-2"]
        assert len({str(one) for one in after.values()}) == 1
        assert after["timeline"] != before["timeline"]
        await shown.evaluate("document.querySelector('button[data-market=\"0\"]').click()")
        assert await shown.evaluate("document.querySelector('#market-0').hidden")
        await shown.evaluate("dispatchEvent(new Event('beforeprint'))")
        await shown.evaluate("dispatchEvent(new Event('afterprint'))")
        assert shown.complaints() == []
        assert shown.requests() == [page.as_uri()]


def test_names_of_many_lines_have_room_below_the_title() -> None:
    """The legend wraps on the page; a title stood on its first row."""
    ts = np.array([0, 1_000_000])
    heights, shifts = [], []
    for count in (3, 12):
        lines = tuple(line_of(f"market-{n}:XBTUSD", ts, np.zeros(2)) for n in range(count))
        panel = Panel(name="positions", title="Inventory", unit="contracts", lines=lines)
        layout = timeline([panel], [])["layout"]
        heights.append(layout["height"])
        shifts.append(layout["annotations"][0]["yshift"])
    assert heights[1] > heights[0]
    assert heights[1] - heights[0] == shifts[1] - shifts[0]

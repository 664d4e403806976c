"""The page in a real browser: it draws, zooms, tells stories, and asks nobody for anything."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
import trio
from tests.report.browser import Page, opened

import mm

PANELS = ["price", "Equity", "Inventory", "Drawdown", "Volatility", "Arrivals", "Decay", "Half"]


async def place_of_first_fill(page: Page) -> tuple[float, float]:
    """Where the first fill is drawn [px of the window], scrolled into view."""
    box = await page.evaluate(
        "(() => { document.querySelector('#timeline').scrollIntoView();"
        " const box = document.querySelector('#timeline .points path').getBoundingClientRect();"
        " return [box.x + box.width / 2, box.y + box.height / 2]; })()"
    )
    return box[0], box[1]


async def ranges(page: Page) -> dict[str, list[object]]:
    """The range of each axis of the timeline."""
    found: dict[str, list[object]] = await page.evaluate(
        "Object.fromEntries(Object.entries(document.querySelector('#timeline')._fullLayout)"
        ".filter(([name]) => /^[xy]axis/.test(name)).map(([name, axis]) => [name, axis.range]))"
    )
    return found


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_all_is_drawn_without_a_complaint_or_a_request(
    page: Path, tmp_path: Path, dark: bool
) -> None:
    async with opened(page, tmp_path / "profile", dark=dark) as shown:
        titles = await shown.evaluate(
            "[...document.querySelectorAll('#timeline .annotation-text')].map(t => t.textContent)"
        )
        assert [name for name in PANELS if not any(name in title for title in titles)] == []
        lines = "document.querySelectorAll('#timeline .scatterlayer .trace').length"
        assert await shown.evaluate(lines) >= 15
        for chart in ("markouts", "periods", "inventory"):
            assert await shown.evaluate(f"!!document.querySelector('#{chart} .main-svg')")
        ground = await shown.evaluate(
            "getComputedStyle(document.querySelector('#timeline .main-svg')).background"
        )
        assert ("21, 24, 28" if dark else "255, 255, 255") in ground
        assert shown.complaints() == []
        assert shown.requests() == [page.as_uri()]


async def test_a_fill_tells_its_story_when_pointed_at(
    page: Path, run: mm.Run, tmp_path: Path
) -> None:
    async with opened(page, tmp_path / "profile") as shown:
        x, y = await place_of_first_fill(shown)
        await shown.point_at(x - 30, y)
        await shown.point_at(x, y)
        await shown.until("document.querySelector('.hoverlayer').textContent.includes('Fill ')")
        text = await shown.evaluate("document.querySelector('.hoverlayer').textContent")
    with (run.path or tmp_path).joinpath("trades.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    at, row = min(enumerate(rows, 1), key=lambda one: (one[1]["rule"], one[1]["ts_venue"]))
    row = {name: text.removesuffix(".0") for name, text in row.items()}  # 100, as people write it
    verb = {"buy": "bought", "sell": "sold"}[row["side"]]
    assert f"Fill {at}: {verb} {row['size']} at {row['price']} as {row['liquidity']}" in text
    assert f"order {row['order_id']} (client id {row['client_id']})" in text
    edge = (float(row["mid"]) - float(row["price"])) * (1 if row["side"] == "buy" else -1)
    assert f"mid {row['mid']}, edge {edge:+.6g}" in text


async def test_zooming_one_panel_zooms_all_and_fits_their_values(
    page: Path, tmp_path: Path
) -> None:
    async with opened(page, tmp_path / "profile") as shown:
        before = await ranges(shown)
        assert before["xaxis"] == before["xaxis2"]
        x, y = await place_of_first_fill(shown)
        await shown.drag((x + 10, y), (x + 130, y))
        await shown.until(
            "document.querySelector('#timeline')._fullLayout.xaxis.range[1]"
            f" !== '{before['xaxis'][1]}'"
        )
        after = await ranges(shown)
        assert after["xaxis"] == after["xaxis2"]
        price, was = after["yaxis"], before["yaxis"]
        assert price[1] - price[0] < was[1] - was[0]  # type: ignore[operator]
        with trio.fail_after(60):  # where others work, two clicks may be too far apart for one
            while (await ranges(shown))["xaxis"] != before["xaxis"]:
                await shown.double_click(x, y)
                await trio.sleep(1)
        assert await ranges(shown) == before
        assert shown.complaints() == []


@pytest.fixture
def crowded(run: mm.Run, tmp_path: Path) -> Path:
    """The report of a run of 8,000 fills, one every 5 ms, around its first fill's price."""
    assert run.path is not None
    folder = shutil.copytree(run.path, tmp_path / "crowded")
    with (folder / "trades.csv").open(newline="") as file:
        head, first, *_ = csv.reader(file)
    row = dict(zip(head, first, strict=True))
    with (folder / "trades.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, head, lineterminator="\n")
        writer.writeheader()
        for n in range(8000):
            later = str(int(row["ts_venue"]) + n * 5_000)
            price = f"{float(row['price']) + n % 7:.1f}"
            writer.writerow({**row, "ts_venue": later, "ts_known": later, "price": price})
    return mm.open_run(folder).report(tmp_path / "crowded.html")


async def test_of_a_crowd_of_fills_all_are_there_once_zoomed_in(
    crowded: Path, tmp_path: Path
) -> None:
    count = "document.querySelectorAll('#timeline .points path').length"
    async with opened(crowded, tmp_path / "profile") as shown:
        assert 500 < await shown.evaluate(count) < 4000
        stamps = await shown.evaluate("document.querySelector('#timeline').data[0].x.slice(0, 1)")
        start = np.datetime64(stamps[0])
        span = [str(start), str(start + np.timedelta64(2, "s"))]
        await shown.evaluate(
            f"Plotly.relayout('timeline', {{'xaxis.range': {span}}}).then(() => null)"
        )
        await shown.until(f"{count} === 401")
        assert shown.complaints() == []


async def test_paper_is_white_and_no_chart_is_wider_than_it(page: Path, tmp_path: Path) -> None:
    async with opened(page, tmp_path / "profile", dark=True) as shown:
        await shown.evaluate("dispatchEvent(new Event('beforeprint'))")
        await shown.until("document.querySelector('#timeline .main-svg').clientWidth === 1040")
        printed = await shown.evaluate(
            "getComputedStyle(document.querySelector('#timeline .main-svg')).background"
        )
        assert "255, 255, 255" in printed
        await shown.evaluate("dispatchEvent(new Event('afterprint'))")
        await shown.until("document.querySelector('#timeline .main-svg').clientWidth > 1040")


async def test_a_run_without_fills_is_drawn_too(idle: mm.Run, tmp_path: Path) -> None:
    path = idle.report(tmp_path / "idle.html")
    async with opened(path, tmp_path / "profile") as shown:
        assert shown.complaints() == []
        assert "no fills" in await shown.evaluate("document.querySelector('header').textContent")
        assert await shown.evaluate("!!document.querySelector('#timeline .main-svg')")

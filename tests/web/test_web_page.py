"""The page in a real browser: it shows what the server says, number by number, and asks nobody."""

import json
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
from tests.report.browser import Page, opened
from tests.web.looks import looked_at

from mm.web.app import Hub
from mm.web.board import Snapshot
from mm.web.disk import read_folder
from mm.web.guard import Address
from mm.web.serve import serving

EXAMPLE = Path(__file__).parents[2] / "example" / "backtest.toml"
TOKEN = "correct-horse-battery"
HOME = Address("127.0.0.1", 0)
PLACES = (
    "symbol", "state", "time", "market_bid", "market_ask", "bid", "ask", "position", "equity",
    "fills", "decisions", "orders", "rows",
)  # fmt: skip


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Snapshot], Path]:
    """A run's states while it went on, and its folder."""
    folder = tmp_path_factory.mktemp("run")
    _, seen, directory = trio.run(looked_at, EXAMPLE, folder, 900.0)
    assert len({one.ts for one in seen}) > 5
    return seen, directory


async def shown(page: Page, hub: Hub) -> dict[str, Any]:
    """Wait until the page has the latest update; give its texts as the server's are."""
    await page.until(f"document.body?.dataset.number === '{hub.board.number}'")
    script = f"""JSON.stringify([
      Object.fromEntries({json.dumps(PLACES)}.map((id) =>
        [id, document.getElementById(id).textContent])),
      Object.fromEntries(["money", "sides", "feed", "trades", "log"].map((id) =>
        [id, [...document.getElementById(id).rows].map((row) =>
          [...row.cells].map((cell) => cell.textContent))]))])"""
    texts, tables = json.loads(await page.evaluate(script))
    return {**texts, **tables}


def same(found: dict[str, Any], snapshot: Snapshot) -> None:
    texts = snapshot.texts
    assert {name: found[name] for name in PLACES} == {name: texts[name] for name in PLACES}
    for name in ("money", "sides", "feed"):
        assert found[name] == texts[name]


async def test_the_page_shows_what_the_engine_says_number_by_number(
    states: tuple[list[Snapshot], Path], tmp_path: Path
) -> None:
    seen, _ = states
    async with serving(HOME, None) as (hub, used):
        for one in seen[: len(seen) // 2]:
            hub.publish(one)
        async with opened(used.url, tmp_path) as page:
            same(await shown(page, hub), seen[len(seen) // 2 - 1])
            for one in seen[len(seen) // 2 :]:
                hub.publish(one)
            last = await shown(page, hub)
            same(last, seen[-1])
            fills = [one for state in seen for one in state.fills]
            assert fills
            newest = [
                [one["time"], f"{one['side']} {one['size']}", one["price"], one["rule"]]
                for one in reversed(fills[-12:])
            ]
            assert last["trades"] == newest
            drawn = "document.getElementById('price').toDataURL().length"
            assert await page.evaluate(drawn) > 4000  # an empty canvas takes some 1500
            assert page.complaints() == []
            assert {url.removeprefix(used.url) for url in page.requests()} == {
                "", "page.css", "page.js", "events",
            }  # fmt: skip


async def test_text_from_outside_is_shown_as_text(
    states: tuple[list[Snapshot], Path], tmp_path: Path
) -> None:
    hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    state = states[0][-1]
    texts = {**state.texts, "bid": hostile, "feed": [[hostile, hostile]]}
    async with serving(HOME, None) as (hub, used):
        line = {"t": "", "level": "error", "text": hostile}
        hub.publish(attrs.evolve(state, texts=texts, log=[line]))
        hub.publish(attrs.evolve(state, ts=state.ts + 10**6, texts=texts))
        async with opened(used.url, tmp_path) as page:
            found = await shown(page, hub)
            assert (found["bid"], found["log"]) == (hostile, [["", hostile]])
            assert await page.evaluate("document.querySelectorAll('img, main script').length") == 0
            assert page.complaints() == []


async def test_a_phone_shows_all_of_it_side_by_side_with_nothing(
    states: tuple[list[Snapshot], Path], tmp_path: Path
) -> None:
    async with serving(HOME, None) as (hub, used):
        for one in states[0]:
            hub.publish(one)
        async with opened(used.url, tmp_path, dark=True) as page:
            await page.command(
                "Emulation.setDeviceMetricsOverride",
                width=390, height=844, deviceScaleFactor=2, mobile=True,
            )  # fmt: skip
            await page.until("innerWidth === 390")
            assert await page.evaluate("document.documentElement.scrollWidth") <= 390


async def test_a_viewer_that_was_away_catches_up(
    states: tuple[list[Snapshot], Path], tmp_path: Path
) -> None:
    seen, _ = states
    async with serving(HOME, None) as (hub, used):
        hub.publish(seen[0])
        hub.publish(seen[len(seen) // 2])
        async with opened(used.url, tmp_path) as page:
            await shown(page, hub)
            await page.command(
                "Network.emulateNetworkConditions",
                offline=True, latency=0, downloadThroughput=-1, uploadThroughput=-1,
            )  # fmt: skip
            await page.evaluate("1")
            for one in seen[len(seen) // 2 + 1 :]:
                hub.publish(one)
            await page.command(
                "Network.emulateNetworkConditions",
                offline=False, latency=0, downloadThroughput=-1, uploadThroughput=-1,
            )  # fmt: skip
            same(await shown(page, hub), seen[-1])


async def test_the_token_is_typed_into_a_form_and_stands_in_no_address(
    states: tuple[list[Snapshot], Path], tmp_path: Path
) -> None:
    form = "document.querySelector('form input') !== null"
    async with serving(HOME, TOKEN) as (hub, used):
        for one in states[0][-2:]:
            hub.publish(one)
        async with opened(used.url, tmp_path, ready=form) as page:
            await page.evaluate(
                f"document.querySelector('input').value = '{TOKEN}';"
                "document.querySelector('form').requestSubmit()"
            )
            same(await shown(page, hub), states[0][-1])
            assert await page.evaluate("document.cookie") == ""  # no script can read it
            assert all(TOKEN not in url for url in page.requests())


async def test_a_finished_runs_folder_shows_its_summary(
    states: tuple[list[Snapshot], Path], tmp_path: Path
) -> None:
    reading = read_folder(states[1])
    assert reading.is_over
    summary = json.loads((states[1] / "summary.json").read_text())
    async with serving(HOME, None) as (hub, used):
        hub.board.replace(reading.points, reading.snapshot)
        hub.tell()
        async with opened(used.url, tmp_path) as page:
            found = await shown(page, hub)
    same(found, reading.snapshot)
    assert found["equity"] == f"{summary['equity']:+.8f}"
    assert found["fills"] == f"{summary['fills']:,}"
    assert found["state"] == "complete, read from disk"
    assert len(found["trades"]) == min(summary["fills"], 12)

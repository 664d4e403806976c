"""Several live markets, each recorded in its own folder, and replayed to the digest of the run."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import trio
import trio.lowlevel
from tests.record.streams import MIDNIGHT
from tests.record.test_replay import RUN_FILE, SECONDS, cut, replay, sample_events, with_gap

from mm.api import QUOTE, ConnectorOffer, MarketBatch, NoConfig, Rows, UsageError
from mm.config import load_config
from mm.explain import in_words, tell
from mm.registry import Plugin, Registry, build_registry, load_registry
from mm.results import open_run
from mm.run.build import Options
from mm.run.resume import take_up
from mm.run.session import Result, plan_run, run_plan
from mm.testing import ScriptedConnector, schedule

MARKETS = """\
[account]
currency = "XBT"
[[market]]
symbol = "ONE"
position.currency = "XBT"
[[market]]
symbol = "TWO"
exchange = "other"
position.currency = "XBT"
[market.execution]
latency_ms = 11
"""


@pytest.fixture(scope="module")
def events() -> Rows:
    return sample_events()


def registry_with(markets: dict[str, Sequence[MarketBatch]]) -> Registry:
    def build(config: NoConfig, symbol: str) -> ScriptedConnector:
        batches = markets[symbol]
        rows = np.concatenate([one.events for one in batches])
        has_quotes = bool((rows["kind"] == QUOTE).any())
        return ScriptedConnector(
            batches, symbols=(symbol,), grid=(("0.1", "100"),), has_quotes=has_quotes
        )

    offer = ConnectorOffer(name="scripted live", config=NoConfig, build=build)
    plugin = Plugin("scripted_live", "tests", "1", (("connector", offer),))
    return build_registry([*load_registry().plugins, plugin])


def live(
    folder: Path,
    markets: dict[str, Sequence[MarketBatch]],
    record: Path | None,
    *,
    rows: int | None = None,
) -> Result:
    """``mm live`` in all but its connectors; interrupted after some ``rows``, if they are given."""
    path = folder / "live.toml"
    shared = RUN_FILE.replace('symbol = "XBTUSD"\n', "")
    path.write_text(shared + MARKETS, encoding="utf-8")
    loaded = load_config(path, registry_with(markets), output=str(folder / "runs"))

    async def main() -> Result:
        plan = await plan_run(loaded)
        reading = trio.CancelScope()
        async with trio.open_nursery() as nursery:

            async def interrupt() -> None:
                while rows is None or plan.parts.progress.rows < rows:
                    await trio.lowlevel.checkpoint()
                reading.cancel()

            if rows is not None:
                nursery.start_soon(interrupt)
            result = await run_plan(plan, Options(record=record), reading)
            nursery.cancel_scope.cancel()
        return result

    with schedule(3):
        result = trio.run(main)
    assert result.error is None
    return result


def two_of(events: Rows) -> dict[str, Sequence[MarketBatch]]:
    """The stream, and as of another market with a gap, a little later and some seconds longer."""
    other = with_gap(events, MIDNIGHT - 700_003, MIDNIGHT + 1_500_001)
    other["ts_local"] += 7_001
    short = events[events["ts_local"] < MIDNIGHT + (SECONDS // 2 - 5) * 1_000_000]
    return {"ONE": cut(short, 1), "TWO": cut(other, 2)}


@pytest.fixture(scope="module")
def recorded(events: Rows, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    folder = tmp_path_factory.mktemp("several")
    return folder / "recording", live(folder, two_of(events), folder / "recording")


def test_a_replay_has_the_digest_of_the_live_run(
    recorded: tuple[Path, Result], tmp_path: Path
) -> None:
    recording, result = recorded
    assert [one["fills"] > 2 for one in result.summary["markets"]] == [True, True]
    assert sorted(path.name for path in recording.iterdir()) == ["0_ONE", "1_TWO", "replay.toml"]
    for folder in ("0_ONE", "1_TWO"):
        assert len(list((recording / folder).glob("trades_*.csv.gz"))) == 2  # two days
    again = replay(recording, tmp_path)
    assert again.summary["digest"] == result.summary["digest"]
    assert again.summary["last_ts"] == result.summary["last_ts"]


def test_recording_changes_nothing(
    recorded: tuple[Path, Result], events: Rows, tmp_path: Path
) -> None:
    without = live(tmp_path, two_of(events), None)
    assert without.summary["digest"] == recorded[1].summary["digest"]


def test_a_market_without_quotes_is_recorded_without(events: Rows, tmp_path: Path) -> None:
    markets = two_of(events)
    markets["TWO"] = cut(events[events["kind"] != QUOTE], 4)
    result = live(tmp_path, markets, tmp_path / "recording")
    assert not list((tmp_path / "recording" / "1_TWO").glob("quotes*"))
    assert replay(tmp_path / "recording", tmp_path).summary["digest"] == result.summary["digest"]


@pytest.mark.parametrize("rows", [3_000, 20_000])
def test_a_run_that_was_interrupted_is_replayed_up_to_there(
    events: Rows, tmp_path: Path, rows: int
) -> None:
    result = live(tmp_path, two_of(events), tmp_path / "recording", rows=rows)
    assert result.status == "interrupted"
    assert rows <= result.summary["rows_read"] < 40_000
    assert replay(tmp_path / "recording", tmp_path).summary["digest"] == result.summary["digest"]


def test_the_manifest_names_the_files_of_each_and_a_fill_is_explained(
    recorded: tuple[Path, Result],
) -> None:
    _, result = recorded
    manifest = json.loads((result.directory / "manifest.json").read_text())
    files = manifest["recording"]["files"]
    assert {one["market"] for one in files} == {"ONE", "TWO"}
    assert all(Path(one["path"]).exists() for one in files)
    run = open_run(result.directory)
    for part in run.parts:
        story = in_words(tell(result.directory, str(part.fill_numbers[0])))
        assert "print" in story


def test_a_folder_that_holds_one_and_a_run_taken_up_are_refused(
    recorded: tuple[Path, Result], events: Rows, tmp_path: Path
) -> None:
    recording, result = recorded
    path = tmp_path / "live.toml"
    path.write_text(RUN_FILE.replace('symbol = "XBTUSD"\n', "") + MARKETS, encoding="utf-8")
    loaded = load_config(path, registry_with(two_of(events)), output=str(tmp_path / "runs"))

    async def again() -> Result:
        return await run_plan(await plan_run(loaded), Options(record=recording), trio.CancelScope())

    refused = trio.run(again)
    assert "there is a recording in this folder already" in str(refused.error)
    run = shutil.copytree(result.directory, tmp_path / "run")
    config = (run / "config.toml").read_text(encoding="utf-8")
    (run / "config.toml").write_text(config.replace("scripted live", "bitmex"), encoding="utf-8")
    with pytest.raises(UsageError, match="is of several markets, and cannot be taken up again"):
        take_up(run)

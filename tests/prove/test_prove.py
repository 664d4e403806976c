"""``mm prove`` on a cut of the sample: what is sound is shown sound, what is not is taken apart."""

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trio
from tests.distributions import lay_down
from tests.short_market import RUN_FILE, cut_sample

from mm.api import EVENT, MarketBatch
from mm.prove.difference import first_difference
from mm.prove.recut import Cutter, Recut
from mm.prove.variations import one_at_a_time, variations
from mm.testing import ScriptedConnector

SHAKY = """
import time
from mm.api import NoConfig, RowStrategy, StrategyOffer, hookimpl

MM_API = (0, 1)
calls = [0]


class Shaky(RowStrategy):
    def __init__(self, way):
        self.way, self.seen = way, 0

    def observe(self, rows):
        self.seen += 1
        return rows

    def offset(self, account):
        if self.way == "ShakyCut":
            return self.seen % 7
        if self.way == "ShakyHash":
            return hash("mm") % 1000
        if self.way == "ShakyClock":
            return time.time_ns() // 1000 % 1000
        return 0

    def on_row(self, row, account, orders):
        if row["bid_size"]:
            orders.quote(1, int(row["bid"]) - 10 - self.offset(account), 1)


@hookimpl
def mm_strategies():
    return [
        StrategyOffer(name=way, config=NoConfig, build=lambda config, context, way=way: Shaky(way))
        for way in ("Sound", "ShakyCut", "ShakyHash", "ShakyClock")
    ]
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a plugin distribution in it."""
    folder = tmp_path_factory.mktemp("site")
    lay_down(folder, "shaky", "shaky", SHAKY)
    return folder


@pytest.fixture(scope="module")
def run_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prove")
    cut_sample(folder, 20)
    path = folder / "run.toml"
    text = RUN_FILE.replace("{data}", str(folder)).replace("window_len = 100", "window_len = 10")
    path.write_text(text, encoding="utf-8")
    return path


def prove(run_file: Path, site: Path | None, *extra: str) -> "subprocess.CompletedProcess[str]":
    path = os.pathsep.join(filter(None, (str(site or ""), os.environ.get("PYTHONPATH"))))
    return subprocess.run(
        [sys.executable, "-m", "mm", "prove", "--config", str(run_file), *extra],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}, check=False,
    )  # fmt: skip


def test_a_sound_run_is_identical_and_its_digest_is_that_of_a_backtest(
    run_file: Path, tmp_path: Path
) -> None:
    proved = prove(run_file, None, "--schedules", "4", "--json")
    assert proved.returncode == 0, proved.stderr
    backtest = subprocess.run(
        [sys.executable, "-m", "mm", "backtest", "--config", str(run_file), "--json", "--quiet",
         "--output", str(tmp_path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    verdict = json.loads(proved.stdout)
    assert verdict["identical"]
    assert verdict["trials"] == 4
    assert verdict["digest"] == json.loads(backtest.stdout)["digest"]


@pytest.mark.parametrize(("kind", "cause"), [("ShakyCut", "cut"), ("ShakyHash", "hash_seed")])
def test_an_unsound_strategy_is_caught_and_the_cause_told(
    run_file: Path, site: Path, kind: str, cause: str
) -> None:
    proved = prove(run_file, site, "--schedules", "6", "--json", "--set", f"strategy.kind={kind}")
    assert proved.returncode == 5
    assert "not deterministic" in proved.stderr
    verdict: dict[str, Any] = json.loads(proved.stdout)
    assert not verdict["identical"]
    assert verdict["cause"] == cause
    first = verdict["difference"]
    assert first["expected"] != first["found"]
    assert first["columns"]


def test_the_report_for_people_shows_both_rows_and_what_was_known_before(
    run_file: Path, site: Path
) -> None:
    proved = prove(run_file, site, "--schedules", "2", "--set", "strategy.kind=ShakyClock")
    assert proved.returncode == 5
    assert "not identical: trial 1 differs" in proved.stdout
    assert "cause: the same run twice differs" in proved.stdout
    assert "as configured" in proved.stdout
    assert "in the trial" in proved.stdout
    assert ".csv, row " in proved.stdout


def test_a_third_party_strategy_that_is_sound_is_identical(run_file: Path, site: Path) -> None:
    proved = prove(run_file, site, "--schedules", "4", "--set", "strategy.kind=Sound")
    assert proved.returncode == 0, proved.stderr
    assert proved.stdout.startswith("identical in 4 trials")


def test_data_that_cannot_be_read_fails_as_a_backtest_does(run_file: Path) -> None:
    proved = prove(run_file, None, "--set", "data.trades_csv=absent.csv.gz")
    assert proved.returncode == 4
    assert "absent.csv.gz" in proved.stderr
    assert proved.stdout == ""


def test_a_live_run_file_is_refused_in_a_sentence(run_file: Path) -> None:
    proved = prove(run_file, None, "--set", "data.from_csv=false")
    assert proved.returncode == 2
    assert "expected one for a replay; mm record writes one" in proved.stderr


def stream(times: list[int]) -> MarketBatch:
    events = np.zeros(len(times), EVENT)
    events["ts_local"] = times
    events["row"] = np.arange(len(times))
    events["end"] = 1
    return MarketBatch(events, times[-1] + 5)


@pytest.mark.parametrize("seed", range(20))
def test_recutting_keeps_the_stream_its_messages_and_the_last_watermark(seed: int) -> None:
    times = sorted(np.random.default_rng(seed).integers(10, 400, 300).tolist())
    batches = [stream(times[:120]), stream([t + 500 for t in times[120:]])]
    whole = np.concatenate([batch.events for batch in batches])
    cutter = Cutter(seed)
    pieces = [piece for batch in batches for piece in cutter.push(batch)]
    pieces += cutter.finish()
    assert np.array_equal(np.concatenate([piece.events for piece in pieces]), whole)
    assert pieces[-1].watermark == batches[-1].watermark
    marks = [piece.watermark for piece in pieces]
    assert marks == sorted(set(marks))
    for before, after in pairwise(pieces):
        assert before.events["ts_local"][-1] <= before.watermark < after.events["ts_local"][0]
    first = pieces[0].events["ts_local"]
    assert first[0] == first[-1]


async def test_a_recut_connector_closes_its_channel_when_the_inner_one_ends() -> None:
    recut = Recut(ScriptedConnector([stream([1, 2, 3])]), seed=1)
    sender, receiver = trio.open_memory_channel[MarketBatch](10)
    await recut.run((), sender)
    with receiver:
        times = [ts async for batch in receiver for ts in batch.events["ts_local"].tolist()]
    assert times == [1, 2, 3]


def test_trials_differ_in_all_they_vary_and_change_process_now_and_then() -> None:
    trials = variations(64)
    assert len(set(trials)) == 64
    assert {trial.capacity for trial in trials} == {0, 1, 2, 64}
    assert len({trial.hash_seed for trial in trials}) == 4
    alone = dict(one_at_a_time(trials[0]))
    assert alone["cut"].cut == trials[0].cut
    assert alone["cut"].schedule is None


def test_the_first_difference_is_the_earliest_not_that_of_the_first_table(tmp_path: Path) -> None:
    for name, late, early in (("a", 9, 5), ("b", 8, 6)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "orders.csv").write_text(f"symbol,ts_decided,price\nX,1,1\nX,7,{late}\n")
        (folder / "trades.csv").write_text(f"symbol,ts_known,price\nX,{early},1\n")
    found = first_difference(tmp_path / "a", tmp_path / "b")
    assert found is not None
    assert (found.table, found.row, found.ts, found.columns) == ("trades", 1, 5, ["ts_known"])
    assert first_difference(tmp_path / "a", tmp_path / "a") is None

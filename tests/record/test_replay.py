"""A recorded live run and the replay of its recording have one digest.

The live run is the whole network over a scripted connector that cuts, waits and sends heartbeats as
a live one does, on a minute of the sample with midnight in its middle; the replay is
``mm backtest`` on what it left.
"""

import os
import random
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trio
from tests.record.streams import (
    MIDNIGHT,
    XBTUSD,
    Collector,
    EnoughError,
    event,
    gap,
    level,
    quote,
    stream,
)
from tests.short_market import SAMPLE, STRATEGY, VENUE

from mm.api import (
    BUY,
    CLEAR,
    EVENT,
    LEVEL,
    QUOTE,
    SELL,
    TICKER,
    ConnectorOffer,
    MarketBatch,
    NoConfig,
    Rows,
)
from mm.config import load_config
from mm.registry import Plugin, Registry, build_registry, load_registry
from mm.run.build import Options
from mm.run.session import Result, plan_run, run_plan
from mm.testing import ScriptedConnector, run_config, schedule
from mm_tardis import TardisConfig, build

SECONDS = 60
RUN_FILE = (
    STRATEGY.replace("window_len = 100", "window_len = 50")
    + VENUE
    + """
[data]
connector = "scripted live"
from_csv = false
[risk]
max_silence_s = 0.5
[output]
exchange = "bitmex"
[engine]
seed = 7
"""
)


def sample_events() -> Rows:
    """The first minute of the sample, moved so that midnight is in its middle; rows unknown."""
    config = TardisConfig(
        tardis_root=str(SAMPLE), trades_csv="trades.csv.gz", quotes_csv="quotes.csv.gz",
        book_csv="book.csv.gz", max_batch_rows=10_000,
    )  # fmt: skip
    out = Collector(longest_us=SECONDS * 1_000_000)
    with pytest.RaisesGroup(EnoughError):
        trio.run(build(config, "XBTUSD").run, (XBTUSD,), out)
    events = out.events
    start = int(events["ts_local"][0])
    events = events[events["ts_local"] < start + SECONDS * 1_000_000].copy()
    for column in ("ts_local", "ts_exchange"):
        events[column] += MIDNIGHT - SECONDS * 500_000 - start
    events["row"] = 0
    return events


def book_at(events: Rows, ts: int) -> dict[tuple[int, int], int]:
    """(side, price) to size, of what was received by ``ts``."""
    book: dict[tuple[int, int], int] = {}
    for row in events[events["ts_local"] <= ts]:
        if row["kind"] == CLEAR:
            book.clear()
        elif row["kind"] == LEVEL:
            book[int(row["side"]), int(row["price"])] = int(row["size"])
    return {key: size for key, size in book.items() if size}


def with_gap(events: Rows, lost: int, back: int) -> Rows:
    """The stream with its book lost at ``lost`` and there again at ``back`` [µs]."""
    times = events["ts_local"]
    touching = np.isin(events["kind"], (QUOTE, LEVEL, CLEAR))
    book = book_at(events, back)
    bid = max(price for side, price in book if side == BUY)
    ask = min(price for side, price in book if side == SELL)
    levels = [level(back, price, size, side) for (side, price), size in book.items()]
    whole = [quote(back, bid, ask), event(back, CLEAR), *levels]
    return stream(
        events[times < lost],
        gap(lost, bid),
        events[(times > lost) & (times < back) & ~touching],
        whole,
        events[times > back],
    )


def cut(events: Rows, seed: int) -> list[MarketBatch]:
    """Batches as a live connector sends them: frames as they come, heartbeats at odd times."""
    draw = random.Random(seed)
    times = events["ts_local"]
    edges = [0, *(np.flatnonzero(np.diff(times)) + 1).tolist(), len(events)]
    batches = []
    start = 0
    for edge in edges[1:]:
        if edge < len(events) and draw.random() < 0.97:
            continue  # some frames in one batch
        last = int(times[edge - 1])
        free = (int(times[edge]) if edge < len(events) else last + 900_000) - last - 1
        batches.append(MarketBatch(np.ascontiguousarray(events[start:edge]), last))
        for beat in sorted(
            {draw.randint(1, free) for _ in range(draw.randint(0, 2))} if free > 0 else ()
        ):
            batches.append(MarketBatch(np.zeros(0, EVENT), last + beat))
        start = edge
    return batches


@pytest.fixture(scope="module")
def calm() -> Rows:
    events = sample_events()
    ticker = event(
        MIDNIGHT - 1_000_001, TICKER, price=646_000_000_000, size=10**8, ask_price=MIDNIGHT
    )
    times = events["ts_local"]
    return stream(
        events[times < MIDNIGHT - 1_000_001], ticker, events[times > MIDNIGHT - 1_000_001]
    )


@pytest.fixture(scope="module")
def faulty(calm: Rows) -> Rows:
    """Two gaps: one over midnight, one shorter than a reader of the file could see."""
    events = with_gap(calm, MIDNIGHT - 700_003, MIDNIGHT + 1_500_001)
    return with_gap(events, MIDNIGHT + 9_000_003, MIDNIGHT + 9_100_007)


def registry_with(connector: Any) -> Registry:
    offer = ConnectorOffer(name="scripted live", config=NoConfig, build=lambda *_: connector)
    plugin = Plugin("scripted_live", "tests", "1", (("connector", offer),))
    return build_registry([*load_registry().plugins, plugin])


def live(
    folder: Path,
    batches: Sequence[MarketBatch],
    options: Options,
    *sets: str,
    has_quotes: bool = True,
) -> Result:
    """``mm live`` in all but its connector."""
    run_file = folder / "live.toml"
    run_file.write_text(RUN_FILE)
    connector = ScriptedConnector(
        batches, symbols=("XBTUSD",), grid=(("0.1", "100"),), has_quotes=has_quotes
    )
    loaded = load_config(
        run_file, registry_with(connector), overrides=sets, output=str(folder / "runs")
    )

    async def main() -> Result:
        return await run_plan(await plan_run(loaded), options, trio.CancelScope())

    with schedule(len(batches)):
        result = trio.run(main)
    assert result.error is None
    return result


def replay(recording: Path, output: Path) -> Result:
    async def main() -> Result:
        return await run_config(recording / "replay.toml", output=output)

    result = trio.run(main)
    assert result.error is None
    return result


@pytest.mark.parametrize("market", ["calm", "faulty"])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_replay_has_the_digest_of_the_live_run(
    tmp_path: Path, request: pytest.FixtureRequest, market: str, seed: int
) -> None:
    events = request.getfixturevalue(market)
    recording = tmp_path / "recording"
    result = live(tmp_path, cut(events, seed), Options(record=recording))
    assert result.summary["fills"] >= 3, "the stretch must be lively enough to prove something"
    assert {path.name for path in recording.glob("trades_*")} == {
        "trades_2024-07-31.csv.gz",
        "trades_2024-08-01.csv.gz",
    }
    again = replay(recording, tmp_path / "again")
    assert again.summary["digest"] == result.summary["digest"]
    assert again.summary["last_ts"] == result.summary["last_ts"]


def test_recording_changes_nothing_and_so_do_cuts_and_heartbeats(
    tmp_path: Path, faulty: Rows
) -> None:
    until = int(faulty["ts_local"][-1]) + 1_000_000
    end = MarketBatch(np.zeros(0, EVENT), until)
    results = [
        live(tmp_path, [*cut(faulty, 3), end], Options(record=tmp_path / "recording")),
        live(tmp_path, [*cut(faulty, 4), end], Options(), "engine.channel_capacity=0"),
    ]
    assert results[0].summary["digest"] == results[1].summary["digest"]


def test_the_last_watermark_is_part_of_the_recording(tmp_path: Path, calm: Rows) -> None:
    """A long silence at the end has decisions in it."""
    until = int(calm["ts_local"][-1]) + 3_000_000
    batches = [*cut(calm, 5), MarketBatch(np.zeros(0, EVENT), until)]
    recording = tmp_path / "recording"
    result = live(tmp_path, batches, Options(record=recording))
    assert replay(recording, tmp_path / "again").summary["digest"] == result.summary["digest"]
    text = (recording / "replay.toml").read_text()
    assert f"until = {until}\n" in text
    (recording / "replay.toml").write_text(text.replace(f"until = {until}\n", ""))
    without = replay(recording, tmp_path / "again")
    assert without.summary["digest"] != result.summary["digest"]


def test_a_run_without_quotes_of_its_own_is_replayed_from_the_book(
    tmp_path: Path, calm: Rows
) -> None:
    events = calm[calm["kind"] != QUOTE]
    recording = tmp_path / "recording"
    result = live(tmp_path, cut(events, 6), Options(record=recording), has_quotes=False)
    assert result.summary["fills"] >= 3
    assert replay(recording, tmp_path / "again").summary["digest"] == result.summary["digest"]


def test_a_recording_can_be_moved(
    tmp_path: Path, calm: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = live(tmp_path, cut(calm, 7), Options(record=tmp_path / "recording"))
    shutil.move(tmp_path / "recording", tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert replay(Path(), tmp_path / "again").summary["digest"] == result.summary["digest"]
    os.chdir("/")
    assert (
        replay(tmp_path / "elsewhere", tmp_path / "again").summary["digest"]
        == result.summary["digest"]
    )


def test_the_run_beside_a_replay_can_be_run_again(tmp_path: Path, calm: Rows) -> None:
    """Its config.toml names the data from the current directory, not from its own."""
    recording = tmp_path / "recording"
    result = live(tmp_path, cut(calm, 8), Options(record=recording))
    first = replay(recording, tmp_path / "again")
    second = trio.run(lambda: run_config(first.directory / "config.toml", output=tmp_path / "more"))
    assert second.summary["digest"] == result.summary["digest"]

"""``mm record`` in processes of its own, with a connector that a third party installed."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

PLUGIN = """
import time

import numpy as np
import trio

from mm.api import (
    EVENT, QUOTE, ConnectorOffer, MarketBatch, NoConfig, Survey, hookimpl,
)

MM_API = (0, 1)


class Ticking:
    def __init__(self, symbol, ends):
        self.symbol, self.ends, self.log = symbol, ends, lambda ts, text: None

    async def survey(self):
        return Survey(
            symbols=(self.symbol,), grid=(("0.1", "100"),), sources=(), first_ts=None,
            last_ts=None, total_rows=None,
        )

    async def run(self, instruments, out):
        ts = 1_722_470_400_000_000
        try:
            for n in range(3 if self.ends else 10**9):
                ts += 250_000
                row = np.zeros(1, EVENT)
                row["ts_local"] = row["ts_exchange"] = ts
                row["kind"], row["end"] = QUOTE, 1
                row["price"], row["size"], row["ask_price"], row["ask_size"] = 10, 1, 11, 2
                self.log(ts, "frame %d" % n)
                await out.send(MarketBatch(row, ts))
                if not self.ends:
                    await trio.sleep(0.01)
        finally:
            out.close()


class Framed(Ticking):
    def log_frames(self, log):
        self.log = log


@hookimpl
def mm_connectors():
    def offer(name, cls, ends):
        return ConnectorOffer(name=name, config=NoConfig, build=lambda c, s: cls(s, ends))

    return [
        offer("short", Ticking, True), offer("endless", Ticking, False),
        offer("framed", Framed, True),
    ]
"""
RUN_FILE = """\
[strategy]
kind = "Momentum"
preprocessing = "NoDataTransform"
symbol = "XBTUSD"
[data]
from_csv = false
connector = "short"
[output]
exchange = "bitmex"
"""


@attrs.frozen
class Bench:
    folder: Path
    site: Path

    def start(self, *arguments: str, sets: str = "") -> "subprocess.Popen[str]":
        (self.folder / "live.toml").write_text(RUN_FILE)
        flags = [word for pair in sets.split() for word in ("--set", pair)]
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "mm", "record", "--config", "live.toml", "out"),
                *flags,
                *arguments,
            ],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.site)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str, sets: str = "") -> tuple[int, str, str]:
        process = self.start(*arguments, sets=sets)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def text(self, name: str) -> str:
        return gzip.decompress((self.folder / "out" / name).read_bytes()).decode()


@pytest.fixture
def bench(tmp_path: Path, install: Callable[[str], Path]) -> Bench:
    return Bench(tmp_path, install(PLUGIN))


def test_a_feed_that_ends_is_recorded_whole_and_can_be_replayed(bench: Bench) -> None:
    code, out, err = bench()
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "out",
        "trades_2024-08-01.csv.gz                            0 rows",
        "quotes_2024-08-01.csv.gz                            3 rows",
        "incremental_book_L2_2024-08-01.csv.gz               0 rows",
        "derivative_ticker_2024-08-01.csv.gz                 0 rows",
        "2024-08-01 00:00:00 – 2024-08-01 00:00:00 UTC (0:00:00.500000)",
        "0 gaps, in which the book was lost",
    ]
    command = [sys.executable, "-m", "mm", "backtest", "--config", "out/replay.toml", "--json"]
    done = subprocess.run(command, cwd=bench.folder, capture_output=True, text=True, check=True)
    summary: dict[str, Any] = json.loads(done.stdout)
    assert (summary["status"], summary["rows"]["quotes"]) == ("complete", 3)
    assert summary["last_ts"] == 1_722_470_400_750_000


def test_after_its_duration_it_ends_well(bench: Bench) -> None:
    code, out, _ = bench("--duration", "0.5s", "--json", sets="data.connector=endless")
    found = json.loads(out)
    assert code == 0
    rows = found["rows"]["quotes_2024-08-01.csv.gz"]
    assert rows > 1
    assert bench.text("quotes_2024-08-01.csv.gz").count("\n") == rows + 1
    assert f"until = {found['until']}\n" in (bench.folder / "out" / "replay.toml").read_text()


def test_ctrl_c_finishes_the_files(bench: Bench) -> None:
    process = bench.start(sets="data.connector=endless")
    path = bench.folder / "out" / "quotes_2024-08-01.csv.gz"
    while not path.exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    rows = bench.text(path.name).count("\n") - 1
    assert f"quotes_2024-08-01.csv.gz {rows:>28,} rows" in out


def test_raw_keeps_every_frame(bench: Bench) -> None:
    code, out, _ = bench("--raw", sets="data.connector=framed")
    assert code == 0
    assert bench.text("raw_2024-08-01.jsonl.gz") == "".join(
        f"{1_722_470_400_000_000 + (n + 1) * 250_000} frame {n}\n" for n in range(3)
    )
    assert "raw_2024-08-01.jsonl.gz                             3 frames" in out


def test_a_connector_without_frames_has_none_to_keep(bench: Bench) -> None:
    code, _, err = bench("--raw")
    assert (code, err) == (
        2, "mm: connector 'short' (thirdparty 1.0) hands over no frames; leave --raw out\n"
    )  # fmt: skip


def test_a_run_file_for_replays_and_a_reader_of_files_are_refused(bench: Bench) -> None:
    code, _, err = bench(sets="data.from_csv=true")
    assert (code, "a run file for a replay, expected one for live data" in err) == (2, True)
    sample = Path(__file__).parents[2] / "example" / "data_sample"
    keys = f"data.connector=tardis data.tardis_root={sample} data.quotes_csv=quotes.csv.gz"
    code, _, err = bench(sets=keys)
    assert (code, "connector 'tardis' reads files, expected one that" in err) == (2, True)
    assert not (bench.folder / "out").exists()


@pytest.mark.parametrize("text", ["", "0s", "5x", "-1s", "1e400"])
def test_a_duration_is_a_number_and_a_unit(bench: Bench, text: str) -> None:
    code, _, err = bench("--duration", text)
    assert code == 2
    assert "is not a length of time such as 90s, 5m or 2h" in err or "expected one argument" in err

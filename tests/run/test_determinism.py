"""The determinism contract of the README, on the beginning of the bundled sample.

Same inputs, same bytes: under any schedule, capacity, batch cut, block length, hash seed, process
and speed, compiled or not. And no decision knows its future.
"""

import csv
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import trio
from tests.short_market import RUN_FILE, cut_sample
from trio.testing import MockClock

from mm.run.session import Result
from mm.testing import run_config, schedule

SECONDS = 45
WARM_SOON = ("window_len = 100", "window_len = 20")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("determinism")
    cut_sample(directory, SECONDS)
    path = directory / "run.toml"
    path.write_text(RUN_FILE.format(data=directory).replace(*WARM_SOON))
    return path


def run(
    config: Path, overrides: Sequence[str] = (), seed: int = 0, output: Path | None = None
) -> Result:
    async def main() -> Result:
        return await run_config(config, overrides, output=output or config.parent / "runs")

    with schedule(seed):
        result = trio.run(main)
    assert result.error is None
    return result


@pytest.fixture(scope="module")
def reference(config: Path) -> Result:
    result = run(config)
    assert result.summary["fills"] >= 3, "the stretch must be lively enough to prove something"
    return result


def test_fifty_schedules_give_one_digest(config: Path, reference: Result) -> None:
    for seed in range(50):
        result = run(config, ["engine.channel_capacity=1"], seed)
        assert result.summary["digest"] == reference.summary["digest"], f"seed {seed}"


@pytest.mark.parametrize(
    ("rows", "capacity"),
    [(1, 0), (1000, 1), (1000, 64), (0, 0), (0, 64)],  # with every message cut, 10 s each
    ids=str,
)
def test_neither_capacities_nor_batch_cuts_show(
    config: Path, reference: Result, rows: int, capacity: int
) -> None:
    overrides = [
        f"engine.channel_capacity={capacity}",
        f"data.max_batch_rows={rows}",
        f"data.block_bytes={1 << 26 if rows == 0 else 1 << 16}",
    ]
    result = run(config, overrides, seed=capacity)
    assert result.summary["digest"] == reference.summary["digest"]


WOKEN = (
    "strategy.when.own_reports=true", "strategy.when.touch=true", "execution.latency_ms=3",
    "execution.response_latency_ms=4", "strategy.depth=5",
)  # fmt: skip


@pytest.fixture(scope="module")
def woken(config: Path, reference: Result) -> Result:
    result = run(config, WOKEN)
    by_market = run(config, [WOKEN[1], *WOKEN[2:]])
    assert result.summary["decisions"] > by_market.summary["decisions"] + 10
    return result


@pytest.mark.parametrize(
    "overrides",
    [
        ["engine.closed_loop=false"],
        ["risk.max_loss=1e9"],
        ["strategy.max_block=1", "data.max_batch_rows=1000"],
        ["engine.closed_loop=false", "engine.channel_capacity=0", "strategy.max_block=7"],
    ],
    ids=["a task each", "in Python", "one by one", "handed over"],
)
def test_news_of_our_own_wake_it_at_the_same_times_whoever_asks(
    config: Path, woken: Result, overrides: list[str]
) -> None:
    result = run(config, [*WOKEN, *overrides], seed=3)
    assert result.summary["digest"] == woken.summary["digest"]


@pytest.mark.parametrize("longest", [1, 2, 1000])
def test_blocks_of_decisions_give_what_single_ones_give(
    config: Path, reference: Result, longest: int
) -> None:
    result = run(config, [f"strategy.max_block={longest}"])
    assert result.summary["digest"] == reference.summary["digest"]


def in_process(config: Path, overrides: Sequence[str] = (), **environment: str) -> str:
    """Run through the command line in a fresh process; return the digest."""
    sets = [word for pair in overrides for word in ("--set", pair)]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "mm", "backtest", "--config", str(config), *sets),
            *("--json", "--quiet", "--output", str(config.parent / "processes")),
        ],
        env={**os.environ, **environment},
        capture_output=True,
        check=True,
    )
    digest: str = json.loads(done.stdout)["digest"]
    return digest


@pytest.mark.parametrize("hash_seed", ["0", "1", "42", "random"])
def test_fresh_processes_with_other_hash_seeds_agree(
    config: Path, reference: Result, hash_seed: str
) -> None:
    assert in_process(config, PYTHONHASHSEED=hash_seed) == reference.summary["digest"]


def test_plain_python_agrees_with_compiled_code(
    config: Path, reference: Result, tmp_path: Path
) -> None:
    cut_sample(tmp_path, 30)
    short = [f"data.tardis_root='{tmp_path}'"]
    plain = in_process(config, short, NUMBA_DISABLE_JIT="1")
    compiled = run(config, short)
    assert compiled.summary["orders"] > 0
    assert plain == compiled.summary["digest"]


async def test_a_paced_replay_gives_the_same_digest(
    config: Path, reference: Result, autojump_clock: MockClock
) -> None:
    start = trio.current_time()
    result = await run_config(config, output=config.parent / "paced", speed=4.0)
    assert result.summary["digest"] == reference.summary["digest"]
    assert trio.current_time() - start >= (SECONDS - 2) / 4


def test_another_seed_draws_other_fills(config: Path, reference: Result) -> None:
    result = run(config, ["engine.seed=1"])
    assert result.summary["digest"] != reference.summary["digest"]


def test_without_its_quotes_file_the_touch_comes_from_the_book(
    config: Path, reference: Result
) -> None:
    """The sample's quotes are exactly the touch changes of its book, so nothing changes."""
    result = run(config, ["data.quotes_csv="])
    assert result.summary["digest"] == reference.summary["digest"]


def rows_until(result: Result, name: str, ts: int) -> list[dict[str, str]]:
    with (result.directory / name).open(newline="") as file:
        return [row for row in csv.DictReader(file) if int(row["ts_decided"]) <= ts]


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_changing_the_future_changes_no_decision_before_it(
    config: Path, reference: Result, tmp_path: Path, share: float
) -> None:
    """Prices after t are moved and sizes doubled; decisions and orders up to t stay."""
    first, last = reference.summary["first_ts"], reference.summary["last_ts"]
    ts = int(first + share * (last - first))
    for name in ("quotes", "trades", "book"):
        with gzip.open(config.parent / f"{name}.csv.gz", "rt") as source:
            rows = list(csv.DictReader(source))
        for row in rows:
            if int(row["local_timestamp"]) > ts:
                for column in ("ask_amount", "bid_amount", "amount"):
                    if column in row:
                        row[column] = str(2 * int(row[column]))
                for column in ("ask_price", "bid_price", "price"):
                    if column in row:
                        row[column] = f"{float(row[column]) + 50:.1f}"
        with (tmp_path / f"{name}.csv").open("w", newline="") as out:
            writer = csv.DictWriter(out, rows[0].keys(), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    files = [f"data.{name}_csv={name}.csv" for name in ("quotes", "trades", "book")]
    changed = run(config, [f"data.tardis_root='{tmp_path}'", *files])
    assert changed.summary["digest"] != reference.summary["digest"]
    for name in ("quotes.csv", "orders.csv"):
        assert rows_until(changed, name, ts) == rows_until(reference, name, ts)
        assert rows_until(reference, name, ts), "nothing was decided before t"


MODELS = {
    "prob_power": ["execution.fill_model=prob_power"],
    "probabilistic": ["execution.fill_model=probabilistic"],
    "optimistic": ["execution.fill_model=optimistic", "execution.bracket=true"],
    "pessimistic": ["execution.fill_model=pessimistic"],
    "feed": ["execution.latency_model=feed", "execution.latency_ms=2"],
    "jitter": ["execution.latency_model=jitter", "execution.latency_ms=20"],
    "funding": ["funding={rate=0.0001, first_h=0.001, interval_h=0.002}"],
    "limits": ["risk={max_position=0.3, max_orders_per_s=2, price_collar=4e-5}"],
    "loss": ["risk.max_loss=2", "position.taker_fee=0.001"],
    "silence": ["risk.max_silence_s=0.03"],
}


@pytest.mark.parametrize("model", MODELS)
def test_the_contract_holds_for_every_model_on_real_data(
    ethusdt: Path, tmp_path: Path, model: str
) -> None:
    """Quotes a few ticks from a real touch, where queues, limits and losses are met."""
    path = Path(__file__).parents[2] / "config" / "ethusdt.toml"
    overrides = [f"data.tardis_root='{ethusdt}'", *MODELS[model]]
    whole = run(path, overrides, output=tmp_path)
    pieces = ["strategy.max_block=1", "engine.channel_capacity=0", "data.max_batch_rows=5000"]
    cut = run(path, [*overrides, *pieces], seed=3, output=tmp_path)
    assert whole.summary["fills"] > 50
    assert cut.summary["digest"] == whole.summary["digest"]
    assert cut.summary["bracket"] == whole.summary["bracket"]
    risk = whole.summary["risk"]
    assert (risk["refused"] > 0) == (model in ("limits", "loss", "silence"))
    assert (risk["killed_ts"] is not None) == (model == "loss")

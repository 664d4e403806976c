"""What the run estimates, shown beside what calibration does: the same number, by the same name."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trio
from tests.calibrate.market import Truth, sample_of
from tests.short_market import write_run_file

import mm
from mm.calibrate.content import as_content
from mm.calibrate.estimate import Calibration, calibrate
from mm.calibrate.own import estimate_own
from mm.calibrate.read import read_market
from mm.calibrate.report import as_text, as_toml
from mm.config import load_config

ROOT = Path(__file__).parents[2]
WHOLE = {"strategy.avellaneda.penetration.window_len": 100_000}
SHALLOW = {"strategy.avellaneda.penetration.num_bins": 20}


@pytest.fixture(scope="module")
def run_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run_file(tmp_path_factory.mktemp("market"))


def calibrated(run_file: Path, keys: dict[str, Any]) -> Calibration:
    sets = [f"{key}={value}" for key, value in keys.items()]
    market = trio.run(read_market, load_config(run_file, None, sets))
    return calibrate(market.sample, market.instrument, sigma_us=market.sigma_us, own=market.own)


@pytest.mark.parametrize("keys", [{}, SHALLOW], ids=["all depths", "twenty ticks"])
def test_it_is_what_a_run_comes_to_that_remembers_everything(
    run_file: Path, keys: dict[str, Any]
) -> None:
    run = mm.backtest(run_file, {**WHOLE, **keys}, run_dir=None)
    own = calibrated(run_file, keys).own
    assert own is not None
    # Of the intervals, the run knows one more or less at either end.
    assert pytest.approx(run.quotes["A"][-1], rel=0.01) == own.A
    assert own.k == pytest.approx(run.quotes["k"][-1], rel=0.01)


def test_where_the_run_looks_less_deep_both_are_shown_and_named(run_file: Path) -> None:
    found = calibrated(run_file, SHALLOW)
    own = found.own
    assert own is not None
    assert own.k > 1.2 * found.chosen.k
    told = f"A {own.A:.4g} ± {own.A_se:.4g}, k {own.k:.4g} ± {own.k_se:.4g}"
    assert f"as the run estimates them, by its own settings: {told};" in as_text(found)
    toml = as_toml(found, "mm calibrate", "strategy.avellaneda.calibrated")
    assert f"# as the run estimates them instead: {told}\n" in toml
    assert f"\nk = {found.chosen.k:.6g}" in toml
    assert as_content(found)["own"]["k"] == own.k


def test_the_shipped_run_of_ethusdt_quotes_by_its_own_k_and_not_by_the_lines(ethusdt: Path) -> None:
    keys = {"data.tardis_root": str(ethusdt)}
    found = calibrated(ROOT / "config" / "ethusdt.toml", keys)
    run = mm.backtest(ROOT / "config" / "ethusdt.toml", keys, run_dir=None)
    assert found.own is not None
    mean = float(np.nanmean(run.quotes["k"]))
    assert abs(mean - found.own.k) < 2 * found.own.k_se
    assert abs(mean - found.chosen.k) > 10 * found.chosen.k_se


def test_a_transformer_that_does_not_tell_is_not_spoken_of(run_file: Path) -> None:
    found = calibrated(run_file, {"strategy.preprocessing": "Touch"})
    assert found.own is None
    assert "as the run" not in as_text(found) + as_toml(found, "mm calibrate", "x")
    assert as_content(found)["own"] is None


def test_its_error_is_how_much_it_hangs_on_each_block_and_unknown_where_it_is() -> None:
    sample = sample_of(Truth(), seed=1)

    def share_reached(deepest: Any, interval_s: float) -> tuple[float, float]:
        return float(np.mean(deepest > 0)) / interval_s, 1.0

    own = estimate_own(share_reached, sample, 0.005)
    counts = (sample.deepest > 0).mean(axis=1) / (sample.interval_us / 1e6)
    means = np.array([block.mean() for block in np.array_split(counts, 36)])
    assert pytest.approx(counts.mean()) == own.A
    # Of a mean, the jackknife's error is the blocks' standard error.
    assert own.A_se == pytest.approx(means.std(ddof=1) / 6, rel=0.02)
    assert own.k == pytest.approx(200.0)
    assert own.k_se == pytest.approx(0.0, abs=1e-9)
    unknown = estimate_own(lambda deepest, interval_s: (math.nan, math.nan), sample, 0.005)
    assert all(math.isnan(value) for value in (unknown.A, unknown.A_se, unknown.k, unknown.k_se))

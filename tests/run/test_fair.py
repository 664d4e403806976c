"""Signals in a run: their columns, the fair price, what is refused, and that nothing else shows."""

import math
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
import trio
from tests.short_market import DATA, STRATEGY, VENUE, cut_sample

from mm.api import (
    EVENT,
    SIGNAL_FIELDS,
    TOUCH_FIELDS,
    ConfigError,
    MarketBatch,
    PluginError,
    Rows,
)
from mm.run.signals import CombinedTransformer, Signal
from mm.testing import run_config, schedule

BASE = np.dtype([*TOUCH_FIELDS, ("mid", "f8")], align=True)
SIGNAL = np.dtype(SIGNAL_FIELDS, align=True)


@attrs.define
class Scripted:
    """Gives the rows that are due, of those that it was made with."""

    dtype: "np.dtype[np.void]"
    rows: list[tuple[int, float]]
    """(ts, value of the last column)"""
    watermark: int = -1

    def push(self, batch: MarketBatch) -> Rows:
        due = [row for row in self.rows if self.watermark < row[0] <= batch.watermark]
        self.watermark = batch.watermark
        rows = np.zeros(len(due), self.dtype)
        for row, (ts, value) in zip(rows, due, strict=True):
            row["ts"] = ts
            row[(self.dtype.names or ())[-1]] = value
        return rows


def push(transformer: CombinedTransformer, *watermarks: int) -> Rows:
    return np.concatenate(
        [transformer.push(MarketBatch(np.zeros(0, EVENT), one)) for one in watermarks]
    )


def combined() -> CombinedTransformer:
    base = Scripted(BASE, [(1, 100.0), (3, 101.0), (5, math.nan), (7, 102.0)])
    signals = [
        Signal("up", Scripted(SIGNAL, [(2, 0.5), (3, 0.25), (6, math.nan)]), 2.0),
        Signal("down", Scripted(SIGNAL, [(0, -1.0), (7, math.inf)]), 1.0),
    ]
    return CombinedTransformer("base", base, signals, 1)


def test_the_fair_price_is_the_mid_and_the_weighted_signals_that_are_known() -> None:
    rows = push(combined(), 9)
    assert rows.dtype.names == (*(BASE.names or ()), "up", "down", "fair")
    assert rows["ts"].tolist() == [1, 3, 5, 7]
    np.testing.assert_array_equal(rows["up"], [math.nan, 0.25, 0.25, math.nan])
    np.testing.assert_array_equal(rows["down"], [-1.0, -1.0, -1.0, math.inf])
    np.testing.assert_array_equal(rows["fair"], [99.0, 100.5, math.nan, 102.0])


def test_the_columns_do_not_depend_on_the_cuts() -> None:
    whole = push(combined(), 9)
    for cuts in ((0, 1, 2, 3, 4, 5, 6, 7, 9), (2, 9), (6, 9)):
        assert push(combined(), *cuts).tobytes() == whole.tobytes()


def test_a_base_without_a_mid_is_refused() -> None:
    base = Scripted(np.dtype(TOUCH_FIELDS), [])
    with pytest.raises(ConfigError, match="needs the column mid, which the transformer 'base'"):
        CombinedTransformer("base", base, [Signal("up", Scripted(SIGNAL, []), 1.0)], 1)


@pytest.mark.parametrize("name", ["mid", "bid", "fair"])
def test_a_signal_that_would_hide_a_column_is_refused(name: str) -> None:
    base = Scripted(np.dtype([*TOUCH_FIELDS, ("mid", "f8"), ("fair", "f8")]), [])
    with pytest.raises(ConfigError, match=f"adds the column {name}, which the transformer"):
        CombinedTransformer("base", base, [Signal(name, Scripted(SIGNAL, []), 1.0)], 1)


def test_a_signal_without_its_column_is_named() -> None:
    base = Scripted(BASE, [])
    with pytest.raises(PluginError, match="'up' has a weight but no column 'signal'"):
        CombinedTransformer("base", base, [Signal("up", Scripted(BASE, []), 1.0)], 1)


def test_a_signal_that_looks_back_is_named() -> None:
    late = Scripted(SIGNAL, [(3, 1.0), (2, 1.0)])
    one = CombinedTransformer("base", Scripted(BASE, []), [Signal("up", late, 1.0)], 1)
    with pytest.raises(PluginError, match=r"transformer 'up' gave rows at 3\.\.2 µs, not in order"):
        push(one, 5)


def test_a_signal_that_raises_is_named_with_the_data_time() -> None:
    class Broken(Scripted):
        def push(self, batch: MarketBatch) -> Rows:
            raise ZeroDivisionError("nought")

    base, bad = Scripted(BASE, []), Signal("up", Broken(SIGNAL, []), 1.0)
    with pytest.raises(PluginError, match="'up' raised ZeroDivisionError at data time 5 µs"):
        push(CombinedTransformer("base", base, [bad], 1), 5)


SIGNALS = ("micro_price", "book_imbalance", "order_flow", "trade_sign")
CONFIG = f"""
{STRATEGY}
[strategy.micro_price]
refit_s = 10
[strategy.order_flow]
window_s = 0.5
[strategy.grid]
quote_size = 100
max_position = 300
half_spread = 1.0
interval = 0.5
skew = 0.002
{DATA}{VENUE}
"""
ALL = f"strategy.signals={list(SIGNALS)}"
GRID = ["strategy.kind=Grid", "strategy.preprocessing=Grid"]


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("market")
    cut_sample(directory, 150)
    return directory


@pytest.fixture
def run(market: Path, tmp_path: Path) -> Any:
    (tmp_path / "run.toml").write_text(CONFIG.format(data=market))

    def go(*overrides: str, seed: int = 0) -> Any:
        async def main() -> Any:
            return await run_config(tmp_path / "run.toml", overrides, output=tmp_path / "runs")

        with schedule(seed):
            result = trio.run(main)
        assert result.error is None
        return result

    return go


def test_every_signal_leads_elsewhere_but_at_weight_nought_nowhere(run: Any) -> None:
    plain = run().summary["digest"]
    alone = [run(f"strategy.signals=['{name}']").summary["digest"] for name in SIGNALS]
    assert len({plain, *alone}) == 1 + len(SIGNALS)
    weightless = [f"strategy.{name}.weight=0.0" for name in SIGNALS]
    assert run(ALL, *weightless).summary["digest"] == plain


@pytest.mark.parametrize("strategy", [[], GRID], ids=["Avellaneda", "Grid"])
def test_a_run_with_signals_does_not_depend_on_schedules_cuts_or_blocks(
    run: Any, strategy: list[str]
) -> None:
    first = run(*strategy, ALL)
    assert first.summary["fills"] > 0
    assert first.summary["digest"] != run(*strategy).summary["digest"]
    other = run(
        *strategy, ALL, "data.max_batch_rows=2000", "engine.channel_capacity=1",
        "strategy.max_block=7", seed=3,
    )  # fmt: skip
    assert other.summary["digest"] == first.summary["digest"]


def test_without_quotes_signals_follow_the_touch_of_the_book(run: Any) -> None:
    assert run(*GRID, ALL, "data.quotes_csv=").summary["fills"] > 0


def test_a_transformer_without_a_weight_is_no_signal(run: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        run('strategy.signals=["book_imbalance", "Avellaneda", "book_imbalance"]')
    assert caught.value.faults == (
        "--set strategy.signals: strategy.signals.1: transformer 'Avellaneda' gives no signal;"
        " on offer: book_imbalance, micro_price, order_flow, trade_sign",
        "--set strategy.signals: strategy.signals.2: 'book_imbalance' stands here twice",
    )


def test_a_signal_that_nobody_offers_is_explained(run: Any) -> None:
    with pytest.raises(PluginError, match="no transformer named 'microprice'; did you mean"):
        run('strategy.signals=["microprice"]')


def test_a_signal_beside_a_transformer_without_a_mid_is_refused(run: Any) -> None:
    with pytest.raises(ConfigError, match="'NoDataTransform' does not give"):
        run(ALL, "strategy.kind=Momentum", "strategy.preprocessing=NoDataTransform")

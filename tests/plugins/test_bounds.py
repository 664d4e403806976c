"""What transformers make of sizes and prices at the bounds is what they make of small ones.

Sizes are multiplied by a power of two, so that floats hold them as well; prices are moved up to the
bound. Run once more in plain Python, where an integer that overflows is an error.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
import trio
from tests.plugins.signal_market import START, S, context, market, push, quote, stream
from tests.plugins.tardis_directory import Collector, file

from mm.api import (
    MOST_LOTS,
    MOST_TICKS,
    QUOTE,
    TRADE,
    Context,
    DataError,
    Instrument,
    MarketBatch,
    Rows,
    Transformer,
)
from mm.core.batch_check import BatchCheck
from mm.core.candles import CandleBuilder
from mm_avellaneda.config import AvellanedaConfig, PenetrationConfig, VolConfig
from mm_avellaneda.transformer import AvellanedaTransformer
from mm_grid.config import GridConfig
from mm_grid.transformer import GridTransformer
from mm_signals import (
    build_book_imbalance,
    build_micro_price,
    build_order_flow,
    build_trade_sign,
)
from mm_signals.config import (
    BookImbalanceConfig,
    MicroPriceConfig,
    OrderFlowConfig,
    TradeSignConfig,
)
from mm_tardis import TardisConfig
from mm_tardis.connector import TardisConnector

LOTS = 2**51
"""Sizes of the made-up market are below 30; of ours below 6.8e16."""
MOVED = MOST_TICKS - 1200

BUILDS: dict[str, Callable[[Context], Transformer]] = {
    "micro_price": lambda one: build_micro_price(
        MicroPriceConfig(refit_s=5.0, imbalance_buckets=31), one
    ),
    "book_imbalance": lambda one: build_book_imbalance(BookImbalanceConfig(), one),
    "order_flow": lambda one: build_order_flow(OrderFlowConfig(fit_windows=50), one),
    "trade_sign": lambda one: build_trade_sign(TradeSignConfig(), one),
    "Grid": lambda one: GridTransformer(
        GridConfig(quote_size=10, max_position=100, half_spread=1.0, interval=0.5), one
    ),
    "Avellaneda": lambda one: AvellanedaTransformer(
        AvellanedaConfig(
            quote_size=10, max_position=100, gamma=0.1, delta=1.0, xi=1.0,
            vol=VolConfig(window_len=50, interval_s=0.2),
            penetration=PenetrationConfig(window_len=50, num_bins=10, interval_ms=200),
        ),
        one,
    ),
}  # fmt: skip


def large(events: Rows) -> Rows:
    out = events.copy()
    for name in ("size", "ask_size"):
        out[name] *= LOTS
    for name in ("price", "ask_price"):
        out[name][out["kind"] == QUOTE] += MOVED
    out["price"][out["kind"] == TRADE] += MOVED
    return out


def compare(name: str) -> int:
    """Push the same market in small and in large; return the number of rows."""
    events = market(3, 60)
    small, other = (push(BUILDS[name](context()), some) for some in (events, large(events)))
    assert len(small) == len(other)
    for column in small.dtype.names or ():
        expected = small[column].copy()
        if column in ("bid_size", "ask_size"):
            expected *= LOTS
        elif column in ("bid", "ask"):
            expected[small["ts"] > START] += MOVED
        elif column == "mid":
            expected += MOVED * 0.5
        np.testing.assert_array_equal(other[column], expected, err_msg=f"{name} {column}")
    return len(small)


@pytest.mark.parametrize("name", BUILDS)
def test_large_sizes_and_prices_give_what_small_ones_give(name: str) -> None:
    assert compare(name) > 50


def test_nothing_overflows_where_python_would_see_it() -> None:
    code = f"from tests.plugins.test_bounds import compare; print(*map(compare, {list(BUILDS)}))"
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    environment["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) == len(BUILDS)


def test_the_micro_price_has_a_bucket_for_the_largest_sizes() -> None:
    """It used to write outside its table, and what was there was anybody's."""
    build = BUILDS["micro_price"]
    rows = [
        quote(START + n * S // 4, 100 + n % 3, MOST_LOTS - n, 101 + n % 3, MOST_LOTS - 7 * n)
        for n in range(400)
    ]
    assert np.isfinite(push(build(context()), stream(*rows))["signal"][1:]).all()


def test_order_flow_adds_up_more_than_64_bits_hold() -> None:
    """A hundred quotes a second move the mid up for one window and down for the next."""
    bid, rows = 5000, []
    for n in range(6000):
        bid += 1 if n // 100 % 2 == 0 else -1
        rows.append(quote(START + n * S // 100 + 1, bid, MOST_LOTS, bid + 1, MOST_LOTS))
    signal = push(BUILDS["order_flow"](context()), stream(*rows))["signal"]
    known = signal[np.isfinite(signal)]
    assert 200 * MOST_LOTS > 2**63
    # The signal is what the mid moved in the last window: at most 100 ticks of 0.5.
    assert len(known) > 1000
    np.testing.assert_allclose([known.max(), -known.min()], 50.0, rtol=0.03)


def test_a_candle_holds_as_many_lots_as_a_run_may_trade() -> None:
    events = stream(*(quote(START + n, 1, 1, 2, 1) for n in range(90)))
    events["kind"], events["size"] = TRADE, MOST_LOTS
    builder = CandleBuilder(60 * S)
    assert not len(builder.push(_batch(events)))
    (candle,) = builder.flush()
    assert candle["volume"].tolist() == [9 * 10**18]


def _batch(events: Rows) -> MarketBatch:
    return MarketBatch(events, int(events["ts_local"][-1]))


QUOTE_ROW = "x,XBTUSD,1722470400150000,1722470400229046,{},101,100,1"
TRADE_ROW = "x,XBTUSD,1722470400150000,17224704002290{:02},,buy,101,{}"


def survey(directory: Path, quotes: tuple[str, ...], trades: tuple[str, ...]) -> str:
    """Survey two files; return what the survey says against them."""
    (directory / "q.csv").write_bytes(file("quotes", *quotes))
    (directory / "t.csv").write_bytes(file("trades", *trades))
    config = TardisConfig(tardis_root=str(directory), quotes_csv="q.csv", trades_csv="t.csv")
    connector = TardisConnector(config, "XBTUSD")
    try:
        found = trio.run(connector.survey)
    except DataError as error:
        return str(error).replace(f"{directory}/", "")
    one = Instrument(symbol="XBTUSD", tick_size=Decimal(1), lot_size=Decimal(found.grid[0][1] or 0))
    out, door = Collector(), BatchCheck("tardis", 1)
    trio.run(connector.run, (one,), out)
    for batch in out.batches:
        door.check(batch)
    return ""


def test_a_print_too_large_to_be_added_up_is_refused_by_its_row(tmp_path: Path) -> None:
    trades = tuple(TRADE_ROW.format(n + 46, 9 * 10**17) for n in range(39))
    assert survey(tmp_path, (QUOTE_ROW.format(1),), trades) == (
        "t.csv:2: the largest number of this row is 9.00e+17 lots of 1, expected at most 1e+17;"
        " correct the row, or q.csv:2, which has the finest"
    )


def test_a_size_is_too_large_in_the_lots_of_a_finer_one(tmp_path: Path) -> None:
    quotes = (QUOTE_ROW.format(400_000_000), QUOTE_ROW.format("5.000000001"))
    assert survey(tmp_path, quotes, ()) == (
        "q.csv:2: the largest number of this row is 4.00e+17 lots of 0.000000001, expected at most"
        " 1e+17; correct the row, or q.csv:3, which has the finest"
    )


@pytest.mark.parametrize("over", [False, True])
def test_trades_that_cannot_be_added_up_are_refused_together(tmp_path: Path, over: bool) -> None:
    """Each of them is allowed; the door of the run judges as the survey does."""
    trades = [TRADE_ROW.format(n, 10**17) for n in range(46, 46 + 45)]
    trades += [row.replace("0400229", "0401229") for row in trades]
    trades += [TRADE_ROW.format(99, 10**17).replace("0400229", "0402229")] if over else []
    said = survey(tmp_path, (QUOTE_ROW.format(1),), tuple(trades))
    assert said == over * (
        "t.csv:2: this is the largest of trades that come to 9.10e+18 lots of 1 in all, expected at"
        " most 9e+18; correct the row, or q.csv:2, which has the finest, or use less data at a time"
    )

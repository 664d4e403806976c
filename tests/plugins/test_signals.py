"""What holds for every signal: no future, no cuts, no favourite side, each instrument by itself."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.plugins.signal_market import START, S, context, market, mirrored, push, quote, stream

from mm.api import SIGNAL_FIELDS, Context, MarketBatch, Rows, Transformer
from mm.testing.feeds import cut_stream
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

Build = Callable[[Context], Transformer]

BUILDS: dict[str, Build] = {
    "micro_price": lambda one: build_micro_price(MicroPriceConfig(refit_s=5.0), one),
    "book_imbalance": lambda one: build_book_imbalance(BookImbalanceConfig(), one),
    "order_flow": lambda one: build_order_flow(OrderFlowConfig(fit_windows=50), one),
    "trade_sign": lambda one: build_trade_sign(TradeSignConfig(), one),
    "trade_sign fixed": lambda one: build_trade_sign(TradeSignConfig(coefficient=3.0), one),
}
SECONDS = 120
every_signal = pytest.mark.parametrize("build", BUILDS.values(), ids=BUILDS)


def known(rows: Rows) -> Rows:
    found: Rows = rows[np.isfinite(rows["signal"])]
    return found


@every_signal
def test_a_row_says_when_the_signal_changed_and_to_what(build: Build) -> None:
    rows = push(build(context()), market(1, SECONDS))
    assert len(known(rows)) > 300
    assert rows.dtype == np.dtype(SIGNAL_FIELDS, align=True)
    assert (np.diff(rows["ts"]) >= 0).all()
    same = (rows["signal"][1:] == rows["signal"][:-1]) | np.isnan(rows["signal"][:-1])
    assert not (same & ~np.isfinite(rows["signal"][1:])).any()
    assert not (rows["signal"][1:] == rows["signal"][:-1]).any()


@every_signal
@pytest.mark.parametrize("size", [1, 7, 300])
def test_cutting_the_stream_elsewhere_changes_nothing(build: Build, size: int) -> None:
    events = market(2, SECONDS)
    one = build(context())
    pieces = [one.push(batch) for batch in cut_stream(events, size)]
    assert np.concatenate(pieces).tobytes() == push(build(context()), events).tobytes()


@every_signal
def test_changing_the_future_changes_no_row_before_it(build: Build) -> None:
    events, end = market(3, SECONDS), START + 100 * S
    future = market(4, SECONDS)
    changed = np.concatenate([events[events["ts_local"] <= end], future[future["ts_local"] > end]])
    first, second = (push(build(context()), one) for one in (events, changed))
    past = first[first["ts"] <= end]
    assert len(known(past)) > 200
    assert past.tobytes() == second[second["ts"] <= end].tobytes()
    assert first.tobytes() != second.tobytes()


@every_signal
def test_the_mirrored_market_gives_exactly_the_opposite_signal(build: Build) -> None:
    events = market(5, SECONDS)
    rows = push(build(context()), events)
    other = push(build(context()), mirrored(events))
    np.testing.assert_array_equal(other["signal"], -rows["signal"])
    np.testing.assert_array_equal(other["ts"], rows["ts"])


@every_signal
def test_each_of_two_instruments_has_the_rows_it_would_have_alone(build: Build) -> None:
    own = [market(6, SECONDS), market(7, SECONDS, which=1)]
    both = np.concatenate(own)
    rows = push(build(context(2)), both[np.lexsort((both["kind"], both["ts_local"]))])
    for which in range(2):
        own[which]["instrument"] = 0
        mine = rows[rows["instrument"] == which].copy()
        mine["instrument"] = 0
        assert mine.tobytes() == push(build(context()), own[which]).tobytes()


@every_signal
def test_a_signal_is_in_price_so_half_the_tick_halves_it(build: Build) -> None:
    rows = push(build(context(tick="0.5")), market(8, SECONDS))
    other = push(build(context(tick="0.25")), market(8, SECONDS))
    # A coefficient is in price already.
    share = 1.0 if build is BUILDS["trade_sign fixed"] else 0.5
    np.testing.assert_array_equal(other["signal"], share * rows["signal"])


@every_signal
def test_nothing_is_known_of_a_touch_with_one_side_or_crossed(build: Build) -> None:
    end = START + SECONDS * S
    for bad in (quote(end, 1000, 0, 1001, 5), quote(end, 9, 5, 9, 5)):
        one = build(context())
        push(one, market(9, SECONDS))
        rows = one.push(MarketBatch(stream(bad), end))
        if build is not BUILDS["trade_sign fixed"]:  # which asks nothing of the touch
            assert np.isnan(rows["signal"]).tolist() == [True]


@every_signal
def test_an_empty_batch_gives_no_rows(build: Build) -> None:
    assert len(build(context()).push(MarketBatch(market(1, 1)[:0], 5))) == 0


def test_the_weighted_mid_lies_where_the_formula_says() -> None:
    one = BUILDS["book_imbalance"](context())
    rows = push(one, stream(quote(START, 1000, 30, 1004, 10)))
    # (30 · 502 + 10 · 500) / 40 = 501.5 against a mid of 501
    assert rows["signal"].tolist() == [0.5]


PLAIN = """
import hashlib
from tests.plugins.signal_market import context, market, push
from tests.plugins.test_signals import BUILDS
rows = [push(build(context()), market(1, 60)).tobytes() for build in BUILDS.values()]
print(hashlib.sha256(b"".join(rows)).hexdigest())
"""


def test_plain_python_gives_the_same_bytes() -> None:
    root = Path(__file__).parents[2]
    found = [
        subprocess.run(
            [sys.executable, "-c", PLAIN],
            env={**os.environ, "NUMBA_DISABLE_JIT": off, "PYTHONPATH": str(root)},
            cwd=root,
            capture_output=True,
            check=True,
        ).stdout
        for off in ("0", "1")
    ]
    assert found[0] == found[1]
    assert len(found[0]) > 60

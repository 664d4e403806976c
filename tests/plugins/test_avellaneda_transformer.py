"""The transformer: what it measures, when it knows it, and what it must not depend on."""

import csv
import gzip
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mm.api import BUY, EVENT, QUOTE, SELL, TRADE, ConfigError, Context, Instrument, MarketBatch
from mm_avellaneda.config import (
    AvellanedaConfig,
    CalibratedConfig,
    PenetrationConfig,
    SequencerConfig,
    VolConfig,
)
from mm_avellaneda.estimation import advance
from mm_avellaneda.state import FEATURES, WARM_UP, fresh_memory
from mm_avellaneda.transformer import AvellanedaTransformer

XBTUSD = Path(__file__).parents[3] / "shared" / "data" / "bitmex_XBTUSD_2024-08-01"

S = 1_000_000
START = 1_700_000_000 * S

BASE = AvellanedaConfig(
    quote_size=1.0,
    max_position=10.0,
    gamma=0.1,
    delta=0.2,
    xi=0.1,
    vol=VolConfig(window_len=20, interval_s=0.5, ema_half_life=2.0),
    penetration=PenetrationConfig(window_len=12, num_bins=50, interval_ms=300),
    sequencer=SequencerConfig(interval_ms=200),
)


def instrument(tick: str = "0.5") -> Instrument:
    return Instrument(symbol="TEST", tick_size=Decimal(tick), lot_size=Decimal(1))


def transformer(
    config: AvellanedaConfig = BASE, tick: str = "0.5", count: int = 1
) -> AvellanedaTransformer:
    return AvellanedaTransformer(config, Context(instruments=(instrument(tick),) * count, seed=0))


def quote(ts: int, bid: int, ask: int, bid_size: int = 1, ask_size: int = 1, which: int = 0) -> Any:
    return (ts, ts, bid, bid_size, ask, ask_size, 0, which, QUOTE, 0, 1)


def trade(ts: int, price: int, side: int, which: int = 0) -> Any:
    return (ts, ts, price, 1, 0, 0, 0, which, TRADE, side, 1)


def stream(rows: list[Any]) -> np.ndarray[Any, Any]:
    events = np.array(rows, EVENT)
    return events[np.lexsort((events["kind"], events["ts_local"]))]


def run(events: np.ndarray[Any, Any], until: int, **kwargs: Any) -> np.ndarray[Any, Any]:
    return transformer(**kwargs).push(MarketBatch(events, until))


def walk(seed: int, seconds: int, sizes: bool = True) -> np.ndarray[Any, Any]:
    """A made-up market of about eight events a second, one-sided now and then."""
    rng = np.random.default_rng(seed)
    rows: list[Any] = []
    mid = 1000
    for ts in np.sort(rng.integers(0, seconds * S, 8 * seconds)):
        mid += int(rng.integers(-2, 3))
        if rng.random() < 0.4:
            side = int(rng.choice([BUY, SELL, 0]))
            rows.append(trade(START + int(ts), mid + int(rng.integers(-12, 13)), side))
        else:
            size = int(rng.random() < 0.97) if sizes else 1
            rows.append(quote(START + int(ts), mid - 1, mid + 1, bid_size=size))
    return stream(rows)


def simulated(seed: int, sigma: float, A: float, k: float, seconds: int) -> np.ndarray[Any, Any]:
    """A Brownian mid quoted every 50 ms, and Poisson trades at exponential distances from it."""
    rng = np.random.default_rng(seed)
    tick = 0.01
    ts = START + np.arange(0, seconds * S, 50_000)
    mid = 1000.0 + np.cumsum(rng.normal(0.0, sigma * np.sqrt(0.05), len(ts)))
    quotes = np.zeros(len(ts), EVENT)
    quotes["ts_local"], quotes["kind"] = ts, QUOTE
    quotes["price"] = np.round(mid / tick - 0.5)
    quotes["ask_price"] = quotes["price"] + 1
    quotes["size"] = quotes["ask_size"] = 1
    trades = np.zeros(rng.poisson(2 * A * seconds), EVENT)
    trades["ts_local"] = START + rng.integers(0, seconds * S, len(trades))
    trades["side"] = rng.choice([BUY, SELL], len(trades))
    before = mid[(trades["ts_local"] - START) // 50_000]
    distance = rng.exponential(1.0 / k, len(trades))
    trades["price"] = np.round((before + trades["side"] * distance) / tick)
    events = np.concatenate([trades, quotes])
    return events[np.argsort(events["ts_local"], kind="stable")]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("sigma", "A", "k"), [(1.0, 0.5, 0.2), (0.3, 1.0, 1.0)])
def test_known_parameters_are_recovered_within_three_standard_errors(
    seed: int, sigma: float, A: float, k: float
) -> None:
    seconds = 1500
    config = attrs.evolve(
        BASE,
        vol=VolConfig(window_len=2900, interval_s=0.5, ema_half_life=2.0),
        penetration=PenetrationConfig(window_len=14_900, num_bins=8000, interval_ms=100),
        sequencer=SequencerConfig(interval_ms=1000),
    )
    events = simulated(seed, sigma, A, k, seconds)
    last = run(events, START + seconds * S, config=config, tick="0.01")[-1]
    depths = 2 * A * seconds
    # Of a normal's standard deviation; the fit's were measured over 100 simulations.
    assert abs(last["sigma"] / sigma - 1) < 3 / np.sqrt(2 * 2900)
    assert abs(last["A"] / A - 1) < 3 * 1.4 / np.sqrt(depths)
    assert abs(last["k"] / k - 1) < 3 * 1.5 / np.sqrt(depths)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 1000),
    cuts=st.lists(st.integers(-1, 20 * S), max_size=12),
    gap=st.sampled_from([0, 3, 15, 4000]),
)
def test_cutting_the_stream_elsewhere_changes_nothing(seed: int, cuts: list[int], gap: int) -> None:
    events = walk(seed, 20)
    events["ts_local"][len(events) // 2 :] += gap * S
    end = int(events["ts_local"][-1]) + 20 * S
    whole = run(events, end)
    pieces = []
    cut_up = transformer()
    done = 0
    for mark in [*sorted(START + cut for cut in cuts), end]:
        upto = int(np.searchsorted(events["ts_local"], mark, "right"))
        pieces.append(cut_up.push(MarketBatch(events[done:upto].copy(), mark)))
        assert (pieces[-1]["ts"] <= mark).all()
        done = upto
    assert np.concatenate(pieces).tobytes() == whole.tobytes()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), known=st.integers(15 * S, 20 * S))
def test_rows_do_not_change_when_anything_after_them_does(seed: int, known: int) -> None:
    events = walk(seed, 20)
    changed = walk(seed, 20)
    later = changed["ts_local"] > START + known
    changed["price"][later] += 7
    changed["size"][later] = 0
    changed["side"][later] *= -1
    first, second = run(events, START + 20 * S), run(changed, START + 20 * S)
    before = first["ts"] <= START + known
    assert before.any()
    assert first[before].tobytes() == second[before].tobytes()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000))
def test_a_tick_ten_times_finer_moves_nothing(seed: int) -> None:
    events = walk(seed, 30)
    finer = events.copy()
    finer["price"] *= 10
    finer["ask_price"] *= 10
    config = attrs.evolve(BASE, penetration=attrs.evolve(BASE.penetration, num_bins=500))
    coarse = run(events, START + 30 * S)
    fine = run(finer, START + 30 * S, config=config, tick="0.05")
    assert len(coarse) == len(fine) > 0
    for name in ("mid", "sigma", "A", "k"):
        np.testing.assert_allclose(fine[name], coarse[name], rtol=1e-9)


def test_sigma_is_the_smoothed_windowed_root_mean_square_of_mid_changes() -> None:
    events = walk(5, 60, sizes=False)
    rows = run(events, START + 60 * S)
    quotes = events[events["kind"] == QUOTE]
    grid = np.arange(-(-events["ts_local"][0] // 500_000) * 500_000, START + 60 * S + 1, 500_000)
    known = np.searchsorted(quotes["ts_local"], grid, "right") - 1
    mids = np.where(known < 0, np.nan, (quotes["price"] + quotes["ask_price"])[known] * 0.25)
    squares = np.diff(mids[~np.isnan(mids)]) ** 2
    window = [np.mean(squares[max(0, i - 20) : i]) / 0.5 for i in range(1, len(squares) + 1)]
    variance = window[18]
    for value in window[19:]:
        variance += (1 - 0.5 ** (0.5 / 2.0)) * (value - variance)
    assert rows["sigma"][-1] == pytest.approx(np.sqrt(variance), rel=1e-12)


def test_an_event_at_a_grid_time_is_known_there_and_one_a_microsecond_later_is_not() -> None:
    rows = [quote(START + i * S // 2, 1000 + i % 2, 1002 + i % 2) for i in range(40)]
    at = START + 20 * S
    for late, bid in ((0, 2000), (1, 1001)):
        events = stream([*rows, quote(at + late, 2000, 2002)])
        out = run(events, at + S)
        assert out["bid"][out["ts"] == at] == bid


def test_rows_stand_on_whole_multiples_of_the_sequencers_interval_without_a_gap() -> None:
    rows = run(walk(3, 30), START + 30 * S)
    assert (rows["ts"] % 200_000 == 0).all()
    assert (np.diff(rows["ts"]) == 200_000).all()
    assert rows["ts"][-1] == START + 30 * S


def test_rows_begin_once_sigma_is_known() -> None:
    config = attrs.evolve(BASE, vol=attrs.evolve(BASE.vol, window_len=500))
    events = stream([quote(START + i * S // 10, 1000 + i % 7, 1002 + i % 7) for i in range(600)])
    rows = run(events, START + 60 * S, config=config)
    assert rows["ts"][0] == START + WARM_UP * S // 2
    assert (rows["sigma"] > 0).all()


def test_calibrated_inputs_stand_from_the_first_two_sided_grid_time_on() -> None:
    known = CalibratedConfig(sigma=2.0, A=140.0, k=1.5)
    config = attrs.evolve(BASE, calibrated=known)
    start = START + 50_000
    events = stream([quote(start, 1000, 0, 1, 0), quote(start + S, 1000, 1002)])
    rows = run(events, start + 5 * S, config=config)
    assert rows["ts"][0] == START + 1_200_000
    assert (np.diff(rows["ts"]) == 200_000).all()
    for name in ("sigma", "A", "k"):
        assert (rows[name] == getattr(known, name)).all()


@pytest.mark.parametrize("name", ["sigma", "A", "k"])
def test_one_calibrated_input_leaves_the_others_as_estimated(name: str) -> None:
    config = attrs.evolve(BASE, calibrated=CalibratedConfig(**{name: 0.75}))
    plain = run(walk(1, 40), START + 40 * S)
    rows = run(walk(1, 40), START + 40 * S, config=config)[-len(plain) :]
    for other in rows.dtype.names:
        expected = np.full(len(plain), 0.75) if other == name else plain[other]
        np.testing.assert_array_equal(rows[other], expected)


def test_a_fit_that_fails_leaves_the_row_with_no_model() -> None:
    events = stream([quote(START + i * S // 10, 1000, 1002) for i in range(300)])
    rows = run(events, START + 30 * S)
    assert len(rows) > 0
    assert np.isnan(rows["A"]).all()
    assert np.isnan(rows["k"]).all()


def test_a_quiet_market_lets_volatility_fall() -> None:
    moving = [quote(START + i * S // 2, 1000 + 9 * (i % 2), 1002 + 9 * (i % 2)) for i in range(60)]
    still = [quote(START + 30 * S + i * S, 1000, 1002) for i in range(60)]
    rows = run(stream(moving + still), START + 90 * S)
    assert rows["sigma"][0] > 5.0
    assert rows["sigma"][-1] < 1e-3


@pytest.mark.parametrize(
    ("bounds", "sigma"), [({"sigma_min": 9.0}, 9.0), ({"sigma_max": 0.5}, 0.5)]
)
def test_sigma_is_kept_within_its_bounds(bounds: dict[str, Any], sigma: float) -> None:
    config = attrs.evolve(BASE, vol=attrs.evolve(BASE.vol, **bounds))
    rows = run(walk(1, 40), START + 40 * S, config=config)
    assert (rows["sigma"] == sigma).all()


def test_a_touch_that_loses_a_side_still_gives_rows_without_a_mid() -> None:
    events = walk(2, 20, sizes=False)
    gone = stream([*events.tolist(), quote(START + 20 * S, 1000, 0, 1, 0)])
    last = run(gone, START + 21 * S)[-1]
    assert last["ask_size"] == 0
    assert np.isnan(last["mid"])


def depths_of(trades: list[Any], config: AvellanedaConfig = BASE) -> list[list[int]]:
    memory = fresh_memory(config, instrument())
    # The mid is 1001 at the start of the interval that begins at 0.3 s, and moves in it.
    first = START // 300_000 * 300_000 + 300_000
    reached = [trade(first + 1, *one) for one in trades]
    events = stream([quote(first - 1, 1000, 1002), *reached, quote(first + 2, 1500, 1502)])
    records = (memory.settings, memory.state, memory.squares, memory.depths, memory.histogram)
    advance(events, 0, first + 300_000, 0, records, np.zeros(10, FEATURES))
    return memory.depths[:1].tolist()  # type: ignore[no-any-return]


def test_depth_is_the_deepest_trade_in_half_ticks_from_the_mid_at_the_start() -> None:
    trades = [(1002, BUY), (1005, BUY), (1003, BUY), (998, SELL)]
    assert depths_of(trades) == [[8, 6]]


def test_a_trade_against_its_side_of_the_mid_reached_nothing() -> None:
    assert depths_of([(998, BUY), (1004, SELL)]) == [[0, 0]]


def test_a_trade_of_unknown_side_is_taken_to_have_reached_outward() -> None:
    assert depths_of([(998, 0), (1004, 0)]) == [[6, 6]]


def test_a_trade_beyond_the_last_bin_counts_in_it() -> None:
    assert depths_of([(1900, BUY)]) == [[100, 0]]


def test_a_silence_withdraws_once_and_costs_no_more_than_its_first_minutes() -> None:
    early, year = walk(4, 20, sizes=False), 365 * 24 * 3600 * S
    late = walk(6, 20, sizes=False)
    late["ts_local"] += year
    rows = run(np.concatenate([early, late]), START + year + 20 * S)
    silent = rows[(rows["ts"] > START + 20 * S) & (rows["ts"] < START + year)]
    # Ten seconds of window, and the last row at the first time beyond them.
    assert 48 <= len(silent) <= 52
    assert silent["bid_size"][-1] == silent["ask_size"][-1] == 0
    assert np.isnan(silent["sigma"][-1])
    assert (rows["ts"] > START + year + 9 * S).any()


def test_what_is_known_after_a_silence_does_not_depend_on_what_was_before() -> None:
    early, late = walk(4, 20), walk(6, 20)
    late["ts_local"] += 3600 * S
    end = START + 3620 * S
    both, alone = run(np.concatenate([early, late]), end), run(late, end)
    assert both[both["ts"] > START + 3600 * S].tobytes() == alone.tobytes()


def test_each_of_two_instruments_has_the_rows_it_would_have_alone() -> None:
    first, second = walk(1, 20), walk(2, 20)
    second["instrument"] = 1
    events = np.concatenate([first, second])
    events = events[np.lexsort((events["kind"], events["ts_local"]))]
    rows = transformer(count=2).push(MarketBatch(events, START + 20 * S))
    assert (np.diff(rows["ts"]) >= 0).all()
    second["instrument"] = 0
    for index, own in enumerate((first, second)):
        mine = rows[rows["instrument"] == index].copy()
        mine["instrument"] = 0
        assert mine.tobytes() == run(own, START + 20 * S).tobytes()


def test_an_interval_finer_than_the_clock_is_refused() -> None:
    config = attrs.evolve(BASE, vol=attrs.evolve(BASE.vol, interval_s=0.0010005))
    with pytest.raises(ConfigError, match=r"vol\.interval_s is 0\.0010005 s, finer than the clock"):
        transformer(config)


def xbtusd_hour() -> np.ndarray[Any, Any]:
    if not XBTUSD.exists():
        pytest.skip(f"{XBTUSD} is not here")

    def read(name: str) -> list[dict[str, str]]:
        with gzip.open(XBTUSD / name, "rt") as file:
            return list(csv.DictReader(file))

    def ticks(text: str) -> int:
        return round(float(text) * 10)

    rows = [
        trade(int(r["local_timestamp"]), ticks(r["price"]), BUY if r["side"] == "buy" else SELL)
        for r in read("trades.csv.gz")
    ] + [
        quote(int(r["local_timestamp"]), ticks(r["bid_price"]), ticks(r["ask_price"]))
        for r in read("quotes.csv.gz")
    ]
    return stream(rows)


def test_the_real_hour_has_the_intensity_and_volatility_that_were_published_for_it() -> None:
    config = attrs.evolve(
        BASE,
        vol=VolConfig(window_len=7000, interval_s=0.5, ema_half_life=2.0),
        # Deeper trades count as 100 ticks deep, so this is the fit over the first 100.
        penetration=PenetrationConfig(window_len=7300, num_bins=100, interval_ms=500),
    )
    memory = fresh_memory(config, instrument("0.1"))
    events = xbtusd_hour()
    records = (memory.settings, memory.state, memory.squares, memory.depths, memory.histogram)
    out = np.zeros(20_000, FEATURES)
    _, count = advance(events, 0, int(events["ts_local"][-1]), 0, records, out)
    assert out["sigma"][count - 1] == pytest.approx(4.75, rel=0.02)
    # As published: an unweighted line through the plain shares at 0.5, 1.5, ... 99.5 ticks.
    reached = np.cumsum(memory.histogram[::-1])[::-1][1:200:2]
    rate = reached / (2 * memory.state["pen_count"][0] * 0.5)
    slope, level = np.polyfit(np.arange(100) + 0.5, np.log(rate), 1)
    assert np.exp(level) == pytest.approx(0.082, abs=0.0005)
    assert -slope == pytest.approx(0.0192, abs=0.0001)
    # And as fitted here, by the price.
    assert out["A"][count - 1] == pytest.approx(0.085, abs=0.001)
    assert out["k"][count - 1] == pytest.approx(0.20, abs=0.002)


PRINT_ROWS = """
import hashlib, sys
sys.path.insert(0, {folder!r})
import test_avellaneda_transformer as t
rows = t.run(t.walk(9, 30), t.START + 30 * t.S)
print(len(rows), hashlib.sha256(rows.tobytes()).hexdigest())
"""


def test_plain_python_gives_the_same_bytes_as_compiled_code() -> None:
    def digest(plain: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", PRINT_ROWS.format(folder=str(Path(__file__).parent))],
            env={**os.environ, "NUMBA_DISABLE_JIT": plain},
            capture_output=True,
            check=True,
            text=True,
        ).stdout

    assert digest("0") == digest("1")

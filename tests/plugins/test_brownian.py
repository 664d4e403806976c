"""The simulated market: how deep its prints reach, how its mid walks, and paths that stay put."""

import math
from collections.abc import Sequence
from decimal import Decimal

import attrs
import numpy as np
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from tests.plugins.tardis_directory import Collector

from mm.api import (
    BUY,
    MOST_TICKS,
    QUOTE,
    SELL,
    TRADE,
    ConfigError,
    DataError,
    Instrument,
    MarketBatch,
    Rows,
)
from mm_brownian import BrownianConfig
from mm_brownian.connector import BrownianConnector
from mm_brownian.walk import Walk, uniforms

PAPER = BrownianConfig()
LONG = BrownianConfig(duration_s=500.0)  # 100 000 steps


def batches_of(config: BrownianConfig, seed: int = 0) -> list[MarketBatch]:
    async def run() -> list[MarketBatch]:
        connector = BrownianConnector(config, "W", seed)
        survey = await connector.survey()
        instruments = tuple(
            Instrument(symbol=symbol, tick_size=Decimal(tick or ""), lot_size=Decimal(lot or ""))
            for symbol, (tick, lot) in zip(survey.symbols, survey.grid, strict=True)
        )
        out = Collector()
        await connector.run(instruments, out)
        assert out.closed
        return out.batches

    return trio.run(run)


def events_of(config: BrownianConfig, seed: int = 0) -> Rows:
    return np.concatenate([batch.events for batch in batches_of(config, seed)])


def of_path(events: Rows, instrument: int) -> list[tuple[int, ...]]:
    """What happened on one path, without its place among the others."""
    mine = events[events["instrument"] == instrument]
    columns = ("ts_local", "kind", "price", "ask_price", "size", "side")
    return list(zip(*(mine[name].tolist() for name in columns), strict=True))


def test_draws_are_never_zero_or_one() -> None:
    ends = uniforms(np.array([0, (1 << 64) - 1], np.uint64))
    assert 0.0 < ends[0] < 2.0**-52
    assert 1.0 - 2.0**-52 < ends[1] < 1.0


# 100 000 draws a side, a fixed seed: 4 standard errors of a share.
@pytest.mark.parametrize("distance", [-0.5, -0.2377, -0.2, 0.0, 0.3, 0.7, 1.5, 3.0])
def test_a_quote_at_any_distance_is_reached_as_often_as_the_law_says(distance: float) -> None:
    """min(1, A exp(-k d) dt): certain at -0.2378 and beyond, 0.7 at the mid, 0.245 at 0.7."""
    steps = Walk(LONG, seed=1, path=0).take(100_000)
    wanted = min(1.0, 140.0 * math.exp(-1.5 * distance) * 0.005)
    error = math.sqrt(wanted * (1.0 - wanted) / 100_000)
    for reach in (steps.buy_reach, steps.sell_reach):
        assert abs(np.mean(reach >= distance) - wanted) <= 4.0 * error


def test_both_sides_and_the_mid_are_independent() -> None:
    """Correlations of 100 000 triples are within 4/√n of nothing."""
    steps = Walk(LONG, seed=2, path=0).take(100_000)
    moves = np.sign(np.diff(steps.mid))
    columns = np.stack([steps.buy_reach[:-1], steps.sell_reach[:-1], moves])
    correlations = np.corrcoef(columns)[np.triu_indices(3, 1)]
    assert np.all(np.abs(correlations) <= 4.0 / math.sqrt(100_000))


def test_the_mid_moves_up_or_down_by_sigma_root_dt_with_equal_chances() -> None:
    steps = Walk(LONG, seed=3, path=0).take(100_000)
    moves = np.diff(steps.mid)
    assert steps.mid[0] == 100.0
    np.testing.assert_allclose(np.abs(moves), 2.0 * math.sqrt(0.005), rtol=1e-9)
    assert abs(np.mean(moves > 0) - 0.5) <= 4.0 * 0.5 / math.sqrt(99_999)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=6))
def test_a_path_is_the_same_however_it_is_cut(cuts: Sequence[int]) -> None:
    whole, pieces = Walk(PAPER, 7, 3), Walk(PAPER, 7, 3)
    at_once = whole.take(sum(cuts))
    parts = [pieces.take(cut) for cut in cuts]
    for name in ("mid", "buy_reach", "sell_reach"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        np.testing.assert_array_equal(joined, getattr(at_once, name))
    assert whole.mid == pieces.mid


def test_a_path_is_the_same_whichever_others_run_with_it() -> None:
    alone = events_of(BrownianConfig(first_path=5))
    among = events_of(BrownianConfig(first_path=3, paths=4))
    assert of_path(alone, 0) == of_path(among, 2)


def test_paths_and_seeds_differ() -> None:
    events = events_of(BrownianConfig(paths=2))
    assert of_path(events, 0) != of_path(events, 1)
    assert of_path(events, 0) != of_path(events_of(PAPER, seed=1), 0)
    assert of_path(events_of(PAPER, seed=-1), 0) != of_path(events, 0)


def test_a_step_is_a_quote_around_the_mid_and_half_way_on_a_print_a_side() -> None:
    events = events_of(PAPER)
    walk = Walk(PAPER, 0, 0)
    steps = walk.take(200)
    quotes, prints = events[events["kind"] == QUOTE], events[events["kind"] == TRADE]
    start = 1_577_836_800_000_000
    assert quotes["ts_local"].tolist() == [
        *range(start, start + 1_000_000, 5000), start + 999_999,
    ]  # fmt: skip
    mids = [*steps.mid, walk.mid]
    np.testing.assert_array_equal(
        (quotes["price"] + quotes["ask_price"]) // 2, np.rint(np.array(mids) * 1e6)
    )
    assert prints["ts_local"].tolist() == [
        ts for ts in range(start + 2500, start + 1_000_000, 5000) for _ in range(2)
    ]
    assert prints["side"].tolist() == [BUY, SELL] * 200
    np.testing.assert_array_equal(
        prints["price"][::2], np.rint((steps.mid + steps.buy_reach) * 1e6)
    )
    np.testing.assert_array_equal(
        prints["price"][1::2], np.rint((steps.mid - steps.sell_reach) * 1e6)
    )
    assert events["row"].tolist() == list(range(1, 602))


def test_the_stream_keeps_the_order_of_events_and_comes_in_pieces() -> None:
    batches = batches_of(BrownianConfig(duration_s=5.0, paths=30))
    events = np.concatenate([batch.events for batch in batches])
    assert len(batches) > 5
    order = np.lexsort((events["row"], events["kind"], events["ts_local"]))
    assert order.tolist() == list(range(len(events)))
    assert all(batch.watermark == batch.events["ts_local"][-1] for batch in batches)


def test_what_comes_is_what_was_announced() -> None:
    config = BrownianConfig(first_path=9, paths=3)
    survey = trio.run(BrownianConnector(config, "W", 4).survey)
    events = events_of(config, seed=4)
    assert survey.symbols == ("W-9", "W-10", "W-11")
    assert survey.total_rows == len(events) == sum(source.rows for source in survey.sources)
    assert (survey.first_ts, survey.last_ts) == (events["ts_local"][0], events["ts_local"][-1])
    assert survey.sources[0].path == "brownian, seed 4, paths 9 to 11"


def test_a_session_starts_at_a_multiple_of_its_length() -> None:
    events = events_of(BrownianConfig(duration_s=7.0))
    assert events["ts_local"][0] % 7_000_000 == 0


def test_a_low_mid_brings_the_quotes_nearer_and_stays_their_middle() -> None:
    config = BrownianConfig(start_price=1.0, half_spread=0.99, sigma=0.5)
    quotes = events_of(config)
    quotes = quotes[quotes["kind"] == QUOTE]
    assert quotes["price"].min() == 1
    steps = Walk(config, 0, 0).take(200)
    np.testing.assert_array_equal(
        (quotes["price"] + quotes["ask_price"])[:-1], 2 * np.rint(steps.mid * 1e6)
    )


def test_a_mid_that_falls_to_zero_ends_the_run_and_says_on_which_path() -> None:
    with pytest.raises(DataError, match=r"W-0: the mid fell to zero.*smaller data\.sigma"):
        events_of(BrownianConfig(start_price=0.5, sigma=5.0))


@pytest.mark.parametrize("half_spread", [None, 1e300])
def test_a_mid_beyond_what_ticks_can_count_is_refused(half_spread: float | None) -> None:
    """It used to be said to have fallen to zero."""
    below = BrownianConfig(start_price=4.9e8, sigma=0.0, half_spread=half_spread)
    assert events_of(below)["ask_price"].max() <= MOST_TICKS
    with pytest.raises(
        DataError, match=r"the mid rose to 5\.1e\+14 ticks, expected at most 5e\+14"
    ):
        events_of(attrs.evolve(below, start_price=5.1e8))


@pytest.mark.parametrize(
    ("config", "text"),
    [
        (
            BrownianConfig(duration_s=0.012),
            "data.duration_s is 0.012 s, which is not a whole number of steps",
        ),
        (
            BrownianConfig(interval_s=0.0000101),
            "data.interval_s is 1.01e-05 s, finer than the clock",
        ),
        (
            BrownianConfig(duration_s=1e6, paths=10),
            r"which on 10 paths makes 2000000000 steps of 0\.005 s, expected at most 1e\+08",
        ),
    ],
    ids=["duration", "interval", "steps"],
)
def test_times_must_fit_the_grid_and_the_clock(config: BrownianConfig, text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        BrownianConnector(config, "W", 0)

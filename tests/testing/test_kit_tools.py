"""What the kit is made of: random markets, the watch for impurities, guessed configurations."""

import gc
import random
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm.api import CLEAR, EVENT, LEVEL, QUOTE, ConfigError, option
from mm.testing import change_future, cut_stream, guess_config, random_market, with_heartbeats
from mm.testing.kit.network import first_difference
from mm.testing.kit.options import extremes
from mm.testing.kit.purity import watching

SEEDS = st.integers(0, 10_000)


@given(SEEDS, st.integers(1, 3), st.booleans())
def test_a_random_market_is_a_legal_stream(seed: int, instruments: int, wild: bool) -> None:
    events = random_market(seed, events=200, instruments=instruments, wild=wild)
    assert events.dtype == EVENT
    assert len(events) >= 200
    kinds = np.where(events["kind"] == CLEAR, LEVEL, events["kind"]).astype("i8")
    order = events["ts_local"] * 8 + kinds
    assert np.all(np.diff(order) >= 0)
    assert np.all(events["ts_exchange"] <= events["ts_local"])
    assert np.all(np.diff(events["ts_exchange"]) >= 0)
    assert np.array_equal(events["end"][:-1], np.diff(order) != 0)
    assert events["end"][-1] == 1
    assert np.all(events["price"][events["size"] > 0] > 0)
    assert set(events["instrument"]) <= set(range(instruments))


def test_a_seed_gives_the_same_market_whatever_was_drawn_before() -> None:
    first = random_market(7)
    random.random()
    assert random_market(7).tobytes() == first.tobytes()
    assert random_market(8)[:1000].tobytes() != first[:1000].tobytes()


def test_wild_markets_have_what_calm_ones_have_not() -> None:
    wild = np.concatenate([random_market(seed) for seed in range(4)])
    calm = random_market(0, wild=False)
    for events, has in ((wild, True), (calm, False)):
        quotes = events[events["kind"] == QUOTE]
        empty = (quotes["size"] == 0) & (quotes["ask_size"] == 0)
        one_sided = (quotes["size"] == 0) != (quotes["ask_size"] == 0)
        crossed = (quotes["price"] >= quotes["ask_price"]) & (quotes["ask_size"] > 0)
        for what in (empty, one_sided, crossed, events["price"] > 1 << 39):
            assert np.any(what) == has
        assert (np.diff(events["ts_local"]).max() > 10_000_000) == has


@given(SEEDS, st.floats(0, 1))
def test_another_future_leaves_the_past_alone(seed: int, share: float) -> None:
    events = random_market(seed, events=100)
    ts = int(np.quantile(events["ts_local"], share))
    changed = change_future(events, ts)
    past = events["ts_local"] <= ts
    assert first_difference({"past": events[past]}, {"past": changed[past]}) is None
    assert np.array_equal(changed["ts_local"], events["ts_local"])


def test_heartbeats_add_watermarks_and_no_events() -> None:
    batches = list(cut_stream(random_market(0, events=100), 20))
    beaten = list(with_heartbeats(batches))
    assert [len(batch.events) for batch in beaten[::2]] == [0] * len(batches)
    marks = [batch.watermark for batch in beaten]
    assert marks == sorted(set(marks))
    assert beaten[1::2] == batches


def test_the_watch_sees_nothing_before_and_after() -> None:
    time.time()
    with watching() as found:
        sum(range(3))
    time.time()
    Path(__file__).read_bytes()
    assert found == []


def test_the_watch_leaves_a_profiler_in_its_place() -> None:
    def profile(*args: Any) -> None:
        pass

    sys.setprofile(profile)
    try:
        with watching():
            pass
        assert sys.getprofile() is profile
    finally:
        sys.setprofile(None)


def test_each_kind_of_impurity_is_told_once_with_its_line() -> None:
    with watching() as found:
        time.time()
        time.monotonic()
        random.random()
    assert [one.what.partition(":")[0] for one in found] == ["reads the clock", "draws at random"]
    assert all("testing/test_kit_tools.py:" in one.what for one in found)


def test_a_generator_of_ones_own_is_no_global_chance() -> None:
    own, numpys = random.Random(3), np.random.default_rng(3)
    with watching() as found:
        own.random()
        numpys.random()
    assert found == []


def test_files_may_be_written_below_the_directory_that_is_given(tmp_path: Path) -> None:
    with watching(tmp_path) as found:
        (tmp_path / "mine.txt").write_text("x")
    assert found == []
    with watching(tmp_path) as found:
        (tmp_path / ".." / "theirs.txt").write_text("x")
    assert [one.what.partition(":")[0] for one in found] == ["opens a file"]


@attrs.frozen
class Nested:
    depth: int = option(help="Depth.", unit="levels", ge=3)


@attrs.frozen
class Required:
    """One option of each sort, none with a default."""

    size: float = option(help="Size.", unit="contracts", gt=5.0)
    share: float = option(help="Share.", unit="pure number", ge=0.0, lt=0.5)
    negative: int = option(help="Below zero.", unit="ticks", le=-2)
    exact: Decimal = option(help="Decimal.", unit="price")
    way: str = option(help="Way.", choices=("up", "down"))
    word: Literal["a", "b"] = option(help="Word.")
    steps: list[float] = option(help="Steps.", unit="s")
    flag: bool = option(help="Flag.")
    path: str = option(help="Path.")
    table: Nested = option(help="Table.")


def test_required_options_are_guessed_within_their_bounds() -> None:
    guess = guess_config(Required, {"path": "here"})
    assert guess.config == Required(
        size=6.0, share=0.0, negative=-2, exact=Decimal(1), way="up", word="a", steps=[0.0],
        flag=False, path="here", table=Nested(3),
    )  # fmt: skip
    assert "path" not in guess.guessed
    assert str(guess).startswith("size = 6.0, share = 0.0")


def test_what_is_given_is_held_to_the_class() -> None:
    with pytest.raises(ConfigError, match=r"size: must be > 5.0 contracts, was 1.0"):
        guess_config(Required, {"size": Decimal("1.0")})


def test_extremes_put_one_number_at_a_time_at_its_bound() -> None:
    config = guess_config(Required).config
    assert [(name, bound) for name, bound, _ in extremes(config)] == [
        ("size", 5.0 + 1e-9), ("share", 0.0), ("share", 0.5 - 1e-9), ("negative", -2),
        ("table.depth", 3),
    ]  # fmt: skip


def test_the_first_difference_names_row_column_and_both_values() -> None:
    rows = np.array([(1, 2.0), (3, np.nan)], [("ts", "i8"), ("edge", "f8")])
    other = rows.copy()
    assert first_difference({"quotes": rows}, {"quotes": other}) is None
    other["edge"][1] = 4.0
    text = "quotes row 1 (ts 3): edge is 4.0, was nan"
    assert first_difference({"quotes": rows}, {"quotes": other}) == text
    assert first_difference({"quotes": rows}, {"quotes": other}, until=2) is None
    assert first_difference({"quotes": rows}, {"quotes": rows[:1]}) == "quotes has 1 rows, had 2"


def test_what_others_do_when_garbage_is_collected_is_not_blamed_on_the_part() -> None:
    def reads_the_clock(*_: object) -> None:
        time.perf_counter()

    gc.callbacks.append(reads_the_clock)
    try:
        with watching() as found:
            kept = [[number] for number in range(100_000)]  # many collections' worth
    finally:
        gc.callbacks.remove(reads_the_clock)
    assert kept
    assert found == []
    assert gc.isenabled()

"""The clock of the exchange against the recorder's: row by row, robust, and told."""

import json
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from mm.api import TICKER, DataError, Instrument, MarketBatch
from mm.explain.clock import RunClock
from mm_tardis import TardisConfig, build
from mm_tardis import offset as of
from mm_tardis.clock import Clock, clock_of, refuse_clocks
from mm_tardis.findings import Findings
from mm_tardis.inspect import inspect_files, inspection_text
from mm_tardis.table import QUOTES, T_EXCHANGE, T_LOCAL, T_ROW, T_TIMELESS, WIDTH, Ints

T0: Final = 1_722_470_400_000_000  # µs: 2024-08-01 00:00 UTC
SECOND: Final = 1_000_000
HEADS: Final = {
    "quotes": "exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount",
    "trades": "exchange,symbol,timestamp,local_timestamp,id,side,price,amount",
    "derivative_ticker": "exchange,symbol,timestamp,local_timestamp,funding_timestamp,funding_rate,"
    "predicted_funding_rate,open_interest,last_price,index_price,mark_price",
}
FIELDS: Final = {"quotes": "5,101,100,5", "trades": "1,buy,101,1"}


def corrected(local: Ints, made: Ints, cuts: Sequence[int] = ()) -> tuple[Ints, Clock, Ints]:
    """Exchange times as converted, the clock, and the tally of time stamps, of one file's rows."""
    table = np.zeros((len(local), WIDTH), np.int64)
    table[:, T_LOCAL], table[:, T_EXCHANGE] = local, made
    table[:, T_TIMELESS] = local == made
    table[:, T_ROW] = np.arange(len(local)) + 1
    arrays = of.new_timing()
    for start, end in pairwise([0, *cuts, len(local)]):
        of.watch(table[start:end].copy(), end - start, QUOTES, *arrays)
    of.finish(*arrays)
    timing, _, pieces = arrays
    clock = clock_of([_Offsets(pieces[: timing[of.PIECES]])])  # type: ignore[list-item]
    offsets = np.array([of.offset_at(clock.pieces, int(ts)) for ts in local])
    return np.where(local == made, made, np.minimum(made + offsets, local)), clock, timing


class _Offsets:
    """As much of a Findings as a clock is made of."""

    def __init__(self, offsets: Ints) -> None:
        self.offsets = offsets

    def timed(self, column: int) -> int:
        return {of.STAMPS: 100}[column]


def healthy(rows: int, seed: int, every: int = 50_000) -> tuple[Ints, Ints]:
    """Local and exchange times with latencies of 1 ms and more, some rows sharing a message."""
    random = np.random.default_rng(seed)
    local = T0 + np.cumsum(random.integers(0, 2, rows) * random.integers(1, 2 * every, rows))
    latency = 1000 + random.lognormal(8, 1, rows).astype(np.int64)
    return local, local - latency


def run(directory: Path, config: dict[str, Any] | None = None, **files: Sequence[str]) -> Any:
    """Write files, survey, run; return (survey, events)."""
    keys: dict[str, Any] = {"tardis_root": str(directory)}
    for kind, rows in files.items():
        (directory / f"{kind}.csv").write_text("\n".join([HEADS[kind], *rows, ""]))
        keys[f"{kind}_csv"] = f"{kind}.csv"
    batches: list[MarketBatch] = []

    class Out:
        async def send(self, value: MarketBatch, /) -> None:
            await trio.lowlevel.checkpoint()
            batches.append(value)

        def close(self) -> None:
            pass

    async def whole() -> Any:
        connector = build(TardisConfig(**keys | (config or {})), "X")
        survey = await connector.survey()
        instrument = Instrument(symbol="X", tick_size=Decimal(1), lot_size=Decimal(1))
        await connector.run((instrument,), Out())
        return survey

    survey = trio.run(whole)
    return survey, np.concatenate([batch.events for batch in batches])


def row(kind: str, local: int, made: int | str, fields: str = "") -> str:
    """A row of a file; times since T0, the exchange's as text if there is none."""
    stamp = made if isinstance(made, str) else T0 + made
    return f"x,X,{stamp},{T0 + local},{fields or FIELDS[kind]}"


def found(health: Any, kind: str, source: str) -> Any:
    return next(one for one in health if (one.kind, one.source) == (kind, source))


# --- one wrong stamp -----------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(1, 700),
    seed=st.integers(0, 99),
    at=st.integers(0, 699),
    by=st.one_of(st.integers(1000, 3600 * SECOND), st.integers(-3600 * SECOND, -1000)),
)
def test_one_row_with_a_wrong_stamp_moves_no_other(rows: int, seed: int, at: int, by: int) -> None:
    local, made = healthy(rows, seed)
    moved, at = made.copy(), at % rows
    moved[at] += by
    times, clock, timing = corrected(local, moved)
    others = np.arange(rows) != at
    assert (times[others] == made[others]).all()
    assert times[at] == min(moved[at], local[at])
    assert timing[of.CLAMPED] == (moved[at] > local[at])
    assert clock.most_us == 0


def test_a_message_of_many_rows_with_one_wrong_stamp_is_one_wrong_stamp() -> None:
    local, made = healthy(300, 1)
    local[100:150] = local[100]
    made[100:150] = local[100] + 30 * SECOND
    times, _, timing = corrected(local, made)
    assert (times[100:150] == local[100]).all()
    assert (np.delete(times, range(100, 150)) == np.delete(made, range(100, 150))).all()
    assert (timing[of.CLAMPED], timing[of.FIRST_CLAMPED]) == (50, 101)


@pytest.mark.parametrize("bad", [3, 5, 12])
def test_a_few_wrong_stamps_in_a_row_move_no_other(bad: int) -> None:
    local = T0 + np.arange(400) * SECOND
    made = local - 20_000
    wrong = slice(200, 200 + bad)
    made[wrong] = local[wrong] + 30 * SECOND
    times, clock, timing = corrected(local, made)
    assert clock.most_us == 0
    assert timing[of.CLAMPED] == bad
    assert (np.delete(local - times, range(200, 200 + bad)) == 20_000).all()


def test_the_last_row_of_a_file_can_be_wrong_alone() -> None:
    local, made = healthy(130, 2)
    made[-1] = local[-1] + SECOND
    assert (corrected(local, made)[0][:-1] == made[:-1]).all()


# --- a clock that is wrong -----------------------------------------------------------------------


@pytest.mark.parametrize("behind", [200_000, 50_000, 10_000_000])
@pytest.mark.parametrize("rows", [3, 100, 5000])
def test_a_clock_that_is_behind_by_a_constant_is_put_right(behind: int, rows: int) -> None:
    local, made = healthy(rows, 5)
    times, clock, timing = corrected(local - behind, made)
    assert (times <= local - behind).all()
    # As if the fastest of each stretch took no time at all.
    assert (np.abs(times - (made - behind)) <= 60_000).all()
    assert np.median(np.abs(times - (made - behind))) < 6_000
    assert timing[of.CLAMPED] <= rows // 500
    assert -behind <= clock.most_us < -behind + 60_000


def test_a_wrong_stamp_in_a_file_of_a_slow_clock_is_set_to_its_arrival() -> None:
    local = T0 + np.arange(500) * 100_000
    made = local + 180_000
    made[300] += 2 * SECOND
    times, _, timing = corrected(local, made)
    assert (times == local).all()
    assert (timing[of.CLAMPED], timing[of.MOST_CLAMPED]) == (1, 2 * SECOND)


@pytest.mark.parametrize(
    ("rows", "every"), [(247, 400_000), (247, 40_000), (2000, 50_000), (20_000, 5_000)]
)
@pytest.mark.parametrize("back", [False, True])
def test_a_clock_that_drifts_is_followed(rows: int, every: int, back: bool) -> None:
    """From 50 to 250 ms behind, or back: no row is early, or moved much further than it has to."""
    random = np.random.default_rng(3)
    local = T0 + np.arange(rows) * every
    behind = np.linspace(50_000, 250_000, rows).astype(np.int64)[:: -1 if back else 1]
    latency = 2000 + random.exponential(3000, rows).astype(np.int64)
    times, clock, timing = corrected(local, local - latency + behind)
    lateness = local - times
    assert lateness.min() >= 0
    assert (lateness <= latency + 6_000).all()
    assert timing[of.CLAMPED] <= rows // 50
    assert clock.least_us > -65_000
    assert -255_000 < clock.most_us < -235_000


def test_a_clock_that_is_set_is_followed_after_a_stretch() -> None:
    local = T0 + np.arange(6000) * 10_000  # a minute
    made = local - 3000
    made[2500:] += 500_000
    times, _, _ = corrected(local, made)
    assert (times <= local).all()
    assert (times[:2000] == made[:2000]).all()
    assert (times[3100:] == local[3100:]).all()


def test_a_small_share_of_early_rows_is_no_clock() -> None:
    """One row in 25 is early by 1 ms: set to its arrival. One in ten: the clock is behind."""
    local = T0 + np.arange(5000) * 10_000
    for one_in, behind in ((25, 0), (10, -1000)):
        made = local - 4000
        made[::one_in] = local[::one_in] + 1000
        made[1::4] = local[1::4] - 500
        _, clock, timing = corrected(local, made)
        assert clock.most_us == behind
        assert (timing[of.CLAMPED] > 0) == (behind == 0)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 99),
    behind=st.integers(0, 300_000),
    cuts=st.lists(st.integers(1, 1999), max_size=6, unique=True),
)
def test_the_clock_depends_on_the_rows_not_on_blocks(
    seed: int, behind: int, cuts: list[int]
) -> None:
    local, made = healthy(2000, seed)
    whole, parts = (corrected(local - behind, made, at) for at in ((), sorted(cuts)))
    assert (whole[0] == parts[0]).all()
    assert whole[1].details() == parts[1].details()
    assert (whole[2] == parts[2]).all()


def test_rows_without_a_time_of_their_own_say_nothing_and_stay() -> None:
    local = T0 + np.arange(300) * 100_000
    made = local + 200_000
    made[::3] = local[::3]
    times, clock, _ = corrected(local, made)
    assert clock.most_us == clock.least_us == -200_000
    assert (times == local).all()


def test_memory_is_bounded_by_pieces_put_together() -> None:
    timing, held, _ = of.new_timing()
    pieces = np.zeros((4, of.PIECE), np.int64)
    local = T0 + np.arange(64 * 40) * 200_000
    lag = np.repeat(np.arange(40) % 2 * 100_000 + 50_000, 64)
    table = np.zeros((len(local), WIDTH), np.int64)
    table[:, T_LOCAL], table[:, T_EXCHANGE] = local, local + lag
    table[:, T_ROW] = np.arange(len(local)) + 1
    of.watch(table, len(local), QUOTES, timing, held, pieces)
    of.finish(timing, held, pieces)
    used = pieces[: timing[of.PIECES]]
    assert (used[0, of.START], used[-1, of.END]) == (local[0], local[-1] + 1)
    assert (used[1:, of.START] == used[:-1, of.END]).all()
    assert all(of.offset_at(used, int(ts)) <= -late for ts, late in zip(local, lag, strict=True))


# --- in a run ------------------------------------------------------------------------------------


def test_one_stamp_half_a_minute_ahead_is_put_right_and_told(tmp_path: Path) -> None:
    """247 rows, one of them a trade at 100 s that says it was made at 130 s."""
    quotes = [row("quotes", n * 500_000, n * 500_000 - 10_000) for n in range(1, 246)]
    trades = [row("trades", 5 * SECOND, 5 * SECOND - 10_000),
              row("trades", 100 * SECOND, 130 * SECOND)]  # fmt: skip
    survey, events = run(tmp_path, quotes=quotes, trades=trades)
    late = events["ts_local"] - events["ts_exchange"]
    assert sorted(set(late.tolist())) == [0, 10_000]
    assert (late == 0).sum() == 1
    assert survey.details["clock_shift_us"] == 0
    assert survey.notes[-1] == (
        "1 rows are stamped ahead of all others, the first in trades.csv:3; they"
        " are taken as made when they arrived"
    )
    clamped = found(survey.health, "rows_set_to_arrival", "trades")
    assert (clamped.rows, clamped.of, clamped.first) == (1, 2, f"{tmp_path}/trades.csv:3")
    assert not clamped.is_sick
    assert not found(survey.health, "rows_received_before_made", "trades").rows
    (inspected,) = inspect_files([tmp_path / "trades.csv"])
    assert (
        "clock     not behind the exchange's; 1 rows stamped ahead of all others"
        in inspection_text(inspected)
    )


def test_a_few_trades_stamped_ahead_move_no_book_of_many_rows(tmp_path: Path) -> None:
    """All four trades are ahead, all 200 quotes are not."""
    quotes = [row("quotes", n * 500_000, n * 500_000 - 10_000) for n in range(1, 201)]
    trades = [row("trades", n * 20 * SECOND, n * 20 * SECOND + 300_000) for n in range(1, 5)]
    survey, events = run(tmp_path, quotes=quotes, trades=trades)
    assert sorted(set((events["ts_local"] - events["ts_exchange"]).tolist())) == [0, 10_000]
    clamped = found(survey.health, "rows_set_to_arrival", "trades")
    assert (clamped.rows, clamped.first, clamped.is_sick) == (4, f"{tmp_path}/trades.csv:2", True)


def test_many_wrong_stamps_make_data_sick(tmp_path: Path) -> None:
    quotes = [
        row("quotes", n * 100_000, n * 100_000 + (40_000_000 if n % 10 == 0 else -5000))
        for n in range(1, 1000)
    ]
    survey, _ = run(tmp_path, quotes=quotes)
    assert found(survey.health, "rows_set_to_arrival", "quotes").is_sick


def test_a_lag_is_told_with_its_drift(tmp_path: Path) -> None:
    lags = [50_000 + 100 * n for n in range(1000)]
    quotes = [row("quotes", n * 100_000, n * 100_000 + lag) for n, lag in enumerate(lags, 1)]
    survey, events = run(tmp_path, quotes=quotes)
    late = events["ts_local"] - events["ts_exchange"]
    assert late.min() >= 0
    assert late.max() < 1500
    moved = found(survey.health, "rows_received_before_made", "quotes")
    assert (moved.rows, moved.time_share, moved.limit) == (1000, 1.0, None)
    assert survey.notes[0].startswith("the recorder's clock is 50.")
    (inspected,) = inspect_files([tmp_path / "quotes.csv"])
    assert inspected.clock is not None
    assert "ms at first, 149.9" in inspected.clock
    assert inspected.clock_offsets == survey.details["clock_offsets"]


def test_a_row_made_long_before_is_kept_and_counted(tmp_path: Path) -> None:
    quotes = [row("quotes", n * 100_000, n * 100_000 - 5000) for n in range(1, 200)]
    quotes[99] = row("quotes", 100 * 100_000, 100 * 100_000 - 3600 * SECOND)
    survey, events = run(tmp_path, quotes=quotes)
    assert (events["ts_local"] - events["ts_exchange"]).max() == 3600 * SECOND
    stale = found(survey.health, "rows_made_over_60_s_before", "quotes")
    assert (stale.rows, stale.first) == (1, f"{tmp_path}/quotes.csv:101")
    assert not stale.is_sick


def test_funding_times_move_with_the_clock_and_agree(tmp_path: Path) -> None:
    """All tickers name 40 s, also while the clock drifts, so all are moved to one time."""
    due = T0 + 40 * SECOND
    quotes, tickers = [], []
    for n in range(1, 600):
        local, lag = n * 100_000, 200_000 + 50 * n
        quotes.append(row("quotes", local, local + lag))
        if n % 10 == 0:
            tickers.append(row("derivative_ticker", local, local + lag, f"{due},0.01,,,,,100"))
    survey, events = run(tmp_path, quotes=quotes, derivative_ticker=tickers)
    (moved,) = set(events["ask_price"][events["kind"] == TICKER].tolist())
    # At local time 40 s the lag is 220 ms.
    assert due - 222_000 < moved < due - 218_000
    assert survey.details["clock_shift_us"] < -229_000


def test_a_feed_latency_is_added_to_rows_that_have_none(tmp_path: Path) -> None:
    quotes = [row("quotes", SECOND, SECOND), row("quotes", 2 * SECOND, "")]
    survey, events = run(tmp_path, {"feed_latency_ms": 12.5}, quotes=quotes)
    assert (events["ts_local"] - events["ts_exchange"]).tolist() == [12_500, 12_500]
    assert survey.details["feed_latency_us"] == 12_500
    assert survey.notes == (
        "quotes: 2 rows have no exchange time of their own; their arrival time less 12.5 ms is"
        " used",
        "no row says how long it was under way; a feed latency of 12.5 ms was added",
    )
    missing = found(survey.health, "no_feed_latency", "")
    assert (missing.rows, missing.of, missing.done) == (2, 2, "12.5 ms added")


def test_a_feed_latency_leaves_rows_alone_that_have_one(tmp_path: Path) -> None:
    quotes = [row("quotes", SECOND, SECOND - 7000), row("quotes", 2 * SECOND, 2 * SECOND)]
    survey, events = run(tmp_path, {"feed_latency_ms": 20}, quotes=quotes)
    assert (events["ts_local"] - events["ts_exchange"]).tolist() == [7000, 20_000]
    assert not found(survey.health, "no_feed_latency", "").rows


def test_data_without_any_latency_are_told(tmp_path: Path) -> None:
    survey, _ = run(tmp_path, quotes=[row("quotes", SECOND, SECOND)])
    missing = found(survey.health, "no_feed_latency", "")
    assert (missing.rows, missing.done, missing.limit) == (1, "everything is known at once", None)
    assert any("data.feed_latency_ms" in note for note in survey.notes)


def test_a_clock_over_a_minute_behind_is_refused(tmp_path: Path) -> None:
    quotes = [row("quotes", n * SECOND, (n + 61) * SECOND) for n in range(1, 100)]
    with pytest.raises(DataError) as caught:
        run(tmp_path, quotes=quotes)
    assert str(caught.value).startswith(
        f"{tmp_path}/quotes.csv:2: the row was received 61 s before it was made"
    )
    (inspected,) = inspect_files([tmp_path / "quotes.csv"])
    assert inspected.fault == str(caught.value)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 999),
    rows=st.integers(1, 300),
    wild=st.sampled_from([0.01, 0.3, 1.0]),
    pause=st.sampled_from([0, 1000, 10 * SECOND, 10**13]),
)
def test_no_stamp_is_too_large_to_be_judged(seed: int, rows: int, wild: float, pause: int) -> None:
    """Any sixteen digits: in plain Python an overflow would be an error here."""
    random = np.random.default_rng(seed)
    local = np.minimum(T0 + np.cumsum(random.integers(0, pause + 1, rows)), 10**16 - 1)
    made = local - random.integers(-(10**9), 10**9, rows)
    stamps = random.integers(10**15, 10**16, rows)
    made = np.where(random.random(rows) < wild, stamps, made)
    with np.errstate(all="raise"):
        times, clock, _ = corrected(local, made)
    assert (times <= local).all()
    assert clock.most_us >= -(10**16)


def test_what_a_run_did_to_times_can_be_done_again_from_its_summary() -> None:
    local, made = healthy(3000, 8)
    made += np.linspace(80_000, 20_000, 3000).astype(np.int64)
    made[::50] = local[::50]
    times, clock, _ = corrected(local, made)
    assert len(clock.pieces) > 3
    again = RunClock(json.loads(json.dumps(clock.details())))
    pairs = zip(made.tolist(), local.tolist(), strict=True)
    assert [again.made(stamp, ts) for stamp, ts in pairs] == times.tolist()
    added = RunClock(Clock(feed_latency_us=7).details())
    assert (added.made(0, 100), added.made(100, 100), added.made(90, 100)) == (93, 93, 90)


def test_a_lag_goes_on_from_file_to_file(tmp_path: Path) -> None:
    for day in (1, 2):
        stamps = [n * 100_000 for n in range(1000 * day, 1000 * day + 300)]
        rows = [row("quotes", ts, ts + 40_000 * day) for ts in stamps]
        (tmp_path / f"q_{day}.csv").write_text("\n".join([HEADS["quotes"], *rows, ""]))
    survey, events = run(tmp_path, {"quotes_csv": "q_*.csv"})
    assert set((events["ts_local"] - events["ts_exchange"]).tolist()) == {0}
    assert [piece[2:] for piece in survey.details["clock_offsets"]] == [
        [-40_000, -40_000], [-80_000, -80_000],
    ]  # fmt: skip


def test_files_are_one_clock_wherever_they_overlap() -> None:
    """One is 100 ms behind until 20 s, another 50 ms from 10 s to 30 s."""

    def piece(start: int, end: int, lag: int) -> Ints:
        return np.array([[start, end, -lag, -lag, -lag]], np.int64)

    clock = clock_of([_Offsets(piece(0, 20, 100)), _Offsets(piece(10, 30, 50))])  # type: ignore[list-item]
    at = [of.offset_at(clock.pieces, ts) for ts in (-5, 0, 15, 19, 20, 29, 99)]
    assert at == [-100, -100, -100, -100, -50, -50, -50]
    assert clock.details()["clock_offsets"] == [[0, 20, -100, -100], [20, 30, -50, -50]]


def test_without_files_there_is_no_offset() -> None:
    empty: list[Findings] = []
    refuse_clocks(empty, strict=True)
    assert clock_of(empty).details()["clock_offsets"] == []

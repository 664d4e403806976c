"""The rules of the Tardis connector: order, snapshots, repairs, the grid, the shell."""

from pathlib import Path

import pytest
import trio
from tests.plugins.tardis_rows import T0, XBTUSD, flat, line, replay, short, text

from mm.api import (
    CLEAR,
    LEVEL,
    QUOTE,
    TICKER,
    TRADE,
    ConfigError,
    DataError,
    MarketBatch,
)
from mm.api.parts import Survey
from mm_tardis import MM_API, TardisConfig, build, mm_connectors

# --- order ---------------------------------------------------------------------------------------


def test_rows_of_one_time_come_as_trades_then_quotes_then_book_then_tickers(tmp_path: Path) -> None:
    _, batches = replay(
        tmp_path,
        derivative_ticker=text("derivative_ticker", [line(7000, *[""] * 6, 64000)]),
        book=text("book", [line(7000, "true", "bid", 64000, 300)]),
        quotes=text("quotes", [line(7000, 200, 64001, 64000, 100)]),
        trades=text("trades", [line(7000, "a", "buy", 64001, 100),
                               line(7000, "b", "buy", 64002, 200)]),
    )  # fmt: skip
    assert short(batches) == [
        (TRADE, 640010, 1, 1, 0),
        (TRADE, 640020, 2, 2, 1),
        (QUOTE, 640000, 1, 1, 1),
        (CLEAR, 0, 0, 0, 0),
        (LEVEL, 640000, 3, 1, 1),
        (TICKER, 640000_000000, 0, 1, 1),
    ]


def test_exchange_times_that_step_back_stay_in_file_order(tmp_path: Path) -> None:
    rows = [line(9000, "true", "bid", 64000, 300), line(9500, "false", "ask", 64001, 0, made_us=1)]
    _, batches = replay(tmp_path, book=text("book", rows))
    assert [row[1] - T0 for row in flat(batches)] == [4000, 4000, 1]


def test_with_one_row_a_batch_every_local_time_is_a_batch(tmp_path: Path) -> None:
    rows = [line(t, 100, 64001, 64000, 100) for t in (6000, 6000, 7000, 8000, 8000, 8000)]
    _, batches = replay(tmp_path, {"max_batch_rows": 1}, quotes=text("quotes", rows))
    assert [{row[0] - T0 for row in flat([b])} for b in batches if len(b.events)] == [
        {6000},
        {7000},
        {8000},
    ]


# --- snapshots -----------------------------------------------------------------------------------


def kinds_and_rows(tmp_path: Path, *flags_at: tuple[int, str]) -> list[tuple[int, int]]:
    rows = [line(at, flag, "bid", 64000 - n, 100) for n, (at, flag) in enumerate(flags_at)]
    _, batches = replay(tmp_path, book=text("book", rows))
    return [(int(e["kind"]), int(e["row"])) for b in batches for e in b.events]


def test_a_snapshot_over_several_times_is_cleared_once(tmp_path: Path) -> None:
    flags_at = (6000, "true"), (6000, "true"), (7000, "true"), (8000, "false")
    got = kinds_and_rows(tmp_path, *flags_at)
    assert got == [(CLEAR, 0), (LEVEL, 1), (LEVEL, 2), (LEVEL, 3), (LEVEL, 4)]


def test_a_snapshot_after_changes_clears_again(tmp_path: Path) -> None:
    got = kinds_and_rows(tmp_path, (6000, "true"), (7000, "false"), (7000, "true"))
    assert got == [(CLEAR, 0), (LEVEL, 1), (LEVEL, 2), (CLEAR, 0), (LEVEL, 3)]


def test_more_snapshots_than_one_are_told_whatever_they_come_from(tmp_path: Path) -> None:
    rows = [line(6000 + n, flag, "bid", 64000, n) for n, flag in ((200, "true"), (300, "false"))]
    survey, _ = replay(tmp_path, book=text("book", [*rows, line(6900, "true", "bid", 64000, 0)]))
    assert survey.notes == ("book: snapshots after the first, each of which clears the book: 1",)


@pytest.mark.parametrize(("pause_us", "clears"), [(1_000_000, 1), (1_000_001, 2)])
def test_a_pause_over_a_second_inside_a_snapshot_starts_another(
    tmp_path: Path, pause_us: int, clears: int
) -> None:
    got = kinds_and_rows(tmp_path, (5999, "false"), (6000, "true"), (6000 + pause_us, "true"))
    assert [kind for kind, _ in got].count(CLEAR) == clears


def test_changes_before_the_first_snapshot_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = [line(6000, "false", "bid", 64000, 100), line(7000, "true", "bid", 63999, 100)]
    survey, batches = replay(tmp_path, book=text("book", rows))
    assert [row[6] for row in flat(batches)] == [0, 2]
    assert survey.notes == ("book: 1 rows before the first snapshot were left out",)
    assert survey.details["book"]["defects"]["rows_before_snapshot"] == 1
    assert (survey.sources[0].rows, survey.total_rows) == (2, 1)


# --- repairs -------------------------------------------------------------------------------------


def test_a_recorder_clock_behind_the_exchange_moves_exchange_times_back(tmp_path: Path) -> None:
    made = (6001, 8270, 9270, 10270)
    rows = [line(6000 + 1000 * n, 100, 64001, 64000, 100, made_us=m) for n, m in enumerate(made)]
    survey, batches = replay(tmp_path, quotes=text("quotes", rows))
    assert [row[1] - T0 for row in flat(batches)] == [4731, 7000, 8000, 9000]
    assert survey.details["clock_shift_us"] == -1270
    assert survey.notes == (
        "the recorder's clock is 1.270 ms behind the exchange's (4 of 4 rows arrive before "
        "they were made); exchange times were moved back by that much",
    )


def test_with_strict_negative_feed_latency_is_refused(tmp_path: Path) -> None:
    quotes = text("quotes", [line(6000, 100, 64001, 64000, 100, made_us=7270)])
    with pytest.raises(DataError) as caught:
        replay(tmp_path, {"strict": True}, quotes=quotes)
    assert str(caught.value) == (
        f"{tmp_path}/quotes.csv: 1 rows were received up to 1270 µs before they were made, "
        f"expected none with data.strict; leave strict out to have exchange times moved back by "
        f"that much"
    )


def test_the_clock_is_judged_over_all_files_together(tmp_path: Path) -> None:
    trades = [line(6000 + n, n, "buy", 64001, 100, made_us=6002 + n) for n in range(3)]
    _, batches = replay(
        tmp_path,
        quotes=text("quotes", [line(6001, 100, 64001, 64000, 100)]),
        trades=text("trades", trades),
    )
    assert [row[1] - T0 for row in flat(batches)] == [6000, 6001, 999, 6002]


@pytest.mark.parametrize(("bad", "refused"), [(1, False), (2, False), (3, True), (20, True)])
def test_many_rows_received_over_a_minute_before_they_were_made_are_an_error(
    tmp_path: Path, bad: int, refused: bool
) -> None:
    """One or two are put right; of 200 rows, three are more than one in 100."""
    rows = [line(6000 + n, 100, 64001, 64000, 100) for n in range(200)]
    for row in rows[50 : 50 + bad]:
        row[2] = "9999999999999999"
    if not refused:
        survey, batches = replay(tmp_path, quotes=text("quotes", rows))
        assert [t[0] - t[1] for t in flat(batches)].count(0) == bad
        assert survey.details["clock_shift_us"] == 0
        return
    with pytest.raises(DataError) as caught:
        replay(tmp_path, quotes=text("quotes", rows))
    assert str(caught.value) == (
        f"{tmp_path}/quotes.csv:52: the row was received 8277529600 s before it was made, as the"
        f" first of {bad} in 200, expected at most 60 s, which a clock may be wrong by; correct"
        " timestamp or local_timestamp"
    )


def test_prices_far_from_the_row_above_are_kept_and_noted(tmp_path: Path) -> None:
    prices = ["64001", "64001.0000", "57000", "64001.5", "646000", "64001"]
    rows = [line(6000 + n, n, "buy", price, 100) for n, price in enumerate(prices)]
    quotes = text("quotes", [line(6000, 100, 64001, 64000, 100)])
    survey, _ = replay(tmp_path, quotes=quotes, trades=text("trades", rows))
    assert survey.notes == (
        "trades: 4 prices are more than 10 % away from that of the row above, the first in line 4,"
        " and were kept",
    )


@pytest.mark.parametrize(("ends", "noted"), [(20_000_000, False), (20_000_001, True)])
def test_a_kind_that_ends_early_or_begins_late_is_noted(
    tmp_path: Path, ends: int, noted: bool
) -> None:
    """Early is by more than 10 s, and by more than twice the longest pause."""
    quotes = [line(ts, 100, 64001, 64000, 100) for ts in (0, 10_000_000, ends + 10_000_000)]
    trades = [line(ts, ts, "buy", 64001, 100) for ts in (0, 10_000_000)]
    survey, _ = replay(tmp_path, quotes=text("quotes", quotes), trades=text("trades", trades))
    said = "the trades end 20 s before other files"
    assert (said in survey.notes) == noted
    assert not any(note.startswith("the quotes") for note in survey.notes)


def test_files_of_different_days_are_noted(tmp_path: Path) -> None:
    day = 86_400_000_000
    survey, _ = replay(
        tmp_path,
        trades=text("trades", [line(day, "a", "buy", 64001, 100)]),
        quotes=text("quotes", [line(6000, 100, 64001, 64000, 100)]),
        book=text("book", [line(day + 1, "true", "bid", 64000, 100)]),
    )
    assert survey.notes == (
        "the trades begin 86400 s after other files",
        "the quotes end 86400 s before other files",
        "the book begins 86400 s after other files",
    )


def test_a_file_without_its_last_line_end_may_be_cut_off(tmp_path: Path) -> None:
    """The last number is taken as it stands there, which may be half of it."""
    rows = text("quotes", [line(6000, 100, 64001, 64000, 100)])
    for data, noted in ((rows, False), (rows[:-1], True)):
        survey, _ = replay(tmp_path, quotes=data)
        said = "quotes: the last line has no line end, so the file may be cut off there"
        assert (survey.notes == (said,)) == noted


def test_a_trade_of_size_zero_is_left_out_and_counted(tmp_path: Path) -> None:
    survey, batches = replay(
        tmp_path,
        quotes=text("quotes", [line(6000, 100, 64001, 64000, 100)]),
        trades=text("trades", [line(6000, "a", "buy", 64001, 0),
                               line(6000, "b", "unknown", 64001, 100)]),
    )  # fmt: skip
    assert [(kind, row) for kind, _, _, row, _ in short(batches)] == [(TRADE, 2), (QUOTE, 1)]
    assert survey.notes == (
        "trades: 1 trades of size zero were left out",
        "trades: 1 trades name no side and are taken as such",
    )


@pytest.mark.parametrize("stamp", ["", str(T0 + 6000)])
def test_a_row_without_exchange_time_takes_its_arrival_time(tmp_path: Path, stamp: str) -> None:
    row = line(6000, "true", "bid", 64000, 300)
    row[2] = stamp
    survey, batches = replay(tmp_path, book=text("book", [row]))
    assert {event[1] for event in flat(batches)} == {T0 + 6000}
    assert survey.details["book"]["latency_us"] is None
    assert survey.notes == (
        "book: 1 rows have no exchange time of their own; their arrival time is used",
        "no row says how long it was under way, so the strategy knows everything at once;"
        " data.feed_latency_ms adds a feed latency",
    )


def test_odd_quotes_are_kept_and_counted(tmp_path: Path) -> None:
    fields = [(100, 64000, 64000, 100), (100, 64000, "64000.10", 100), ("", "", 64000, 100)]
    rows = [line(6000 + n, *f) for n, f in enumerate([*fields, fields[-1]])]
    rows.append(rows[-1])
    survey, batches = replay(tmp_path, quotes=text("quotes", rows))
    assert len(flat(batches)) == 5
    assert survey.details["quotes"]["defects"] == {
        "same_time_rows": 1, "exchange_time_steps_back": 0, "repeated_rows": 1,
        "prices_that_jump": 0,
        "rows_without_exchange_time": 0, "rows_received_before_made": 0, "gaps_over_10_s": 0,
        "crossed_rows": 1, "locked_rows": 1, "one_sided_rows": 3,
    }  # fmt: skip


def test_trades_that_differ_only_by_their_id_are_not_repeats(tmp_path: Path) -> None:
    rows = [line(6000, name, "buy", 64001, 100) for name in ("a", "b", "", "")]
    quotes = text("quotes", [line(6000, 100, 64001, 64000, 100)])
    survey, batches = replay(tmp_path, quotes=quotes, trades=text("trades", rows))
    assert survey.details["trades"]["defects"]["repeated_rows"] == 1
    assert len(flat(batches)) == 5


# --- the grid ------------------------------------------------------------------------------------


def grid(tmp_path: Path, *numbers: tuple[str, str]) -> tuple[str | None, str | None]:
    rows = [line(6000, "true", "bid", price, amount) for price, amount in numbers]
    (tmp_path / "b.csv").write_bytes(text("book", rows))
    connector = build(TardisConfig(tardis_root=str(tmp_path), book_csv="b.csv"), "XBTUSD")
    survey: Survey = trio.run(connector.survey)
    return survey.grid[0]


def test_the_grid_is_the_largest_step_that_divides_every_number(tmp_path: Path) -> None:
    assert grid(tmp_path, ("64600.5", "300"), ("64601", "500.00"), ("3e6", "0")) == ("0.5", "100")
    assert grid(tmp_path, ("1e-8", "0.002"), ("0.00000003", "7.001")) == ("0.00000001", "0.001")
    assert grid(tmp_path, ("2500", "1000"), ("5000", "1000")) == ("2500", "1000")


@pytest.mark.parametrize(("wrong", "rows", "noted"), [(1, 1000, True), (1, 999, False)])
def test_a_step_that_few_numbers_ask_for_is_noted(
    tmp_path: Path, wrong: int, rows: int, noted: bool
) -> None:
    prices = [64000 + n % 3 / 2 for n in range(rows - wrong)]
    prices[500:500] = [64000.2] * wrong
    trades = [line(6000 + n, n, "buy", price, 100) for n, price in enumerate(prices)]
    (tmp_path / "trades.csv").write_bytes(text("trades", trades))
    (tmp_path / "quotes.csv").write_bytes(
        text("quotes", [line(6000 + n, 100, 64001, 64000 - n, 100) for n in range(2)])
    )
    config = TardisConfig(
        tardis_root=str(tmp_path), trades_csv="trades.csv", quotes_csv="quotes.csv"
    )
    survey = trio.run(build(config, "XBTUSD").survey)
    assert survey.grid == (("0.1", "100"),)
    said = (
        "1 of the numbers in trades.csv, first in line 502, ask for the tick size 0.1, all others"
        " for 0.5; set [instrument] tick_size if it is not 0.1",
    )
    assert survey.notes == (said if noted else ())


def test_a_step_that_another_file_asks_for_too_is_not_doubted(tmp_path: Path) -> None:
    trades = [line(6000 + n, n, "buy", 64000, 100) for n in range(1000)]
    trades[500][-2] = "64000.5"
    survey, _ = replay(
        tmp_path,
        trades=text("trades", trades),
        quotes=text("quotes", [line(6000, 100, 64000.5, 64000, 100)]),
    )
    assert (survey.grid, survey.notes) == ((("0.5", "100"),), ())


def test_one_price_alone_does_not_tell_the_tick(tmp_path: Path) -> None:
    assert grid(tmp_path, ("64600", "300"), ("64600.0", "500")) == (None, "100")


# --- the shell -----------------------------------------------------------------------------------


def test_the_plugin_offers_the_connector_by_name() -> None:
    (offer,) = mm_connectors()
    assert (MM_API, offer.name, offer.config) == ((0, 1), "tardis", TardisConfig)


def test_without_quotes_and_book_there_is_nothing_to_build() -> None:
    with pytest.raises(ConfigError, match=r"data\.quotes_csv and data\.book_csv are both absent"):
        build(TardisConfig(trades_csv="t.csv", quotes_csv=""), "XBTUSD")


async def test_a_cancelled_run_ends_and_closes_its_channel(tmp_path: Path) -> None:
    rows = [line(6000 + n, 100, 64001, 64000, 100) for n in range(5000)]
    (tmp_path / "q.csv").write_bytes(text("quotes", rows))
    config = TardisConfig(tardis_root=str(tmp_path), quotes_csv="q.csv", block_bytes=4096)
    connector = build(config, "XBTUSD")
    await connector.survey()
    sender, receiver = trio.open_memory_channel[MarketBatch](0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(connector.run, (XBTUSD,), sender)
        await receiver.receive()
        nursery.cancel_scope.cancel()
    with pytest.raises(trio.EndOfChannel):
        await receiver.receive()
    assert trio.to_thread.current_default_thread_limiter().borrowed_tokens == 0

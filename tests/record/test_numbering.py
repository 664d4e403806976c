"""Live events are settled into what a file can say, and numbered by kind and UTC day."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from tests.record.streams import (
    MIDNIGHT,
    batches,
    event,
    gap,
    level,
    quote,
    settled,
    snapshot,
    stream,
)

from mm.api import BUY, CLEAR, LEVEL, QUOTE, SELL, TICKER, TRADE, MarketBatch, PluginError, Rows
from mm.record.numbering import Numbering


def one(*parts: Rows | list[Rows]) -> Rows:
    """Settle one batch."""
    events = stream(*parts)
    return settled([MarketBatch(events, int(events["ts_local"][-1]))])[0].events


def seen(events: Rows, *names: str) -> list[tuple[int, ...]]:
    return [tuple(int(event[name]) for name in names) for event in events]


def trade(ts: int, size: int = 1) -> Rows:
    return event(ts, TRADE, price=5, size=size, side=1)


def test_rows_are_counted_by_kind_and_anew_each_utc_day() -> None:
    t = MIDNIGHT - 1
    events = one(
        trade(t), trade(t), quote(t, 1, 2), snapshot(t, 7, 8), event(t, TICKER, price=1),
        trade(MIDNIGHT), quote(MIDNIGHT, 1, 2), level(MIDNIGHT, 7, 0), quote(MIDNIGHT + 5, 1, 2),
    )  # fmt: skip
    assert seen(events, "kind", "row") == [
        (TRADE, 1), (TRADE, 2), (QUOTE, 1), (CLEAR, 0), (LEVEL, 1), (LEVEL, 2), (TICKER, 1),
        (TRADE, 1), (QUOTE, 1), (LEVEL, 1), (QUOTE, 2),
    ]  # fmt: skip


def test_rows_are_counted_as_the_files_have_them() -> None:
    """A CLEAR is no row; the levels put on either side so that the file shows it are."""
    t = MIDNIGHT
    events = stream(trade(t, size=0), trade(t), quote(t, 1, 2), snapshot(t, 7, 8), gap(t + 3, 7))
    numbering = Numbering("test")
    made = numbering.push(MarketBatch(events, t + 9)).events
    assert numbering.rows == {"trades": 1, "quotes": 2, "book": 4, "derivative_ticker": 0}
    assert sum(numbering.rows.values()) == np.count_nonzero(made["row"])


def test_the_last_row_of_each_kind_and_time_ends_a_message() -> None:
    t = MIDNIGHT
    events = one(trade(t), trade(t), snapshot(t, 7), event(t, TICKER, price=1), trade(t + 1))
    assert events["end"].tolist() == [0, 1, 0, 1, 1, 1]


def test_what_obeys_the_rules_changes_only_its_row() -> None:
    t = MIDNIGHT
    live = stream(
        quote(t, 7, 9), snapshot(t, 7, 6), level(t + 2, 5, 1), gap(t + 3, 7), quote(t + 9, 7, 9),
        level(t + 9, 7, 4), level(t + 9, 9, 4, SELL),
    )  # fmt: skip
    live["end"] = [1, 0, 0, 1, 1, 1, 0, 1, 1, 0, 1]
    live["ts_exchange"][live["kind"] == CLEAR] = t - 1000, t - 997
    events = one(live)
    events["row"] = 0
    assert events.tolist() == live.tolist()


@given(live=batches(longest=8))
def test_settling_what_is_settled_changes_nothing(live: list[MarketBatch]) -> None:
    once = settled(live)
    for before, after in zip(once, settled(once), strict=True):
        assert before.events.tolist() == after.events.tolist()


def test_a_book_cleared_again_at_once_gets_a_row_that_shows_it() -> None:
    """Else the file would run on: true, true."""
    t = MIDNIGHT
    events = one(snapshot(t, 7, 8), snapshot(t + 1_000_000, 9))
    assert seen(events, "kind", "price", "size") == [
        (CLEAR, 0, 0), (LEVEL, 7, 5), (LEVEL, 8, 5), (LEVEL, 8, 0), (CLEAR, 0, 0), (LEVEL, 9, 5),
    ]  # fmt: skip
    assert seen(events, "row")[-3:] == [(3,), (0,), (4,)]


def test_after_over_a_second_or_a_change_a_clear_shows_by_itself() -> None:
    t = MIDNIGHT
    assert len(one(snapshot(t, 7), snapshot(t + 1_000_001, 9))) == 4
    assert len(one(snapshot(t, 7), level(t + 1, 6, 1), snapshot(t + 2, 9))) == 5


def test_a_clear_that_nothing_follows_gets_an_empty_level() -> None:
    t = MIDNIGHT
    events = one(snapshot(t, 7), level(t + 1, 6, 1, SELL), event(t + 2, CLEAR))
    assert seen(events[-2:], "kind", "side", "price", "size") == [
        (CLEAR, 0, 0, 0),
        (LEVEL, -1, 6, 0),
    ]


def test_levels_before_any_snapshot_are_one() -> None:
    events = one(level(MIDNIGHT, 7, 1), level(MIDNIGHT, 8, 1))
    assert seen(events, "kind", "row") == [(CLEAR, 0), (LEVEL, 1), (LEVEL, 2)]


def test_an_exchange_time_is_never_later_than_ours() -> None:
    t = MIDNIGHT
    events = one(
        event(t, TRADE, t + 5, price=1, size=1), event(t, TRADE, 0, price=1, size=1),
        event(t, CLEAR, t - 7), level(t, 7, 1, made=t + 1),
    )  # fmt: skip
    assert events["ts_exchange"].tolist() == [t, t, t, t]


def test_what_means_nothing_is_zero() -> None:
    t = MIDNIGHT
    events = one(
        event(t, TRADE, price=5, size=1, side=BUY, ask_price=3, ask_size=3, row=9),
        event(t, QUOTE, price=4, size=0, ask_price=6, ask_size=2, side=1),
        event(t, TICKER, price=8, size=9, ask_price=0, side=1),
    )
    names = ("price", "size", "ask_price", "ask_size", "side", "row")
    assert seen(events, *names) == [(5, 1, 0, 0, 1, 1), (0, 0, 6, 2, 0, 1), (8, 0, 0, 0, 0, 1)]


def test_trades_of_size_zero_are_left_out() -> None:
    assert seen(one(trade(MIDNIGHT, 0), trade(MIDNIGHT)), "row", "size", "end") == [(1, 1, 1)]


ORDER = "is out of order (by ts_local, then trades, quotes, book, tickers)"
VALUE = "holds an instrument, kind, side, price or size that it cannot have"


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        (trade(MIDNIGHT), ORDER),
        (quote(MIDNIGHT + 5, 1, 2), ORDER),
        (event(MIDNIGHT + 5, 9), VALUE),
        (event(MIDNIGHT + 5, TICKER, price=-1), VALUE),
        (level(MIDNIGHT + 5, 0, 1), VALUE),
        (level(MIDNIGHT + 5, 7, -1), VALUE),
        (level(MIDNIGHT + 5, 7, 1, side=0), VALUE),
        (level(MIDNIGHT + 5, 7, 1, instrument=1), VALUE),
        (quote(MIDNIGHT + 6, 0, 2), VALUE),
    ],
)
def test_what_breaks_the_contract_is_the_connectors_fault(bad: Rows, fault: str) -> None:
    events = stream(snapshot(MIDNIGHT + 5, 7), bad)
    numbering = Numbering("connector 'mine'")
    with pytest.raises(PluginError) as caught:
        numbering.push(MarketBatch(events, MIDNIGHT + 9))
    assert str(caught.value) == (
        "connector 'mine' broke the MarketBatch contract:"
        f" event 2 of 3 up to {MIDNIGHT + 9} {fault}"
    )


def test_plain_python_settles_as_the_compiled_code_does(tmp_path: Path) -> None:
    """The hardest of the messages above, in a process without the compiler."""
    events = stream(
        trade(MIDNIGHT - 1, 0), snapshot(MIDNIGHT - 1, 7, 8), event(MIDNIGHT, CLEAR),
        event(MIDNIGHT, CLEAR), level(MIDNIGHT, 9, 1), event(MIDNIGHT, TICKER, price=3, size=4),
        quote(MIDNIGHT + 1, 1, 2),
    )  # fmt: skip
    compiled = settled([MarketBatch(events, MIDNIGHT + 1)])[0].events
    np.save(tmp_path / "in.npy", events)
    program = (
        "import sys, numpy as np; from mm.api import MarketBatch;"
        "from mm.record.numbering import Numbering; e = np.load(sys.argv[1] + '/in.npy');"
        f"np.save(sys.argv[1] + '/out.npy', Numbering('x').push(MarketBatch(e, {MIDNIGHT})).events)"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    subprocess.run(command, env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, check=True)
    assert np.load(tmp_path / "out.npy").tolist() == compiled.tolist()


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(live=batches())
def test_what_is_settled_stays_as_it_is(live: list[MarketBatch]) -> None:
    """A recording that is gone on with is numbered anew, and must come out the same."""
    once = settled(live)
    twice = settled(once)
    assert [b.events.tolist() for b in twice] == [b.events.tolist() for b in once]

"""Trades that come twice, known by their ids; kept if one says so."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plugins.tardis_rows import flat, line, replay, text

from mm.api import TRADE
from mm.api.parts import Survey
from mm_tardis import trade_ids
from mm_tardis.inspect import inspect_files
from mm_tardis.table import T_EXCHANGE, T_ID, T_LOCAL, T_REPEATED, T_TIMELESS, WIDTH

QUOTES = text("quotes", [line(6000, 100, 64001, 64000, 100)])


def trades(tmp_path: Path, *rows: list[str], **config: Any) -> tuple[Survey, list[int]]:
    """The survey, and the data rows of the trades that are handed on."""
    survey, batches = replay(tmp_path, config, quotes=QUOTES, trades=text("trades", rows))
    return survey, [event[6] for event in flat(batches) if event[8] == TRADE]


def trade(at: int, name: str, *, made: int | None, side: str = "sell", price: str = "64000",
          size: int = 600) -> list[str]:  # fmt: skip
    return line(at, name, side, price, size, made_us=made)


def test_a_trade_recorded_by_two_recorders_counts_once(tmp_path: Path) -> None:
    pairs = [(n, at) for n in range(5) for at in (0, 3000)]
    rows = [trade(9000 + 10_000 * n + at, f"t{n}", made=9000 + 10_000 * n) for n, at in pairs]
    survey, left = trades(tmp_path, *rows)
    assert left == [1, 3, 5, 7, 9]
    assert survey.total_rows == 5 + 1
    (found,) = [one for one in survey.health if one.kind == "repeated_trade_ids"]
    assert (found.rows, found.of, found.done, found.limit) == (5, 10, "left out", None)
    assert found.first == f"{tmp_path}/trades.csv:3"
    said = (
        "trades: 5 trades were there before, with the same id, and were left out, the first in"
        " line 3"
    )
    assert said in survey.notes
    assert survey.details["trades"]["defects"]["repeated_rows"] == 0


def test_they_are_kept_and_still_counted_if_one_says_so(tmp_path: Path) -> None:
    rows = [trade(9000 + at, "t", made=8000) for at in (0, 1000)]
    survey, left = trades(tmp_path, *rows, keep_repeated_trades=True)
    assert left == [1, 2]
    assert survey.total_rows == 3
    (found,) = [one for one in survey.health if one.kind == "repeated_trade_ids"]
    assert (found.rows, found.done) == (1, "kept")


@pytest.mark.parametrize(
    "other",
    [{"name": "u"}, {"made": 8001}, {"side": "buy"}, {"price": "64001"}, {"size": 700}],
)
def test_a_trade_that_differs_in_anything_but_its_arrival_stays(
    tmp_path: Path, other: dict[str, Any]
) -> None:
    """An id alone may be an order's, which several prints share."""
    same: dict[str, Any] = {"name": "t", "made": 8000}
    rows = [trade(9000, **same), trade(9500, **(same | other))]
    assert trades(tmp_path, *rows)[1] == [1, 2]


def test_a_price_written_otherwise_is_the_same(tmp_path: Path) -> None:
    rows = [trade(9000 + n, "t", made=8000, price=p) for n, p in enumerate(("64000", "64000.0"))]
    assert trades(tmp_path, *rows)[1] == [1]


def test_trades_without_an_id_all_stay(tmp_path: Path) -> None:
    rows = [trade(9000, "", made=8000) for _ in range(3)]
    assert trades(tmp_path, *rows)[1] == [1, 2, 3]


@pytest.mark.parametrize(("later", "left"), [(10_000_000, [1]), (10_000_001, [1, 2])])
def test_without_an_exchange_time_the_same_id_must_come_soon(
    tmp_path: Path, later: int, left: list[int]
) -> None:
    rows = [trade(at, "t", made=at) for at in (9000, 9000 + later)]
    assert trades(tmp_path, *rows)[1] == left


def test_a_repeat_in_the_next_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "q.csv").write_bytes(QUOTES)
    for n, at in enumerate((9000, 12_000)):
        (tmp_path / f"t{n}.csv").write_bytes(text("trades", [trade(at, "t", made=8000)]))
    survey, batches = replay(tmp_path, {"quotes_csv": "q.csv", "trades_csv": "t*.csv"})
    assert [event[0] for event in flat(batches) if event[8] == TRADE] == [flat(batches)[-1][0]]
    (found,) = [one for one in survey.health if one.kind == "repeated_trade_ids"]
    assert (found.rows, found.first) == (1, f"{tmp_path}/t1.csv:2")


def test_inspect_counts_them(tmp_path: Path) -> None:
    rows = [trade(9000 + at, "t", made=8000) for at in (0, 1000)]
    (tmp_path / "t.csv").write_bytes(text("trades", rows))
    (found,) = inspect_files([tmp_path / "t.csv"])
    assert found.defects["repeated_trade_ids"] == 1
    assert [one.rows for one in found.health if one.kind == "repeated_trade_ids"] == [1]


@pytest.mark.parametrize(("apart", "found"), [(1 << 16, True), (3 << 17, False)])
def test_the_last_65536_trades_are_remembered_and_no_more_than_are_bounded(
    apart: int, found: bool
) -> None:
    rows = apart + 1
    table = np.zeros((rows, WIDTH), np.int64)
    table[:, T_ID] = np.arange(rows) + 1
    table[:, T_LOCAL] = np.arange(rows) + 100
    table[:, T_EXCHANGE] = 50
    table[-1, T_ID] = 1
    ids = trade_ids.new_ids()
    trade_ids.mark_repeats(table, rows, ids)
    assert bool(table[-1, T_REPEATED]) == found
    assert not table[:-1, T_REPEATED].any()
    assert ids.nbytes < 10 << 20


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 3), st.booleans(), st.integers(0, 20)),
        max_size=40,
    )
)
def test_repeats_are_those_that_a_dictionary_finds(rows: list[tuple[int, int, bool, int]]) -> None:
    """``rows``: id, exchange time, whether there is one, seconds since the row before."""
    table = np.zeros((len(rows), WIDTH), np.int64)
    seen: dict[tuple[int, ...], int] = {}
    local = 10**15
    for at, (name, made, is_timed, pause) in enumerate(rows):
        local += pause * 1_000_000
        exchange = 10**14 + made if is_timed else local
        table[at, [T_ID, T_LOCAL, T_EXCHANGE, T_TIMELESS]] = name, local, exchange, not is_timed
    expected = []
    for row in table:
        name, local, made = int(row[T_ID]), int(row[T_LOCAL]), int(row[T_EXCHANGE])
        again = name > 0 and (name, made) in seen
        if name > 0 and row[T_TIMELESS]:
            again |= local - seen.get((name, 0), -(10**15)) <= 10_000_000
            seen[name, 0] = local
        seen[name, made] = local
        expected.append(again)
    trade_ids.mark_repeats(table, len(table), trade_ids.new_ids())
    assert table[:, T_REPEATED].astype(bool).tolist() == expected

"""Parsed rows as few bytes and back, in memory and in files, from any thread."""

import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm.api import DataError
from mm_tardis import spool as spool_module
from mm_tardis.packed import most_bytes, pack, unpack
from mm_tardis.spool import PackedReader, PackedRows, Spool
from mm_tardis.table import BOOK, QUOTES, T_ID, T_MARK, TICKERS, TRADES, WIDTH, Ints

LARGE = 2**61
"""No number, time or hash of a parsed table is as large."""

columns = st.one_of(
    st.just((0, 0)),
    st.tuples(st.integers(-LARGE, LARGE), st.sampled_from((0, 1, 127, 255, 256, 65535, 65536))),
    st.tuples(st.integers(-LARGE, LARGE), st.sampled_from((2**31, 2**32 - 1, 2**32, 2**60))),
)


def table_of(shape: list[tuple[int, int]], rows: int, seed: int) -> Ints:
    """Columns that begin somewhere and reach so far; the extremes are among the rows."""
    chance = np.random.default_rng(seed)
    table = np.zeros((rows + 3, WIDTH), np.int64)  # more rows than are packed
    for column, (least, span) in enumerate(shape):
        some = least + chance.integers(0, span, rows, endpoint=True)
        some[chance.integers(rows)] = least
        some[chance.integers(rows)] = least + span
        table[:rows, column] = np.clip(some, -LARGE, LARGE)
    table[rows:] = 77
    return table


@given(
    shape=st.lists(columns, min_size=WIDTH, max_size=WIDTH),
    rows=st.integers(1, 70),
    kind=st.sampled_from((TRADES, QUOTES, BOOK, TICKERS)),
    seed=st.integers(0, 2**32),
)
def test_what_is_unpacked_is_what_was_packed(
    shape: list[tuple[int, int]], rows: int, kind: int, seed: int
) -> None:
    table = table_of(shape, rows, seed)
    room = np.full(most_bytes(rows) + 8, 111, np.int8)
    length = pack(table, rows, kind, room[:-8])
    assert (room[length:] == 111).all(), "nothing is written behind the end"
    out = np.full((rows + 1, WIDTH), 5, np.int64)
    unpack(room[:length].copy(), rows, out)
    expected = table[:rows].copy()
    expected[:, T_MARK] = 0
    if kind in (TRADES, BOOK):
        expected[:, T_ID] = 0
    assert (out[:rows] == expected).all()
    assert (out[rows] == 5).all()


def test_columns_that_do_not_change_take_no_room() -> None:
    table = np.full((1000, WIDTH), 10**17, np.int64)
    room = np.empty(most_bytes(1000), np.int8)
    head = pack(table, 1, QUOTES, room)
    assert pack(table, 1000, QUOTES, room) == head
    table[:, 0] += np.arange(1000)
    assert pack(table, 1000, QUOTES, room) == head + 2000


@pytest.mark.parametrize("in_memory", [1 << 20, 5000, 0], ids=["memory", "both", "file"])
@pytest.mark.parametrize("named", [False, True])
def test_rows_of_several_files_come_back_each_in_its_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_memory: int, named: bool
) -> None:
    """Written by three threads and read by three, the file is as if each were alone."""
    monkeypatch.setattr(spool_module, "_IN_MEMORY", in_memory)
    spool = Spool(tmp_path / "rows" if named else None)
    tables = [
        [table_of([(n * 1000 + k, 300)] * WIDTH, 1 + (7 * k + n) % 40, k) for k in range(30)]
        for n in range(3)
    ]
    packed = [PackedRows(spool) for _ in range(3)]

    def write(n: int) -> None:
        for table in tables[n]:
            packed[n].add(table, len(table) - 3, TICKERS)
        packed[n].done()

    in_threads(write)
    read: list[list[Ints]] = [[], [], []]

    def take(n: int) -> None:
        reader = PackedReader(packed[n])
        while rows := reader.read():
            read[n].append(reader.table[:rows].copy())
        assert reader.read() == 0

    in_threads(take)
    for n in range(3):
        for table, found in zip(tables[n], read[n], strict=True):
            expected = table[:-3].copy()
            expected[:, T_MARK] = 0
            assert (found == expected).all()


def in_threads(work: object) -> None:
    faults: list[BaseException] = []

    def guarded(n: int) -> None:
        try:
            work(n)  # type: ignore[operator]
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=guarded, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_a_file_that_was_cut_short_is_told(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "rows")
    packed = PackedRows(spool)
    packed.add(table_of([(0, 2**40)] * WIDTH, 50, 1), 50, TICKERS)
    with (tmp_path / "rows").open("r+b") as file:
        file.truncate(100)
    with pytest.raises(DataError, match="ends at byte 100, expected more"):
        PackedReader(PackedRows(Spool.reopen(tmp_path / "rows"), packed.places)).read()


def test_a_disk_that_takes_no_more_is_told(tmp_path: Path) -> None:
    Spool(tmp_path / "rows")
    with pytest.raises(DataError, match=r"rows: parsed rows cannot be kept there: File exists; "):
        Spool(tmp_path / "rows")

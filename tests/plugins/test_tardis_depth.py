"""``book_snapshot_N`` files: each row is the whole book."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.plugins.tardis_rows import T0, flat, line, replay, short
from tests.plugins.tardis_rows import text as l2_text

from mm.api import BUY, CLEAR, LEVEL, SELL, DataError
from mm_tardis.inspect import inspect_files, inspection_text

COMMON = "exchange,symbol,timestamp,local_timestamp"
CORRECT = "correct or remove the row, or download the file again"
NUMBER = f"expected a decimal number such as 64600.5; {CORRECT}"


def head(depth: int) -> str:
    levels = (
        f"asks[{n}].price,asks[{n}].amount,bids[{n}].price,bids[{n}].amount" for n in range(depth)
    )
    return ",".join([COMMON, *levels])


def file(depth: int, rows: Sequence[Sequence[str]], header: str | None = None) -> bytes:
    return "".join(f"{one}\n" for one in (header or head(depth), *map(",".join, rows))).encode()


def row(at: int, *fields: object) -> list[str]:
    return line(at, *fields)


TWO = [
    row(6000, 64001, 100, 64000, 200, 64002, 300, 63999, 400),
    row(7000, 64002, 300, 64000, 200, "", "", 63999, "400.0"),
]


def test_each_row_replaces_the_book_in_one_message(tmp_path: Path) -> None:
    survey, batches = replay(tmp_path, book=file(2, TWO))
    assert short(batches) == [
        (CLEAR, 0, 0, 0, 0),
        (LEVEL, 640010, 1, 1, 0), (LEVEL, 640000, 2, 1, 0),
        (LEVEL, 640020, 3, 1, 0), (LEVEL, 639990, 4, 1, 1),
        (CLEAR, 0, 0, 0, 0),
        (LEVEL, 640020, 3, 2, 0), (LEVEL, 640000, 2, 2, 0), (LEVEL, 639990, 4, 2, 1),
    ]  # fmt: skip
    sides = [event[9] for event in flat(batches) if event[8] == LEVEL]
    assert sides == [SELL, BUY, SELL, BUY, SELL, BUY, BUY]
    assert {event[1] - T0 for event in flat(batches)} == {1000, 2000}
    assert survey.notes == ("book: each row replaces the book, and shows 2 levels a side at most",)
    assert (survey.sources[0].rows, survey.total_rows) == (2, 2)
    assert survey.grid == (("1", "100"),)
    assert not any(one.rows for one in survey.health)


def test_it_gives_the_books_of_the_same_levels_as_changes(tmp_path: Path) -> None:
    """As an incremental_book_L2 file without changes: the same events but for their rows."""
    levels = [("ask", 64001, 100), ("bid", 64000, 200), ("ask", 64002, 300), ("bid", 63999, 400)]
    rows = [line(at, "true", *one) for at in (6000, 7000) for one in levels]
    fields = [field for _, *numbers in levels for field in numbers]
    _, whole = replay(tmp_path, book=file(2, [row(6000, *fields), row(7000, *fields)]))
    _, single = replay(tmp_path, book=l2_text("book", rows))
    without_rows = [[(*event[:6], *event[7:]) for event in flat(some)] for some in (whole, single)]
    assert without_rows[0] == without_rows[1]


@pytest.mark.parametrize("fields", [("", "", "", ""), (64001, 0, "", ""), (0, 0, "", "")])
def test_a_row_without_any_level_empties_the_book(
    tmp_path: Path, fields: tuple[object, ...]
) -> None:
    rows = [row(6000, 64001, 100, 64000, 100), row(7000, *fields)]
    _, batches = replay(tmp_path, book=file(1, rows))
    assert short(batches)[-1] == (CLEAR, 0, 0, 0, 1)
    assert len(flat(batches)) == 4


def test_rows_of_one_local_time_are_one_message_and_the_last_stands(tmp_path: Path) -> None:
    rows = [row(6000, 64001, n, 64000, n) for n in (100, 200)]
    _, batches = replay(tmp_path, book=file(1, rows))
    assert [event[10] for event in flat(batches)] == [0, 0, 0, 0, 0, 1]


@pytest.mark.parametrize("depth", [5, 25, 40])
@pytest.mark.parametrize("block_bytes", [64, 1 << 20])
def test_any_depth_is_read_under_any_block_size(
    tmp_path: Path, depth: int, block_bytes: int
) -> None:
    fields = [field for n in range(depth) for field in (64001 + n, 100, 64000 - n, 200)]
    rows = [row(6000 + 10 * n, *fields) for n in range(7)]
    _, batches = replay(tmp_path, {"block_bytes": block_bytes}, book=file(depth, rows))
    assert len(flat(batches)) == 7 * (1 + 2 * depth)
    assert [e[6] for e in flat(batches) if e[8] == LEVEL] == [
        n + 1 for n in range(7) for _ in range(2 * depth)
    ]


def test_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    names = head(2).split(",")
    order = sorted(range(len(names)), key=lambda n: names[n][::-1])
    moved = [[fields[n] for n in order] for fields in TWO]
    header = ",".join(names[n] for n in order)
    _, batches = replay(tmp_path, book=file(2, moved, header))
    assert [flat(batches)] == [flat(replay(tmp_path, book=file(2, TWO))[1])]


BAD = {
    "a price without a size": (
        ("64001", "", "64000", "2"), f":3: asks[0].amount is empty, {NUMBER}"),
    "a size without a price": (("64001", "1", "", "2"), f":3: bids[0].price is empty, {NUMBER}"),
    "a price of zero": (
        ("64001", "1", "0", "2"),
        f":3: bids[0].price is '0', expected a price above zero; {CORRECT}"),
    "text in a size": (("64001", "x", "64000", "2"), f":3: asks[0].amount is 'x', {NUMBER}"),
    "text behind a price": (("6x", "1", "64000", "2"), f":3: asks[0].price is '6x', {NUMBER}"),
    "a negative size": (
        ("64001", "1", "64000", "-2"),
        f":3: bids[0].amount is '-2', expected a number without a sign; {CORRECT}"),
    "a field too few": (
        ("64001", "1", "64000"),
        ":3: the row has 7 fields, expected 8 as in the header; the file may be cut off or mixed:"
        " download it again"),
    "too many digits": (
        ("64001", "1", "64000", "1e-300"),
        f":3: bids[0].amount is '1e-300', expected at most 18 digits, before and after the point;"
        f" {CORRECT}"),
    "a number off the grid": (
        ("64001", "100", "64000.05", "100"),
        ":3: bids[0].price is '64000.05', expected a multiple of the tick size 0.1; set"
        " [instrument] tick_size to what the data use, or leave it out"),
}  # fmt: skip


@pytest.mark.parametrize("block_bytes", [64, 1 << 20])
@pytest.mark.parametrize("name", BAD)
def test_a_bad_row_is_an_error_that_names_the_place(
    tmp_path: Path, name: str, block_bytes: int
) -> None:
    fields, message = BAD[name]
    rows = [row(6000, 64001, 100, 64000, 100), row(7000, *fields)]
    with pytest.raises(DataError) as caught:
        replay(tmp_path, {"block_bytes": block_bytes}, book=file(1, rows))
    assert str(caught.value) == f"{tmp_path}/book.csv{message}"


def test_times_that_go_back_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"book\.csv:3: local_timestamp is .* sort the rows"):
        replay(tmp_path, book=file(2, TWO[::-1]))


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (head(2).replace(",bids[1].price", ""),
         "columns are missing for a book_snapshot_2 file: bids[1].price; found"),
        (head(1) + ",bids[0].price", "the header has a column twice: bids[0].price; expected"),
        (head(1).replace("symbol,", ""), "columns are missing for a book_snapshot_1 file: symbol;"),
    ],
)  # fmt: skip
def test_a_header_that_does_not_tell_all_levels_is_refused(
    tmp_path: Path, header: str, message: str
) -> None:
    with pytest.raises(DataError) as caught:
        replay(tmp_path, book=file(1, [], header))
    assert message in str(caught.value)


@pytest.mark.parametrize("kind", ["trades", "quotes"])
def test_given_as_another_kind_it_is_refused_by_its_name(tmp_path: Path, kind: str) -> None:
    files = {"quotes": b"", kind: file(5, [])}
    with pytest.raises(DataError) as caught:
        replay(tmp_path, None, **files)
    assert str(caught.value).endswith(
        f"data.{kind}_csv names a book_snapshot_5 file, expected {kind}; give it as data.book_csv"
    )


def test_inspect_shows_it(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_bytes(file(2, TWO))
    (found,) = inspect_files([tmp_path / "b.csv"])
    assert (found.kind, found.depth, found.rows) == ("book", 2, 2)
    assert "kind      book (book_snapshot_2)" in inspection_text(found)


def test_floats_in_it_are_refused_with_the_step_that_cures_it(tmp_path: Path) -> None:
    rows = [row(6000, "64000.100000000006", 100, 64000, 100), row(7000, 64000.2, 100, 64000, 100)]
    with pytest.raises(DataError) as caught:
        replay(tmp_path, book=file(1, rows))
    assert str(caught.value) == (
        f"{tmp_path}/book.csv:2: asks[0].price is 64000.100000000006: prices are floats with"
        " rounding noise, expected multiples of 0.1; give [instrument] tick_size = 0.1 and they are"
        " rounded to it"
    )

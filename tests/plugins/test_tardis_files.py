"""Unusable and unusual Tardis files: what each is answered with.

Every case is driven through the connector (survey, then run). Bad rows are in test_tardis_faults.
"""

import gzip
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trio
from tests.plugins.tardis_directory import (
    AGAIN,
    GOOD,
    HEADS,
    Collector,
    U,
    file,
    place,
    run,
)

from mm.api import DataError
from mm_tardis import TardisConfig, build

HEADER = "expected a Tardis CSV file with its header line"


BAD_FILES: dict[str, tuple[str, bytes | None, str]] = {
    "zero bytes": ("quotes", b"", f": the file is empty (0 bytes), expected CSV; {AGAIN}"),
    "gzip of nothing": (
        "quotes", gzip.compress(b""),
        f":1: the file holds no text, expected a header; {AGAIN}"),
    **{
        f"{name} instead": ("quotes", magic + bytes(9), f": the file is {name}, expected plain"
            " text or gzip; convert it")
        for name, magic in (
            ("zstd", b"\x28\xb5\x2f\xfd"), ("bzip2", b"BZh9"), ("UTF-16 text", b"\xff\xfee"),
            ("gzip inside gzip", gzip.compress(b"\x1f\x8b\x08")),
        )
    },
    "no header": (
        "quotes", b"".join(GOOD["quotes"].splitlines(True)[1:]),
        ":1: columns are missing for a quotes file: exchange, symbol, timestamp, local_timestamp, "
        "ask_amount, ask_price, bid_price, bid_amount; found "
        f"'bitmex,XBTUSD,1722470400150000,1722470400229046,6800,64600.1,64600,35500'; {HEADER}"),
    "a missing column": (
        "book", file("book", head=HEADS["book"].replace(",price", "").replace("symbol,", "")),
        ":1: columns are missing for a book file: symbol, price; found "
        f"'exchange,timestamp,local_timestamp,is_snapshot,side,amount'; {HEADER}"),
    "a book without its snapshot flag": (
        "book", file("book", head=HEADS["book"].replace("is_snapshot,", "")),
        ":1: data.book_csv names a trades file, expected book (it lacks is_snapshot); "
        "give it as data.trades_csv"),
    "a column twice": (
        "trades", file("trades", head=HEADS["trades"] + ",price"),
        ":1: the header has a column twice: price; expected each once; remove one of them"),
    "a quotes file given as trades": (
        "trades", GOOD["quotes"],
        ":1: data.trades_csv names a quotes file, expected trades (it lacks side, price, amount); "
        "give it as data.quotes_csv"),
    "a book given as trades": (
        "trades", GOOD["book"],
        ":1: data.trades_csv names a book file, expected trades; give it as data.book_csv"),
    "binary junk": (
        "trades", b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        r":1: the first line is not text but b'\x89PNG\r', "
        f"expected the header of a Tardis CSV file; {AGAIN}"),
    "an endless first line": (
        "trades", b"x" * 100_000,
        f":1: the line is longer than 16384 bytes, expected a row of a Tardis CSV file; {AGAIN}"),
    "gzip cut off": (
        "trades", gzip.compress(GOOD["trades"])[:-20],
        f":1: the gzip data ends early at or after this line; {AGAIN}"),
    "no such file": (
        "trades", None,
        ": there is no such file; check [data] tardis_root and the file's name"),
    "a book without any snapshot": (
        "book", file("book", U + "false,ask,64600.1,0"),
        ": none of the 1 rows has is_snapshot true, expected a snapshot to build the book on; "
        "leave book_csv out, or use a file that has one"),
}  # fmt: skip


@pytest.mark.parametrize("block_bytes", [1 << 20, 64])
@pytest.mark.parametrize("name", BAD_FILES)
def test_an_unusable_file_is_an_error_that_names_the_place(
    tmp_path: Path, name: str, block_bytes: int
) -> None:
    kind, data, message = BAD_FILES[name]
    place(tmp_path, **{kind: data})
    out = Collector()
    with pytest.raises(DataError) as caught:
        run(tmp_path, out, block_bytes=block_bytes)
    assert str(caught.value) == f"{tmp_path / kind}.csv{message}"
    assert out.batches == []


@pytest.mark.parametrize("at", range(-8, 0))
def test_a_wrong_gzip_checksum_or_length_is_an_error(tmp_path: Path, at: int) -> None:
    data = bytearray(gzip.compress(GOOD["trades"]))
    data[at] ^= 1
    place(tmp_path, trades=bytes(data))
    with pytest.raises(DataError, match=r"trades\.csv:\d: the gzip data is corrupt \(.*; download"):
        run(tmp_path, Collector())


def test_junk_behind_the_last_gzip_member_is_an_error(tmp_path: Path) -> None:
    place(tmp_path, trades=gzip.compress(GOOD["trades"]) + b"junk")
    with pytest.raises(DataError, match=r"trades\.csv:\d: the gzip data (is corrupt|ends early)"):
        run(tmp_path, Collector())


def test_every_cut_of_a_gzip_file_is_an_error(tmp_path: Path) -> None:
    data = gzip.compress(GOOD["trades"])
    for length in range(2, len(data)):
        place(tmp_path, trades=data[:length])
        with pytest.raises(DataError, match=r"trades\.csv:1: "):
            run(tmp_path, Collector())


@pytest.mark.parametrize("kind", ["trades", "quotes", "book"])
def test_a_file_without_rows_is_noted(tmp_path: Path, kind: str) -> None:
    place(tmp_path, **{kind: file(kind)})
    out = Collector()
    run(tmp_path, out, derivative_ticker_csv=None)
    assert sum(len(batch.events) for batch in out.batches) in (4, 5)
    assert out.closed


def test_files_without_any_rows_are_an_error(tmp_path: Path) -> None:
    place(tmp_path, **{kind: file(kind) for kind in HEADS})
    with pytest.raises(DataError, match=r"^no file has any rows, expected market data in one: "):
        run(tmp_path, Collector())


def test_of_several_bad_files_the_first_in_order_is_named(tmp_path: Path) -> None:
    place(tmp_path, trades=None, quotes=b"", book=b"")
    with pytest.raises(DataError, match=r"trades\.csv: there is no such file"):
        run(tmp_path, Collector())


def test_a_directory_and_a_pipe_are_no_files(tmp_path: Path) -> None:
    place(tmp_path, trades=None, quotes=None)
    (tmp_path / "trades.csv").mkdir()
    with pytest.raises(DataError, match=r"trades.csv: this is a directory, expected a CSV file"):
        run(tmp_path, Collector())
    (tmp_path / "trades.csv").rmdir()
    os.mkfifo(tmp_path / "trades.csv")
    with pytest.raises(DataError, match=r"trades.csv: this is not a regular file, expected a CSV"):
        run(tmp_path, Collector())


def test_a_file_that_may_not_be_read_is_an_error(tmp_path: Path) -> None:
    place(tmp_path)
    (tmp_path / "trades.csv").chmod(0)
    with (
        as_nobody(),
        pytest.raises(DataError, match=r"trades\.csv: reading it is not permitted; change its"),
    ):
        run(tmp_path, Collector())


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may read anything: step down for a while, if we are root."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_name_the_system_refuses_is_an_error(tmp_path: Path) -> None:
    connector = build(TardisConfig(tardis_root=str(tmp_path), quotes_csv="x" * 300), "XBTUSD")
    with pytest.raises(DataError, match="the file cannot be opened: File name too long; check"):
        trio.run(connector.survey)


@pytest.mark.parametrize(
    ("tick", "message"),
    [
        ("0.5", "trades.csv:2: price is '64600.1', expected a multiple of the tick size 0.5; "
                "set [instrument] tick_size to what the data use, or leave it out"),
        ("1e-14", "trades.csv:2: price is '64600.1', expected a number that fits in 18 digits"),
    ],
)  # fmt: skip
def test_a_number_off_the_grid_is_an_error_with_the_grid(
    tmp_path: Path, tick: str, message: str
) -> None:
    place(tmp_path)
    out = Collector()
    with pytest.raises(DataError) as caught:
        run(tmp_path, out, tick=tick)
    assert str(caught.value).startswith(f"{tmp_path}/{message}")
    assert out.closed


def test_a_file_that_changes_after_the_survey_does_not_matter(tmp_path: Path) -> None:
    """A run is of what its survey has read, whose hash the summary tells."""
    place(tmp_path)
    plain, gone, grown = Collector(), Collector(), Collector()
    run(tmp_path, plain)

    def grow() -> None:
        with (tmp_path / "book.csv").open("ab") as book:
            book.write(GOOD["book"])

    run(tmp_path, grown, between=grow)
    place(tmp_path)
    run(tmp_path, gone, between=(tmp_path / "book.csv").unlink)
    for out in (gone, grown):
        assert [b.events.tobytes() for b in out.batches] == [
            b.events.tobytes() for b in plain.batches
        ]
        assert out.closed


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda path: path.unlink(), r"quotes\.csv: there is no such file"),
        (lambda path: path.write_bytes(b"x"), r"quotes\.csv: the file changed while the run was"),
    ],
    ids=["gone", "changed"],
)
def test_a_fault_whose_line_can_no_longer_be_shown_is_still_told(
    tmp_path: Path, change: Callable[[Path], object], message: str
) -> None:
    place(tmp_path, book=None, trades=None)
    out = Collector()
    with pytest.raises(DataError, match=message):
        run(
            tmp_path, out, tick="0.7", book_csv=None, trades_csv=None,
            between=lambda: change(tmp_path / "quotes.csv"),
        )  # fmt: skip
    assert out.closed


@pytest.mark.parametrize("block_bytes", [1 << 20, 64])
@pytest.mark.parametrize(
    "trades",
    [
        GOOD["trades"].replace(b"\n", b"\r\n"),
        GOOD["trades"].rstrip(b"\n"),
        GOOD["trades"] + b"\n\r\n\n",
        b"\xef\xbb\xbf" + GOOD["trades"],
        GOOD["trades"].replace(b"64600,1000", b"646e2,1E+3"),
        GOOD["trades"].replace(b"64600,1000", b"064600.00,1000."),
        gzip.compress(GOOD["trades"]) + bytes(512),
    ],
    ids=["CRLF", "no last newline", "blank end", "BOM", "exponents", "zeros", "gzip padding"],
)
def test_harmless_differences_change_nothing(
    tmp_path: Path, trades: bytes, block_bytes: int
) -> None:
    streams = []
    for data in (GOOD["trades"], trades):
        place(tmp_path, trades=data)
        out = Collector()
        run(tmp_path, out, block_bytes=block_bytes)
        streams.append([row for batch in out.batches for row in batch.events.tolist()])
    assert streams[0] == streams[1]

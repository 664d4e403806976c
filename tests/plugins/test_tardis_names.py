"""Tardis's own names of files, where none that ``[data]`` names is there."""

import shutil
from pathlib import Path

import pytest
from tests.short_market import write_run_file

import mm
from mm.api import DataError
from mm_tardis.files import choose_names
from mm_tardis.table import BOOK, QUOTES, TICKERS, TRADES

NAMES = [(TRADES, "trades.csv.gz"), (QUOTES, "quotes.csv.gz"), (BOOK, "book_*.csv.gz")]


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).touch()


@pytest.mark.parametrize(
    ("there", "taken"),
    [
        (("bitmex_trades_2024-08-01_XBTUSD.csv.gz", "bitmex_quotes_2024-08-01_XBTUSD.csv.gz"),
         [(TRADES, "trades"), (QUOTES, "quotes")]),
        (("bitmex_incremental_book_L2_2024-08-01_XBTUSD.csv.gz",), [(BOOK, "incremental_book_L2")]),
        (("bitmex_book_snapshot_5_2024-08-01_XBTUSD.csv.gz",
          "bitmex_book_snapshot_25_2024-08-01_XBTUSD.csv.gz"), [(BOOK, "book_snapshot_25")]),
        (("okex_book_ticker_2024-08-01_XBTUSD.csv.gz",
          "okex_derivative_ticker_2024-08-01_XBTUSD.csv.gz"),
         [(QUOTES, "book_ticker"), (TICKERS, "derivative_ticker")]),
    ],
)  # fmt: skip
def test_each_kind_is_found_by_its_dataset(
    tmp_path: Path, there: tuple[str, ...], taken: list[tuple[int, str]]
) -> None:
    touch(tmp_path, *there)
    found, note = choose_names(tmp_path, NAMES, "XBTUSD")
    wanted = [(kind, f"*_{dataset}_????-??-??_XBTUSD.csv.gz") for kind, dataset in taken]
    assert list(found) == wanted
    assert note is not None
    assert all(name in note for name in there if "snapshot_5_" not in name)


@pytest.mark.parametrize(
    "there",
    [
        (),
        ("bitmex_trades_2024-08-01_XBTUSD.csv.gz",),  # without a book or quotes
        ("bitmex_quotes_2024-08-01_ETHUSD.csv.gz",),  # of another symbol
        ("bitmex_quotes_today_XBTUSD.csv.gz",),
        ("trades.csv.gz", "bitmex_quotes_2024-08-01_XBTUSD.csv.gz"),  # one that is named is there
        ("book_1.csv.gz", "bitmex_quotes_2024-08-01_XBTUSD.csv.gz"),
    ],
)
def test_what_is_named_is_left_as_it_is(tmp_path: Path, there: tuple[str, ...]) -> None:
    touch(tmp_path, *there)
    assert choose_names(tmp_path, NAMES, "XBTUSD") == (NAMES, None)


def test_a_symbol_with_a_slash_is_looked_for_as_tardis_writes_it(tmp_path: Path) -> None:
    touch(tmp_path, "deribit_quotes_2024-08-01_BTC-USD.csv.gz")
    found, _ = choose_names(tmp_path, NAMES, "BTC/USD")
    assert list(found) == [(QUOTES, "*_quotes_????-??-??_BTC-USD.csv.gz")]


def test_a_run_on_a_folder_of_downloads_is_the_run_on_named_files(tmp_path: Path) -> None:
    named, downloads = tmp_path / "named", tmp_path / "downloads"
    named.mkdir()
    downloads.mkdir()
    path = write_run_file(named, 30)
    for name, dataset in (
        ("trades", "trades"), ("quotes", "quotes"), ("book", "incremental_book_L2"),
    ):  # fmt: skip
        shutil.copy(
            named / f"{name}.csv.gz", downloads / f"bitmex_{dataset}_2024-08-01_XBTUSD.csv.gz"
        )
    first = mm.backtest(path, run_dir=None, progress=False)
    again = mm.backtest(path, {"data.tardis_root": str(downloads)}, run_dir=None, progress=False)
    assert again.digest == first.digest
    assert any("so Tardis's were taken: bitmex_trades_" in note for note in again.summary["notes"])
    (downloads / "bitmex_quotes_2024-08-01_XBTUSD.csv.gz").unlink()
    (downloads / "bitmex_incremental_book_L2_2024-08-01_XBTUSD.csv.gz").unlink()
    with pytest.raises(DataError, match=r"trades\.csv\.gz: there is no such file"):
        mm.backtest(path, {"data.tardis_root": str(downloads)}, run_dir=None, progress=False)

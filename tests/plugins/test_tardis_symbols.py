"""Files of several symbols, and files that are not what they were given as."""

import os
from pathlib import Path

import pytest
from tests.plugins.tardis_rows import flat, line, replay, text

from mm.api import TRADE, DataError
from mm_tardis.inspect import inspect_files

USE = "expected trades, quotes, incremental_book_L2, book_snapshot_N or derivative_ticker; use one of those"  # fmt: skip # noqa: E501
QUOTES = text("quotes", [line(6000, 100, 64001, 64000, 100)])


def of(symbol: str, row: list[str]) -> list[str]:
    return [row[0], symbol, *row[2:]]


def grouped(*symbols: str) -> bytes:
    rows = [of(s, line(6000 + n // 2, n, "buy", 64001, 100)) for n, s in enumerate(symbols)]
    return text("trades", rows)


@pytest.mark.parametrize("block_bytes", [64, 1 << 20])
def test_of_a_grouped_file_the_rows_of_the_symbol_are_read_with_their_true_lines(
    tmp_path: Path, block_bytes: int
) -> None:
    names = ("ETHUSD", "XBTUSD", "XBTUSDT", "XBTUSD", "XBT", "ETHUSD", "XBTUSD")
    survey, batches = replay(
        tmp_path, {"block_bytes": block_bytes}, quotes=QUOTES, trades=grouped(*names)
    )
    assert [(e[6], e[10]) for e in flat(batches) if e[8] == TRADE] == [(2, 1), (4, 1), (7, 1)]
    assert survey.sources[0].rows == 3
    (found,) = [one for one in survey.health if one.kind == "rows_of_other_symbols"]
    assert (found.rows, found.of, found.done, found.limit) == (4, 7, "skipped", None)
    assert "trades: 4 rows are of other symbols and were skipped" in survey.notes
    assert survey.details["trades"]["defects"]["rows_of_other_symbols"] == 4


def test_a_message_goes_on_behind_rows_of_others(tmp_path: Path) -> None:
    rows = [line(6000, "true", "bid", 64000 - n, 100) for n in range(3)]
    rows[1] = of("ETHUSD", rows[1])
    _, batches = replay(tmp_path, book=text("book", rows))
    assert [(e[6], e[10]) for e in flat(batches)] == [(0, 0), (1, 0), (3, 1)]


def test_an_error_behind_rows_of_others_names_its_true_line(tmp_path: Path) -> None:
    data = grouped("ETHUSD", "XBTUSD", "ETHUSD", "XBTUSD").replace(b"3,buy", b"3,short")
    with pytest.raises(DataError, match=r"trades\.csv:5: side is 'short'"):
        replay(tmp_path, quotes=QUOTES, trades=data)


def test_local_times_of_others_are_not_compared_with_ours(tmp_path: Path) -> None:
    rows = [line(at, at, "buy", 64001, 100) for at in (6000, 9000, 7000)]
    rows[1] = of("ETHUSD", rows[1])
    _, batches = replay(tmp_path, quotes=QUOTES, trades=text("trades", rows))
    assert [e[6] for e in flat(batches) if e[8] == TRADE] == [1, 3]


def test_rows_of_others_must_have_all_fields(tmp_path: Path) -> None:
    """A line cut off within our symbol is not one of another."""
    with pytest.raises(DataError, match=r"trades\.csv:3: the row has 2 fields, expected 8"):
        replay(tmp_path, quotes=QUOTES, trades=grouped("XBTUSD") + b"bitmex,XBT\n")


@pytest.mark.parametrize(
    ("symbols", "message"),
    [
        (("ETHUSD", "ETHUSD"),
         ":2: symbol is 'ETHUSD', expected 'XBTUSD'; set strategy.symbol to what the file holds,"
         " or name another file"),
        (("A", "B", "A"),
         ": none of its 3 rows is of 'XBTUSD', they are of 'A', 'B'; set strategy.symbol to one of"
         " them, or name another file"),
        (tuple("ABCDEFG"),
         ": none of its 7 rows is of 'XBTUSD', they are of 'A', 'B', 'C', 'D', 'E' …; set"
         " strategy.symbol to one of them, or name another file"),
    ],
)  # fmt: skip
def test_a_file_without_the_symbol_is_refused_with_those_that_it_has(
    tmp_path: Path, symbols: tuple[str, ...], message: str
) -> None:
    with pytest.raises(DataError) as caught:
        replay(tmp_path, quotes=QUOTES, trades=grouped(*symbols))
    assert str(caught.value) == f"{tmp_path}/trades.csv{message}"


def test_thousands_of_symbols_are_counted_within_bounds(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(grouped(*(f"S{n}" for n in range(3000))))
    (found,) = inspect_files([tmp_path / "t.csv"])
    assert found.symbols is not None
    assert sum(found.symbols.values()) == 3000
    assert found.symbols["…"] == 2980


OPTIONS = (
    "exchange,symbol,timestamp,local_timestamp,type,strike_price,expiration,open_interest,"
    "last_price,bid_price,bid_amount,bid_iv,ask_price,ask_amount,ask_iv,mark_price,mark_iv,"
    "underlying_index,underlying_price,delta,gamma,vega,theta,rho"
)
FOREIGN = {
    "options_chain": (OPTIONS, "a Tardis options_chain file, which has a touch only with each"),
    "candles": (
        "exchange,symbol,timestamp,local_timestamp,name,interval,open,high,low,close,volume",
        "a file of candles (trade_bar), which has neither trades nor a touch"),
    "a Binance dump": (
        "id,price,qty,quote_qty,time,is_buyer_maker", "trades as Binance offers them for download"),
    "a Bybit dump": (
        "timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue",
        "trades as BitMEX or Bybit offer them for download"),
}  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN)
def test_a_file_of_another_kind_is_refused_by_its_name(tmp_path: Path, name: str) -> None:
    header, says = FOREIGN[name]
    with pytest.raises(DataError) as caught:
        replay(tmp_path, quotes=f"{header}\n".encode())
    message = str(caught.value)
    assert message.startswith(f"{tmp_path}/quotes.csv:1: data.quotes_csv names {says}")
    assert message.endswith(USE)
    (found,) = inspect_files([tmp_path / "quotes.csv"])
    assert found.fault is not None
    assert f"quotes.csv:1: {says}" in found.fault


@pytest.mark.parametrize(
    "name", ["bitmex_liquidations_2024-08-01_XBTUSD.csv", "liquidations/2024/08/01/XBTUSD.csv"]
)
def test_liquidations_have_the_columns_of_trades_and_are_known_by_name(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_bytes(grouped("XBTUSD"))
    (tmp_path / "trades.csv").symlink_to(tmp_path / name)
    for given in (name, "trades.csv"):
        with pytest.raises(DataError, match="by its name this is a file of liquidations"):
            replay(tmp_path, {"trades_csv": given}, quotes=QUOTES)
    os.remove(tmp_path / "trades.csv")


def test_trades_that_alone_have_no_exchange_times_may_be_liquidations(tmp_path: Path) -> None:
    rows = [line(6000, "a", "buy", 64001, 100, made_us=6000)]
    survey, _ = replay(tmp_path, quotes=QUOTES, trades=text("trades", rows))
    said = (
        "no trade has an exchange time of its own, and other rows do: make sure that these are"
        " trades and not liquidations, whose columns are the same"
    )
    assert said in survey.notes
    survey, _ = replay(tmp_path, quotes=QUOTES, trades=grouped("XBTUSD"))
    assert said not in survey.notes

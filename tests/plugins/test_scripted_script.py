"""The file of orders: what may stand in it, and what is said of what may not."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm.api import (
    BUY,
    CANCEL,
    CANCEL_ALL,
    FOK,
    GTC,
    IOC,
    LIMIT,
    MARKET,
    NEW,
    REPLACE,
    SELL,
    ConfigError,
    DataError,
    Instrument,
)
from mm_scripted.script import Script, read_script

ETH = Instrument(symbol="ETHUSDT", tick_size=Decimal("0.01"), lot_size=Decimal("0.001"))
XBT = Instrument(symbol="XBTUSD", tick_size=Decimal("0.5"), lot_size=Decimal("100"))
HEADER = "ts_decided,side,price,size,type,tif,client_id,action\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orders.csv"


def read(path: Path, text: str, *instruments: Instrument) -> Script:
    path.write_text(text, encoding="utf-8")
    return read_script(str(path), instruments or (ETH,))


def faults(path: Path, text: str, *instruments: Instrument) -> list[str]:
    with pytest.raises(DataError) as raised:
        read(path, text, *instruments)
    return [line.removeprefix(str(path)) for line in str(raised.value).splitlines()]


def test_prices_become_ticks_and_sizes_lots(path: Path) -> None:
    (order,) = read(path, HEADER + "7,buy,2681.62,0.125,limit,GTC,1,new\n").orders
    assert (order["ts"], order["price"], order["size"]) == (7, 268162, 125)
    assert (order["side"], order["type"], order["action"]) == (BUY, LIMIT, NEW)


def test_columns_may_stand_in_any_order(path: Path) -> None:
    text = "action,client_id,tif,type,size,price,side,ts_decided\nnew,5,FOK,limit,1,2,sell,7\n"
    (order,) = read(path, text).orders
    assert (order["ts"], order["side"], order["tif"]) == (7, SELL, FOK)
    assert (order["client_id"], order["price"], order["size"]) == (5, 200, 1000)


def test_the_time_may_be_called_ts(path: Path) -> None:
    text = HEADER.replace("ts_decided", "ts") + "7,buy,2681.62,0.125,limit,GTC,1,new\n"
    assert read(path, text).orders["ts"].tolist() == [7]


def test_sizes_may_have_the_exponent_that_a_runs_own_orders_have(path: Path) -> None:
    fine = Instrument(symbol="ETHUSDT", tick_size=Decimal("0.01"), lot_size=Decimal("1e-8"))
    row = "7,buy,2681.62,{},limit,GTC,1,new\n"
    assert read(path, HEADER + row.format("1.5e-7"), fine).orders["size"].tolist() == [15]
    assert faults(path, HEADER + row.format("1e3"), fine) != []


def test_post_only_is_a_type_or_a_column(path: Path) -> None:
    text = HEADER.replace("\n", ",post_only\n")
    text += (
        "1,buy,2,1,post_only,GTC,1,new,\n1,buy,2,1,limit,GTC,2,new,1\n1,buy,2,1,limit,,3,new,0\n"
    )
    orders = read(path, text).orders
    assert orders["post_only"].tolist() == [1, 1, 0]
    assert orders["type"].tolist() == [LIMIT] * 3


def test_reduce_only_is_a_column_of_its_own(path: Path) -> None:
    text = HEADER.replace("\n", ",reduce_only\n")
    orders = read(path, text + "1,buy,2,1,,,1,new,1\n1,buy,2,1,,,2,new,\n").orders
    assert orders["reduce_only"].tolist() == [1, 0]


def test_what_an_action_does_not_need_may_be_empty(path: Path) -> None:
    text = HEADER + "1,buy,,1,market,IOC,1,new\n2,,,,,,1,cancel\n3,,,,,,,cancel_all\n"
    orders = read(path, text).orders
    assert orders["action"].tolist() == [NEW, CANCEL, CANCEL_ALL]
    assert orders["type"].tolist() == [MARKET, LIMIT, LIMIT]
    assert orders["tif"].tolist() == [IOC, GTC, GTC]
    assert orders["price"].tolist() == [0, 0, 0]


def test_amend_and_replace_are_one_and_take_the_side_of_their_order(path: Path) -> None:
    text = HEADER + "1,sell,5,1,limit,GTC,a,new\n2,,5,0.5,limit,,a,amend\n3,,6,1,,,a,replace\n"
    orders = read(path, text).orders
    assert orders["action"].tolist() == [NEW, REPLACE, REPLACE]
    assert orders["side"].tolist() == [SELL] * 3


def test_whole_client_ids_are_kept(path: Path) -> None:
    text = HEADER + "1,buy,2,1,limit,GTC,12,new\n1,buy,2,1,limit,GTC,-3,new\n2,,,,,,,cancel_all\n"
    assert read(path, text).orders["client_id"].tolist() == [12, -3, 0]


def test_other_client_ids_are_numbered_as_they_first_appear(path: Path) -> None:
    lines = [f"1,buy,2,1,limit,GTC,{name},new\n" for name in ("web-7", "12", "web-7", "ä")]
    assert read(path, HEADER + "".join(lines)).orders["client_id"].tolist() == [1, 2, 1, 3]


def test_a_number_that_is_not_written_as_we_would_is_a_text(path: Path) -> None:
    lines = [f"1,buy,2,1,limit,GTC,{name},new\n" for name in ("7", "07", "-0", "9" * 30)]
    assert read(path, HEADER + "".join(lines)).orders["client_id"].tolist() == [1, 2, 3, 4]


def test_a_symbol_chooses_the_instrument_and_its_grid(path: Path) -> None:
    text = "symbol," + HEADER + "XBTUSD,1,buy,60000.5,200,limit,GTC,1,new\n"
    text += "ETHUSDT,1,buy,0.01,0.001,limit,GTC,1,new\n,1,buy,1,1,limit,GTC,2,new\n"
    orders = read(path, text, ETH, XBT).orders
    assert orders["instrument"].tolist() == [1, 0, 0]
    assert orders["price"].tolist() == [120001, 1, 100]
    assert orders["size"].tolist() == [2, 1, 1000]


def test_a_byte_order_mark_crlf_blanks_and_quotes_do_no_harm(path: Path) -> None:
    text = "\ufeff" + HEADER + '\n 1 ,buy, 2 ,1,"limit",GTC,"a,b",new\n\n'
    script = read(path, text.replace("\n", "\r\n"))
    assert script.orders["price"].tolist() == [200]
    assert script.lines == (3,)


def test_a_header_alone_is_a_script_without_orders(path: Path) -> None:
    assert len(read(path, HEADER).orders) == 0


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("x,buy,2,1,limit,GTC,1,new", "ts_decided is 'x', expected whole microseconds since 1970"),
        (",buy,2,1,limit,GTC,1,new", "ts_decided is empty, expected whole microseconds since 1970"),
        ("1.5,buy,2,1,limit,GTC,1,new",
         "ts_decided is '1.5', expected whole microseconds since 1970"),
        ("9999999999999999999,buy,2,1,limit,GTC,1,new",
         "ts_decided is '9999999999999999999', expected whole microseconds since 1970"),
        ("1,Buy,2,1,limit,GTC,1,new", "side is 'Buy', expected buy or sell"),
        ("1,,2,1,limit,GTC,1,new", "side is empty, expected buy or sell"),
        ("1,buy,2.005,1,limit,GTC,1,new",
         "price is '2.005', expected a positive multiple of the tick size 0.01"),
        ("1,buy,-2,1,limit,GTC,1,new",
         "price is '-2', expected a positive multiple of the tick size 0.01"),
        ("1,buy,NaN,1,limit,GTC,1,new",
         "price is 'NaN', expected a positive multiple of the tick size 0.01"),
        ("1,buy,sNaN,1,limit,GTC,1,new",
         "price is 'sNaN', expected a positive multiple of the tick size 0.01"),
        ("1,buy,inf,1,limit,GTC,1,new",
         "price is 'inf', expected a positive multiple of the tick size 0.01"),
        ("1,buy,1e999999,1,limit,GTC,1,new",
         "price is '1e999999', expected a positive multiple of the tick size 0.01"),
        ("1,buy,1_0,1,limit,GTC,1,new",
         "price is '1_0', expected a positive multiple of the tick size 0.01"),
        ("1,buy,,1,limit,GTC,1,new",
         "price is empty, expected a positive multiple of the tick size 0.01"),
        ("1,buy,2,0.0005,limit,GTC,1,new",
         "size is '0.0005', expected a positive multiple of the lot size 0.001"),
        ("1,buy,2,0,limit,GTC,1,new",
         "size is '0', expected a positive multiple of the lot size 0.001"),
        ("1,buy,2,1,stop,GTC,1,new", "type is 'stop', expected limit, market or post_only"),
        ("1,buy,2,1,market,GTC,1,replace",
         "type is 'market', expected limit or post_only to replace an order"),
        ("1,buy,2,1,limit,GTX,1,new", "tif is 'GTX', expected GTC, IOC or FOK"),
        ("1,buy,2,1,limit,GTC,1,modify",
         "action is 'modify', expected new, amend, replace, cancel or cancel_all"),
        ("1,buy,2,1,limit,GTC,,new", "client_id is empty, expected any text"),
        ("1,,,,,,,cancel", "client_id is empty, expected any text"),
        ("1,up,,,,,1,cancel", "side is 'up', expected buy or sell"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_with_its_line(path: Path, row: str, fault: str) -> None:
    assert faults(path, f"{HEADER}{row}\n") == [f":2: {fault}"]


def test_every_fault_of_the_file_is_listed(path: Path) -> None:
    text = HEADER + "1,up,2,1,limit,GTC,1,new\n5,buy,2,1,limit,GTC,1,new\n3,buy,0,0,limit,,1,new\n"
    assert faults(path, text + "4,buy,2,1,limit,GTC,1,new\n") == [
        ":2: side is 'up', expected buy or sell",
        ":4: size is '0', expected a positive multiple of the lot size 0.001",
        ":4: price is '0', expected a positive multiple of the tick size 0.01",
        ":5: ts_decided is 4, expected at least 5, that of line 3; sort the rows by it",
    ]


def test_of_very_many_faults_the_first_twenty_are_listed(path: Path) -> None:
    found = faults(path, HEADER + "1,up,2,1,limit,GTC,1,new\n" * 25)
    assert len(found) == 21
    assert found[-1] == ": 5 more faults are not listed"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", ": is empty, expected a header: ts_decided,side,price,size,type,tif,client_id,action"),
        ("ts_decided,side\n1,buy\n",
         ":1: the header lacks price, size, type, tif, client_id, action; expected"
         " ts_decided,side,price,size,type,tif,client_id,action, in any order"),
        (HEADER.replace("tif", "tif,ioc"),
         ":1: the header has 'ioc', expected ts_decided, side, price, size, type, tif, client_id,"
         " action, and perhaps symbol, post_only, reduce_only, order_id, refused; rename or remove"
         " it"),
        (HEADER.replace("tif", "tif,tif"),
         ":1: the header has 'tif' twice, expected ts_decided, side, price, size, type, tif,"
         " client_id, action, and perhaps symbol, post_only, reduce_only, order_id, refused;"
         " rename or remove it"),
        (HEADER + "1,buy\n",
         ":2: the row has 2 fields, expected 8 as in the header; correct the row"),
        (HEADER + '1,"buy\n', ":2: is not CSV: unexpected end of data; correct the line"),
    ],
)  # fmt: skip
def test_what_is_no_table_of_orders_is_said_to_be_none(path: Path, text: str, fault: str) -> None:
    assert faults(path, text) == [fault]


def test_an_unknown_symbol_is_a_fault(path: Path) -> None:
    text = "symbol," + HEADER + "XBTUSD,1,buy,2,1,limit,GTC,1,new\n"
    expected = ":2: symbol is 'XBTUSD', expected what the run trades: ETHUSDT"
    assert faults(path, text) == [expected]


def test_a_file_that_is_not_text_is_said_to_be_none(path: Path) -> None:
    path.write_bytes(b"\x1f\x8b\xff\x00")
    with pytest.raises(DataError, match="is not text in UTF-8, expected a CSV file of orders"):
        read_script(str(path), (ETH,))


def test_a_missing_file_is_a_fault_of_the_configuration(path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no such file; name one in strategy\.scripted\.path"):
        read_script(str(path), (ETH,))


@given(ticks=st.integers(1, 2**53), step=st.sampled_from(["0.5", "0.01", "0.00000001", "25"]))
def test_any_whole_number_of_ticks_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, ticks: int, step: str
) -> None:
    instrument = Instrument(symbol="X", tick_size=Decimal(step), lot_size=Decimal(1))
    path = tmp_path_factory.getbasetemp() / "any_ticks.csv"
    row = f"1,buy,{instrument.price_text(ticks)},1,limit,GTC,1,new\n"
    assert read(path, HEADER + row, instrument).orders["price"].tolist() == [ticks]

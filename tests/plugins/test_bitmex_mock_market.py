"""The market as messages: what data become, and the book behind it."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from tests.plugins.bitmex_mock_client import EMPTY, START_US, Reader, csv_file, small_market

from mm.api import DataError
from mm_bitmex.mock import Market, open_market


def play(market: Market) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while market.due_us is not None:
        found += [json.loads(message.text) for message in market.advance()]
    return found


def short(messages: list[dict[str, Any]], table: str) -> list[tuple[Any, ...]]:
    return [
        (m["action"], *[(r["side"], r.get("price"), r.get("size")) for r in m["data"]])
        for m in messages
        if m["table"] == table
    ]


def without_ids(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out what levels are numbered by, which is by how many came before."""
    return [{name: value for name, value in row.items() if name != "id"} for row in rows]


def test_book_rows_become_inserts_updates_and_deletes_of_one_action(tmp_path: Path) -> None:
    market = small_market(tmp_path)
    assert short(play(market), "orderBookL2") == [
        ("update", ("Buy", 100.0, 500)),
        ("delete", ("Sell", 100.1, None)),
        ("insert", ("Sell", 100.3, 700), ("Buy", 98.0, 100)),
    ]
    assert market.book.sides() == {
        "Buy": {100.0: 500, 99.5: 400, 98.0: 100}, "Sell": {100.2: 300, 100.3: 700},
    }  # fmt: skip


def test_a_taker_order_is_one_message_of_trades(tmp_path: Path) -> None:
    trades = [m["data"] for m in play(small_market(tmp_path)) if m["table"] == "trade"]
    assert [[row["trdMatchID"] for row in data] for data in trades] == [["a", "b"], ["c"]]
    ticks = [row["tickDirection"] for data in trades for row in data]
    assert ticks == ["PlusTick", "ZeroPlusTick", "MinusTick"]


def test_a_partial_goes_from_the_highest_price_to_the_lowest(tmp_path: Path) -> None:
    text = small_market(tmp_path).partial("orderBookL2", "XBTUSD").text
    assert [row["price"] for row in json.loads(text)["data"]] == [100.2, 100.1, 100.0, 99.5]


def test_quotes_are_one_message_a_second_in_2021_and_at_once_in_2026(tmp_path: Path) -> None:
    def sizes(year: Any) -> list[int]:
        messages = play(small_market(tmp_path, profile=year))
        return [len(m["data"]) for m in messages if m["table"] == "quote"]

    assert sizes("2021") == [2]
    assert sizes("2026") == [1, 1]


def test_truncated_tables_show_what_changed_within_their_depth(tmp_path: Path) -> None:
    market = small_market(tmp_path)
    market.partial("orderBookL2_25", "XBTUSD")
    market.partial("orderBook10", "XBTUSD")
    messages = play(market)
    actions = [m["action"] for m in messages if m["table"] == "orderBookL2_25"]
    assert actions == ["update", "delete", "insert"]
    ten = [m["data"][0] for m in messages if m["table"] == "orderBook10"][-1]
    assert ten["bids"] == [[100.0, 500], [99.5, 400], [98.0, 100]]
    assert ten["asks"] == [[100.2, 300], [100.3, 700]]


def test_without_a_book_the_quotes_give_one_of_a_level_a_side(tmp_path: Path) -> None:
    csv_file(
        tmp_path, "quotes.csv", "ask_amount,ask_price,bid_price,bid_amount",
        "0,100,10.1,10,200", "5,100,10.1,9.9,300", "9,,,9.9,300",
    )  # fmt: skip
    market = open_market(tmp_path)
    reader = Reader()
    reader.take(market.partial("orderBookL2", "XBTUSD").text)
    for message in play(market):
        reader.take(json.dumps(message))
    assert reader.book == market.book.sides() == {"Buy": {9.9: 300}, "Sell": {}}


def test_a_later_snapshot_is_told_as_changes(tmp_path: Path) -> None:
    csv_file(
        tmp_path, "book.csv", "is_snapshot,side,price,amount",
        "0,true,bid,10,100", "0,true,ask,11,100", "5,false,bid,9,100",
        "8,true,bid,10,0", "9,true,bid,10,300", "9,true,ask,12,100",
    )  # fmt: skip
    assert short(play(open_market(tmp_path)), "orderBookL2") == [
        ("insert", ("Buy", 9.0, 100)),
        ("delete", ("Buy", 9.0, None), ("Sell", 11.0, None)),
        ("update", ("Buy", 10.0, 300)),
        ("insert", ("Sell", 12.0, 100)),
    ]


def test_files_of_several_days_are_one_stream(tmp_path: Path) -> None:
    header = "is_snapshot,side,price,amount"
    csv_file(tmp_path, "book_2.csv", header, "9,false,bid,9,100")
    csv_file(tmp_path, "book_1.csv", header, "0,true,bid,10,100", "0,true,ask,11,100")
    market = open_market(tmp_path)
    assert short(play(market), "orderBookL2") == [("insert", ("Buy", 9.0, 100))]


def test_a_derivative_ticker_moves_the_mark_and_the_funding(tmp_path: Path) -> None:
    csv_file(tmp_path, "b.csv", "is_snapshot,side,price,amount", "0,true,bid,10,100")
    csv_file(
        tmp_path, "t.csv", "funding_timestamp,funding_rate,mark_price",
        "5,1722484800000000,0.0002,10.25", "6,,,10.25",
    )  # fmt: skip
    (update,) = [m["data"][0] for m in play(open_market(tmp_path)) if m["table"] == "instrument"]
    assert update["markPrice"] == 10.25
    assert update["fundingRate"] == 0.0002
    assert update["fundingTimestamp"] == "2024-08-01T04:00:00.000Z"


def test_a_loop_goes_back_to_the_first_book_by_changes(tmp_path: Path) -> None:
    market = small_market(tmp_path, loop=True)
    start = market.book.sides()
    reader = Reader()
    reader.take(market.partial("orderBookL2", "XBTUSD").text)
    seen, last = [], 0
    for _ in range(40):
        assert market.due_us is not None
        assert market.due_us >= last
        last = market.due_us
        for message in market.advance():
            reader.take(message.text)
        assert reader.book == market.book.sides() != EMPTY
        seen.append(reader.book == start)
    assert seen.count(True) >= 2


def test_a_loop_goes_on_in_time_and_plays_all_again(tmp_path: Path) -> None:
    ends = []
    market = small_market(tmp_path, loop=True)
    market.on_loop = lambda: ends.append(market.due_us)
    trades = []
    while len(ends) < 3:
        for message in map(json.loads, [m.text for m in market.advance()]):
            if message["table"] == "trade":
                trades += [(row["timestamp"], row["trdMatchID"]) for row in message["data"]]
    assert [name for _, name in trades] == 3 * ["a", "b", "c"]
    assert sorted(trades) == trades


@pytest.mark.parametrize("after_s", [0.001, 0.15, 0.35, 0.8])
def test_a_start_within_the_data_shows_the_book_of_that_moment(
    after_s: float, tmp_path: Path
) -> None:
    whole = small_market(tmp_path)
    began_us = whole.origin_us
    rest = []
    while whole.due_us is not None:
        if whole.due_us < began_us + round(after_s * 1e6):
            whole.advance()
            book, mark = whole.book.sides(), whole.ticker.last_price
            continue
        rest += [json.loads(m.text) for m in whole.advance()]
    late = small_market(tmp_path, start_s=after_s)
    if after_s > 0.1:  # something has happened by then
        assert (late.book.sides(), late.ticker.last_price) == (book, mark)
    assert late.origin_us == began_us + round(after_s * 1e6)
    tables = ("orderBookL2", "trade", "quote")
    played, expected = (
        [(m["action"], without_ids(m["data"])) for m in messages if m["table"] in tables]
        for messages in (play(late), rest)
    )
    assert played == expected


def test_a_start_may_be_a_time_and_the_loop_plays_the_whole(tmp_path: Path) -> None:
    market = small_market(tmp_path, start_us=START_US + 350_000, loop=True)
    names: list[str] = []
    while len(names) < 4:
        for message in map(json.loads, [m.text for m in market.advance()]):
            names += [row["trdMatchID"] for row in message["data"] if message["table"] == "trade"]
    assert names == ["c", "a", "b", "c"]


def test_a_start_outside_of_the_data_is_refused_with_their_bounds(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"the data begin at 2024-08-01T00:00:00.007Z, expected"):
        small_market(tmp_path, start_us=START_US - 1)
    with pytest.raises(DataError, match=r"the data end at 2024-08-01T00:00:00.907Z, expected"):
        small_market(tmp_path, start_s=60)


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ("5,false,bid,10,1.5", "an amount is 1.5, expected a whole number of contracts"),
        ("5,false,left,10,1", "has side 'left', expected one of buy, sell, bid, ask"),
    ],
)
def test_data_that_bitmex_could_not_say_are_refused(row: str, text: str, tmp_path: Path) -> None:
    csv_file(tmp_path, "b.csv", "is_snapshot,side,price,amount", "0,true,bid,10,100", row)
    with pytest.raises(DataError, match=text):
        play(open_market(tmp_path))


def test_a_directory_without_files_and_one_without_a_book_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"there is no \.csv or \.csv\.gz file"):
        open_market(tmp_path)
    csv_file(tmp_path, "t.csv", "id,side,price,amount", "0,a,buy,10,100")
    with pytest.raises(DataError, match="no book snapshot and no quote"):
        open_market(tmp_path)


@pytest.mark.parametrize("symbol", ["5", "ETHUSD", "é"])
def test_a_symbol_that_the_data_do_not_have_is_named(symbol: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"of '{symbol}', expected some .* 'XBTUSD' is the symbol"):
        small_market(tmp_path, symbol=symbol)


def test_a_pipe_among_the_files_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "trades.csv")
    with pytest.raises(DataError, match=r"trades\.csv: this is not a regular file, expected a CSV"):
        open_market(tmp_path)


def test_a_short_row_is_named_by_file_and_line(tmp_path: Path) -> None:
    csv_file(tmp_path, "b.csv", "is_snapshot,side,price,amount", "0,true,bid,10,100", "5,false")
    with pytest.raises(DataError, match=r"b\.csv:3: the row cannot be read"):
        play(open_market(tmp_path))

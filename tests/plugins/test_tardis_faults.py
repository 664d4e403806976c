"""Bad rows in Tardis files: what each is answered with, to the letter.

Every case is driven through the connector (survey, then run). The table below is the document of
what happens.
"""

from pathlib import Path

import pytest
from tests.plugins.tardis_directory import (
    AGAIN,
    GOOD,
    HEADS,
    ROWS,
    Collector,
    T,
    file,
    place,
    run,
)

from mm.api import DataError

CORRECT = f"correct or remove the row, or {AGAIN}"
NUMBER = f"expected a decimal number such as 64600.5; {CORRECT}"
DIGITS = f"expected at most 18 digits, before and after the point; {CORRECT}"
MICROSECONDS = f"expected microseconds since 1970 in 16 digits; {CORRECT}"
MIXED = "the file may be cut off or mixed: download it again"


def second(kind: str, old: str, new: str) -> bytes:
    """The good file with something replaced in its second data row (line 3)."""
    row = ROWS[kind][1]
    assert old in row
    return file(kind, ROWS[kind][0], row.replace(old, new))


BAD_ROWS: dict[str, tuple[str, bytes, str]] = {
    # name: (kind of file, its contents, message behind the path)
    "text in a price": (
        "trades", second("trades", "64600", "abc"), f":3: price is 'abc', {NUMBER}"),
    "text behind a price": (
        "trades", second("trades", "64600", "64600x"), f":3: price is '64600x', {NUMBER}"),
    "a number in quotes": (
        "trades", second("trades", "64600", '"64600"'), f":3: price is '\"64600\"', {NUMBER}"),
    "a decimal comma": (
        "trades", second("trades", "64600", "64600,5"),
        f":3: the row has 9 fields, expected 8 as in the header; {MIXED}"),
    "a lone point": ("trades", second("trades", "64600", "."), f":3: price is '.', {NUMBER}"),
    "an exponent without digits": (
        "trades", second("trades", "64600", "6e"), f":3: price is '6e', {NUMBER}"),
    "NaN": ("quotes", second("quotes", "64600,", "NaN,"), f":3: bid_price is 'NaN', {NUMBER}"),
    "infinity": ("book", second("book", "64600.1", "inf"), f":3: price is 'inf', {NUMBER}"),
    "an empty price of a trade": (
        "trades", second("trades", "64600", ""), f":3: price is empty, {NUMBER}"),
    "an empty amount in the book": (
        "book", second("book", ",0", ","), f":3: amount is empty, {NUMBER}"),
    "a quote with an amount and no price": (
        "quotes", second("quotes", "64600.1", ""), f":3: ask_price is empty, {NUMBER}"),
    "a quote with a price and no amount": (
        "quotes", second("quotes", "59000", ""), f":3: bid_amount is empty, {NUMBER}"),
    "a negative price": (
        "trades", second("trades", "64600", "-64600"),
        f":3: price is '-64600', expected a number without a sign; {CORRECT}"),
    "a negative size": (
        "book", second("book", ",0", ",-100"),
        f":3: amount is '-100', expected a number without a sign; {CORRECT}"),
    "a price of zero": (
        "trades", second("trades", "64600", "0"),
        f":3: price is '0', expected a price above zero; {CORRECT}"),
    "a quote's price of zero with an amount": (
        "quotes", second("quotes", "64600,", "0.0,"),
        f":3: bid_price is '0.0', expected a price above zero; {CORRECT}"),
    "nineteen digits": (
        "trades", second("trades", "1000", "1234567890123456789"),
        f":3: amount is '1234567890123456789', {DIGITS}"),
    "a huge exponent": (
        "trades", second("trades", "1000", "1e300"), f":3: amount is '1e300', {DIGITS}"),
    "a tiny exponent": (
        "trades", second("trades", "1000", "1e-300"), f":3: amount is '1e-300', {DIGITS}"),
    "numbers too far apart to count alike": (
        "trades", file("trades", T + "a,buy,1e-9,200", T + "b,buy,1e12,200"),
        f":3: price is '1e12', expected a number that fits in 18 digits when counted in the "
        f"finest steps of the file; {CORRECT}; the finest step, 0.000000001, is that of line 2"),
    "an unknown side of a trade": (
        "trades", second("trades", "sell", "short"),
        f":3: side is 'short', expected buy, sell or unknown; {CORRECT}"),
    "a side in capitals": (
        "trades", second("trades", "sell", "Sell"),
        f":3: side is 'Sell', expected buy, sell or unknown; {CORRECT}"),
    "a longer side word": (
        "trades", second("trades", "sell", "seller"),
        f":3: side is 'seller', expected buy, sell or unknown; {CORRECT}"),
    "an empty side": (
        "trades", second("trades", "sell", ""),
        f":3: side is empty, expected buy, sell or unknown; {CORRECT}"),
    "a trade's side in the book": (
        "book", second("book", "ask", "sell"),
        f":3: side is 'sell', expected bid or ask; {CORRECT}"),
    "an unknown side in the book": (
        "book", second("book", "ask", "unknown"),
        f":3: side is 'unknown', expected bid or ask; {CORRECT}"),
    "a snapshot flag that is a number": (
        "book", second("book", "false", "0"),
        f":3: is_snapshot is '0', expected true or false; {CORRECT}"),
    "a snapshot flag in capitals": (
        "book", second("book", "false", "False"),
        f":3: is_snapshot is 'False', expected true or false; {CORRECT}"),
    "a longer snapshot flag": (
        "book", second("book", "false", "falsehood"),
        f":3: is_snapshot is 'falsehood', expected true or false; {CORRECT}"),
    "times that go back": (
        "book", file("book", *ROWS["book"], ROWS["book"][0]),
        ":4: local_timestamp is '1722470400229046', expected a time not before 1722470400329046, "
        "that of the row above; sort the rows by this column"),
    "nanoseconds": (
        "trades", second("trades", "1722470400329046", "1722470400329046000"),
        f":3: local_timestamp is '1722470400329046000', {MICROSECONDS}"),
    "milliseconds": (
        "trades", second("trades", "1722470400250000", "1722470400250"),
        f":3: timestamp is '1722470400250', {MICROSECONDS}"),
    "a date for a time": (
        "trades", second("trades", "1722470400329046", "2024-08-01T00:00"),
        f":3: local_timestamp is '2024-08-01T00:00', {MICROSECONDS}"),
    "an empty local time": (
        "trades", second("trades", "1722470400329046", ""),
        f":3: local_timestamp is empty, {MICROSECONDS}"),
    "sixteen digits below 2001": (
        "trades", second("trades", "1722470400329046", "0000000000000001"),
        f":3: local_timestamp is '0000000000000001', {MICROSECONDS}"),
    "another symbol": (
        "trades", GOOD["trades"].replace(b"XBTUSD", b"ETHUSD"),
        ":2: symbol is 'ETHUSD', expected 'XBTUSD'; set strategy.symbol to what the file holds, "
        "or name another file"),
    "a symbol that only starts alike": (
        "trades", GOOD["trades"].replace(b"XBTUSD", b"XBTUSDT"),
        ":2: symbol is 'XBTUSDT', expected 'XBTUSD'; set strategy.symbol to what the file holds, "
        "or name another file"),
    "another exchange in the same file": (
        "trades", second("trades", "bitmex", "bybit"),
        ":3: exchange is 'bybit', expected 'bitmex' as in the first row; keep one exchange a file"),
    "text in a funding rate": (
        "derivative_ticker", second("derivative_ticker", "-5.0E-5", "none"),
        f":3: funding_rate is 'none', {NUMBER}"),
    "a lone minus for a funding rate": (
        "derivative_ticker", second("derivative_ticker", "-5.0E-5", "-"),
        f":3: funding_rate is '-', {NUMBER}"),
    "two signs of a funding rate": (
        "derivative_ticker", second("derivative_ticker", "-5.0E-5", "--5.0E-5"),
        f":3: funding_rate is '--5.0E-5', {NUMBER}"),
    "a negative mark price": (
        "derivative_ticker", second("derivative_ticker", "64599", "-64599"),
        f":3: mark_price is '-64599', expected a number without a sign; {CORRECT}"),
    "a funding rate beyond all bounds": (
        "derivative_ticker", second("derivative_ticker", "-5.0E-5", "-5.0E6"),
        f":3: funding_rate is '-5.0E6', expected a number that fits in 18 digits when counted in "
        f"the finest steps of the file; {CORRECT}"),
    "a funding time in milliseconds": (
        "derivative_ticker", second("derivative_ticker", "1722484800000000", "1722484800000"),
        f":3: funding_timestamp is '1722484800000', {MICROSECONDS}"),
    "a date for a funding time": (
        "derivative_ticker", second("derivative_ticker", "1722484800000000", "soon"),
        f":3: funding_timestamp is 'soon', {MICROSECONDS}"),
    "a field too few": (
        "trades", second("trades", ",1000", ""),
        f":3: the row has 7 fields, expected 8 as in the header; {MIXED}"),
    "a field too many": (
        "trades", second("trades", "1000", "1000,"),
        f":3: the row has 9 fields, expected 8 as in the header; {MIXED}"),
    "a last row cut off": (
        "trades", GOOD["trades"][:-15],
        f":3: the row has 6 fields, expected 8 as in the header; {MIXED}"),
    "a blank line between rows": (
        "trades", file("trades", ROWS["trades"][0], "", ROWS["trades"][1]),
        ":3: the line is blank, expected a row; remove it"),
    "a header in the middle": (
        "trades", file("trades", ROWS["trades"][0], HEADS["trades"]),
        ":3: the line is the header once more, expected a row; remove it"),
    "binary junk behind good rows": (
        "trades", GOOD["trades"] + b"\x00\xff\xfe junk\n",
        f":4: the row has 1 fields, expected 8 as in the header; {MIXED}"),
    "a byte that is not text": (
        "trades", GOOD["trades"].replace(b"64600,1000", b"64\xff00,1000"),
        f":3: price is '64\\\\xff00', {NUMBER}"),
    "an overlong line": (
        "trades", second("trades", "id2", "x" * 20000),
        f":3: the line is longer than 16384 bytes, expected a row of a Tardis CSV file; {AGAIN}"),
    "an overlong piece without an end": (
        "trades", GOOD["trades"] + b"x" * (3 << 20),
        f":4: the line is longer than 16384 bytes, expected a row of a Tardis CSV file; {AGAIN}"),
}  # fmt: skip


@pytest.mark.parametrize("block_bytes", [1 << 20, 64])
@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_bad_row_is_an_error_that_names_the_place(
    tmp_path: Path, name: str, block_bytes: int
) -> None:
    kind, data, message = BAD_ROWS[name]
    place(tmp_path, **{kind: data})
    out = Collector()
    with pytest.raises(DataError) as caught:
        run(tmp_path, out, block_bytes=block_bytes)
    assert str(caught.value) == f"{tmp_path / kind}.csv{message}"
    assert out.batches == []


def test_every_promised_case_is_there() -> None:
    assert len(BAD_ROWS) >= 45

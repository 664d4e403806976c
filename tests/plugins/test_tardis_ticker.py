"""derivative_ticker files: what a row comes to, and what a run makes of it."""

import csv
import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
import trio

from mm.api import TICKER, DataError, Instrument, MarketBatch
from mm.run.session import Result
from mm.testing import run_config
from mm_tardis import TardisConfig, build
from mm_tardis.decimals import TOO_LARGE, to_nearest
from mm_tardis.inspect import inspect_files

T0 = 1_700_000_000_000_000  # µs
HEADER = (
    "exchange,symbol,timestamp,local_timestamp,funding_timestamp,funding_rate,"
    "predicted_funding_rate,open_interest,last_price,index_price,mark_price\n"
)
QUOTES_HEADER = (
    "exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount\n"
)


def ticker(ts: int, when: object, rate: str, mark: str) -> str:
    return f"test,TEST,{T0 + ts - 5},{T0 + ts},{when},{rate},,,,,{mark}\n"


def quote(ts: int, bid: int, ask: int) -> str:
    return f"test,TEST,{T0 + ts - 5},{T0 + ts},5,{ask},{bid},5\n"


@attrs.define
class Collector:
    batches: list[MarketBatch] = attrs.field(factory=list)

    async def send(self, value: MarketBatch, /) -> None:
        await trio.lowlevel.checkpoint()
        self.batches.append(value)

    def close(self) -> None:
        pass


def read(directory: Path, *rows: str, tick: str = "0.5") -> tuple[list[tuple[int, ...]], Any]:
    """(mark price, rate, when) of the tickers in the stream, and the survey."""
    (directory / "quotes.csv").write_text(QUOTES_HEADER + quote(1_000, 100, 101))
    (directory / "ticker.csv").write_text(HEADER + "".join(rows))
    config = TardisConfig(
        tardis_root=str(directory), quotes_csv="quotes.csv", derivative_ticker_csv="ticker.csv"
    )
    out = Collector()

    async def whole() -> Any:
        connector = build(config, "TEST")
        survey = await connector.survey()
        instrument = Instrument(symbol="TEST", tick_size=Decimal(tick), lot_size=Decimal(1))
        await connector.run((instrument,), out)
        return survey

    survey = trio.run(whole)
    events = np.concatenate([batch.events for batch in out.batches])
    tickers = events[events["kind"] == TICKER]
    return [tuple(map(int, row)) for row in tickers[["price", "size", "ask_price"]]], survey


WHEN = T0 + 28_800_000_000


@pytest.mark.parametrize(
    ("when", "rate", "mark", "expected"),
    [
        (WHEN, "0.0001", "100.25", (200_500_000, 100_000_000, WHEN)),
        (WHEN, "-1.0E-4", "100", (200_000_000, -100_000_000, WHEN)),
        (WHEN, "0", "100", (200_000_000, 0, WHEN)),
        (WHEN, "0.0001", "", (0, 100_000_000, WHEN)),
        ("", "0.0001", "100", (200_000_000, 0, 0)),
        (WHEN, "", "100", (200_000_000, 0, 0)),
        ("", "", "", (0, 0, 0)),
        (WHEN, "5e-13", "0.00000025", (1, 1, WHEN)),  # halves go up
        (WHEN, "-4.9e-13", "0.00000024999", (0, 0, WHEN)),
        (WHEN, "0.00010000000000000000479", "100.00000000000000555", (200_000_000, 10**8, WHEN)),
    ],
)
def test_a_row_becomes_mark_price_rate_and_time(
    tmp_path: Path, when: object, rate: str, mark: str, expected: tuple[int, ...]
) -> None:
    assert read(tmp_path, ticker(2_000, when, rate, mark))[0] == [expected]


def test_rows_that_give_nothing_are_counted(tmp_path: Path) -> None:
    rows = [
        ticker(2_000, WHEN, "0.0001", ""),
        ticker(3_000, "", "0.0001", "100"),
        ticker(4_000, WHEN, "", "100"),
        ticker(4_000, WHEN, "", "100"),
    ]
    _, survey = read(tmp_path, *rows)
    assert [(source.name, source.rows) for source in survey.sources] == [
        ("quotes", 1),
        ("derivative_ticker", 4),
    ]
    assert survey.details["derivative_ticker"]["defects"] == {
        "same_time_rows": 1, "exchange_time_steps_back": 0, "repeated_rows": 1,
        "rows_without_exchange_time": 0, "rows_received_before_made": 0, "gaps_over_10_s": 0,
        "rows_without_mark_price": 1, "rows_without_funding": 3,
    }  # fmt: skip


def test_a_file_without_any_funding_is_noted(tmp_path: Path) -> None:
    _, survey = read(tmp_path, ticker(2_000, "", "", "100.3"))
    assert survey.notes == (
        "derivative_ticker: no row has a funding rate and its time, so no funding is paid",
    )


def test_mark_prices_say_nothing_about_the_grid(tmp_path: Path) -> None:
    _, survey = read(tmp_path, ticker(2_000, WHEN, "0.0001", "100.123456789"))
    assert survey.grid == (("1", "5"),)


def test_inspection_shows_a_ticker_file(tmp_path: Path) -> None:
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress((HEADER + ticker(0, "", "", "100")).encode()))
    (found,) = inspect_files([tmp_path / "t.csv.gz"])
    assert (found.kind, found.rows, found.tick_size, found.lot_size) == (
        "derivative_ticker", 1, None, None,
    )  # fmt: skip
    assert [one.kind for one in found.health if one.rows] == ["rows_without_funding"]


def test_a_number_too_large_to_be_rounded_is_said_to_be() -> None:
    assert to_nearest(10**17, 2, 1, 0) == TOO_LARGE
    assert to_nearest(10**17, -18, 1, 1) == 0  # digits that far behind decide nothing
    assert to_nearest(10**17, -18, 10**17, -3) == 0
    assert to_nearest(15, -1, 1, 0) == 2


def test_a_mark_price_too_large_for_its_tick_is_refused_by_the_survey(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, ticker(2_000, "", "", "5"), ticker(2_001, "", "", "1e15"))
    assert str(caught.value) == (
        f"{tmp_path}/ticker.csv:3: mark_price is 1e+15 ticks of 1, expected at most 1e+12;"
        " correct the row, or the prices that make the tick so fine"
    )


# --- in a run ------------------------------------------------------------------------------------

RUN_FILE = """
[strategy]
kind = "Scripted"
preprocessing = "Scripted"
symbol = "TEST"
[strategy.scripted]
path = "{folder}/orders.csv"
[data]
tardis_root = "{folder}"
quotes_csv = "quotes.csv"
derivative_ticker_csv = "ticker.csv"
[instrument]
tick_size = "1"
lot_size = "1"
[output]
exchange = "test"
candle_size_min = 1
[position]
contract_type = "{contract}"
maker_fee = 0.0
taker_fee = 0.0
"""


def run(folder: Path, tickers: list[str], contract: str = "Linear", side: str = "buy") -> Result:
    """Take 2 at 101 (or sell 2 at 100) at one second; the market goes on for ten."""
    quotes = "".join(quote(ts * 1_000_000, 100, 101) for ts in range(11))
    (folder / "quotes.csv").write_text(QUOTES_HEADER + quotes)
    (folder / "ticker.csv").write_text(HEADER + "".join(tickers))
    order = f"{T0 + 1_000_000},{side},,2,market,IOC,a,new\n"
    (folder / "orders.csv").write_text(
        "ts_decided,side,price,size,type,tif,client_id,action\n" + order
    )
    (folder / "run.toml").write_text(RUN_FILE.format(folder=folder, contract=contract))

    async def main() -> Result:
        return await run_config(folder / "run.toml", output=folder / "runs")

    result = trio.run(main)
    assert result.error is None
    return result


def last_position(result: Result, column: str) -> float:
    with (result.directory / "positions.csv").open(newline="") as file:
        return [float(row[column]) for row in csv.DictReader(file)][-1]


@pytest.mark.parametrize(
    ("contract", "side", "paid"),
    [
        ("Linear", "buy", 2 * 100.5 * 0.01),
        ("Linear", "sell", -2 * 100.5 * 0.01),
        ("Inverse", "buy", 2 / 100.5 * 0.01),
    ],
)
def test_a_position_pays_the_funding_that_the_ticker_announced(
    tmp_path: Path, contract: str, side: str, paid: float
) -> None:
    """The last rate announced for five seconds counts; the one for later has not come yet."""
    tickers = [
        ticker(500_000, T0 + 5_000_000, "0.5", "90"),
        ticker(2_000_000, T0 + 5_000_000, "0.01", "100.5"),
        ticker(6_000_000, T0 + 60_000_000, "0.7", "95"),
    ]
    result = run(tmp_path, tickers, contract, side)
    assert last_position(result, "funding") == pytest.approx(-paid, rel=1e-9)
    assert last_position(result, "cash") == pytest.approx(-paid, rel=1e-9)
    assert result.summary["funding"] == pytest.approx(-paid, rel=1e-9)
    assert result.summary["rows"]["derivative_ticker"] == 3


def test_a_ticker_that_names_no_funding_costs_nothing(tmp_path: Path) -> None:
    result = run(tmp_path, [ticker(500_000, "", "0.5", "90"), ticker(600_000, T0, "", "91")])
    assert last_position(result, "funding") == 0.0

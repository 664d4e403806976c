"""Real recordings: what the connector and ``mm data inspect`` find in them."""

from decimal import Decimal
from pathlib import Path

import attrs
import numpy as np
import pytest
import trio

from mm.api import CLEAR, Instrument, MarketBatch
from mm.api.parts import Survey
from mm_tardis import TardisConfig, build
from mm_tardis.inspect import inspect_files, inspection_json, inspection_text

DATA = Path(__file__).parents[3] / "shared" / "data"
XBTUSD = DATA / "bitmex_XBTUSD_2024-08-01"
ETHUSDT = DATA / "binance-futures_ETHUSDT_2024-08-08"

pytestmark = pytest.mark.skipif(
    not (XBTUSD.is_dir() and ETHUSDT.is_dir()),
    reason=f"the real recordings are not at {DATA}",
)


@attrs.define
class Collector:
    batches: list[MarketBatch] = attrs.field(factory=list)
    closed: bool = False

    async def send(self, value: MarketBatch, /) -> None:
        await trio.lowlevel.checkpoint()
        self.batches.append(value)

    def close(self) -> None:
        self.closed = True


def replay(config: TardisConfig, symbol: str) -> tuple[Survey, list[MarketBatch]]:
    out = Collector()

    async def whole() -> Survey:
        connector = build(config, symbol)
        survey = await connector.survey()
        tick, lot = survey.grid[0]
        assert tick is not None
        assert lot is not None
        instrument = Instrument(symbol=symbol, tick_size=Decimal(tick), lot_size=Decimal(lot))
        await connector.run((instrument,), out)
        return survey

    return trio.run(whole), out.batches


def check(survey: Survey, batches: list[MarketBatch]) -> None:
    watermark = 0
    for batch in batches:
        times = batch.events["ts_local"]
        assert batch.watermark > watermark
        assert ((watermark < times) & (times <= batch.watermark)).all()
        assert (np.diff(times) >= 0).all()
        watermark = batch.watermark
    assert watermark == survey.last_ts
    events = np.concatenate([batch.events for batch in batches])
    assert (events["ts_exchange"] <= events["ts_local"]).all()
    assert np.count_nonzero(events["row"]) == survey.total_rows
    assert np.count_nonzero(events["price"] == 0) == np.count_nonzero(events["kind"] == CLEAR)


def test_the_xbtusd_hour_is_read_whole() -> None:
    config = TardisConfig(
        tardis_root=str(XBTUSD), trades_csv="trades.csv.gz", quotes_csv="quotes.csv.gz"
    )
    survey, batches = replay(config, "XBTUSD")
    assert {source.name: source.rows for source in survey.sources} == {
        "trades": 4414,
        "quotes": 56856,
    }
    assert survey.grid == (("0.1", "100"),)
    check(survey, batches)


@pytest.mark.parametrize("max_batch_rows", [0, 1000])
def test_the_ethusdt_minutes_are_read_whole(max_batch_rows: int) -> None:
    config = TardisConfig(
        tardis_root=str(ETHUSDT),
        trades_csv="trades.csv.gz",
        quotes_csv="quotes.csv.gz",
        book_csv="book.csv.gz",
        max_batch_rows=max_batch_rows,
    )
    survey, batches = replay(config, "ETHUSDT")
    assert {source.name: source.rows for source in survey.sources} == {
        "trades": 14075,
        "quotes": 53960,
        "book": 430312,
    }
    assert survey.grid == (("0.01", "0.001"),)
    assert survey.notes == ()
    check(survey, batches)


def test_the_blocks_that_a_file_is_read_in_do_not_show() -> None:
    streams = []
    for block_bytes in (1 << 20, 10_007):
        config = TardisConfig(
            tardis_root=str(XBTUSD), book_csv="book_first_second.csv.gz", block_bytes=block_bytes
        )
        survey, batches = replay(config, "XBTUSD")
        check(survey, batches)
        streams.append(b"".join(batch.events.tobytes() for batch in batches))
    assert streams[0] == streams[1]


def test_inspection_agrees_with_what_is_known_of_the_quotes() -> None:
    (found,) = inspect_files([XBTUSD / "quotes.csv.gz"])
    assert found.fault is None
    assert found.latency_us is not None
    assert found.latency_us["min"] == 6093
    assert found.latency_us["median"] == pytest.approx(8100, rel=0.02)
    assert found.latency_us["p99"] == pytest.approx(128_000, rel=0.02)
    assert found.latency_us["max"] == 369_121
    assert found.defects["same_time_rows"] == 39
    assert found.defects["exchange_time_steps_back"] == 1
    assert inspection_json(found)["rows"] == 56856
    assert inspection_text(found).splitlines()[1:] == [
        "  kind      quotes",
        "  symbol    XBTUSD (bitmex)",
        "  rows      56 856",
        "  span      2024-08-01 00:00:00.229046 to 2024-08-01 00:59:58.944588 UTC (0:59:58.715542)",
        "  grid      tick 0.1, lot 100",
        "  gaps      longest 6.850 s, ended 2024-08-01 00:19:57.381475 UTC; 0 over 10 s",
        "  latency   min 6.1 ms, median 8.1 ms, p99 128.0 ms, max 369.1 ms",
        "  clock     not behind the exchange's",
    ]

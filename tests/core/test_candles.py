"""Candles against a plain count, however the stream is cut."""

from collections import defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mm.api import CANDLE, EVENT, QUOTE, TRADE, MarketBatch, Rows
from mm.core.candles import CandleBuilder

PERIOD_US = 10
TRADES = st.lists(
    st.tuples(
        st.integers(0, 7),  # µs since the last event
        st.integers(1, 9),  # ticks
        st.integers(1, 5),  # lots
        st.integers(0, 2),  # instrument
        st.sampled_from([TRADE, TRADE, TRADE, QUOTE]),
    ),
    max_size=40,
)


def events(rows: list[tuple[int, int, int, int, int]]) -> Rows:
    table = np.zeros(len(rows), EVENT)
    table["ts_local"] = np.cumsum([row[0] for row in rows])
    for column, name in enumerate(("price", "size", "instrument", "kind"), start=1):
        table[name] = [row[column] for row in rows]
    return table


def candles(table: Rows, watermarks: list[int]) -> list[tuple[int, ...]]:
    """All candles of a stream that is cut at ``watermarks`` (ascending), in order."""
    builder = CandleBuilder(PERIOD_US)
    done = []
    before = -1
    for watermark in watermarks:
        inside = (table["ts_local"] > before) & (table["ts_local"] <= watermark)
        done.append(builder.push(MarketBatch(table[inside], watermark)))
        before = watermark
    done += builder.flush()
    return [row.item() for row in np.concatenate([np.zeros(0, CANDLE), *done])]


@given(TRADES)
def test_candles_are_first_highest_lowest_last_and_sum_of_their_period(
    rows: list[tuple[int, int, int, int, int]],
) -> None:
    table = events(rows)
    periods = defaultdict(list)
    for event in table[table["kind"] == TRADE]:
        start = int(event["ts_local"]) // PERIOD_US * PERIOD_US
        periods[start, int(event["instrument"])].append((int(event["price"]), int(event["size"])))
    expected = []
    for (start, instrument), trades in sorted(periods.items()):
        prices = [price for price, _ in trades]
        volume = sum(size for _, size in trades)
        shape = (prices[0], max(prices), min(prices), prices[-1])
        expected.append((start, *shape, volume, instrument))
    assert candles(table, [1000]) == expected


@given(TRADES, st.sets(st.integers(0, 300)))
def test_cutting_the_stream_elsewhere_gives_the_same_candles_in_the_same_order(
    rows: list[tuple[int, int, int, int, int]], cuts: set[int]
) -> None:
    table = events(rows)
    assert candles(table, [*sorted(cuts), 1000]) == candles(table, [1000])


def test_a_candle_comes_out_when_the_watermark_reaches_its_last_microsecond() -> None:
    builder = CandleBuilder(PERIOD_US)
    table = events([(12, 5, 1, 0, TRADE)])
    assert len(builder.push(MarketBatch(table, 18))) == 0
    assert len(builder.push(MarketBatch(table[:0], 19))) == 1
    assert builder.flush() == []

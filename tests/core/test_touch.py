"""Quotes derived from the book, against two dictionaries."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mm.api import BUY, CLEAR, EVENT, LEVEL, QUOTE, SELL, TRADE, MarketBatch, Rows
from mm.core.touch import BookQuotes

Level = tuple[int, int]
"""(lots, when it was told of)."""

ROWS = st.lists(
    st.tuples(
        st.sampled_from([LEVEL] * 6 + [CLEAR, TRADE]),
        st.sampled_from([BUY, SELL]),
        st.integers(1, 5),  # ticks
        st.integers(0, 2),  # lots
        st.integers(0, 1),  # instrument
        st.booleans(),  # whether the row continues the message before it
    ),
    max_size=40,
)


def events(rows: list[tuple[int, int, int, int, int, bool]]) -> Rows:
    """Rows as events: a message holds rows of the book of one instrument."""
    table = np.zeros(len(rows), EVENT)
    for n, (kind, side, price, size, instrument, continues) in enumerate(rows):
        event = table[n]
        event["kind"], event["side"], event["price"], event["size"] = kind, side, price, size
        event["instrument"], event["row"] = instrument, n + 1
        event["ts_local"], event["ts_exchange"], event["end"] = 10 * n + 10, 10 * n + 7, 1
        before = table[n - 1]
        same = n > 0 and before["instrument"] == instrument
        if same and continues and kind != TRADE and before["kind"] != TRADE:
            event["ts_local"], event["ts_exchange"] = before["ts_local"], before["ts_exchange"]
            before["end"] = 0
    return table


def uncross(bids: dict[int, Level], asks: dict[int, Level]) -> None:
    """Let the older of two best levels that cross give way; both if they are equally old."""
    while bids and asks and max(bids) >= min(asks):
        bid, ask = max(bids), min(asks)
        bid_ts, ask_ts = bids[bid][1], asks[ask][1]
        if bid_ts <= ask_ts:
            del bids[bid]
        if ask_ts <= bid_ts:
            del asks[ask]


def expected(table: Rows) -> list[tuple[int, ...]]:
    """The same stream with a quote behind each message that moved the touch."""
    sides: list[dict[int, dict[int, Level]]] = [{BUY: {}, SELL: {}} for _ in range(2)]
    last = [(0, 0, 0, 0)] * 2
    out = []
    for event in table:
        out.append(event.item())
        book = sides[event["instrument"]]
        if event["kind"] == CLEAR:
            book[BUY], book[SELL] = {}, {}
        elif event["kind"] == LEVEL:
            levels = book[int(event["side"])]
            levels.pop(int(event["price"]), None)
            if event["size"]:
                levels[int(event["price"])] = (int(event["size"]), int(event["ts_exchange"]))
        bids, asks = book[BUY], book[SELL]
        if event["end"] and event["kind"] != TRADE:
            uncross(bids, asks)
        bid, ask = max(bids, default=0), min(asks, default=0)
        touch = (bid, bids[bid][0] if bid else 0, ask, asks[ask][0] if ask else 0)
        if event["end"] and event["kind"] != TRADE and touch != last[event["instrument"]]:
            last[event["instrument"]] = touch
            times = (int(event["ts_local"]), int(event["ts_exchange"]))
            out.append((*times, *touch, 0, int(event["instrument"]), QUOTE, 0, 1))
    return out


@given(ROWS)
def test_a_quote_follows_each_message_that_moved_the_touch(
    rows: list[tuple[int, int, int, int, int, bool]],
) -> None:
    table = events(rows)
    batch = BookQuotes(2).push(MarketBatch(table, 1000))
    assert [row.item() for row in batch.events] == expected(table)
    assert batch.watermark == 1000


@given(ROWS, st.lists(st.booleans(), min_size=1, max_size=4))
def test_cutting_the_stream_elsewhere_gives_the_same_quotes(
    rows: list[tuple[int, int, int, int, int, bool]], cuts: list[bool]
) -> None:
    table = events(rows)
    ends = [n for n in range(1, len(table)) if table["end"][n - 1] and cuts[n % len(cuts)]]
    quotes = BookQuotes(2)
    parts = [quotes.push(MarketBatch(part, 0)).events for part in np.split(table, ends)]
    assert [row.item() for part in parts for row in part] == expected(table)


@pytest.mark.parametrize("instrument", [0, 1])
def test_a_snapshot_of_the_same_touch_gives_no_quote(instrument: int) -> None:
    level = (LEVEL, BUY, 3, 2, instrument, True)
    table = events([level, (CLEAR, BUY, 0, 0, instrument, False), level])
    assert BookQuotes(2).push(MarketBatch(table, 0)).events["kind"].tolist() == [
        LEVEL, QUOTE, CLEAR, LEVEL,
    ]  # fmt: skip

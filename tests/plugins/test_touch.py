"""Touch's transformer: the touch and the mid at each time at which a quote came."""

import numpy as np
import pytest
from tests.plugins.signal_market import START, S, context, market, quote, stream, trade

from mm.api import BUY, QUOTE, MarketBatch
from mm.testing.feeds import cut_stream
from mm_touch.transformer import TouchTransformer


def test_of_the_quotes_of_one_time_the_last_counts() -> None:
    events = stream(
        quote(START + 1, 1000, 5, 1003, 6),
        quote(START + 1, 1001, 7, 1003, 0),
        trade(START + 2, BUY),
        quote(START + 3, 1001, 7, 1002, 8),
    )
    rows = TouchTransformer(context(1)).push(MarketBatch(events, START + 5))
    assert (rows["ts"] - START).tolist() == [1, 3]
    assert rows["bid"].tolist() == [1001, 1001]
    assert rows["ask_size"].tolist() == [0, 8]
    np.testing.assert_array_equal(rows["mid"], [np.nan, 500.75])


@pytest.mark.parametrize("size", [1, 5, 100])
def test_cutting_the_stream_elsewhere_changes_nothing(size: int) -> None:
    events = np.concatenate([market(1, 30), market(2, 30, which=1)])
    events = events[np.lexsort((events["kind"], events["ts_local"]))]
    one, end = TouchTransformer(context(2)), START + 31 * S
    pieces = [one.push(batch) for batch in cut_stream(events, size)]
    whole = TouchTransformer(context(2)).push(MarketBatch(events, end))
    assert np.concatenate(pieces).tobytes() == whole.tobytes()
    quotes = events[events["kind"] == QUOTE]
    times = set(zip(quotes["ts_local"].tolist(), quotes["instrument"].tolist(), strict=True))
    assert sorted(times) == list(
        zip(whole["ts"].tolist(), whole["instrument"].tolist(), strict=True)
    )

"""Grid's transformer: a row at each time of its grid that an event came before."""

import numpy as np
import pytest
from tests.plugins.signal_market import START, S, context, market, quote, stream, trade

from mm.api import BUY, MarketBatch
from mm.testing.feeds import cut_stream
from mm_grid.config import GridConfig, SequencerConfig
from mm_grid.transformer import TIMED, GridTransformer

STEP = 200_000  # µs
CONFIG = GridConfig(
    quote_size=10, max_position=100, half_spread=1.0, interval=0.5,
    sequencer=SequencerConfig(interval_ms=200),
)  # fmt: skip


def transformer(count: int = 1) -> GridTransformer:
    return GridTransformer(CONFIG, context(count))


def test_a_row_shows_the_touch_as_it_is_at_its_time() -> None:
    events = stream(
        quote(START + 1, 1000, 5, 1003, 6),
        quote(START + STEP, 1001, 7, 1003, 8),
        quote(START + STEP + 1, 1002, 1, 1003, 1),
        trade(START + 5 * STEP + 1, BUY),
    )
    rows = transformer().push(MarketBatch(events, START + 6 * STEP))
    # No event came between the second and the fifth grid time.
    assert (rows["ts"] - START).tolist() == [STEP, 2 * STEP, 6 * STEP]
    assert rows["bid"].tolist() == [1001, 1002, 1002]
    assert rows["bid_size"].tolist() == [7, 1, 1]
    assert rows["ask_size"].tolist() == [8, 1, 1]
    assert rows["mid"].tolist() == [501.0, 501.25, 501.25]


def test_a_time_that_is_not_over_waits_for_the_watermark() -> None:
    one, events = transformer(), stream(quote(START + 1, 1000, 5, 1003, 6))
    assert len(one.push(MarketBatch(events, START + STEP - 1))) == 0
    assert one.push(MarketBatch(events[:0], START + STEP))["ts"].tolist() == [START + STEP]
    assert len(one.push(MarketBatch(events[:0], START + 9 * STEP))) == 0


def test_a_one_sided_touch_has_no_mid() -> None:
    events = stream(quote(START + 1, 1000, 5, 1003, 0))
    rows = transformer().push(MarketBatch(events, START + STEP))
    assert np.isnan(rows["mid"]).tolist() == [True]


@pytest.mark.parametrize("size", [1, 5, 100])
def test_cutting_the_stream_elsewhere_changes_nothing(size: int) -> None:
    events = np.concatenate([market(1, 30), market(2, 30, which=1)])
    events = events[np.lexsort((events["kind"], events["ts_local"]))]
    one, end = transformer(2), START + 31 * S
    pieces = [one.push(batch) for batch in cut_stream(events, size)]
    pieces.append(one.push(MarketBatch(events[:0], end)))
    whole = transformer(2).push(MarketBatch(events, end))
    assert whole.dtype == TIMED
    assert (np.diff(whole["ts"]) >= 0).all()
    assert np.concatenate(pieces).tobytes() == whole.tobytes()


def test_each_row_is_the_last_quote_before_it_and_every_event_is_soon_seen() -> None:
    events = market(3, 30)
    rows = transformer().push(MarketBatch(events, START + 31 * S))
    quotes = events[events["kind"] == 1]
    last = np.searchsorted(quotes["ts_local"], rows["ts"], "right") - 1
    seen = last >= 0
    np.testing.assert_array_equal(rows["bid"][seen], quotes["price"][last[seen]])
    due = np.unique(-(-events["ts_local"] // STEP) * STEP)
    np.testing.assert_array_equal(rows["ts"], due)

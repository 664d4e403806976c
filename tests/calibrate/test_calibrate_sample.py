"""What the sampler keeps of a market, worked out by hand, however the stream is cut."""

import attrs
import numpy as np
import pytest
from tests.calibrate.market import T0, Truth, event, events_of, quote, stream, trade

from mm.api import BUY, SELL, Rows
from mm.calibrate.sample import Sample, Sampler
from mm.testing import cut_stream


def sampled(events: Rows, rows: int | None = None, instrument: int = 0) -> Sample:
    sampler = Sampler(
        instrument=instrument, steps_us=(100_000, 500_000, 5_000_000), interval_us=500_000
    )
    for batch in cut_stream(events, rows):
        sampler.push(batch)
    return sampler.finish()


def as_lists(sample: Sample) -> object:
    return attrs.asdict(sample, value_serializer=lambda _, __, value: _listed(value))


def _listed(value: object) -> object:
    return value.tolist() if isinstance(value, np.ndarray) else value


@pytest.mark.parametrize("rows", [1, 7, 100])
def test_where_the_stream_is_cut_does_not_show(rows: int) -> None:
    events = events_of(Truth(seconds=60), seed=1)
    late = events_of(Truth(seconds=60), seed=2)
    for column in ("ts_local", "ts_exchange"):
        late[column] += 200_000_000  # after a gap
    both = np.concatenate([events, late])
    assert as_lists(sampled(both, rows)) == as_lists(sampled(both))


def test_depths_are_from_the_mid_at_the_start_of_the_interval() -> None:
    # The mid is 100.5, so 201 half ticks; then 110.5, too late for the first interval.
    events = [quote(0, 100, 101), trade(100, 103, BUY), quote(200, 110, 111)]
    events += [trade(300, 112, BUY), trade(400, 99, SELL), trade(700, 112, BUY), quote(1000, 1, 2)]
    sample = sampled(stream(events))
    assert sample.starts.tolist() == [T0, T0 + 500_000]
    assert sample.deepest.tolist() == [[2 * 112 - 201, 201 - 2 * 99], [2 * 112 - 221, 0]]


def test_a_trade_at_the_very_end_of_an_interval_belongs_to_it() -> None:
    events = [quote(0, 100, 101), trade(500, 103, BUY), quote(1000, 100, 101)]
    assert sampled(stream(events)).deepest[:, 0].tolist() == [5, 0]


def test_a_trade_on_the_wrong_side_of_the_mid_reached_nothing() -> None:
    events = [quote(0, 100, 101), trade(100, 99, BUY), trade(200, 102, SELL), quote(500, 1, 2)]
    sample = sampled(stream(events))
    assert sample.deepest.tolist() == [[0, 0]]
    assert sample.order_depth.tolist() == []
    assert sample.trades == (1, 1)


def test_a_taker_of_unknown_side_reached_outward() -> None:
    events = [quote(0, 100, 101), trade(100, 103, 0), trade(200, 100, 0), quote(500, 100, 101)]
    sample = sampled(stream(events))
    assert sample.deepest.tolist() == [[5, 1]]
    assert sample.trades == (1, 1)


def test_rows_with_one_exchange_time_and_side_are_one_order_of_the_deepest() -> None:
    events = [quote(0, 100, 101), trade(100, 101, BUY), trade(100, 105, BUY, received=101)]
    events += [trade(102, 100, SELL), trade(103, 100, SELL), quote(500, 100, 101)]
    sample = sampled(stream(events))
    assert sample.order_depth.tolist() == [9, 1, 1]
    assert sample.order_side.tolist() == [0, 1, 1]


def test_an_order_met_the_mid_before_it_though_its_effect_was_received_first() -> None:
    events = [quote(0, 100, 101), quote(100, 110, 111, received=105)]
    events += [trade(100, 103, BUY, received=106), quote(500, 110, 111)]
    sample = sampled(stream(events))
    assert sample.order_depth.tolist() == [5]


def test_an_order_does_not_know_a_quote_received_after_it() -> None:
    events = [quote(0, 100, 101), trade(100, 103, BUY, received=106)]
    events += [quote(50, 110, 111, received=107), quote(500, 110, 111)]
    assert sampled(stream(events)).order_depth.tolist() == [5]


def test_time_without_both_sides_of_the_touch_does_not_count() -> None:
    events = [quote(0, 100, 101, size=0), trade(100, 103, BUY), quote(700, 100, 101)]
    events += [quote(1100, 100, 101, size=0), quote(1700, 100, 101), quote(2000, 100, 101)]
    sample = sampled(stream(events))
    assert sample.starts.tolist() == [T0 + 1_000_000]
    assert sample.order_depth.tolist() == []
    step, times, changes = sample.changes[0]
    assert step == 100_000
    # The mid is known from 700 to 1000 (at 1100 one side is gone), then from 1700 on.
    assert [(ts - T0) // 1000 for ts in times.tolist()] == [800, 900, 1000, 1800, 1900, 2000]
    assert changes.tolist() == [0] * 6


def test_a_gap_of_the_recording_is_left_out_and_counted() -> None:
    events = [quote(0, 100, 101), quote(700, 100, 101), trade(800, 103, BUY)]
    events += [trade(100_000, 150, BUY), quote(100_100, 200, 201), quote(101_000, 201, 202)]
    sample = sampled(stream(events))
    assert sample.gaps == 1
    # The interval from 500 was cut short, the one from 100 000 began without a mid.
    assert [(ts - T0) // 1000 for ts in sample.starts.tolist()] == [0, 100_500]
    assert sample.deepest.tolist() == [[0, 0], [0, 0]]
    _, times, changes = sample.changes[1]
    assert [(ts - T0) // 1000 for ts in times.tolist()] == [500, 101_000]
    assert changes.tolist() == [0, 2]


def test_other_instruments_are_passed_over() -> None:
    events = [quote(0, 100, 101), event(10, kind=1, instrument=1), trade(100, 103, BUY)]
    events += [event(200, kind=0, instrument=1, price=500, side=1), quote(500, 100, 101)]
    assert sampled(stream(events)).deepest.tolist() == [[5, 0]]


def test_no_events_give_an_empty_sample() -> None:
    sample = sampled(stream([quote(0, 100, 101)])[:0])
    assert len(sample.starts) == 0
    assert [len(changes) for _, _, changes in sample.changes] == [0, 0, 0]


def test_no_change_spans_a_gap_though_mids_are_known_on_both_sides_of_it() -> None:
    events = [quote(0, 100, 101), quote(500, 100, 101)]
    events += [quote(100_000, 200, 201), quote(100_500, 201, 202)]
    sample = sampled(stream(events))
    _, _, changes = sample.changes[1]
    assert changes.tolist() == [0, 2]
    assert [(ts - T0) // 1000 for ts in sample.starts.tolist()] == [0, 100_000]

"""What is recorded is what is read back, event by event."""

import gzip
import tempfile
from decimal import Decimal
from pathlib import Path

import attrs
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.record.streams import (
    MIDNIGHT,
    XBTUSD,
    batches,
    event,
    gap,
    level,
    quote,
    read,
    record,
    settled,
    snapshot,
    start,
    stream,
)

from mm.api import CLEAR, LEVEL, TICKER, TRADE, MarketBatch, PluginError, UsageError
from mm.run.recording import start_recording


def unpacked(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(live=batches())
def test_any_live_stream_comes_back_from_its_recording(live: list[MarketBatch]) -> None:
    """Every column, row numbers and message ends included, and the last watermark."""
    numbered = settled(live)
    events = np.concatenate([batch.events for batch in numbered])
    until = numbered[-1].watermark
    if not len(events):
        return
    with tempfile.TemporaryDirectory() as folder:
        recorder = record(Path(folder), numbered)
        survey, out = read(Path(folder), until=until)
    assert out.events.tolist() == events.tolist()
    assert out.until == until == recorder.recorded.until
    assert (survey.first_ts, survey.last_ts) == (events["ts_local"][0], events["ts_local"][-1])


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(live=batches(longest=12), data=st.data())
def test_neither_cuts_nor_heartbeats_show_in_the_files(
    live: list[MarketBatch], data: st.DataObject
) -> None:
    numbered = settled(live)
    merged: list[MarketBatch] = []
    for batch in numbered:
        if len(merged) > 0 and data.draw(st.booleans()):
            both = np.concatenate([merged[-1].events, batch.events])
            merged[-1] = MarketBatch(both, batch.watermark)
        else:
            merged.append(batch)
    texts = []
    for part in (numbered, merged):
        with tempfile.TemporaryDirectory() as folder:
            record(Path(folder), part)
            paths = sorted(Path(folder).iterdir())
            texts.append({p.name: unpacked(p) for p in paths if p.suffix == ".gz"})
    # Where heartbeats alone precede the first event, another cut may begin on another day.
    assert {n: t for n, t in texts[0].items() if t.count(b"\n") > 1} == {
        n: t for n, t in texts[1].items() if t.count(b"\n") > 1
    }


def test_the_files_are_tardis_files_of_one_utc_day_each(tmp_path: Path) -> None:
    ts = MIDNIGHT - 10
    events = stream(
        event(ts, TRADE, price=646_001, size=2, side=-1),
        quote(ts, 646_000, 646_001),
        snapshot(ts, 646_000, 645_999),
        event(ts, TICKER, price=645_992_500_000, size=-50_000_000, ask_price=MIDNIGHT),
        event(MIDNIGHT, TRADE, price=646_010, size=1, side=0),
        level(MIDNIGHT, 646_000, 0),
    )
    recorder = record(tmp_path, settled([MarketBatch(events, MIDNIGHT)]))
    texts = {
        path.name.partition(".")[0]: unpacked(path).decode().splitlines()[1:]
        for path in tmp_path.glob("*.gz")
    }
    times = f"{ts - 1000},{ts}"
    assert texts == {
        "trades_2024-07-31": [f"bitmex,XBTUSD,{times},,sell,64600.1,200"],
        "quotes_2024-07-31": [f"bitmex,XBTUSD,{times},300,64600.1,64600,300"],
        "incremental_book_L2_2024-07-31": [
            f"bitmex,XBTUSD,{times},true,bid,64600,500",
            f"bitmex,XBTUSD,{times},true,bid,64599.9,500",
        ],
        "derivative_ticker_2024-07-31": [
            f"bitmex,XBTUSD,{times},{MIDNIGHT},-0.00005,,,,,64599.25,"
        ],
        "trades_2024-08-01": [f"bitmex,XBTUSD,{MIDNIGHT - 1000},{MIDNIGHT},,unknown,64601,100"],
        "quotes_2024-08-01": [],
        "incremental_book_L2_2024-08-01": [
            f"bitmex,XBTUSD,{MIDNIGHT - 1000},{MIDNIGHT},false,bid,64600,0"
        ],
        "derivative_ticker_2024-08-01": [],
    }
    assert recorder.recorded.rows["incremental_book_L2_2024-07-31.csv.gz"] == 2
    assert recorder.recorded.rows["quotes_2024-08-01.csv.gz"] == 0


@pytest.mark.parametrize("pause", [1, 1_000_000, 1_000_001])
def test_a_gap_and_the_snapshot_after_it_come_back(tmp_path: Path, pause: int) -> None:
    lost = MIDNIGHT + 5_000_000
    live = stream(
        snapshot(MIDNIGHT, 100, 101),
        level(MIDNIGHT + 7, 99, 1),
        gap(lost, 101),
        quote(lost + pause, 100, 102),
        snapshot(lost + pause, 100, 102),
    )
    numbered = settled([MarketBatch(live, lost + pause)])
    recorder = record(tmp_path, numbered)
    _, out = read(tmp_path)
    assert out.events.tolist() == numbered[0].events.tolist()
    assert np.count_nonzero(out.events["kind"] == CLEAR) == 3
    assert recorder.recorded.gaps == 1


def test_a_book_lost_for_good_is_no_gap_and_one_regained_in_a_later_batch_is(
    tmp_path: Path,
) -> None:
    parts = [
        snapshot(MIDNIGHT, 100, 101),
        gap(MIDNIGHT + 9, 101),
        snapshot(MIDNIGHT + 99, 100, 101),
    ]
    batches = settled([MarketBatch(stream(p), int(stream(p)["ts_local"][-1])) for p in parts])
    for count, gaps in ((1, 0), (2, 0), (3, 1)):
        folder = tmp_path / str(count)
        folder.mkdir()
        assert record(folder, batches[:count]).recorded.gaps == gaps


def test_without_quotes_of_its_own_a_stream_leaves_no_file_of_them(tmp_path: Path) -> None:
    live = stream(snapshot(MIDNIGHT, 100))
    record(tmp_path, settled([MarketBatch(live, MIDNIGHT)]), has_quotes=False)
    assert not list(tmp_path.glob("quotes_*"))
    assert "quotes_csv" not in (tmp_path / "replay.toml").read_text()


@pytest.mark.parametrize(
    ("tick", "ticks"), [("0.25", 258_401), ("25", 7), ("1e-8", 123), ("5E+2", 3)]
)
def test_mark_prices_are_exact_on_any_grid(tmp_path: Path, tick: str, ticks: int) -> None:
    instrument = attrs.evolve(XBTUSD, tick_size=Decimal(tick))
    recorder = start_recording(
        tmp_path, '[strategy]\nsymbol = "X"\n', (instrument,), exchange="x", has_quotes=True
    )
    mark = ticks * 1_000_000 + 250_000
    recorder.write(MarketBatch(stream(event(MIDNIGHT, TICKER, price=mark, end=1)), MIDNIGHT))
    recorder.close()
    (path,) = tmp_path.glob("derivative_ticker*")
    found = unpacked(path).decode().split(",")[-2]
    assert Decimal(found) == Decimal(tick) * mark / 1_000_000


def test_a_second_recording_in_one_folder_is_refused(tmp_path: Path) -> None:
    record(tmp_path, [])
    with pytest.raises(UsageError, match=r"replay\.toml: there is a recording in this folder"):
        start(tmp_path)


def test_several_instruments_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds one instrument, this run has 2"):
        start_recording(tmp_path, "", (XBTUSD, XBTUSD), exchange="x", has_quotes=True)


def test_a_time_that_no_file_can_hold_is_the_connectors_fault(tmp_path: Path) -> None:
    recorder = start(tmp_path)
    with pytest.raises(PluginError, match="expected microseconds since 1970 in 16 digits"):
        recorder.write(MarketBatch(stream(event(12, LEVEL)), 12))


def test_a_name_with_a_comma_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"output\.exchange is 'a,b'"):
        start_recording(
            tmp_path, '[strategy]\nsymbol="X"', (XBTUSD,), exchange="a,b", has_quotes=True
        )


def test_what_has_come_is_on_disk_within_a_second_of_stream_time(tmp_path: Path) -> None:
    recorder = start(tmp_path)
    (first, second) = settled(
        [
            MarketBatch(stream(event(MIDNIGHT, TRADE, price=5, size=1, side=1)), MIDNIGHT),
            MarketBatch(stream(event(MIDNIGHT + 9, TRADE, price=6, size=1, side=1)), MIDNIGHT + 9),
        ]
    )
    recorder.write(first)
    recorder.write(second)
    path = tmp_path / "trades_2024-08-01.csv.gz"
    assert unpacked(path).count(b"\n") == 2  # the header, and what came first
    recorder.write(MarketBatch(stream(), MIDNIGHT + 900_000))
    assert unpacked(path).count(b"\n") == 3
    recorder.close()


def test_frames_are_kept_with_their_times_a_line_each(tmp_path: Path) -> None:
    recorder = start(tmp_path, raw=True)
    assert recorder.raw is not None
    recorder.raw.write(MIDNIGHT - 1, '{"a":\n1}')
    recorder.raw.write(MIDNIGHT, "pong \ud800")
    recorder.close()
    before, after = sorted(tmp_path.glob("raw_*"))
    assert unpacked(before) == f'{MIDNIGHT - 1} {{"a": 1}}\n'.encode()
    assert unpacked(after) == f"{MIDNIGHT} pong \\ud800\n".encode()
    assert recorder.recorded.rows == {before.name: 1, after.name: 1}


def test_a_full_disk_is_said_to_be_full_and_leaves_whole_members(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = start(tmp_path)
    (batch,) = settled([MarketBatch(stream(snapshot(MIDNIGHT, *range(1, 500))), MIDNIGHT)])
    recorder.write(batch)
    path = tmp_path / "incremental_book_L2_2024-08-01.csv.gz"
    whole = path.read_bytes()

    def half(file: int, data: memoryview) -> int:
        if len(data) > 40:
            return write(file, data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    from os import write

    more = attrs.evolve(batch, events=batch.events.copy(), watermark=MIDNIGHT + 600_000)
    monkeypatch.setattr("mm.record.files.os.write", half)
    with pytest.raises(
        UsageError,
        match=r"incremental_book_L2_2024-08-01\.csv\.gz: the recording cannot be written: "
        "No space left on device; make room, or record to another folder",
    ):
        recorder.write(more)
    assert path.read_bytes() == whole

"""Several files of one kind as one stream, how far it goes, and recordings that were cut off."""

import gzip
import hashlib
import struct
import tempfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from tests.plugins.tardis_directory import GOOD, HEADS, Collector, place, run

from mm.api import CLEAR, ConfigError, DataError, Survey
from mm.record.members import member
from mm_tardis import TardisConfig, build
from mm_tardis.inspect import inspect_files
from mm_tardis.members import whole_bytes

T0 = 1_722_470_400_000_000  # µs: 2024-08-01 00:00 UTC


def line(ts: int, *fields: object) -> str:
    """A row received ``ts`` µs after T0."""
    return ",".join(map(str, ("bitmex", "XBTUSD", T0 + ts - 50, T0 + ts, *fields)))


def text(kind: str, *rows: str) -> bytes:
    return "".join(f"{row}\n" for row in (HEADS[kind], *rows)).encode()


def quote(ts: int, bid: int = 64600) -> str:
    return line(ts, 100, bid + 1, bid, 100)


def level(ts: int, snapshot: bool, price: int, amount: int = 100) -> str:
    return line(ts, "true" if snapshot else "false", "bid", price, amount)


def replay(directory: Path, **keys: Any) -> tuple[Survey, Collector]:
    out = Collector()
    none: dict[str, Any] = dict.fromkeys(f"{kind}_csv" for kind in HEADS)
    run(directory, out, **(none | keys))
    config = TardisConfig(tardis_root=str(directory), **keys)
    return trio.run(build(config, "XBTUSD").survey), out


def events(out: Collector) -> Any:
    return np.concatenate([batch.events for batch in out.batches])


def test_the_files_of_a_pattern_are_read_in_order_of_name(tmp_path: Path) -> None:
    for name, ts in (("q_2024-08-02.csv", 900), ("q_2024-08-01.csv", 100), ("q_2024-08-03", 1)):
        (tmp_path / name).write_bytes(text("quotes", quote(ts), quote(ts + 1)))
    survey, out = replay(tmp_path, quotes_csv="q_*.csv", block_bytes=64)
    assert [source.path for source in survey.sources] == [
        str(tmp_path / "q_2024-08-01.csv"), str(tmp_path / "q_2024-08-02.csv"),
    ]  # fmt: skip
    assert [(int(e["ts_local"]) - T0, int(e["row"])) for e in events(out)] == [
        (100, 1), (101, 2), (900, 1), (901, 2),
    ]  # fmt: skip
    assert (survey.first_ts, survey.last_ts, survey.total_rows) == (T0 + 100, T0 + 901, 4)
    assert sorted(survey.details) == [
        "clock_offsets", "clock_shift_us", "feed_latency_us",
        "quotes q_2024-08-01.csv", "quotes q_2024-08-02.csv",
    ]  # fmt: skip


@given(split=st.integers(0, 8), block_bytes=st.sampled_from((64, 200, 1 << 20)))
def test_a_book_goes_on_from_one_file_to_the_next(split: int, block_bytes: int) -> None:
    """Wherever the files are cut, all but the row numbers is as of one file."""
    rows = [
        level(1, False, 9), level(2, True, 10), level(3, True, 11), level(400, False, 12),
        level(900, True, 13), level(901, True, 14), level(2_000_000, True, 15),
        level(2_000_001, False, 16),
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        (directory / "whole.csv").write_bytes(text("book", *rows))
        (directory / "part_1.csv").write_bytes(text("book", *rows[:split]))
        (directory / "part_2.csv").write_bytes(text("book", *rows[split:]))
        if split == 1:  # the first file has rows and no snapshot: there is nothing to begin on
            with pytest.raises(DataError, match="none of the 1 rows has is_snapshot true"):
                replay(directory, book_csv="part_*.csv", block_bytes=block_bytes)
            return
        one, whole = replay(directory, book_csv="whole.csv", block_bytes=block_bytes)
        two, parts = replay(directory, book_csv="part_*.csv", block_bytes=block_bytes)
    assert one.total_rows == two.total_rows
    expected, found = events(whole), events(parts)
    later = found["ts_local"] >= (T0 + [1, 2, 3, 400, 900, 901, 2_000_000, 2_000_001, 10**9][split])
    found["row"] += np.where(later & (found["kind"] != CLEAR), split, 0)
    assert found.tolist() == expected.tolist()
    assert np.count_nonzero(expected["kind"] == CLEAR) == 3


def test_a_day_that_is_missing_between_two_files_is_noted(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(text("quotes", quote(100)))
    (tmp_path / "b.csv").write_bytes(text("quotes", quote(86_400_000_100)))
    survey, _ = replay(tmp_path, quotes_csv="?.csv")
    assert survey.notes == ("quotes (b.csv): 1 pauses are longer than 10 s, the longest 86400.0 s",)


def test_a_pattern_may_have_a_root_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(text("quotes", quote(100)))
    survey, _ = replay(tmp_path / "elsewhere", quotes_csv=str(tmp_path / "?.csv"))
    assert [source.path for source in survey.sources] == [str(tmp_path / "a.csv")]


def test_files_that_overlap_in_time_are_an_error_that_names_both(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(text("quotes", quote(100), quote(200)))
    (tmp_path / "b.csv").write_bytes(text("quotes"))
    (tmp_path / "c.csv").write_bytes(text("quotes", quote(200)))
    with pytest.raises(DataError) as caught:
        replay(tmp_path, quotes_csv="?.csv")
    assert str(caught.value) == (
        f"{tmp_path}/c.csv: its first row is of {T0 + 200}, expected one after {T0 + 200}, the"
        f" last of {tmp_path}/a.csv; name the files so that their order by name is that in time"
    )


def test_an_error_names_the_file_and_its_own_line(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(text("quotes", quote(100), quote(200)))
    (tmp_path / "b.csv").write_bytes(text("quotes", quote(300), line(400, 100, "x", 64600, 100)))
    with pytest.raises(DataError, match=r"/b\.csv:3: ask_price is 'x'"):
        replay(tmp_path, quotes_csv="?.csv")


def test_a_pattern_without_files_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        replay(tmp_path, quotes_csv="quotes_*.csv.gz")
    assert str(caught.value) == (
        f"{tmp_path}/quotes_*.csv.gz: no file matches this pattern;"
        " check [data] tardis_root and the pattern"
    )


def test_a_pattern_that_the_system_refuses_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"this pattern cannot be used: .*File name too long"):
        replay(tmp_path, quotes_csv="q" * 300 + "*")


def test_a_file_whose_name_looks_like_a_pattern_is_still_a_file(tmp_path: Path) -> None:
    (tmp_path / "q[1].csv").write_bytes(text("quotes", quote(100)))
    (tmp_path / "q1.csv").write_bytes(text("quotes", quote(200)))
    survey, _ = replay(tmp_path, quotes_csv="q[1].csv")
    assert survey.first_ts == T0 + 100


@pytest.mark.parametrize(("until", "last"), [(None, 200), (100, 200), (200, 200), (5000, 5000)])
def test_the_stream_goes_on_to_the_time_asked_for(
    tmp_path: Path, until: int | None, last: int
) -> None:
    (tmp_path / "q.csv").write_bytes(text("quotes", quote(100), quote(200)))
    at = None if until is None else T0 + until
    _, out = replay(tmp_path, quotes_csv="q.csv", until=at)
    assert out.batches[-1].watermark == T0 + last
    assert len(events(out)) == 2


def test_a_time_that_no_strategy_would_live_to_see_is_refused(tmp_path: Path) -> None:
    """A strategy that decides on a grid of time would go on for ever."""
    (tmp_path / "q.csv").write_bytes(text("quotes", quote(100), quote(200)))
    month = 31 * 86_400_000_000
    _, out = replay(tmp_path, quotes_csv="q.csv", until=T0 + 200 + month)
    assert out.batches[-1].watermark == T0 + 200 + month
    with pytest.raises(
        ConfigError, match=r"data\.until is \d+ µs, which is 31 days after the last"
    ):
        replay(tmp_path, quotes_csv="q.csv", until=T0 + 201 + month)


# --- recordings that were cut off ----------------------------------------------------------------

PARTS = (text("quotes", quote(100)), f"{quote(200)}\n".encode(), f"{quote(300)}\n".encode())
MEMBERS = [member(part) for part in PARTS]


@pytest.mark.parametrize("cut", range(1, len(MEMBERS[2]) + 1))
def test_an_incomplete_last_member_of_a_recording_is_left_out_and_noted(
    tmp_path: Path, cut: int
) -> None:
    data = b"".join(MEMBERS)[:-cut]
    left = len(MEMBERS[2]) - cut
    (tmp_path / "q.csv.gz").write_bytes(data)
    survey, out = replay(tmp_path, quotes_csv="q.csv.gz")
    assert (events(out)["ts_local"] - T0).tolist() == [100, 200]
    note = f"quotes: the last {left} bytes are of a write that was cut off, and were left out"
    assert list(survey.notes) == ([note] if left else [])
    assert survey.sources[0].sha256 == hashlib.sha256(data).hexdigest()
    (found,) = inspect_files([tmp_path / "q.csv.gz"])
    assert found.defects.get("bytes_cut_off", 0) == left


def test_a_recording_is_gzip_to_any_reader() -> None:
    assert gzip.decompress(b"".join(MEMBERS)) == b"".join(PARTS)
    for packed, part in zip(MEMBERS, PARTS, strict=True):
        assert zlib.decompress(packed, wbits=31) == part


def test_damage_inside_a_recording_is_still_an_error(tmp_path: Path) -> None:
    data = bytearray(b"".join(MEMBERS))
    data[len(MEMBERS[0]) + len(MEMBERS[1]) - 6] ^= 1  # the second member's checksum
    (tmp_path / "q.csv.gz").write_bytes(data)
    with pytest.raises(DataError, match="the gzip data is corrupt"):
        replay(tmp_path, quotes_csv="q.csv.gz")


def test_only_a_file_of_our_members_throughout_is_mended(tmp_path: Path) -> None:
    tail = gzip.compress(PARTS[2])[:-3]
    (tmp_path / "q.csv.gz").write_bytes(b"".join(MEMBERS[:2]) + tail)
    with pytest.raises(DataError, match="the gzip data ends early"):
        replay(tmp_path, quotes_csv="q.csv.gz")


def test_a_member_that_lies_about_its_length_is_not_ours(tmp_path: Path) -> None:
    packed = bytearray(MEMBERS[0])
    packed[16:20] = struct.pack("<I", 3)
    path = tmp_path / "x.gz"
    path.write_bytes(packed)
    with path.open("rb") as file:
        assert whole_bytes(file.fileno(), len(packed)) == len(packed)


def test_a_single_file_is_read_as_before(tmp_path: Path) -> None:
    place(tmp_path)
    out = Collector()
    run(tmp_path, out)
    assert sorted(GOOD) == ["book", "derivative_ticker", "quotes", "trades"]
    assert {int(kind) for kind in np.unique(events(out)["kind"])} == {0, 1, 2, 3, 4}

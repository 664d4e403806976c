"""The CSV sink: what its files say, and what becomes of them when one cannot be written."""

import os
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from mm.api import BUY, EXECUTION, Instrument, Rows, UsageError
from mm_sinks.columns import TABLES
from mm_sinks.csv import CsvSink

INSTRUMENTS = (Instrument(symbol="TEST", tick_size=Decimal("0.5"), lot_size=Decimal(100)),)


def executions(count: int) -> Rows:
    rows = np.zeros(count, EXECUTION)
    rows["price"], rows["size"], rows["side"], rows["maker"] = 129201, 3, BUY, 1
    rows["ahead"], rows["ahead_entry"], rows["draw"], rows["mid"] = -1, 0, np.nan, 64600.25
    return rows


def test_ticks_and_lots_are_written_as_exact_decimals(tmp_path: Path) -> None:
    sink = CsvSink(INSTRUMENTS, tmp_path)
    sink.write("trades", executions(1))
    sink.close("complete")
    header, row = (tmp_path / "trades.csv").read_text().splitlines()
    values = dict(zip(header.split(","), row.split(","), strict=True))
    assert (values["price"], values["size"], values["side"]) == ("64600.5", "300.0", "buy")
    assert (values["ahead_at_entry"], values["ahead_at_fill"], values["draw"]) == ("0.0", "", "")


def test_minus_zero_is_written_as_zero(tmp_path: Path) -> None:
    rows = executions(1)
    rows["realized"], rows["fee"] = -0.0, -0.0
    sink = CsvSink(INSTRUMENTS, tmp_path)
    sink.write("trades", rows)
    sink.close("complete")
    assert (tmp_path / "trades.csv").read_text().endswith(",64600.25,0.0,0.0\n")


def test_how_rows_are_cut_into_calls_does_not_show(tmp_path: Path) -> None:
    rows = executions(7)
    texts: list[bytes] = []
    for cuts in ([7], [1] * 7, [0, 3, 4]):
        directory = tmp_path / str(len(texts))
        directory.mkdir()
        sink, start = CsvSink(INSTRUMENTS, directory), 0
        for length in cuts:
            sink.write("trades", rows[start : start + length])
            start += length
        sink.close("complete")
        texts.append((directory / "trades.csv").read_bytes())
    assert texts[0] == texts[1] == texts[2]


def test_a_full_disk_is_named_and_the_other_files_are_closed(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    (tmp_path / "orders.csv").symlink_to(full)
    sink = CsvSink(INSTRUMENTS, tmp_path)
    sink.write("trades", executions(3))
    with pytest.raises(UsageError, match=r"orders.csv: cannot be written: No space left on device"):
        sink.close("complete")
    for name, _ in TABLES.values():
        if name != "orders.csv":
            assert (tmp_path / name).stat().st_size > 0


def test_a_disk_that_fills_up_is_named_while_writing(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    (tmp_path / "trades.csv").symlink_to(full)
    sink = CsvSink(INSTRUMENTS, tmp_path)
    with pytest.raises(UsageError, match=r"trades.csv: cannot be written: No space left"):
        sink.write("trades", executions(10_000))
    with pytest.raises(UsageError, match=r"trades.csv: cannot be written: No space left"):
        sink.close("failed")
    assert (tmp_path / "orders.csv").read_text().startswith("ts_decided,symbol,")


@pytest.mark.parametrize("cut", [True, False], ids=["cut back at once", "later"])
def test_half_a_row_is_cut_off_and_every_row_is_there_once(
    cut: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = executions(12_000)
    rows["order_id"] = np.arange(1, 12_001)
    sink = CsvSink(INSTRUMENTS, tmp_path)
    sink.write("trades", rows[:1500])
    sink.flush()
    path = tmp_path / "trades.csv"
    whole = path.read_bytes()
    write, begun = os.write, False

    def half(file: int, data: memoryview) -> int:
        nonlocal begun
        begun = not begun
        if begun:
            return write(file, data[: len(data) // 2 + 3])
        raise OSError(28, "No space left on device")

    def refuse(file: int, length: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr("mm_sinks.csv.os.write", half)
        if not cut:
            patch.setattr("mm_sinks.csv.os.ftruncate", refuse)
        with pytest.raises(UsageError, match="No space left on device"):
            sink.write("trades", rows[1500:11_000])
        if cut:
            assert path.read_bytes() == whole
            with pytest.raises(UsageError, match="No space left on device"):
                sink.flush()
            assert path.read_bytes() == whole
    sink.flush()
    sink.write("trades", rows[11_000:])
    sink.close("complete")
    header, *lines = path.read_text().splitlines()
    place = header.split(",").index("order_id")
    assert [int(line.split(",")[place]) for line in lines] == list(range(1, 12_001))
    assert {line.count(",") for line in lines} == {header.count(",")}


def test_what_is_held_back_is_in_the_files_after_a_flush(tmp_path: Path) -> None:
    sink = CsvSink(INSTRUMENTS, tmp_path)
    sink.write("trades", executions(3))
    before = (tmp_path / "trades.csv").read_text()
    sink.flush()
    text = (tmp_path / "trades.csv").read_text()
    assert before == ""
    assert len(text.splitlines()) == 1 + 3
    sink.write("trades", executions(2))
    sink.close("complete")
    assert (tmp_path / "trades.csv").read_text().startswith(text)


def test_more_rows_than_are_held_back_come_whole_and_in_order(tmp_path: Path) -> None:
    rows = executions(10_000)
    rows["order_id"] = np.arange(1, 10_001)
    sink = CsvSink(INSTRUMENTS, tmp_path)
    sink.write("trades", rows[:1])
    sink.write("trades", rows[1:])
    sink.close("complete")
    header, *lines = (tmp_path / "trades.csv").read_text().splitlines()
    place = header.split(",").index("order_id")
    assert [int(line.split(",")[place]) for line in lines] == list(range(1, 10_001))


@pytest.mark.parametrize("there", ["all", "half a row", "another end", "more"])
def test_a_file_of_the_same_run_is_gone_on_with(tmp_path: Path, there: str) -> None:
    """What is equal stays; half a row is completed, and another end gives way."""
    rows = executions(5)
    once, twice = tmp_path / "once", tmp_path / "twice"
    for folder in (once, twice):
        folder.mkdir()
        sink = CsvSink(INSTRUMENTS, folder)
        sink.write("trades", rows)
        sink.close("complete")
    path = twice / "trades.csv"
    whole = path.read_bytes()
    left = {
        "all": whole, "half a row": whole[:-7], "another end": whole[:-7] + b"9999999\n",
        "more": whole + b"1,2,3\n",
    }[there]  # fmt: skip
    path.write_bytes(left)
    again = CsvSink(INSTRUMENTS, twice)
    assert path.read_bytes() == left
    again.write("trades", rows)
    again.close("complete")
    assert path.read_bytes() == whole

"""``mm data inspect`` on small files: kinds, faults, empty files."""

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mm_tardis.histogram import bucket_of, latency_of
from mm_tardis.inspect import inspect_files, inspection_json, inspection_text

HEAD = b"exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n"
ROW = b"bitmex,%s,1722470400150000,1722470400229046,,buy,64600.1,200\n"


def test_each_file_is_shown_also_beside_a_bad_one(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_bytes(HEAD + ROW % b"XBTUSD" + ROW % b"XBTUSD")
    bad.write_bytes(HEAD + b"what\n")
    first, second = inspect_files([bad, good])
    assert first.fault is not None
    assert first.fault.startswith(f"{bad}:2: the row has 1 fields")
    assert inspection_text(first) == f"{bad}\n  unusable  {first.fault}"
    assert (second.kind, second.symbol, second.rows, second.fault) == ("trades", "XBTUSD", 2, None)
    assert (second.tick_size, second.lot_size) == (None, "200")
    assert "tick cannot tell, lot 200" in inspection_text(second)
    assert second.defects["repeated_rows"] == 1


def test_the_json_form_is_plain_json(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(HEAD + ROW % b"XBTUSD")
    inspections = inspect_files([tmp_path / "t.csv", tmp_path / "none.csv"])
    plain = [inspection_json(i) for i in inspections]
    assert json.loads(json.dumps(plain)) == plain


def test_a_file_without_rows_is_shown_as_such(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(HEAD)
    (found,) = inspect_files([tmp_path / "t.csv"])
    text = inspection_text(found)
    assert "symbol    none: no rows" in text
    assert "span      none" in text
    assert "latency   unknown: no exchange times" in text


def test_a_symbol_that_is_not_text_can_be_printed(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(HEAD + ROW % b"X\xff\x1b")
    (found,) = inspect_files([tmp_path / "t.csv"])
    assert "X\\\\xff\\x1b" in inspection_text(found)
    json.dumps(inspection_json(found), ensure_ascii=False).encode()


def test_a_file_of_two_symbols_is_shown_with_both(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(HEAD + ROW % b"XBTUSD" + 2 * (ROW % b"ETHUSD"))
    (found,) = inspect_files([tmp_path / "t.csv"])
    assert (found.fault, found.symbol, found.rows) == (None, "XBTUSD", 1)
    assert found.symbols == {"XBTUSD": 1, "ETHUSD": 2}
    assert "symbols   XBTUSD 1, ETHUSD 2" in inspection_text(found)


def test_of_more_than_twenty_symbols_the_first_are_shown(tmp_path: Path) -> None:
    rows = [ROW % b"C%d" % (n // 2) for n in range(60)]
    (tmp_path / "t.csv").write_bytes(HEAD + b"".join(rows))
    (found,) = inspect_files([tmp_path / "t.csv"])
    assert found.symbols == {f"C{n}": 2 for n in range(20)} | {"…": 20}


@given(st.integers(-(10**15), 10**15))
def test_a_latency_bucket_is_within_two_percent(latency: int) -> None:
    assert abs(latency_of(bucket_of(latency)) - latency) <= max(abs(latency) * 0.016, 0.5)

"""``mm data inspect``: the health table of files, and of what a run would make of them together."""

import json
from pathlib import Path
from typing import Any

import pytest

from mm.cli import main

T0 = 1_722_470_400_000_000
BOOK = "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n"
TRADES = "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n"


def row(ms: int, *fields: object) -> str:
    made = T0 + ms * 1000
    return ",".join(map(str, ("test", "TEST", made, made + 5000, *fields))) + "\n"


def book(*, crossed: bool) -> str:
    """Two levels, and a bid that comes and goes every 100 ms: below the ask, or above it."""
    price = 102 if crossed else 99
    rows = [row(0, "true", "bid", 100, 50), row(0, "true", "ask", 101, 30)]
    for at in range(1, 40):
        rows.append(row(100 * at, "false", "bid", price, 50 * (at % 2)))
        if crossed:  # the older side gives way, so it is told again
            rows.append(row(100 * at + 20, "false", "ask", 101, 10 + at))
    return BOOK + "".join(rows)


def trades() -> str:
    return TRADES + "".join(row(100 * at + 50, at, "buy", 101, 10) for at in range(39))


def inspect(capsys: pytest.CaptureFixture[str], *paths: Path) -> tuple[int, list[Any], str]:
    names = [str(path) for path in paths]
    code = main(["data", "inspect", *names, "--json"])
    content = json.loads(capsys.readouterr().out)
    assert main(["data", "inspect", *names]) == code
    return code, content, capsys.readouterr().out


def found(content: dict[str, Any]) -> set[str]:
    return {entry["kind"] for entry in content["health"] if entry["rows"]}


def test_what_a_run_would_find_in_a_file_is_found_without_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "book.csv"
    path.write_text(book(crossed=True))
    code, (content,), text = inspect(capsys, path)
    assert code == 6
    assert found(content) == {"crossed_messages"}
    assert any(entry["sick"] for entry in content["health"])
    assert "  health    book crossed messages: " in text
    assert ", SICK above " in text


def test_files_of_one_instrument_are_also_read_as_in_a_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [tmp_path / "trades.csv", tmp_path / "book.csv"]
    paths[0].write_text(trades())
    paths[1].write_text(book(crossed=False))
    code, (one, other, both), text = inspect(capsys, *paths)
    assert code == 0
    assert (one["kind"], other["kind"]) == ("trades", "book")
    assert both["together"] == [str(path) for path in paths]
    assert {entry["source"] for entry in both["health"]} >= {"trades", "book"}
    assert text.count("  health    no defects found in the data") == 3


def test_files_that_overlap_are_described_and_not_read_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for path in paths:
        path.write_text(book(crossed=False))
    assert main(["data", "inspect", *map(str, paths), "--json"]) == 0
    captured = capsys.readouterr()
    assert [content["fault"] for content in json.loads(captured.out)] == [None, None]
    assert captured.err.startswith(f"note: not read together: {paths[1]}: its first row is of ")


def test_a_few_moments_of_a_book_are_not_of_the_recording_beside_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quotes = tmp_path / "quotes.csv"
    quotes.write_text(
        "exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount\n"
        + "".join(row(1000 * at, 30, 101, 100, 50) for at in range(500))
    )
    (tmp_path / "book.csv").write_text(book(crossed=False))
    assert main(["data", "inspect", str(quotes), str(tmp_path / "book.csv"), "--json"]) == 0
    captured = capsys.readouterr()
    assert all("together" not in content for content in json.loads(captured.out))
    assert "book.csv: too short to be of the recording beside it" in captured.err


def test_a_file_that_cannot_be_used_weighs_more_than_one_that_is_sick(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "book.csv").write_text(book(crossed=True))
    code, contents, _ = inspect(capsys, tmp_path / "book.csv", tmp_path / "none.csv")
    assert code == 4
    assert [content["fault"] is None for content in contents] == [True, False]

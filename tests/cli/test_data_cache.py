"""``mm data cache``: what it fills, shows and removes."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.cli.test_inspect import book, trades

from mm.api import cache as entry_cache
from mm.cli import main


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder of two files of one instrument, beside an empty cache."""
    monkeypatch.setattr(entry_cache, "_root", lambda: tmp_path / "cache")
    folder = tmp_path / "ticks"
    folder.mkdir()
    (folder / "book.csv").write_text(book(crossed=False))
    (folder / "trades.csv").write_text(trades())
    return folder


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str], str]:
    code = main(["data", "cache", *arguments])
    captured = capsys.readouterr()
    return code, captured.out.splitlines(), captured.err


def test_a_folder_is_kept_once_shown_and_removed(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines, _ = told(capsys, str(data))
    assert (code, lines[0]) == (0, "TEST (test): kept")
    assert lines[1].endswith(f" MB  TEST: {data / 'trades.csv'}, {data / 'book.csv'}")
    assert lines[2] == f"1 in {tmp_path / 'cache'}, the last used first"
    assert told(capsys, str(data))[1][0] == "TEST (test): kept before"
    content: dict[str, Any] = json.loads("\n".join(told(capsys, "--json")[1]))
    (entry,) = content["entries"]
    assert (content["folder"], content["removed"]) == (str(tmp_path / "cache"), [])
    assert Path(entry["path"]).parent == tmp_path / "cache"
    assert told(capsys, "--prune", "1")[1][-1].startswith("1 in ")
    code, lines, _ = told(capsys, "--prune")
    assert (code, lines[0].split()[0], lines[1].split()[0]) == (0, "removed", "0")


def test_a_run_over_the_folder_takes_what_was_kept_ahead(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told(capsys, str(data))
    run, orders = tmp_path / "run.toml", tmp_path / "orders.csv"
    orders.write_text("ts_decided,side,price,size,type,tif,client_id,action\n")
    run.write_text(
        '[strategy]\nkind = "Scripted"\npreprocessing = "Scripted"\nsymbol = "TEST"\n'
        f'[strategy.scripted]\npath = "{orders}"\n'
        f'[data]\ncache = true\ntardis_root = "{data}"\n'
        'trades_csv = "trades.csv"\nbook_csv = "book.csv"\n'
        '[position]\ncontract_type = "Linear"\n'
    )

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("parsed")

    monkeypatch.setattr("mm_tardis.surveys.FileSurvey", fail)
    code = main(["backtest", "--config", str(run), "--dry-run"])
    assert code in (0, 6), capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no"], "mm: no: No such file or directory, expected a folder of data files; name one"),
        (["."], "mm: .: nothing in it can be read, expected .csv or .csv.gz files"),
        (["--prune", "-1"], "mm: argument --prune: '-1' is not a positive number"),
        (["--prune", "x"], "mm: argument --prune: 'x' is not a positive number"),
    ],
)
def test_what_cannot_be_is_told(
    data: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    empty = data.parent / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    code, _, error = told(capsys, *arguments)
    assert code == 2
    assert error.startswith(message)


def test_files_that_cannot_be_used_are_told_and_left_out(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "other.csv").write_text("a,b\n1,2\n")
    code, lines, error = told(capsys, str(data))
    assert (code, lines[0]) == (0, "TEST (test): kept")
    assert "note: left out: " in error
    (data / "book.csv").unlink()
    code, _, error = told(capsys, str(data))
    assert code == 2
    assert "no files that a run would read together" in error

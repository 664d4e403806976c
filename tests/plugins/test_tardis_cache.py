"""Surveys that are kept: the same stream as from the files, and never one of other files."""

import os
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.plugins.tardis_directory import GOOD, HEADS, Collector, place
from tests.plugins.test_tardis_several_files import level, line, text

from mm.api import DataError, Instrument, Survey
from mm.api import cache as entry_cache
from mm.api.cache import cache_folder, entries, new_entry, prune_entries, put_entry
from mm_tardis import TardisConfig, build

XBTUSD = Instrument(symbol="XBTUSD", tick_size=Decimal("0.1"), lot_size=Decimal(100))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the cache folder of this test."""
    monkeypatch.setattr(entry_cache, "_root", lambda: tmp_path / "cache" / "mm" / "data")
    return cache_folder()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Give a folder of good files."""
    directory = tmp_path / "ticks"
    directory.mkdir()
    place(directory)
    return directory


def replay(directory: Path, **options: Any) -> tuple[Survey, bytes]:
    """What the survey says and what the run then streams."""
    tick, lot = options.pop("given", (None, None))
    files: dict[str, Any] = {f"{kind}_csv": f"{kind}.csv" for kind in HEADS}
    config = TardisConfig(tardis_root=str(directory), **(files | options))
    out = Collector()

    async def whole() -> Survey:
        connector = build(config, "XBTUSD")
        if tick is not None:
            connector.take_grid(tick, lot)  # type: ignore[attr-defined]
        survey = await connector.survey()
        await connector.run((XBTUSD,), out)
        return survey

    survey = trio.run(whole)
    parts = [batch.events for batch in out.batches]
    return survey, np.concatenate(parts).tobytes() if parts else b""


def kept(directory: Path, **options: Any) -> tuple[Survey, bytes]:
    return replay(directory, cache=True, **options)


@pytest.fixture
def unreadable(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have a test say from when on no file may be parsed."""

    def refuse() -> None:
        def fail(*_: object, **__: object) -> None:
            raise AssertionError("parsed")

        monkeypatch.setattr("mm_tardis.surveys.FileSurvey", fail)

    return refuse


def test_the_second_run_finds_and_streams_the_same_without_parsing(
    data: Path, folder: Path, unreadable: Any
) -> None:
    plain = replay(data)
    assert entries() == []
    assert kept(data) == plain
    unreadable()
    assert kept(data) == plain
    with pytest.raises(BaseExceptionGroup) as caught:
        replay(data)
    assert str(caught.value.exceptions[0]) == "parsed"


def test_what_is_kept_says_what_it_is(data: Path, folder: Path) -> None:
    kept(data)
    (entry,) = entries()
    assert entry.about.startswith(f"XBTUSD: {data / 'trades.csv'}, {data / 'quotes.csv'}, ")
    assert entry.bytes == sum(file.stat().st_size for file in entry.path.iterdir())
    assert (folder.stat().st_mode & 0o777, entry.path.parent) == (0o700, folder)


def test_files_that_moved_are_known_and_told_by_their_new_names(
    tmp_path: Path, data: Path, folder: Path, unreadable: Any
) -> None:
    first, stream = kept(data)
    moved = tmp_path / "moved"
    shutil.move(data, moved)
    unreadable()
    survey, again = kept(moved)
    assert again == stream
    assert survey.sources == tuple(
        attrs.evolve(source, path=source.path.replace("/ticks/", "/moved/"))
        for source in first.sources
    )


@pytest.mark.parametrize(
    "change",
    [
        {"files": {"trades": GOOD["trades"].replace(b"64600.1,200", b"64600.1,300")}},
        {"files": {"quotes": GOOD["quotes"].replace(b",59000", b",59100")}},
        {"keep_repeated_trades": True},
        {"trades_csv": None},
        {"book_csv": None},
        {"given": (Decimal("0.05"), Decimal(1))},
        {"given": (Decimal("0.1"), Decimal(100))},
    ],
    ids=repr,
)
def test_other_files_or_another_way_to_read_them_is_another_entry(
    data: Path, folder: Path, change: dict[str, Any]
) -> None:
    kept(data)
    files = change.pop("files", {})
    place(data, **files)
    assert kept(data, **change) == replay(data, **change)
    assert len(entries()) == 2


def test_kinds_given_in_each_others_place_are_not_confused(data: Path, folder: Path) -> None:
    kept(data)
    for _ in range(2):
        with pytest.raises(DataError, match=r"data\.quotes_csv names a trades file"):
            kept(data, trades_csv=None, quotes_csv="trades.csv")
    assert len(entries()) == 1
    assert [path.name for path in folder.iterdir()] == [entries()[0].path.name]


def test_several_files_of_a_kind_are_kept_in_their_order(
    tmp_path: Path, folder: Path, unreadable: Any
) -> None:
    none: dict[str, Any] = dict.fromkeys(f"{kind}_csv" for kind in HEADS)
    for n in range(3):
        rows = (level(1 + 1000 * n, n == 0, 10), level(2 + 1000 * n, False, 11))
        (tmp_path / f"book_{n}.csv").write_bytes(text("book", *rows))
        trades = (line(5 + 1000 * n, f"id{n // 2}", "buy", 64600, 100),)
        (tmp_path / f"trades_{n}.csv").write_bytes(text("trades", *trades))
    names = none | {"book_csv": "book_*.csv", "trades_csv": "trades_*.csv"}
    plain = replay(tmp_path, **names)
    assert kept(tmp_path, **names) == plain
    unreadable()
    assert kept(tmp_path, **names) == plain


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(name=st.sampled_from(("rows", "found.json")), where=st.floats(0, 1), how=st.integers(0, 9))
def test_an_entry_with_any_damage_is_dropped_and_made_anew(
    data: Path, folder: Path, name: str, where: float, how: int
) -> None:
    plain = kept(data)
    path = entries()[0].path / name
    content = bytearray(path.read_bytes())
    at = min(int(where * len(content)), len(content) - 1)
    if how == 0:
        path.unlink()
    elif how == 1:
        path.write_bytes(content[:at])
    elif how == 2:
        path.write_bytes(content + b"\0")
    elif how == 3:
        path.write_text("[]")
    else:
        content[at] ^= 1 << (how - 4)
        path.write_bytes(content)
    assert kept(data) == plain
    assert len(entries()) == 1


def test_a_bad_file_leaves_nothing_behind(data: Path, folder: Path) -> None:
    place(data, trades=GOOD["trades"].replace(b"buy", b"bux"))
    with pytest.raises(DataError, match="bux"):
        kept(data)
    assert list(folder.iterdir()) == []


def test_a_file_that_is_not_there_is_told_as_without_a_cache(data: Path, folder: Path) -> None:
    with pytest.raises(DataError, match=r"no\.csv: there is no such file"):
        kept(data, trades_csv="no.csv")


def test_a_cache_that_cannot_be_written_is_a_note_and_no_fault(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(entry_cache, "_root", lambda: tmp_path / "file" / "data")
    survey, stream = kept(data)
    plain, expected = replay(data)
    assert stream == expected
    (note,) = set(survey.notes) - set(plain.notes)
    assert note == f"{tmp_path / 'file'}: the cache cannot be written there: File exists"


def test_what_was_used_longest_ago_makes_room(data: Path, folder: Path) -> None:
    kept(data)
    kept(data, trades_csv=None)
    first, second = reversed(entries())
    assert "trades.csv" in first.about
    for entry, when in ((first, 10), (second, 20)):
        os.utime(entry.path, ns=(when, when))
    kept(data)  # now it was the other that was used longest ago
    room = first.bytes * 2.5 / 1e9
    kept(data, derivative_ticker_csv=None, cache_gb=room)
    assert [entry.about for entry in entries()][1:] == [first.about]
    assert prune_entries(first.bytes * 10) == []
    assert len(prune_entries(0)) == 2
    assert entries() == []


def test_rows_that_are_read_may_be_removed_meanwhile(data: Path, folder: Path) -> None:
    plain = replay(data)
    kept(data)

    async def removed_between() -> bytes:
        names: dict[str, Any] = {f"{kind}_csv": f"{kind}.csv" for kind in HEADS}
        connector = build(TardisConfig(tardis_root=str(data), cache=True, **names), "XBTUSD")
        await connector.survey()
        prune_entries(0)
        out = Collector()
        await connector.run((XBTUSD,), out)
        return np.concatenate([batch.events for batch in out.batches]).tobytes()

    assert trio.run(removed_between) == plain[1]


def test_of_two_that_make_the_same_entry_one_wins_and_both_succeed(folder: Path) -> None:
    drafts = [new_entry() for _ in range(2)]
    for n, draft in enumerate(drafts):
        (draft / "rows").write_text(str(n))
        put_entry(draft, "key", "about", 1000)
    (entry,) = entries()
    assert (entry.path / "rows").read_text() == "0"
    assert [path.name for path in folder.iterdir()] == ["key"]


def test_what_a_killed_process_began_goes_after_a_day(folder: Path) -> None:
    old, young = new_entry(), new_entry()
    past = young.stat().st_mtime_ns - 2 * 86_400 * 10**9
    os.utime(old, ns=(past, past))
    put_entry(new_entry(), "key", "about", 1000)
    assert not old.exists()
    assert young.exists()
    assert [entry.path.name for entry in entries()] == ["key"]


def test_an_entry_of_somebody_else_is_not_used(
    data: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(data)
    key = entries()[0].path.name
    assert entry_cache.find_entry(key) is not None
    real = entries()[0].path.rename(folder.parent / "elsewhere")
    (folder / key).symlink_to(real)
    assert entry_cache.find_entry(key) is None
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(PermissionError, match="is not ours to write to"):
        cache_folder()

"""Snapshots of the book: where the next one begins, in feeds of all kinds.

A book is checked by building it: what is left after each message must be what the file means.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plugins.tardis_rows import T0, flat, line, replay, text

from mm.api import BUY, CLEAR, LEVEL, Defect
from mm.api.parts import Survey
from mm_tardis.inspect import inspect_files

Levels = dict[tuple[str, int], int]
Message = tuple[int, str, Levels]
"""When it was received [µs], is_snapshot, and its levels: {(side, price): size}."""


def rows_of(messages: Sequence[Message], made_us: int | None = None) -> list[list[str]]:
    return [
        line(at, flag, side, price / 10, size, made_us=made_us)
        for at, flag, levels in messages
        for (side, price), size in levels.items()
    ]


def books(batches: object) -> list[Levels]:
    """The book after each message."""
    book: Levels = {}
    after = []
    for event in flat(batches):  # type: ignore[arg-type]
        price, size, kind, side, end = event[2], event[3], event[8], event[9], event[10]
        if kind == CLEAR:
            book = {}
        else:
            assert kind == LEVEL
            book[("bid" if side == BUY else "ask", price)] = size
        if end:
            after.append({level: size for level, size in book.items() if size})
    return after


def ladder(bid: int, depth: int = 3, size: int = 100) -> Levels:
    """A book with a spread of one tick."""
    sides = [(("bid", bid - n), ("ask", bid + 1 + n)) for n in range(depth)]
    return {level: size for pair in sides for level in pair}


def in_lots(levels: Levels) -> Levels:
    return {level: size // 100 for level, size in levels.items() if size}


def defect(survey: Survey, kind: str) -> Defect | None:
    return next((one for one in survey.health if one.kind == kind), None)


def test_without_any_change_each_message_is_a_whole_book(tmp_path: Path) -> None:
    messages = [(100_000 * n, "true", ladder(1000 + n)) for n in range(1, 30)]
    survey, batches = replay(tmp_path, book=text("book", rows_of(messages)))
    assert books(batches) == [in_lots(levels) for _, _, levels in messages]
    said = "book: no row is a change (is_snapshot false), so each message replaces the book"
    assert said in survey.notes
    found = defect(survey, "all_snapshots")
    assert found is not None
    assert (found.rows, found.of, found.limit) == (174, 174, None)
    assert found.first == f"{tmp_path}/book.csv:2"
    assert defect(survey, "snapshots_mid_file") is None


def test_whole_books_need_not_have_a_level_in_common(tmp_path: Path) -> None:
    messages = [(100_000 * n, "true", ladder(1000 + 10 * n)) for n in range(1, 9)]
    _, batches = replay(tmp_path, book=text("book", rows_of(messages)))
    assert books(batches) == [in_lots(levels) for _, _, levels in messages]


def test_whole_books_at_the_same_exchange_time_are_one_unless_a_level_comes_again(
    tmp_path: Path,
) -> None:
    parts = [(8000, "true", {("bid", 999): 100}), (9000, "true", {("bid", 998): 100})]
    again = [(10_000, "true", {("bid", 998): 200})]
    _, batches = replay(tmp_path, book=text("book", rows_of([*parts, *again], made_us=7000)))
    assert books(batches) == [
        {("bid", 999): 1},
        {("bid", 999): 1, ("bid", 998): 1},
        {("bid", 998): 2},
    ]


def test_a_snapshot_in_several_messages_stays_one_where_changes_follow(tmp_path: Path) -> None:
    parts = [(8000, "true", {("bid", 999): 100}), (9000, "true", {("bid", 998): 100})]
    change = [(10_000, "false", {("ask", 1000): 100})]
    survey, batches = replay(tmp_path, book=text("book", rows_of([*parts, *change])))
    assert books(batches)[-1] == {("bid", 999): 1, ("bid", 998): 1, ("ask", 1000): 1}
    assert defect(survey, "all_snapshots") is None
    assert defect(survey, "snapshots_mid_file").rows == 0  # type: ignore[union-attr]


def test_a_level_given_again_begins_the_next_snapshot(tmp_path: Path) -> None:
    """Also if its message has other levels before that one."""
    messages = [
        (1000, "true", ladder(1000)),
        (2000, "false", {("bid", 1000): 200}),
        (3000, "true", ladder(1000)),
        (103_000, "true", ladder(1001)),  # its first level, bid 1001, is new
        (203_000, "true", {("bid", 900): 100}),  # goes on with it
    ]
    survey, batches = replay(tmp_path, book=text("book", rows_of(messages)))
    assert books(batches)[2:] == [
        in_lots(ladder(1000)),
        in_lots(ladder(1001)),
        in_lots(ladder(1001)) | {("bid", 900): 1},
    ]
    assert defect(survey, "snapshots_mid_file").rows == 2  # type: ignore[union-attr]
    assert "book: snapshots after the first, each of which clears the book: 2" in survey.notes


@pytest.mark.parametrize("block_bytes", [64, 1 << 20])
def test_whole_books_are_read_alike_under_any_block_size(tmp_path: Path, block_bytes: int) -> None:
    messages = [(100_000 * n, "true", ladder(1000 + n % 5, 40)) for n in range(1, 9)]
    messages.insert(4, (450_000, "false", {("bid", 1001): 700}))
    options = {"block_bytes": block_bytes}
    _, batches = replay(tmp_path, options, book=text("book", rows_of(messages)))
    assert books(batches)[-1] == in_lots(ladder(1003, 40))
    assert [sum(event[8] == CLEAR for event in flat(batches))] == [8]


def test_two_days_of_whole_books_go_on_and_one_with_changes_tells_for_both(tmp_path: Path) -> None:
    """The second file begins with a snapshot in two messages, and has no change."""
    days = [
        [(1000, "true", ladder(1000)), (2000, "false", {("bid", 1000): 200})],
        [(9000, "true", {("bid", 999): 100}), (10_000, "true", {("bid", 998): 100})],
    ]
    for n, messages in enumerate(days):
        (tmp_path / f"b{n}.csv").write_bytes(text("book", rows_of(messages)))
    _, batches = replay(tmp_path, {"book_csv": "b*.csv"})
    assert books(batches)[-1] == {("bid", 999): 1, ("bid", 998): 1}
    (tmp_path / "b0.csv").write_bytes(text("book", rows_of(days[0][:1])))
    _, batches = replay(tmp_path, {"book_csv": "b*.csv"})
    assert books(batches)[-1] == {("bid", 998): 1}


def test_inspect_tells_of_a_file_without_changes(tmp_path: Path) -> None:
    messages = [(100_000 * n, "true", ladder(1000 + n)) for n in range(1, 4)]
    (tmp_path / "b.csv").write_bytes(text("book", rows_of(messages)))
    (found,) = inspect_files([tmp_path / "b.csv"])
    assert [one.rows for one in found.health if one.kind == "all_snapshots"] == [18]
    assert found.defects["all_snapshots"] == 18


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_feed_of_snapshots_and_changes_gives_the_books_it_means(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Snapshots of one to three messages, one soon after the other, with or without changes.

    Those that follow another within a second have its first level in common.
    """
    rng = np.random.default_rng(data.draw(st.integers(0, 10_000)))
    messages: list[Message] = []
    meant: list[Levels] = []
    at, bid = 10_000, 1000
    messages.append((at, "true", ladder(bid)))
    meant.append(in_lots(ladder(bid)))
    messages.append((at := at + 1000, "false", {("bid", bid): 500}))
    meant.append(meant[-1] | {("bid", bid): 5})
    for _ in range(data.draw(st.integers(1, 12))):
        levels = ladder(bid, int(rng.integers(1, 6)), 100 * int(rng.integers(1, 9)))
        parts = np.array_split(list(levels), int(rng.integers(1, 4)))
        shown: Levels = {}
        for part in parts:
            if not len(part):
                continue
            given_now = {(str(side), int(price)): levels[str(side), int(price)]
                         for side, price in part}  # fmt: skip
            messages.append((at := at + int(rng.integers(1, 900_000)), "true", given_now))
            shown = shown | in_lots(given_now)
            meant.append(shown)
        if rng.random() < 0.5:
            messages.append((at := at + 1000, "false", {("ask", bid + 9): 300}))
            meant.append(meant[-1] | {("ask", bid + 9): 3})
            bid += int(rng.integers(-3, 4))
    directory = tmp_path_factory.mktemp("feed")
    _, batches = replay(
        directory,
        {"block_bytes": int(rng.integers(64, 2000))},
        book=text("book", rows_of(messages)),
    )
    assert books(batches) == meant
    assert [batch.watermark for batch in batches] == sorted({b.watermark for b in batches})
    assert flat(batches)[0][0] == T0 + 10_000

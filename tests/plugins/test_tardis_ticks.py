"""Tick sizes that change within the data: found where they do, not claimed where they might."""

import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from tests.plugins.tardis_directory import file

from mm_tardis.findings import Findings
from mm_tardis.survey import survey_file
from mm_tardis.table import QUOTES, TRADES
from mm_tardis.ticks import find_changes

_START = 1_722_470_400_000_000
_ROWS = 6000
Step = Callable[[int], int]
"""Row -> tick then in force, in units of 0.1."""


def _walk(step: Step, rows: int, seed: int) -> Iterator[tuple[int, int, int]]:
    """Draw (row, bid, ask) of a random walk of quotes, prices in units of 0.1."""
    draw = random.Random(seed)
    middle = 646_000
    for row in range(rows):
        tick = step(row)
        middle += draw.randint(-20, 20)
        bid = middle // tick * tick
        yield row, bid, bid + tick * draw.randint(1, 3)


def _quotes(path: Path, step: Step, rows: int = _ROWS, seed: int = 1) -> Findings:
    lines = []
    for row, bid, ask in _walk(step, rows, seed):
        ts = _START + 100_000 * row
        prices = f"100,{Decimal(ask) / 10},{Decimal(bid) / 10},100"
        lines.append(f"bitmex,XBTUSD,{ts},{ts},{prices}")
    path.write_bytes(file("quotes", *lines))
    return survey_file(path, QUOTES, None, 1 << 20)


def _row_of(ts: int) -> float:
    return (ts - _START) / 100_000


@pytest.mark.parametrize("rows", [4000, 6000, 40_000])
def test_a_finer_tick_is_found_at_its_first_price(tmp_path: Path, rows: int) -> None:
    change_at = rows // 3
    found = _quotes(tmp_path / "q.csv", lambda row: 5 if row < change_at else 1, rows)
    (change,) = find_changes([found])
    assert (change.before, change.after) == (Decimal("0.5"), Decimal("0.1"))
    assert change_at <= _row_of(change.ts) <= change_at + 2
    assert change.place == f"{tmp_path}/q.csv:{int(_row_of(change.ts)) + 2}"


@pytest.mark.parametrize("rows", [4000, 6000, 40_000])
def test_a_coarser_tick_is_found_within_a_stretch(tmp_path: Path, rows: int) -> None:
    change_at = rows // 3
    found = _quotes(tmp_path / "q.csv", lambda row: 1 if row < change_at else 5, rows)
    (change,) = find_changes([found])
    assert (change.before, change.after) == (Decimal("0.1"), Decimal("0.5"))
    assert change_at <= _row_of(change.ts) <= change_at + rows / 100 + 10


def test_several_changes_are_told_apart(tmp_path: Path) -> None:
    steps = (10, 5, 1, 5)
    found = _quotes(tmp_path / "q.csv", lambda row: steps[row * 4 // _ROWS])
    changes = find_changes([found])
    assert [c.before for c in changes] == [Decimal(step) / 10 for step in (10, 5, 1)]
    assert [c.after for c in changes] == [Decimal(step) / 10 for step in (5, 1, 5)]
    for change, expected in zip(changes, (1500, 3000, 4500), strict=True):
        assert 0 <= _row_of(change.ts) - expected <= 100


@pytest.mark.parametrize(
    "step",
    [
        lambda row: 1,
        lambda row: 5,
        lambda row: 1 if row == 3000 else 5,  # one wrong price
        lambda row: 1 if row % 700 == 350 else 5,  # one now and then
        lambda row: 5 if row < 200 else 1,  # too few to tell
        lambda row: 1 if row < _ROWS - 200 else 5,
        lambda row: 5 if 2000 <= row < 4000 else 1,  # round for a while, and back
        lambda row: 1 if 2900 <= row < 3000 else 5,
    ],
)
def test_no_change_is_claimed_that_might_be_chance_or_a_mistake(tmp_path: Path, step: Step) -> None:
    assert find_changes([_quotes(tmp_path / "q.csv", step)]) == []


def test_a_quote_that_stands_still_on_a_round_price_is_no_grid(tmp_path: Path) -> None:
    """3000 rows flicker between two round prices a side: four prices, no thousand moves."""
    lines = []
    for row, bid, ask in _walk(lambda _: 1, _ROWS, 2):
        ts = _START + 100_000 * row
        prices = (f"{Decimal(ask) / 10}", f"{Decimal(bid) / 10}")
        if row < _ROWS // 2:
            prices = (("64600.5", "64599.5"), ("64601", "64600"))[row % 2]
        lines.append(f"bitmex,XBTUSD,{ts},{ts},100,{prices[0]},{prices[1]},100")
    path = tmp_path / "q.csv"
    path.write_bytes(file("quotes", *lines))
    assert find_changes([survey_file(path, QUOTES, None, 1 << 20)]) == []


def test_trades_off_the_grid_that_quotes_seem_to_have_deny_the_change(tmp_path: Path) -> None:
    quotes = _quotes(tmp_path / "q.csv", lambda row: 5 if row < 3000 else 1)
    for prices, expected in ((5, 1), (1, 0)):
        lines = [
            f"bitmex,XBTUSD,{_START + 100_000 * row},{_START + 100_000 * row},{row},buy,"
            f"{Decimal(bid // prices * prices) / 10},100"
            for row, bid, _ in _walk(lambda _: 1, 2000, 3)
        ]
        path = tmp_path / f"t{prices}.csv"
        path.write_bytes(file("trades", *lines))
        trades = survey_file(path, TRADES, None, 1 << 20)
        assert len(find_changes([trades, quotes])) == expected


def test_the_finding_does_not_depend_on_how_the_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    whole = _quotes(path, lambda row: 5 if row < 2000 else 1)
    in_bits = survey_file(path, QUOTES, None, 500)
    assert find_changes([whole]) == find_changes([in_bits])
    assert (whole.stretches == in_bits.stretches).all()

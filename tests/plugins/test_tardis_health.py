"""The health of Tardis files: what is counted, where it was first, and from when on it is sick."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.plugins.tardis_rows import line, replay, text

from mm.api import DataError, Defect
from mm_tardis.inspect import inspect_files

STEP = 100_000  # µs between rows


def quote(at: int, ask: object = 64001, bid: object = 64000) -> list[str]:
    return line(STEP * at, 100, ask, bid, 100)


def find(health: Sequence[Defect], kind: str, source: str) -> Defect:
    (found,) = [one for one in health if (one.kind, one.source) == (kind, source)]
    return found


def test_each_kind_that_was_looked_for_is_there_also_where_nothing_was_found(
    tmp_path: Path,
) -> None:
    survey, _ = replay(tmp_path, quotes=text("quotes", [quote(at) for at in range(5)]))
    assert {one.source for one in survey.health} == {"", "quotes"}
    assert sum(one.rows for one in survey.health) == 0
    assert {one.of for one in survey.health} == {5}
    assert not any(one.is_sick for one in survey.health)


def test_a_defect_says_where_it_was_first_and_how_many_rows_there_are(tmp_path: Path) -> None:
    rows = [quote(at, *((64000, 64001) if at in (7, 9) else ())) for at in range(300)]
    survey, _ = replay(tmp_path, quotes=text("quotes", rows))
    crossed = find(survey.health, "crossed_rows", "quotes")
    assert (crossed.rows, crossed.of, crossed.first) == (2, 300, f"{tmp_path}/quotes.csv:9")
    assert not crossed.is_sick


@pytest.mark.parametrize(("crossed", "sick"), [(1, False), (2, True)])
def test_a_single_row_makes_no_data_sick_however_few_there_are(
    tmp_path: Path, crossed: int, sick: bool
) -> None:
    rows = [quote(at, *((64000, 64001) if at < crossed else ())) for at in range(10)]
    survey, _ = replay(tmp_path, quotes=text("quotes", rows))
    assert find(survey.health, "crossed_rows", "quotes").is_sick == sick


def test_pauses_are_sick_by_their_share_of_the_time(tmp_path: Path) -> None:
    """Thirty seconds of 129.9, in a feed that else comes ten times a second."""
    rows = [quote(at if at < 500 else at + 300) for at in range(1000)]
    survey, _ = replay(tmp_path, quotes=text("quotes", rows))
    pauses = find(survey.health, "gaps_over_10_s", "quotes")
    assert (pauses.rows, pauses.first) == (1, f"{tmp_path}/quotes.csv:502")
    assert pauses.time_share == pytest.approx(30.1 / 129.9)
    assert pauses.is_sick


def test_pauses_of_a_quiet_market_are_no_sign_of_loss(tmp_path: Path) -> None:
    survey, _ = replay(tmp_path, quotes=text("quotes", [quote(at * 200) for at in range(50)]))
    pauses = find(survey.health, "gaps_over_10_s", "quotes")
    assert (pauses.rows, pauses.time_share, pauses.limit) == (49, 1.0, None)


def test_trades_that_end_long_before_the_quotes_are_sick(tmp_path: Path) -> None:
    trades = [line(STEP * at, at, "buy", 64001, 100) for at in range(200)]
    quotes = [quote(at) for at in range(1000)]
    survey, _ = replay(tmp_path, trades=text("trades", trades), quotes=text("quotes", quotes))
    silent = find(survey.health, "silent_at_an_end", "trades")
    assert silent.time_share == pytest.approx(80 / 99.9)
    assert silent.is_sick
    assert not find(survey.health, "silent_at_an_end", "quotes").rows


def test_with_strict_sick_data_are_refused_with_kind_rows_and_place(tmp_path: Path) -> None:
    rows = [quote(at, *((64000, 64001) if at % 20 == 3 else ())) for at in range(200)]
    with pytest.raises(DataError) as caught:
        replay(tmp_path, {"strict": True}, quotes=text("quotes", rows))
    assert str(caught.value) == (
        f"{tmp_path}/quotes.csv:5: the first of 10 crossed_rows in 200 rows of quotes, expected a"
        " share of at most 0.01 with data.strict; correct the data, or leave strict out for a run"
        " that says so"
    )


def test_with_strict_fewer_than_the_limit_are_taken(tmp_path: Path) -> None:
    rows = [quote(at, *((64000, 64001) if at == 3 else ())) for at in range(200)]
    survey, _ = replay(tmp_path, {"strict": True}, quotes=text("quotes", rows))
    assert find(survey.health, "crossed_rows", "quotes").rows == 1


def test_inspection_has_the_table_of_a_file_by_itself(tmp_path: Path) -> None:
    rows = [line(STEP * at, "true" if at == 1 else "false", "bid", 64000, 100) for at in range(3)]
    (tmp_path / "book.csv").write_bytes(text("book", rows))
    (found,) = inspect_files([tmp_path / "book.csv"])
    lost = find(found.health, "rows_before_snapshot", "book")
    assert (lost.rows, lost.of, lost.first) == (1, 3, f"{tmp_path}/book.csv:2")

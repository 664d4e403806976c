"""The health table: what counts as sick, and how it is said."""

import json

import pytest

from mm.api import Defect
from mm.health import entries, is_sick, lines, verdict

JUMPS = Defect(
    kind="prices_that_jump", source="trades", rows=3, of=1000, done="kept", limit=0.001,
    first="t.csv:17",
)  # fmt: skip
NONE = Defect(kind="crossed_rows", source="quotes", rows=0, of=50, done="kept", limit=0.01)
FEW = Defect(kind="crossed_rows", source="quotes", rows=1, of=100, done="kept", limit=0.01)
PAUSES = Defect(
    kind="gaps_over_10_s", source="book", rows=2, of=5000, done="last state stands",
    time_share=0.2, limit=0.05,
)  # fmt: skip
HARMLESS = Defect(kind="snapshots_mid_file", source="book", rows=9, of=10, done="built anew")


def test_a_defect_is_sick_above_its_limit_of_rows_or_of_time_and_not_at_it() -> None:
    assert [one.is_sick for one in (JUMPS, NONE, FEW, PAUSES, HARMLESS)] == [
        True, False, False, True, False,
    ]  # fmt: skip
    assert not is_sick((NONE, FEW, HARMLESS))
    assert is_sick((NONE, JUMPS))


def test_a_share_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="'of' must be > 0: 0"):
        Defect(kind="crossed_rows", rows=0, of=0, done="kept")


def test_the_table_holds_every_kind_looked_for_as_plain_json() -> None:
    table = entries((JUMPS, NONE))
    assert table == json.loads(json.dumps(table))
    assert table[0] == {
        "kind": "prices_that_jump", "source": "trades", "rows": 3, "of": 1000, "share": 0.003,
        "time_share": None, "done": "kept", "first": "t.csv:17", "limit": 0.001, "sick": True,
    }  # fmt: skip
    assert [entry["rows"] for entry in table] == [3, 0]


def test_people_see_what_was_found_only_or_that_nothing_was() -> None:
    assert lines(entries((NONE,))) == ["no defects found in the data"]
    assert lines(entries((JUMPS, NONE, FEW, PAUSES))) == [
        "trades prices that jump: 3 of 1,000 (0.3 %), SICK above 0.1 %; kept, first at t.csv:17",
        "quotes crossed rows: 1 of 100 (1 %); kept",
        "book gaps over 10 s: 2 of 5,000 (0.04 %), 20 % of the time, SICK above 5 %;"
        " last state stands",
    ]


@pytest.mark.parametrize(
    ("defects", "said"),
    [
        ((NONE, FEW, HARMLESS), None),
        (
            (JUMPS,),
            "data are sick, results are doubtful: trades prices that jump, 3 of 1,000 (0.3 %),"
            " more than 0.1 %, first at t.csv:17",
        ),
        (
            (JUMPS, PAUSES),
            "data are sick, results are doubtful: book gaps over 10 s, 2 of 5,000 (0.04 %), 20 %"
            " of the time, more than 5 %, and 1 more kind of defect",
        ),
    ],
    ids=["healthy", "one", "the worst of two"],
)
def test_one_sentence_says_what_is_sick(defects: tuple[Defect, ...], said: str | None) -> None:
    assert verdict(entries(defects)) == said

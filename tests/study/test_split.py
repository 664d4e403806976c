"""``[study.split]``: read with the study, kept with its rows, told by the report."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.study.studies import DAY, grid, row, write

from mm.api import ConfigError, UsageError
from mm.cli import main
from mm.judge import Split
from mm.study import read_study
from mm.study.report import read_study as read_report
from mm.study.report import verdict
from mm.study.splits import keep_split, kept_split

GAMMA = "strategy.avellaneda.gamma"
DAYS = ("mon", "tue", "wed", "thu", "fri")
EARNED = {0.1: (4, 2, 0, 1, 3), 0.2: (1, 3, 2, 2, -2), 0.4: (0, 0, 1, 9, 1)}
"""The example of tests/judge/test_folds.py: equity of each set, day by day."""


def study(folder: Path, days: int = 5) -> Path:
    rows: list[dict[str, Any]] = []
    for values in grid(day=DAYS[:days], strategy__avellaneda__gamma=tuple(EARNED)):
        day = DAYS.index(values["day"])
        made = row(values, [EARNED[values[GAMMA]][day] / 48] * 48)
        made["summary"]["equity"] = float(EARNED[values[GAMMA]][day])
        made["blocks"]["start"] += day * DAY
        made["blocks"]["end"] += day * DAY
        made["run_file"]["overrides"] = [f"data.book_csv={day}", f"{GAMMA}={values[GAMMA]}"]
        rows.append(made)
    return write(folder, rows)


def folds(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> Any:
    assert main(["sweep", "report", str(folder), "--json", *more]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_report_tells_each_fold_in_and_out_of_sample(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep_split(study(tmp_path), Split(train=2))
    told = folds(tmp_path, capsys)
    assert [one["set"][GAMMA] for one in told["folds"]] == [0.1, 0.2, 0.4]
    assert [one["inside"] for one in told["folds"]] == [3.0, 2.5, 5.0]
    assert [one["outside"] for one in told["folds"]] == [0.0, 2.0, 1.0]
    assert [one["falls_away"] for one in told["folds"]] == [True, False, True]
    assert told["efficiency"] == pytest.approx(3 / 10.5)
    said = " ".join(told["verdict"])
    assert "3.5 in sample and 1 out of sample, 0.29 of it" in said
    assert "falls away out of sample in 2 of 3 folds" in said
    page = (tmp_path / "report.html").read_text()
    assert "Chosen in sample, judged out of sample" in page
    assert "mon – tue" in page
    assert "falls away" in page


def test_a_flag_prevails_and_without_a_split_there_are_no_folds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "folds" not in folds(study(tmp_path), capsys)
    keep_split(tmp_path, Split(train=2))
    told = folds(tmp_path, capsys, "--split", "2,1,2,anchored")["folds"]
    assert [(one["train"], one["test"]) for one in told] == [([0, 2], [2, 3]), ([0, 4], [4, 5])]
    assert main(["sweep", "report", str(tmp_path), "--split", "5,1"]) == 2
    assert capsys.readouterr().err == (
        "mm: the study's split: 5 to choose on and 1 to judge by do not fit into 5 data sets; sweep"
        " over more, or choose others with --split TRAIN,TEST\n"
    )
    assert main(["sweep", "report", str(tmp_path), "--split", "5"]) == 2
    assert "is not two or three whole numbers such as 3,1" in capsys.readouterr().err


def test_one_data_set_is_cut_by_its_blocks(tmp_path: Path) -> None:
    content = read_report(study(tmp_path, 1), split=Split(train=40, test=4))
    assert [one.train for one in content.folds] == [(0, 40), (4, 44)]
    assert all(one.ratio == pytest.approx(1) for one in content.folds)
    said = " ".join(text for _, text in verdict(content, content.judgement()))
    assert "Walk-forward over blocks, 40 to choose on" in said
    assert "falls away" not in said


STUDY = """\
[study]
base = "run.toml"
output = "out"
[study.split]
{split}
[[axis]]
key = "a.b"
values = [1, 2]
"""


def test_a_study_file_says_how_to_split(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text(STUDY.format(split="train = 3\nanchored = true"))
    split = read_study(path).design.split
    assert split == Split(train=3, anchored=True)
    keep_split(tmp_path, split)
    assert kept_split(tmp_path) == split
    keep_split(tmp_path, None)
    assert kept_split(tmp_path) is None
    (tmp_path / "split.json").write_text("[]")
    with pytest.raises(UsageError, match=r"split.json: is no split of a study: .*; remove it"):
        kept_split(tmp_path)


@pytest.mark.parametrize(
    ("split", "text"),
    [
        ("test = 1", "expected train = N"),
        ("train = 0", "train: 0, expected a whole number of data sets, at least 1"),
        ("train = 3\ntst = 1", "tst: unknown key, did you mean 'test'"),
        ("train = 3\nanchored = 1", "anchored: 1, expected true or false"),
    ],
)
def test_a_split_that_is_none_is_told_with_its_place(tmp_path: Path, split: str, text: str) -> None:
    path = tmp_path / "study.toml"
    path.write_text(STUDY.format(split=split))
    with pytest.raises(ConfigError, match=r"study.toml:\d+: study\.split: ") as told:
        read_study(path)
    assert text in str(told.value)

"""``mm simulate``: its table, its JSON, its picture, and what it says of a mistake."""

import json
from pathlib import Path
from typing import Any

import pytest

from mm.cli import main

ROOT = Path(__file__).parents[2]
CONFIG = str(ROOT / "config" / "as2008.toml")
NAMES = [
    "profit_mean", "profit_sd", "final_q_mean", "final_q_sd", "spread_mean", "fills_mean",
]  # fmt: skip


def simulate(*words: str) -> int:
    return main(["simulate", "--config", CONFIG, "--processes", "1", *words])


def content_of(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert simulate("--json", *words) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return json.loads(out)


def test_the_json_has_each_statistic_with_its_error(capsys: pytest.CaptureFixture[str]) -> None:
    found = content_of(capsys, "--paths", "7")
    assert list(found) == [
        "strategy", "gamma", "seed", "paths",
        *(key for name in NAMES for key in (name, f"{name}_se")),
        "exact", "paper",
    ]  # fmt: skip
    assert found["paths"] == 7
    assert set(found["exact"]) == set(NAMES)
    assert found["paper"] == {
        "spread_mean": 1.49, "profit_mean": 65.0, "profit_sd": 6.6,
        "final_q_mean": 0.08, "final_q_sd": 2.9,
    }  # fmt: skip


def test_flags_choose_the_row_and_the_seed(capsys: pytest.CaptureFixture[str]) -> None:
    row = ("--paths", "2", "--strategy", "symmetric", "--gamma", "1", "--seed", "9")
    found = content_of(capsys, *row)
    assert (found["strategy"], found["gamma"], found["seed"]) == ("symmetric", 1.0, 9)
    assert found["paper"]["profit_mean"] == 44.0
    assert found["spread_mean"] == pytest.approx(3.0217, abs=1e-4)


def test_other_flags_are_short_for_keys(capsys: pytest.CaptureFixture[str]) -> None:
    keys = (
        "--set", "strategy.avellaneda.model=symmetric", "--set", "strategy.avellaneda.gamma=1.0",
        "--set", "engine.seed=9",
    )  # fmt: skip
    by_keys = content_of(capsys, "--paths", "2", *keys)
    flags = ("--strategy", "symmetric", "--gamma", "1", "--seed", "9")
    assert by_keys == content_of(capsys, "--paths", "2", *flags)


def test_one_path_has_no_errors_and_no_deviation(capsys: pytest.CaptureFixture[str]) -> None:
    found = content_of(capsys, "--paths", "1")
    assert found["profit_mean"] is not None
    assert (found["profit_mean_se"], found["profit_sd"], found["profit_sd_se"]) == (None,) * 3


def test_the_table_sets_simulated_exact_and_printed_side_by_side(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert simulate("--paths", "3", "--gamma", "0.5") == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0] == "inventory, gamma 0.5, 3 paths, seed 2"
    assert lines[1].split() == ["statistic", "simulated", "±", "SE", "exact", "z", "paper", "unit"]
    assert len(lines) == 2 + len(NAMES)
    assert lines[2].endswith("–   settlement currency")  # the paper has no gamma of 0.5
    assert "48.5681" in lines[2]
    assert "3 paths in" in err


def test_a_run_that_no_theory_describes_is_shown_without_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    slow = content_of(capsys, "--paths", "2", "--set", "execution.latency_ms=1")
    assert (slow["exact"], slow["paper"]) == (None, None)


def test_both_histograms_are_drawn_where_no_strategy_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both, one = tmp_path / "both.svg", tmp_path / "one.svg"
    assert simulate("--paths", "5", "--plot", str(both)) == 0
    assert simulate("--paths", "5", "--plot", str(one), "--strategy", "symmetric") == 0
    for text in ("profit of a path [settlement currency]", "gamma = 0.1, 5 paths, seed 2"):
        assert text in both.read_text()
        assert text in one.read_text()
    assert "inventory: mean" in both.read_text()
    assert "symmetric: mean" in both.read_text()
    assert "inventory: mean" not in one.read_text()


def test_the_same_paths_give_the_same_bytes_of_svg(tmp_path: Path) -> None:
    pictures = [tmp_path / "a.svg", tmp_path / "b.svg"]
    for picture in pictures:
        assert simulate("--paths", "3", "--strategy", "inventory", "--plot", str(picture)) == 0
    assert pictures[0].read_bytes() == pictures[1].read_bytes()


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["--plot", "x.pdf"], 2, "mm: --plot x.pdf: the suffix '.pdf' is no kind of picture"),
        (["--plot", "no/x.svg"], 2, "mm: --plot no/x.svg: there is no folder no; make it first"),
        (["--paths", "0"], 2, "argument --paths: '0' is not a positive whole number"),
        (["--gamma", "-1"], 2, "argument --gamma: '-1' is not a positive number"),
        (["--strategy", "best"], 2, "argument --strategy: invalid choice: 'best'"),
        (["--set", "data.sigma=-1"], 3, "price/√s"),
        (["--set", "data.duration_s=0.0071"], 3, "data.duration_s is 0.0071 s, which is not a"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(
    words: list[str], code: int, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert simulate("--paths", "1", *words) == code
    assert text in capsys.readouterr().err


def test_a_run_file_of_recorded_data_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--config", str(ROOT / "config" / "avellaneda.toml")]) == 2
    assert "has no paths to simulate" in capsys.readouterr().err


def test_a_strategy_without_gamma_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    momentum = (
        "--set",
        "strategy.kind=Momentum",
        "--set",
        "strategy.preprocessing=NoDataTransform",
    )
    assert simulate("--paths", "1", "--gamma", "1", *momentum) == 3
    assert "strategy.momentum.gamma" in capsys.readouterr().err


def test_any_strategy_can_be_simulated(capsys: pytest.CaptureFixture[str]) -> None:
    """Momentum quotes nothing, so it has no spread; what it earns is counted all the same."""
    words = (
        "--set", "strategy.kind=Momentum", "--set", "strategy.preprocessing=NoDataTransform",
        "--set", "strategy.momentum.lookback=4", "--set", "strategy.momentum.quote_size=1.0",
    )  # fmt: skip
    found = content_of(capsys, "--paths", "2", *words)
    assert (found["strategy"], found["gamma"], found["spread_mean"]) == ("Momentum", None, None)
    assert found["fills_mean"] > 0

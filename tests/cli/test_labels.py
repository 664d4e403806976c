"""A run's label: where it is shown, that it changes no digest, and what is none."""

import json

import pytest
from tests.cli.conftest import Backtest

from mm.cli import main
from mm.results import open_run

LABEL = "wider, ruhiger Tag — γ = 0.2"


def test_it_stands_in_the_summary_the_list_and_the_comparison_and_in_no_digest(
    backtest: Backtest,
) -> None:
    assert LABEL in backtest("--label", LABEL, "--quiet").out.splitlines()[1]
    assert "label" not in backtest("--quiet").out
    assert backtest("--set", "output.label=other", "--label", "not this", "--quiet").code == 0
    first, second, third = backtest.runs()
    labels = [run.summary["label"] for run in (first, second, third)]
    assert labels == [LABEL, "", "other"]
    for name in ("digest", "config_digest"):
        assert first.summary[name] == second.summary[name] == third.summary[name]
    assert open_run(first.directory).label == LABEL
    assert LABEL in open_run(first.directory)._repr_html_()

    assert main(["runs", str(backtest.output)]) == 0
    head, line, unnamed, _ = backtest.capture()[0].splitlines()
    assert head.split()[:3] == ["run", "label", "status"]
    assert f"  {LABEL}  complete  " in line
    assert unnamed.split()[1] == "complete"
    assert main(["runs", str(backtest.output), "--json"]) == 0
    assert [one["label"] for one in json.loads(backtest.capture()[0])] == labels
    assert main(["compare", str(first.directory), str(second.directory)]) == 0
    one, other = backtest.capture()[0].splitlines()[:2]
    assert one.endswith(f"(complete)  {LABEL}")
    assert other.endswith("(complete)")


def test_runs_without_labels_are_listed_without_the_column(backtest: Backtest) -> None:
    backtest("--quiet")
    assert main(["runs", str(backtest.output)]) == 0
    assert "label" not in backtest.capture()[0]


@pytest.mark.parametrize(
    "label", ["x" * 81, "two\nlines", "bell\a", "\x1b[31mred", "tab\there", "\u2028", "\u202e"]
)
def test_what_is_no_line_of_80_characters_is_refused(backtest: Backtest, label: str) -> None:
    done = backtest("--label", label, "--quiet")
    assert done.code == 3
    assert "--label: output.label: must be one line of at most 80 characters" in done.err
    assert done.err.count("\n") == 1
    assert done.err.isprintable() or done.err[:-1].isprintable()
    assert backtest.runs() == []


def test_80_characters_are_taken(backtest: Backtest) -> None:
    assert backtest("--label", "é" * 80, "--quiet").code == 0

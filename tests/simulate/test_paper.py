"""Tables 1 to 3 of Avellaneda and Stoikov (2008), 1000 paths a row, through the engine."""

import json
import os
from collections.abc import Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from tests.bench.simulate import HEAD, ROWS, arguments, row

from mm.cli import main
from mm.simulate.paper import HALF_UNIT, PATHS, TABLES

CHECKED = ROWS if os.environ.get("MM_PAPER") else ROWS[:2]
"""MM_PAPER=1 runs all six rows, which takes four minutes of one core."""

README = Path(__file__).parents[2] / "plugins/mm_avellaneda/README.md"

# Standard errors at 1000 paths from 200 000 simulated elsewhere, in the order of STATISTICS.
SE = {
    (0.1, "inventory"): (0.207, 0.148, 0.092, 0.065),
    (0.1, "symmetric"): (0.426, 0.447, 0.266, 0.188),
    (0.01, "inventory"): (0.284, 0.230, 0.165, 0.117),
    (0.01, "symmetric"): (0.432, 0.458, 0.275, 0.195),
    (1.0, "inventory"): (0.153, 0.110, 0.052, 0.036),
    (1.0, "symmetric"): (0.342, 0.300, 0.164, 0.118),
}
STATISTICS = ("profit_mean", "profit_sd", "final_q_mean", "final_q_sd")
Contents = Mapping[tuple[float, str], Mapping[str, Any]]


@pytest.fixture(scope="module")
def contents() -> Contents:
    """What ``mm simulate --json`` prints for each row."""
    found = {}
    for gamma, strategy in CHECKED:
        out = StringIO()
        with redirect_stdout(out):
            assert main(arguments(gamma, strategy, PATHS)) == 0
        found[gamma, strategy] = json.loads(out.getvalue())
    return found


@pytest.mark.parametrize("key", CHECKED)
def test_the_engine_gives_the_exact_values_within_four_standard_errors(
    contents: Contents, key: tuple[float, str]
) -> None:
    found = contents[key]
    for name, error in zip(STATISTICS, SE[key], strict=True):
        assert abs(found[name] - found["exact"][name]) <= 4.0 * error, name
        assert found[f"{name}_se"] == pytest.approx(error, rel=0.35), name  # fat tails


@pytest.mark.parametrize("key", CHECKED)
def test_the_engine_gives_the_printed_values_within_three(
    contents: Contents, key: tuple[float, str]
) -> None:
    """And half a printed unit. Both are samples, so another seed may well be farther off."""
    found = contents[key]
    for name, error in zip(STATISTICS, SE[key], strict=True):
        assert abs(found[name] - found["paper"][name]) <= 3.0 * error + HALF_UNIT[name], name


@pytest.mark.parametrize("key", CHECKED)
def test_the_spread_is_the_printed_one(contents: Contents, key: tuple[float, str]) -> None:
    """Exactly that of the steps' starts; the paper averaged over continuous time at gamma 1,
    which makes 0.01 there."""
    found = contents[key]
    assert found["spread_mean"] == pytest.approx(found["exact"]["spread_mean"], abs=1e-9)
    assert abs(found["spread_mean"] - found["paper"]["spread_mean"]) <= 0.005 + 0.01


def test_every_row_of_the_tables_is_compared(contents: Contents) -> None:
    assert set(ROWS) == set(TABLES) >= set(contents)
    assert {content["paths"] for content in contents.values()} == {PATHS}


def test_the_readme_shows_these_numbers(contents: Contents) -> None:
    """To renew it: python tests/bench/simulate.py."""
    lines = README.read_text(encoding="utf-8").splitlines()
    wanted = [*HEAD, *(row(contents[key]) for key in CHECKED)]
    start = lines.index(HEAD[0])
    assert lines[start : start + len(wanted)] == wanted
    assert lines[start + len(HEAD) + len(ROWS)] == ""  # and no row less than there are

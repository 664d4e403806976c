"""Five hundred passive orders end as they do in hftbacktest 2.4.4, but for what README.md explains.

Optional, as it installs that simulator in an environment of its own: set MM_DIFFERENTIAL=1, or
MM_HFTBACKTEST_PYTHON to the Python of an environment that has it.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from .compare import (
    BOOK_ALONE,
    CLOSE_US,
    COUNT,
    CROSSED,
    DATA,
    NOT_CROSSED,
    differences,
    run_theirs,
    to_the_microsecond,
)
from .orders import make_orders, of_one_lot
from .ours import run_ours
from .outcome import Outcome

LATENCY_US = 10_000

pytestmark = pytest.mark.skipif(
    not (os.environ.get("MM_DIFFERENTIAL") or os.environ.get("MM_HFTBACKTEST_PYTHON")),
    reason="installs another simulator; set MM_DIFFERENTIAL=1 to run it",
)


@pytest.fixture(scope="module")
def python(ethusdt: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the Python of an environment that has hftbacktest; make one if need be."""
    ready = os.environ.get("MM_HFTBACKTEST_PYTHON")
    if ready:
        return ready
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    found = str(folder / "bin" / "python")
    subprocess.run([found, "-m", "pip", "install", "--quiet", "hftbacktest==2.4.4"], check=True)
    return found


Outcomes = Mapping[int, Outcome]


def both(python: str, folder: Path, exchange: str) -> dict[str, Outcomes]:
    orders = make_orders(DATA / "quotes.csv.gz", COUNT)
    if exchange == "whole":
        orders = of_one_lot(orders)
    return {
        "theirs": run_theirs(python, orders, folder / "theirs", LATENCY_US, exchange),
        CROSSED: run_ours(orders, DATA, folder / "crossed", LATENCY_US, CROSSED, BOOK_ALONE),
        NOT_CROSSED: run_ours(
            orders, DATA, folder / "not_crossed", LATENCY_US, NOT_CROSSED, BOOK_ALONE
        ),
    }


@pytest.fixture(scope="module")
def one_lot(python: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcomes]:
    return both(python, tmp_path_factory.mktemp("one_lot"), "whole")


@pytest.fixture(scope="module")
def sized(python: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcomes]:
    return both(python, tmp_path_factory.mktemp("sized"), "partial")


def took_what_a_print_had_taken(ours: Outcomes, theirs: Outcomes) -> set[int]:
    """Orders that took there at once and found the level used up by a newer print here."""
    return {
        number
        for number in ours
        if theirs[number].taker and ours[number].first_us != theirs[number].first_us
        and (not ours[number].taker or ours[number].rule != "taker")
    }  # fmt: skip


def test_orders_of_one_lot_all_end_the_same_where_a_crossed_book_fills(
    one_lot: dict[str, Outcomes],
) -> None:
    """But for those that take there what a print, newer than the book, had taken before them."""
    ours, theirs = one_lot[CROSSED], one_lot["theirs"]
    late = took_what_a_print_had_taken(ours, theirs)
    assert set(differences(ours, theirs)) <= late
    assert len(late) <= 0.01 * COUNT
    filled = sum(outcome.fills > 0 for outcome in theirs.values())
    assert filled > COUNT / 2
    assert to_the_microsecond(ours, theirs) >= 0.97 * filled


def test_without_fills_by_a_crossed_book_nothing_fills_earlier_or_in_vain(
    one_lot: dict[str, Outcomes],
) -> None:
    ours, theirs = one_lot[NOT_CROSSED], one_lot["theirs"]
    late = took_what_a_print_had_taken(ours, theirs)
    kinds = {kind for number, kind in differences(ours, theirs).items() if number not in late}
    assert kinds <= {"time", "filled there alone"}
    filled = [number for number, outcome in ours.items() if outcome.fills]
    assert all(ours[n].first_us >= theirs[n].first_us - CLOSE_US for n in filled)


def test_every_difference_without_crossing_is_a_fill_that_crossing_explains(
    one_lot: dict[str, Outcomes],
) -> None:
    apart = set(differences(one_lot[NOT_CROSSED], one_lot["theirs"]))
    apart -= took_what_a_print_had_taken(one_lot[CROSSED], one_lot["theirs"])
    assert {one_lot[CROSSED][number].rule for number in apart} == {"book_crossed"}


def test_larger_orders_begin_to_fill_at_the_same_time(sized: dict[str, Outcomes]) -> None:
    ours, theirs = sized[CROSSED], sized["theirs"]
    late = took_what_a_print_had_taken(ours, theirs)
    for number in ours.keys() - late:
        outcome = ours[number]
        assert abs(outcome.first_us - theirs[number].first_us) <= CLOSE_US, number


def test_larger_orders_never_fill_more_or_sooner_than_where_size_knows_no_limit(
    sized: dict[str, Outcomes],
) -> None:
    ours, theirs = sized[CROSSED], sized["theirs"]
    apart = differences(ours, theirs)
    assert len(apart) <= 0.02 * COUNT
    for number in apart:
        assert ours[number].filled <= theirs[number].filled
        assert ours[number].last_us >= theirs[number].last_us

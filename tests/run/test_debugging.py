"""``--debug-at``: the debugger opens in the strategy's code at the moment, and changes nothing."""

import argparse
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.short_market import RUN_FILE, cut_sample

from mm.api import BUY, DECISION, ORDER, TOUCH_FIELDS, Account, Decisions, RowStrategy, UsageError
from mm.cli.arguments import moment
from mm.run.debugging import DebuggedStrategy, Debugger
from mm.times import exact_clock, parse_moment

ROWS = np.zeros(3, np.dtype(TOUCH_FIELDS))
ROWS["ts"] = 5, 10, 15
ROWS["bid"], ROWS["bid_size"] = 99, 7
ACCOUNT = Account(
    up_to=0, position=(0,), average_price=(float("nan"),), cost=(0.0,), cash=0.0,
    working=np.zeros(0, [("side", "i1"), ("instrument", "i2")]), next_client_id=1,
)  # fmt: skip


class Buys(RowStrategy):
    def on_row(self, row: Any, account: Any, orders: Any) -> None:
        size = int(row["bid_size"])
        orders.limit(BUY, int(row["bid"]), size)


class Vector:
    requires: frozenset[str] = frozenset()

    def observe(self, rows: Any) -> Any:
        return rows

    def decide(self, rows: Any, account: Account) -> Decisions:
        return Decisions(orders=np.zeros(0, ORDER), trace=np.zeros(len(rows), DECISION))


def typed(commands: str, shown: io.StringIO) -> Callable[[], Debugger]:
    return lambda: Debugger(stdin=io.StringIO(commands), stdout=shown, readrc=False)


def ask(strategy: DebuggedStrategy) -> list[int]:
    """Have each row decided; give the sizes asked for."""
    return [
        size
        for n in range(3)
        for size in strategy.decide(ROWS[n : n + 1], ACCOUNT).orders["size"].tolist()
    ]


def test_it_opens_in_on_row_once_a_moment_and_goes_on() -> None:
    shown = io.StringIO()
    strategy = DebuggedStrategy(Buys(), [6, 7], typed("n\np size\nsize = 3\nc\n", shown))
    assert ask(strategy) == [7, 3, 7]
    assert "test_debugging.py" in shown.getvalue()
    assert "on_row()" in shown.getvalue()
    assert shown.getvalue().count("(Pdb) 7") == 1
    assert strategy.notes() == ()


def test_it_opens_in_decide_of_a_strategy_of_many_rows() -> None:
    shown = io.StringIO()
    strategy = DebuggedStrategy(Vector(), [10], typed("p rows['ts'][0]\nc\n", shown))
    ask(strategy)
    assert "decide()" in shown.getvalue()
    assert "10" in shown.getvalue()


def test_quit_ends_the_run_with_a_sentence() -> None:
    strategy = DebuggedStrategy(Buys(), [10], typed("q\n", io.StringIO()))
    with pytest.raises(UsageError, match=r"left in the debugger at 1970-01-01 00:00:00\.000010"):
        ask(strategy)


def test_a_moment_that_never_comes_is_told() -> None:
    strategy = DebuggedStrategy(Buys(), [16], typed("", io.StringIO()))
    assert ask(strategy) == [7, 7, 7]
    assert strategy.notes() == (
        "--debug-at: nothing was decided at or after 1970-01-01 00:00:00.000016",
    )


@pytest.mark.parametrize(
    ("text", "ts"),
    [
        ("1722502801500000", 1_722_502_801_500_000),
        ("2024-08-01T09:00:01.5", 1_722_502_801_500_000),
        ("2024-08-01 11:00:01.500000+02:00", 1_722_502_801_500_000),
        ("2024-08-01", 1_722_470_400_000_000),
    ],
)
def test_a_moment_is_read_exactly(text: str, ts: int) -> None:
    assert parse_moment(text) == ts
    assert parse_moment(exact_clock(ts)) == ts


def test_a_run_that_was_stopped_in_comes_to_the_same(tmp_path: Path) -> None:
    cut_sample(tmp_path, 30)
    path = tmp_path / "run.toml"
    path.write_text(RUN_FILE.format(data=tmp_path).replace("window_len = 100", "window_len = 20"))
    common = [sys.executable, "-m", "mm", "backtest", "--config", str(path)]
    first = ["--output", str(tmp_path / "a"), "--quiet"]
    whole = subprocess.run([*common, *first], capture_output=True, text=True, check=True)
    output = ["--output", str(tmp_path / "b")]
    stops = ["--debug-at", "1700000000", "--debug-at", "2200-01-01"]
    stopped = subprocess.run(
        [*common, *output, *stops],
        input="p len(rows)\nc\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert "(Pdb) 1" in stopped.stdout
    assert "nothing was decided at or after" in stopped.stderr
    told = (whole.stdout + stopped.stdout).splitlines()
    digests = [line.split()[-1] for line in told if "digest" in line]
    assert len(digests) == 2
    assert len(set(digests)) == 1


@pytest.mark.parametrize("text", ["", "noon", "9" * 18, "9" * 30, "2024-13-01", "-5"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is no time, expected 2024-08-01T09"):
        moment(text)

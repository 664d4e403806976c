"""What a strategy prints and logs is told with the data time, and is nowhere else."""

import io
import json
import logging
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.distributions import lay_down

from mm.blame import blame
from mm.cli.live_log import LiveLog
from mm.run.printed import telling

TALKS = """
import logging
from mm.api import NoConfig, RowStrategy, StrategyOffer, hookimpl

MM_API = (0, 1)

class Talks(RowStrategy):
    said = 0

    def on_row(self, row, account, orders):
        if self.said < 2:
            self.said += 1
            print(row["ts"], end=" ")
            print("printed")
            logging.getLogger("talks").info("%d logged", row["ts"])
            logging.getLogger("talks").debug("not told")
            logging.getLogger("talks").warning("%d warned", row["ts"])

@hookimpl
def mm_strategies():
    return [StrategyOffer(name="Talks", config=NoConfig, build=lambda config, context: Talks())]
"""

LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}) (warning: )?(\d+) (\w+)")


@pytest.mark.parametrize("where", ["closed_loop=true", "closed_loop=false"])
def test_each_line_bears_the_time_of_its_decision_and_stdout_stays_json(
    backtest: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    lay_down(tmp_path, f"talks-{where[-4:]}", "talks", TALKS)
    done = backtest("--json", "--set", "strategy.kind=Talks", "--set", f"engine.{where}")
    assert json.loads(done.out)["status"] == "complete"
    told = [found for line in done.err.splitlines() if (found := LINE.fullmatch(line))]
    assert [(one[2], one[4]) for one in told] == 2 * [
        (None, "printed"), (None, "logged"), ("warning: ", "warned"),
    ]  # fmt: skip
    for one in told:  # the clock in front says what the decision's ts is
        ts = int(one[3])
        assert one[1].endswith(f":{ts // 1_000_000 % 60:02}.{ts % 1_000_000:06}")
    assert "not told" not in done.err


def test_lines_are_whole_and_outside_of_calls_have_no_time() -> None:
    told: list[tuple[str, int | None, str]] = []
    before = sys.stdout, logging.getLogger().level, list(logging.getLogger().handlers)
    with telling(lambda *line: told.append(line)):
        print("a\nb", end="")
        with blame("x", 5):
            print("c\n\nd")
            with blame("y", lambda: 7):  # too dear to ask for each line
                print("e")
        print("the end", end="")
    assert told == [
        ("a", None, "info"), ("bc", 5, "info"), ("", 5, "info"), ("d", 5, "info"),
        ("e", None, "info"), ("the end", None, "info"),
    ]  # fmt: skip
    assert before == (sys.stdout, logging.getLogger().level, list(logging.getLogger().handlers))


def test_a_line_without_an_end_is_told_before_it_fills_the_memory() -> None:
    told: list[str] = []
    with telling(lambda text, ts, level: told.append(text)):
        for _ in range(30):
            print("x" * 1000, end="")
    assert "".join(told) == 30_000 * "x"
    assert max(map(len, told)) <= 11_000


def test_in_the_log_of_a_live_run_it_is_an_event_of_its_own() -> None:
    stream = io.StringIO()
    LiveLog(stream, as_json=True).printed("hello", 1_722_470_400_000_000, "warning")
    assert json.loads(stream.getvalue()) == {
        "ts": "2024-08-01T00:00:00.000+00:00", "level": "warning", "event": "printed",
        "text": "hello",
    }  # fmt: skip

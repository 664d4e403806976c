"""Runs from Python: the same as from the command line, wherever they are started."""

import asyncio
import json
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trio
from tests.short_market import write_run_file

import mm
from mm.api import BUY, SELL, Account, ConfigError, OrderPad, PluginError, RowStrategy, UsageError
from mm.cli import main
from mm.config import load_config

GAMMA = {"strategy.avellaneda.gamma": 0.4}


@pytest.fixture(scope="module")
def run_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run_file(tmp_path_factory.mktemp("market"))


@pytest.fixture(scope="module")
def digest(run_file: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the command line gives."""
    output = tmp_path_factory.mktemp("runs")
    words = ["backtest", "--config", str(run_file), "--output", str(output), "--quiet"]
    assert main([*words, "--set", "strategy.avellaneda.gamma=0.4"]) == 0
    (summary,) = output.glob("*/summary.json")
    found: str = json.loads(summary.read_text())["digest"]
    return found


def test_a_path_a_dict_and_a_loaded_file_give_what_the_command_gives(
    run_file: Path, tmp_path: Path, digest: str
) -> None:
    content = tomllib.loads(run_file.read_text())
    content["strategy"]["avellaneda"]["gamma"] = 0.4
    output = {"output.csv_path": str(tmp_path)}
    loaded = load_config(run_file, None, ["strategy.avellaneda.gamma=0.4"], output=str(tmp_path))
    made = [
        mm.backtest(run_file, GAMMA, run_dir=tmp_path),
        mm.backtest(str(run_file), {**GAMMA, **output}),
        mm.backtest(content, run_dir=tmp_path),
        mm.backtest(loaded),
    ]
    assert {run.digest for run in made} == {digest}
    assert len({run.path for run in made}) == 4
    assert all(run.path is not None and run.path.parent == tmp_path for run in made)


def test_a_run_in_memory_leaves_nothing_and_has_everything(
    run_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, digest: str
) -> None:
    monkeypatch.chdir(tmp_path)
    run = mm.backtest(run_file, GAMMA, run_dir=None)
    assert (run.path, run.digest, run.summary["run_dir"]) == (None, digest, None)
    assert len(run.trades) == run.summary["fills"]
    assert len(run.equity("1s")) > 0
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(UsageError, match="this run has none; run it without run_dir=None"):
        run.explain(1)


class Join(RowStrategy):
    """Quotes one lot at the touch."""

    def on_row(self, row: np.void, account: Account, orders: OrderPad) -> None:
        orders.quote(BUY, int(row["bid"]), 1)
        orders.quote(SELL, int(row["ask"]), 1)


class Told(Join):
    """The same, made as plugins make theirs."""

    def __init__(self, config: object, context: object) -> None:
        assert config is not None
        assert context is not None


@pytest.mark.parametrize("strategy", [Join, Join(), Told])
def test_a_strategy_needs_no_package(run_file: Path, strategy: type[Join] | Join) -> None:
    run = mm.backtest(run_file, strategy=strategy, run_dir=None)
    assert run.config["strategy"]["kind"] in ("Join", "Told")
    assert run.summary["orders"] > 100
    assert run.digest == mm.backtest(run_file, strategy=Join, run_dir=None).digest


def test_a_strategy_that_cannot_be_made_or_named_is_refused(run_file: Path) -> None:
    class Odd(Join):
        def __init__(self, only: object) -> None:
            self.only = only

    with pytest.raises(UsageError, match="Odd takes 1 arguments, expected none, or its config"):
        mm.backtest(run_file, strategy=Odd)
    with pytest.raises(PluginError, match="a plugin offers a strategy Grid already"):
        mm.backtest(run_file, strategy=type("Grid", (Join,), {}))


def test_what_a_strategy_raises_is_raised(run_file: Path, tmp_path: Path) -> None:
    class Broken(Join):
        def on_row(self, row: np.void, account: Account, orders: OrderPad) -> None:
            raise ZeroDivisionError("a slip")

    with pytest.raises(PluginError, match=r"ZeroDivisionError at data time .*: a slip"):
        mm.backtest(run_file, strategy=Broken, run_dir=tmp_path)
    (run,) = mm.runs(tmp_path)
    assert run.status == "failed"


def test_what_is_wrong_with_a_run_file_is_said_as_ever(run_file: Path) -> None:
    with pytest.raises(ConfigError, match=r"strategy\.avellaneda\.gama: unknown key"):
        mm.backtest(run_file, {"strategy.avellaneda.gama": 0.4})
    with pytest.raises(UsageError, match="a loaded configuration is run as it is"):
        mm.backtest(load_config(run_file), GAMMA)


async def test_under_trio_it_is_awaited(run_file: Path, digest: str) -> None:
    with pytest.raises(RuntimeError, match="run"):
        mm.backtest(run_file, GAMMA, run_dir=None)
    assert (await mm.abacktest(run_file, GAMMA, run_dir=None)).digest == digest


def test_it_runs_where_an_event_loop_runs_already(run_file: Path, digest: str) -> None:
    """As in a notebook's cell."""

    async def cell() -> str:
        return mm.backtest(run_file, GAMMA, run_dir=None).digest

    assert asyncio.run(cell()) == digest


INTERRUPTED = """
import sys, mm
run = mm.backtest(sys.argv[1], {"data.block_bytes": 4096}, run_dir=None, progress=False)
print(run.status, flush=True)
print(mm.backtest(sys.argv[1], run_dir=None, progress=False).status)
"""


def test_an_interrupt_ends_the_run_and_leaves_python_usable(run_file: Path) -> None:
    slow = INTERRUPTED.replace("import sys, mm", "import sys, mm, os, signal, threading, time") + ""
    slow = slow.replace(
        "run = mm", "import mm.run.router as r\n"
        "before = r.BatchCheck.check\n"
        "def check(self, batch):\n"
        "    r.BatchCheck.check = before\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    return before(self, batch)\n"
        "r.BatchCheck.check = check\n"
        "run = mm",
        1,
    )  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", slow, str(run_file)],
        capture_output=True,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert done.stdout.split() == ["interrupted", "complete"], done.stderr


TWICE = """
import os, signal, sys
import mm
from mm.api import RowStrategy

class Stuck(RowStrategy):
    def on_row(self, row, account, orders):
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
        while True:
            pass

try:
    mm.backtest(sys.argv[1], strategy=Stuck, run_dir=sys.argv[2], progress=False)
except KeyboardInterrupt:
    print("raised", *[run.status for run in mm.runs(sys.argv[2])], flush=True)
print(mm.backtest(sys.argv[1], run_dir=None, progress=False).status)
"""


def test_a_second_interrupt_ends_also_what_never_returns_and_not_the_process(
    run_file: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TWICE, str(run_file), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert (done.stdout.split(), done.stderr) == (["raised", "killed", "complete"], "")


def test_importing_mm_imports_nothing_else() -> None:
    code = "import sys; before = set(sys.modules); import mm; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"mm", "typing", "collections.abc", "re", "functools"} | {
        name for name in done.stdout.split() if name.split(".")[0] in sys.stdlib_module_names
    }
    assert "numpy" not in done.stdout


def test_a_name_that_there_is_not_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'mm' has no attribute 'backtst'"):
        mm.backtst  # noqa: B018


def test_abacktest_is_cancelled_as_any_task(run_file: Path) -> None:
    async def cancelled() -> bool:
        with trio.CancelScope() as scope:
            scope.cancel()
            await mm.abacktest(run_file, run_dir=None)
        return scope.cancelled_caught

    assert trio.run(cancelled)


ROOT = Path(__file__).parents[1]
EXAMPLES = [
    block
    for name in ("README.md", "engine/README.md")
    for block in re.findall(r"^```python\n(.*?)^```$", (ROOT / name).read_text(), re.M | re.S)
    if block.startswith("import mm")
]


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_the_examples_of_the_handbook_run(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "example").symlink_to(ROOT / "example")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(EXAMPLES[number], f"example {number}", "exec"), names)
    assert names["found" if "mm.sweep" in EXAMPLES[number] else "run"].status == "complete"


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 4

"""Ctrl-C and its like in a real process: what was read is worked off, written down and sealed."""

import hashlib
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

PATIENCE_S = 30
"""Far longer than anything here takes, so that only a hang fails."""

STUCK = """
import os
import time

from mm.api import NoConfig, StrategyOffer, hookimpl

MM_API = (0, 1)

class Stuck:
    requires = frozenset()

    def observe(self, rows):
        open(os.environ["STUCK"], "w").close()
        time.sleep(600)
        return rows

@hookimpl
def mm_strategies():
    return [StrategyOffer(name="Stuck", config=NoConfig, build=lambda config, context: Stuck())]
"""

SLOW_SURVEY = """
import os

import mm_tardis
import trio
from mm.api import ConnectorOffer, hookimpl

MM_API = (0, 1)

def build(config, symbol):
    connector = mm_tardis.build(config, symbol)

    async def survey():
        open(os.environ["STUCK"], "w").close()
        await trio.sleep_forever()

    connector.survey = survey
    return connector

@hookimpl
def mm_connectors():
    return [ConnectorOffer(name="slow", config=mm_tardis.TardisConfig, build=build)]
"""


def wait_for(found: Callable[[], object], process: "subprocess.Popen[str]") -> None:
    """Poll until something is there; there is no other way to see into a process."""
    end = time.monotonic() + PATIENCE_S
    while not found():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.01)


@contextmanager
def ended(process: "subprocess.Popen[str]") -> Iterator["subprocess.Popen[str]"]:
    """Let no process outlive its test."""
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def halfway(backtest: Any) -> Callable[..., Any]:
    """Start a paced run, send it a signal once it has written some rows; return how it ended."""

    def stop(number: signal.Signals, times: int = 1) -> Any:
        # Rows reach a file after 1.3 s, and the whole would take 3 s.
        with ended(backtest.start("--quiet", "--speed", "25")) as process:
            wait_for(lambda: written(backtest), process)
            for _ in range(times):
                process.send_signal(number)
                time.sleep(0.02)  # else two that come together count as one
            return backtest.finish(process)

    return stop


def written(backtest: Any) -> bool:
    """Whether rows have reached a file; they do in pieces of 8 KiB."""
    return any(
        path.stat().st_size > 4096
        for run in backtest.runs()
        for path in run.directory.glob("quotes.csv")
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_ends_the_run_with_valid_results(
    backtest: Any, halfway: Callable[..., Any], number: signal.Signals
) -> None:
    done = halfway(number)
    assert done.code == 130
    assert done.err == ""
    assert done.out.split()[:2] == ["status", "interrupted"]
    (run,) = backtest.runs()
    summary, manifest = run.summary, run.manifest
    assert summary["status"] == manifest["status"] == "interrupted"
    assert summary["error"] is None
    hashes = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in run.directory.iterdir()
        if path.name != "manifest.json"
    }
    assert manifest["outputs"] == hashes
    lines = [f"{name} {hashes[name]}\n" for name in sorted(hashes) if name.endswith(".csv")]
    assert summary["digest"] == hashlib.sha256("".join(lines).encode()).hexdigest()
    assert 0 < summary["rows_read"] < sum(summary["rows"].values())
    assert f"; {summary['rows_read']:,} of them read" in done.out
    assert summary["decisions"] == len(run.rows("quotes"))
    assert summary["orders"] == len(run.rows("orders"))
    assert summary["fills"] == len(run.rows("trades"))
    assert int(run.rows("quotes")[-1]["ts_decided"]) <= summary["last_ts"]


def test_a_terminal_that_is_closed_may_be_told_of_twice(
    backtest: Any, halfway: Callable[..., Any]
) -> None:
    assert halfway(signal.SIGHUP, 2).code == 130
    assert backtest.runs()[0].manifest["status"] == "interrupted"


def test_an_interrupted_run_is_the_beginning_of_the_whole_one(
    backtest: Any, halfway: Callable[..., Any]
) -> None:
    assert halfway(signal.SIGINT).code == 130
    assert backtest("--quiet").code == 0
    part, whole = (run.directory for run in backtest.runs())
    for name in ("quotes.csv", "orders.csv", "trades.csv", "order_events.csv"):
        assert (whole / name).read_bytes().startswith((part / name).read_bytes()), name


def test_a_second_signal_ends_a_stuck_run_at_once(
    backtest: Any, install: Callable[[str], Path], tmp_path: Path
) -> None:
    """Nothing is sealed then: a missing manifest is how one can tell."""
    mark = tmp_path / "stuck"
    environment = {"PYTHONPATH": str(install(STUCK)), "STUCK": str(mark)}
    stuck = ("--quiet", "--set", "strategy.kind=Stuck")
    with ended(backtest.start(*stuck, environment=environment)) as process:
        wait_for(mark.exists, process)
        signals = 0
        while process.poll() is None and signals < 100:
            process.send_signal(signal.SIGINT)  # two that come together count as one
            signals += 1
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
        assert process.returncode == 130
        assert process.communicate() == ("", "")
        assert signals >= 2
    (run,) = backtest.runs()
    assert not (run.directory / "manifest.json").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_during_the_survey_leaves_nothing(
    backtest: Any, install: Callable[[str], Path], tmp_path: Path, number: signal.Signals
) -> None:
    mark = tmp_path / "surveying"
    environment = {"PYTHONPATH": str(install(SLOW_SURVEY)), "STUCK": str(mark)}
    slow = ("--quiet", "--set", "data.connector=slow")
    with ended(backtest.start(*slow, environment=environment)) as process:
        wait_for(mark.exists, process)
        process.send_signal(number)
        done = backtest.finish(process)
    assert (done.code, done.out) == (130, "")
    assert done.err == "mm: interrupted before the run began; nothing was written\n"
    assert not backtest.output.exists()


def test_a_signal_during_a_dry_run_ends_it(
    backtest: Any, install: Callable[[str], Path], tmp_path: Path
) -> None:
    mark = tmp_path / "surveying"
    environment = {"PYTHONPATH": str(install(SLOW_SURVEY)), "STUCK": str(mark)}
    slow = ("--quiet", "--dry-run", "--set", "data.connector=slow")

    def hear() -> None:
        """Undo what a shell does to processes in the background."""
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    process = backtest.start(*slow, environment=environment, preexec_fn=hear)
    with ended(process):
        wait_for(mark.exists, process)
        process.send_signal(signal.SIGINT)
        done = backtest.finish(process)
    assert (done.code, done.out, done.err) == (130, "", "mm: interrupted\n")

"""A short, lively market, a run file for it, and ways to call ``mm backtest`` on them."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from tests.short_market import DATA, STRATEGY, VENUE, cut_sample

from mm.cli import main

SECONDS = 75  # long enough for some fills after 20 s of warming up, short enough to read in 50 ms

_NOTED = "tick_size = 0.01  # not the data's, so that there is something to note\n"
RUN_FILE = f"""\
# the shortest windows that give a model
{STRATEGY.replace("quote_size", _NOTED + "quote_size")}{DATA}{VENUE}[output]
csv_path = "{{output}}"
exchange = "bitmex"
date = "01_08_2024"
"""


@attrs.frozen
class Done:
    """How a call of ``mm`` ended."""

    code: int
    out: str
    err: str

    @property
    def faults(self) -> list[str]:
        """What was printed to stderr, but for notes."""
        return [line for line in self.err.splitlines() if not line.startswith("note: ")]


@attrs.frozen
class Run:
    """A run directory, read back."""

    directory: Path

    @property
    def summary(self) -> dict[str, Any]:
        return self._json("summary.json")

    @property
    def manifest(self) -> dict[str, Any]:
        return self._json("manifest.json")

    def rows(self, name: str) -> list[dict[str, str]]:
        with (self.directory / f"{name}.csv").open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def _json(self, name: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.directory / name).read_text(encoding="utf-8"))
        return content


@attrs.frozen
class Backtest:
    """``mm backtest`` on the short market, with an output folder of its own."""

    run_file: Path
    output: Path
    capture: Callable[[], tuple[str, str]]

    @property
    def command(self) -> list[str]:
        return ["backtest", "--config", str(self.run_file)]

    def __call__(self, *arguments: str) -> Done:
        """Call it in this process."""
        self.capture()
        code = main([*self.command, *arguments])
        return Done(code, *self.capture())

    def start(
        self, *arguments: str, environment: dict[str, str] | None = None, **options: Any
    ) -> subprocess.Popen[str]:
        """Start it as a process of its own."""
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(
            [sys.executable, "-m", "mm", *self.command, *arguments],
            env={**os.environ, **(environment or {})},
            text=True,
            **(streams | options),
        )

    def finish(self, process: "subprocess.Popen[str]") -> Done:
        """Wait for a process to end."""
        out, err = process.communicate(timeout=60)
        return Done(process.returncode, out, err)

    def runs(self) -> list[Run]:
        """The run directories, by number."""
        found = self.output.glob("*_run*") if self.output.is_dir() else ()
        paths = sorted(found, key=lambda path: int(path.name.rpartition("_run")[2]))
        return [Run(path) for path in paths]


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the first ``SECONDS`` of the bundled sample."""
    directory = tmp_path_factory.mktemp("market")
    cut_sample(directory, SECONDS)
    return directory


@pytest.fixture(scope="session")
def compiled(market: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Have every kernel compiled, so that no test is about that."""
    directory = tmp_path_factory.mktemp("compiled")
    run_file = directory / "run.toml"
    run_file.write_text(RUN_FILE.format(data=market, output=directory), encoding="utf-8")
    assert main(["backtest", "--config", str(run_file), "--quiet"]) == 0


@pytest.fixture
def backtest(
    compiled: None, market: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Backtest:
    run_file, output = tmp_path / "run.toml", tmp_path / "runs"
    run_file.write_text(RUN_FILE.format(data=market, output=output), encoding="utf-8")

    def capture() -> tuple[str, str]:
        captured = capsys.readouterr()
        return captured.out, captured.err

    return Backtest(run_file, output, capture)

"""A short, lively market, a run file for it, and ways to call ``mm backtest`` on them."""

import csv
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from mm.cli import main

SAMPLE = Path(__file__).parents[2] / "example" / "data_sample"
SECONDS = 75  # long enough for some fills after 20 s of warming up, short enough to read in 50 ms

RUN_FILE = """\
# the shortest windows that give a model
[strategy]
symbol = "XBTUSD"
[strategy.avellaneda]
tick_size = 0.01  # not the data's, so that there is something to note
quote_size = 100
max_position = 300
gamma = 0.1
delta = 0.2
xi = 200
[strategy.avellaneda.vol]
window_len = 100
interval_s = 0.2
ema_half_life = 2.0
[strategy.avellaneda.penetration]
window_len = 60
num_bins = 500
interval_ms = 200
[strategy.avellaneda.sequencer]
interval_ms = 200
[data]
tardis_root = "{data}"
trades_csv = "trades.csv.gz"
quotes_csv = "quotes.csv.gz"
book_csv = "book.csv.gz"
[execution]
latency_ms = 5
response_latency_ms = 7
fill_model = "probabilistic"
[output]
csv_path = "{output}"
exchange = "bitmex"
date = "01_08_2024"
[position]
contract_type = "Inverse"
maker_fee = -0.0001
taker_fee = 0.0005
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
    end = None
    for name in ("quotes", "trades", "book"):
        with (
            gzip.open(SAMPLE / f"{name}.csv.gz", "rt", newline="") as source,
            gzip.open(directory / f"{name}.csv.gz", "wt", newline="", compresslevel=1) as target,
        ):
            reader, writer = csv.reader(source), csv.writer(target, lineterminator="\n")
            header = next(reader)
            writer.writerow(header)
            at = header.index("local_timestamp")
            for row in reader:
                end = end or int(row[at]) + SECONDS * 1_000_000
                if int(row[at]) > end:
                    break
                writer.writerow(row)
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


@pytest.fixture
def install(tmp_path: Path) -> Callable[[str], Path]:
    """Install a third-party plugin called ``thirdparty``; return the folder for PYTHONPATH."""

    def write(source: str) -> Path:
        site = tmp_path / "site"
        info = site / "thirdparty-1.0.dist-info"
        info.mkdir(parents=True)
        (site / "thirdparty.py").write_text(source, encoding="utf-8")
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: thirdparty\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[mm_engine.plugins]\nthirdparty = thirdparty\n")
        return site

    return write

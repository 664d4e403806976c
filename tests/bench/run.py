"""How long ``mm`` takes and how much memory: whole processes, measured from outside.

    python tests/bench/run.py [--runs N] [--data DIR] [--theirs]

Prints a Markdown table of medians, then where the time goes; asserts nothing, since a busy machine
is no bug. Knows the command line and the summary, and nothing of the engine's inside. ``README.md``
explains the rows.
"""

import argparse
import gzip
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import attrs

ROOT: Final = Path(__file__).parents[2]
DATA: Final = ROOT.parent / "shared" / "data" / "binance-futures_ETHUSDT_2024-08-08"
FILES: Final = ("trades.csv.gz", "quotes.csv.gz", "book.csv.gz")
TILES: Final = 12
SETS: Final = 24
THEIRS: Final = "hftbacktest==2.4.4"
QUOTER: Final = {
    "strategy.kind": "Grid", "strategy.preprocessing": "Grid", "strategy.grid.quote_size": "0.1",
    "strategy.grid.max_position": "1.0", "strategy.grid.half_spread": "0.05",
    "strategy.grid.interval": "0.01", "strategy.grid.levels": "1",
    "strategy.grid.sequencer.interval_ms": "100", "data.quotes_csv": "",
}  # fmt: skip
"""What ``theirs.py`` does, too."""
PAUSE_US: Final = 1_000_000
"""Between two tiles: the recording starts over, with a snapshot that clears the book."""


@attrs.frozen
class Sample:
    """One process, from its start to its end."""

    wall_s: float
    peak_mib: float
    summary: dict[str, Any]

    @property
    def engine_s(self) -> float:
        """What the run itself took, without imports and the survey of the data."""
        return float(self.summary["engine_s"])


def measure(*arguments: str, **environment: str) -> Sample:
    """Run ``mm`` once."""
    return measure_command([sys.executable, "-m", "mm", *arguments], **environment)


def measure_command(command: Sequence[str | Path], **environment: str) -> Sample:
    """Run a command once; its stdout must be JSON, or nothing that matters."""
    with tempfile.TemporaryFile() as out:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=out,
            stderr=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{' '.join(map(str, command))}: exit code {process.returncode}")
        out.seek(0)
        text = out.read()
    summary = json.loads(text) if text.startswith(b"{") else {}
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10  # bytes there, KiB elsewhere
    return Sample(wall_s, usage.ru_maxrss / unit, summary)


def backtest(data: Path, output: Path, *more: str, **environment: str) -> Sample:
    """Replay a directory with the configuration that is shipped for it."""
    return measure(
        "backtest", "--config", "config/ethusdt.toml", "--json", "--quiet",
        "--data", str(data), "--output", str(output), *more, **environment,
    )  # fmt: skip


def environment_of_theirs(folder: Path) -> Path:
    """Make an environment with the other simulator; return its Python."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    install: list[str | Path] = [python, "-m", "pip", "install", "--quiet", THEIRS]
    subprocess.run(install, check=True, stderr=subprocess.DEVNULL)
    return python


def quoters(python: Path, data: Path, times: int, folder: Path) -> tuple[Sample, Sample]:
    """The same grid quoter here and there, from CSV, one process each."""
    sets = [word for key, value in QUOTER.items() for word in ("--set", f"{key}={value}")]
    script = Path(__file__).with_name("theirs.py")
    ours = backtest(data, folder / "runs", *sets)
    return ours, measure_command([python, script, data, str(times * 2_000_000)])


def sweep(data: Path, folder: Path) -> tuple[float, float]:
    """Time SETS parameter sets as processes of their own, two at a time, and as one sweep [s]."""
    common = ["--config", "config/ethusdt.toml", "--set", f"data.tardis_root={data}", "--quiet"]
    values = [f"{0.1 * (n + 1):.1f}" for n in range(SETS)]

    def start(gamma: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "mm", "backtest", *common, "--output", str(folder / "alone"),
             "--set", f"strategy.avellaneda.gamma={gamma}"],
            cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    started = time.perf_counter()
    for first, second in zip(values[::2], values[1::2], strict=True):
        for process in [start(first), start(second)]:
            process.wait()
    alone_s = time.perf_counter() - started
    vary = f"strategy.avellaneda.gamma={','.join(values)}"
    output = str(folder / "study")
    return alone_s, measure("sweep", *common, "--vary", vary, "--output", output).wall_s


def tile(source: Path, target: Path, times: int) -> None:
    """Write every file ``times`` over, each time later; each tile is a gzip member of its own.

    Line by line: on Linux a process starts with the peak memory of the one that starts it.
    """
    step = _span(source) + PAUSE_US
    target.mkdir()
    for name in FILES:
        for number in range(times):
            with (
                gzip.open(source / name, "rb") as lines,
                gzip.open(target / name, "ab", compresslevel=1) as out,
            ):
                header = lines.readline()
                if number == 0:
                    out.write(header)
                out.writelines(_shifted(lines, number * step))


def _span(source: Path) -> int:
    """Time from the first row of all files to the last [µs]."""
    times = []
    for name in FILES:
        with gzip.open(source / name, "rb") as lines:
            lines.readline()
            row = lines.readline()
            times.append(int(row.split(b",")[3]))
            for last in lines:
                row = last
            times.append(int(row.split(b",")[3]))
    return max(times) - min(times)


def _shifted(lines: Iterable[bytes], later: int) -> Iterator[bytes]:
    """Move both times of each row, which stand third and fourth in Tardis files."""
    for line in lines:
        exchange, symbol, made, received, rest = line.split(b",", 4)
        times = (int(made) + later, int(received) + later)
        yield b"%b,%b,%d,%d,%b" % (exchange, symbol, *times, rest)


def repeat(runs: int, once: Callable[[], Sample]) -> list[Sample]:
    """Measure several times."""
    return [once() for _ in range(runs)]


def row(what: str, values: Sequence[float], unit: str, limit: str) -> str:
    """Format a line of the table."""
    spread = f"{min(values):.2f}–{max(values):.2f}"
    return f"| {what} | {statistics.median(values):.2f} {unit} | {spread} | {limit} |"


def phases(data: Path, folder: Path) -> str:
    """Where the time of one run goes, as ``mm backtest --profile`` says it."""
    done = subprocess.run(
        [sys.executable, "-m", "mm", "backtest", "--config", "config/ethusdt.toml", "--quiet",
         "--data", data, "--output", folder / "runs", "--profile"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stderr


def table(data: Path, runs: int, folder: Path) -> Iterator[str]:
    """Measure everything; yield the table line by line, as it comes."""
    yield "| what | median | range | wanted |"
    yield "|---|---|---|---|"
    cold = [
        backtest(data, folder / "runs", XDG_CACHE_HOME=str(folder / f"cache{number}"))
        for number in range(min(runs, 2))
    ]
    yield row("first run ever, compiling", [s.wall_s for s in cold], "s", "≤ 25 s")
    backtest(data, folder / "runs")
    helps = repeat(runs, lambda: measure("--help"))
    yield row("`mm --help`", [s.wall_s for s in helps], "s", "≤ 0.2 s")
    ones = repeat(runs, lambda: backtest(data, folder / "runs"))
    yield row("ETHUSDT, whole process", [s.wall_s for s in ones], "s", "≤ 2.5 s")
    yield row("ETHUSDT, peak memory", [s.peak_mib for s in ones], "MiB", "≤ 400 MB")
    yield row("ETHUSDT, engine", [s.engine_s for s in ones], "s", "")
    tile(data, folder / "tiled", TILES)
    manys = repeat(runs, lambda: backtest(folder / "tiled", folder / "runs"))
    yield row(f"{TILES} times, whole process", [s.wall_s for s in manys], "s", "")
    yield row(f"{TILES} times, engine", [s.engine_s for s in manys], "s", "")
    engine_s = statistics.median(s.engine_s for s in ones)
    ratios = [s.engine_s / engine_s for s in manys]
    yield row(f"{TILES} times, engine / engine of one", ratios, "", f"≤ {TILES}")
    peak = statistics.median(s.peak_mib for s in ones)
    yield row(
        f"{TILES} times, memory / memory of one", [s.peak_mib / peak for s in manys], "", "0.8–1.2"
    )
    rates = [s.summary["events_per_s"] / 1e6 for s in manys]
    yield row(f"{TILES} times, rows", rates, "M/s", "")
    kept = ("--set", "data.cache=true")
    backtest(folder / "tiled", folder / "runs", *kept)
    again = repeat(runs, lambda: backtest(folder / "tiled", folder / "runs", *kept))
    yield row(f"{TILES} times, whole process from the cache", [s.wall_s for s in again], "s", "")
    yield row(f"{TILES} times, engine from the cache", [s.engine_s for s in again], "s", "")
    (alone_s, together_s) = sweep(data, folder)
    yield row(f"a sweep of {SETS} sets", [together_s], "s", "")
    yield row("one after the other, two at a time / sweep", [alone_s / together_s], "", "≥ 6")


def against_theirs(data: Path, runs: int, folder: Path) -> Iterator[str]:
    """Time the grid quoter in both; lines of the table."""
    python = environment_of_theirs(folder / "theirs")
    quoters(python, data, 1, folder)  # not counted: its kernels are compiled
    for times, files in ((1, data), (TILES, folder / "tiled")):
        pairs = [quoters(python, files, times, folder) for _ in range(runs)]
        ours, theirs = zip(*pairs, strict=True)
        yield row(f"grid quoter, {times}×, ours", [s.wall_s for s in ours], "s", "")
        yield row(f"grid quoter, {times}×, {THEIRS}", [s.wall_s for s in theirs], "s", "")
        ratios = [a.wall_s / b.wall_s for a, b in pairs]
        yield row(f"grid quoter, {times}×, ours / theirs", ratios, "", "≤ 0.25")
        peaks = [a.peak_mib / b.peak_mib for a, b in pairs]
        yield row(f"grid quoter, {times}×, memory, ours / theirs", peaks, "", "")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure whole processes of mm.")
    parser.add_argument("--runs", metavar="N", type=int, default=5, help="processes a row")
    parser.add_argument("--data", metavar="DIR", type=Path, default=DATA, help="the ETHUSDT files")
    parser.add_argument(
        "--theirs", action="store_true", help=f"beside {THEIRS}, in an environment made for it"
    )
    args = parser.parse_args()
    if not args.data.is_dir():
        raise SystemExit(f"{args.data}: no such folder; name that of the ETHUSDT files with --data")
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()},")
    print(f"medians of {args.runs} processes\n")
    with tempfile.TemporaryDirectory() as folder:
        for line in table(args.data.resolve(), args.runs, Path(folder)):
            print(line, flush=True)
        if args.theirs:
            for line in against_theirs(args.data.resolve(), args.runs, Path(folder)):
                print(line, flush=True)
        for times, files in ((1, args.data.resolve()), (TILES, Path(folder) / "tiled")):
            print(f"\n{times}×:\n\n{phases(files, Path(folder))}", flush=True)


if __name__ == "__main__":
    main()
